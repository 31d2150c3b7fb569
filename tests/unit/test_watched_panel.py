"""The watch over the models sees what was said of months stand, whichever process said it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.panel import Panel
from pipelines.core.domain import Edition
from pipelines.core.region import load as regions
from pipelines.warehouse import forecast_quality
from pipelines.warehouse.forecast import Forecaster
from pipelines.warehouse.model_state import MemoryFolder
from pipelines.warehouse.tables import define_all
from pipelines.warehouse.transform import Change
from tests.house import ROOT

NAME = "layoff_reported"
REGION = regions.load(ROOT / "data" / "regions" / "liaocheng")
MONTHS = pd.date_range("2024-01-01", periods=18, freq="MS")
NOTHING = pd.DataFrame({"indicator": []})
SAID, LOOKED = (Edition(day, 1, datetime.combine(day, time(), UTC)) for day in (date(2025, 7, 20), date(2025, 8, 1)))


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Months of one indicator, of which the last lacks files; the editions think differently of what it will be."""
    areas, sections = list(REGION.units), sorted(set(REGION.sections.values()))
    rows = pd.MultiIndex.from_product([areas, sections, MONTHS], names=["area", "industry", "period"]).to_frame(False)
    rows = rows.assign(indicator=NAME, cohort="all", grain="month", numerator=20.0, reporting=3, due=4,
                       known_from=pd.Timestamp("2025-07-20"))  # fmt: skip
    rows.loc[rows["period"] < MONTHS[-1], "reporting"] = 4
    told = pd.DataFrame({"edition_id": [SAID.edition_id, LOOKED.edition_id], "indicator": NAME, "area": areas[0],
                         "industry": "ALL", "cohort": "all", "grain": "month", "period": MONTHS[-1], "value": 300.0,
                         "likely": [330.0, 360.0], "lo": 300.0, "hi": 400.0})  # fmt: skip
    with duckdb.connect() as con:
        define_all(con)
        con.register("rows", rows)
        con.register("told", told)
        con.execute("insert into reading by name select * from rows")
        con.execute("insert into nowcast by name select * from told")
        con.execute("insert into edition values (?, ?, 1, ?)", [SAID.edition_id, SAID.day, SAID.cutoff_at])
        yield con


@pytest.fixture
def watched(con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Panel]:
    """Forecast in an edition after which the month ends, and watch in the next: in one process or in two."""

    def watch(*, in_one: bool) -> Panel:
        seen: list[Panel] = []
        monkeypatch.setattr(forecast_quality, "figures", lambda *given: seen.append(given[-1]) or {})
        first = Forecaster(con, REGION, MemoryFolder(tmp_path))
        first.run(SAID, Change({NAME: MONTHS[0].date()}, NOTHING, NOTHING), [NAME])
        second = first if in_one else Forecaster(con, REGION, MemoryFolder(tmp_path))
        assert second.run(LOOKED, Change({}, NOTHING, NOTHING), [NAME]).empty, "what was said stands"
        forecast_quality.watch(con, REGION, LOOKED, second, [NAME])
        (panel,) = seen
        return panel

    return watch


def test_a_month_of_which_files_lack_is_provisional_though_it_is_judged_as_if_they_had_come(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The end of the nowcast nearest to normal is what has come; of the city a county never told anything."""
    con.execute("update reading set is_provisional = reporting < due")
    con.execute("insert into reading by name select area, * exclude area from (select * replace ($city as area, 'ALL' as industry) from reading where period = $last and area = $area limit 1)", {"city": REGION.city, "last": MONTHS[-1], "area": next(iter(REGION.units))})  # fmt: skip
    Forecaster(con, REGION, MemoryFolder(tmp_path)).run(
        SAID, Change({NAME: MONTHS[0].date()}, NOTHING, NOTHING), [NAME]
    )
    told = con.execute("select area, is_provisional from score where window_periods = 1 and (industry <> 'ALL' or area = $city) and (area <> $city or industry = 'ALL')", {"city": REGION.city}).df()  # fmt: skip
    assert told["is_provisional"].all()
    con.execute("delete from score")
    con.execute("update reading set is_provisional = false, reporting = due")
    con.execute("delete from nowcast")
    Forecaster(con, REGION, MemoryFolder(tmp_path)).run(
        SAID, Change({NAME: MONTHS[0].date()}, NOTHING, NOTHING), [NAME]
    )
    assert con.execute("select count(*) from score where is_provisional").fetchall() == [(0,)]


def test_months_are_watched_in_a_fresh_process_as_in_the_one_that_judged_them(watched: Callable[..., Panel]) -> None:
    one, two = watched(in_one=True), watched(in_one=False)
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.exposure, two.exposure)
    first = one.series.index[one.series["series_id"] == f"{next(iter(REGION.units))}|ALL"][0]
    assert one.exposure[first, -1] == pytest.approx(300 / 360), "what this edition thinks of it"
