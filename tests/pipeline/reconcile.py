"""Rows and sums of aggregate_series in the warehouse against what was sent, by plain pandas over the stored file."""

from pathlib import Path

import pandas as pd
import pytest

from tests.house import ROOT
from tests.pipeline.ingest_place import Place
from tests.regions.release import raw
from tests.tier import IS_LONG

REALDATA = ROOT.parent / "shared" / "realdata"
SERIES = ["indicator", "industry", "cohort", "occupation", "grain", "adjustment", "unit"]
FACT = ["area", "period", "value", *SERIES, "figure_id"]


def skip_without(path: str) -> pytest.MarkDecorator:
    """Skip where the stored file is not beside the project, and say which."""
    return pytest.mark.skipif(not (REALDATA / path).exists(), reason=f"../shared/realdata is absent: {path}")


def source(path: str, folder: Path, part: str) -> Path:
    """The stored file; in `make test` a copy with the areas whose codes are of the pattern ``part``."""
    whole = REALDATA / path
    if IS_LONG:
        return whole
    rows = raw(whole)
    cut = folder / whole.name
    rows[rows["sa2_code"].str.fullmatch(part)].to_csv(cut, index=False)
    return cut


def facts(place: Place) -> pd.DataFrame:
    """All accepted figures: the columns of FACT, period as text, occupation empty for the total."""
    found = pd.DataFrame(place.rows(f"select {', '.join(FACT)} from aggregate_series"), columns=FACT)
    return found.assign(occupation=found["occupation"].fillna("").astype("str")).astype({"period": "str"})


def assert_reconciled(place: Place, sent: pd.DataFrame, found: pd.DataFrame) -> None:
    """Rows in = accepted + quarantined, file by file; every sum of area × period × series is that of ``sent``.

    ``sent`` has the columns of the feed, values as text and empty where there is no figure, and areas as they arrive.
    """
    register = pd.DataFrame(
        place.rows("select period, rows_total, rows_accepted, rows_quarantined, status from drop_register"),
        columns=["period", "total", "accepted", "quarantined", "status"],
    )
    assert set(register["status"]) == {"accepted"}
    assert len(register) == sent["period"].nunique()
    assert (register["total"] == register["accepted"] + register["quarantined"]).all()
    has_figure = sent["value"] != ""
    assert register["total"].sum() == len(sent)
    assert register["accepted"].sum() == has_figure.sum() == len(found)
    assert register["quarantined"].sum() == (~has_figure).sum()
    assert found["figure_id"].is_unique
    key = ["area", "period", *SERIES]
    wanted = sent[has_figure].assign(value=lambda frame: frame["value"].astype(float)).groupby(key)["value"].sum()
    pd.testing.assert_series_equal(found.groupby(key)["value"].sum(), wanted, check_index_type=False)
