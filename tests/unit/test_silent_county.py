"""A county that delivers an empty file, or none, and then its backlog in one lump, through readings to the judgement."""

import functools

import numpy as np
import pandas as pd
import pytest

from models.quality import COMPLETE
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Grain
from pipelines.core.region import load as regions
from pipelines.warehouse.cells import Cells, cells_of, is_cell
from pipelines.warehouse.series_judgement import Judgement, judgement
from tests.house import ROOT
from tests.tier import IS_LONG

NONE = pd.DataFrame(columns=["area", "period", "value", "likely", "lo", "hi"])
COUNTY = "371503"
DAYS = pd.date_range("2025-03-03" if IS_LONG else "2026-01-05", "2026-10-16", freq="D")
SILENT, LUMP = pd.to_datetime(["2026-10-12", "2026-10-13"]), pd.Timestamp("2026-10-14")  # Monday to Wednesday
INDUSTRIES = {"C": 14.0, "F": 9.0, "G": 2.0}


@functools.cache
def region() -> regions.Region:
    return regions.load(ROOT / "data" / "regions" / "liaocheng")


@functools.cache
def ordinary() -> pd.DataFrame:
    """Complete readings of the workdays of every county and three industries."""
    table = region().calendar_frame(DAYS[0].date(), DAYS[-1].date())
    workdays = DAYS[table["is_workday"].to_numpy(dtype=bool)]
    rows = pd.MultiIndex.from_product(
        [region().units, list(INDUSTRIES), workdays], names=["area", "industry", "period"]
    )
    frame = rows.to_frame(False)
    frame["numerator"] = np.random.default_rng(3).poisson(frame["industry"].map(INDUSTRIES)).astype(float)
    return frame.assign(denominator=np.nan, cohort="all", grain="day", reporting=1, due=1)


def told(how: str, more: float = 0.0, days: int = 0) -> pd.DataFrame:
    """What has come by the lump and so many days after it; more: people of manufacturing beside the backlog."""
    frame = ordinary()[ordinary()["period"] <= LUMP + pd.Timedelta(days=days)].copy()
    its = frame["area"] == COUNTY
    silent, lump = its & frame["period"].isin(SILENT), its & (frame["period"] == LUMP)
    if how != "ordinary":
        waited = frame[silent].groupby("industry")["numerator"].sum()
        frame.loc[lump, "numerator"] += frame.loc[lump, "industry"].map(waited)
    if how == "empty":
        frame.loc[silent, "numerator"] = 0.0
    frame.loc[lump & (frame["industry"] == "C"), "numerator"] += more
    return frame[~silent] if how == "missing" else frame


def judged(frame: pd.DataFrame) -> Judgement:
    indicator = catalogue()["benefit_claim"]
    cells = cells_of(frame[is_cell(frame, indicator, Grain.DAY, region())], indicator, Grain.DAY, region())
    assert isinstance(cells, Cells)
    calendar = region().calendar_frame(cells.first, (DAYS[-1] + pd.Timedelta(days=300)).date())
    made = judgement(cells, region(), NONE, calendar, None)
    assert made is not None
    return made


def of(made: Judgement, series: str, window: int = 7) -> pd.Series:
    score = made.assessment.score
    return score[(score["series_id"] == series) & (score["window_periods"] == window)].iloc[0]


SERIES = [f"{COUNTY}|ALL", f"{COUNTY}|C", f"{COUNTY}|F", "371500|ALL", "371500|C"]


@functools.cache
def after(how: str, days: int) -> Judgement:
    return judged(told(how, days=days))


@functools.cache
def before_the_lump() -> Judgement:
    return judged(ordinary()[ordinary()["period"] <= SILENT[-1]])


@pytest.mark.parametrize("how", ["empty", "missing"])
@pytest.mark.parametrize("days", [0, 1, 2] if IS_LONG else [0, 2])
def test_the_lump_after_two_silent_days_is_no_spike(how: str, days: int) -> None:
    for series in SERIES:
        for window in (7, 14, 28):
            row, whole = of(after(how, days), series, window), of(after("ordinary", days), series, window)
            assert row["p"] > 0.01, (series, window)
            assert row["observed"] == pytest.approx(whole["observed"]), "all people have come"
            assert row["expected"] == pytest.approx(whole["expected"], rel=0.12)


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_the_level_has_not_learned_from_the_silence(how: str) -> None:
    for series in SERIES:
        level, usual = (of(after(one, 2), series)["level"] for one in (how, "ordinary"))
        assert level == pytest.approx(usual, rel=0.06)
    ahead, whole = (after(one, 2).assessment.forecast for one in (how, "ordinary"))
    rows, usual = (one[one["horizon"] == 7].set_index("series_id")["expected"] for one in (ahead, whole))
    assert rows[SERIES].to_numpy() == pytest.approx(usual[SERIES].to_numpy(), rel=0.06)


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_while_the_county_is_silent_it_is_no_fall_and_the_city_expects_less(how: str) -> None:
    frame = told(how)
    frame = frame[frame["period"] <= SILENT[-1]]
    made, whole = judged(frame), before_the_lump()
    row, city = of(made, f"{COUNTY}|ALL"), of(made, "371500|ALL")
    assert row["coverage"] < COMPLETE
    assert row["expected"] < 0.75 * of(whole, f"{COUNTY}|ALL")["expected"]
    assert row["observed"] == pytest.approx(row["expected"], rel=0.35)
    assert 0.05 < city["p"] < 0.95
    assert city["expected"] < of(whole, "371500|ALL")["expected"]


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_a_rise_beyond_the_backlog_is_still_a_spike(how: str) -> None:
    made = judged(told(how, more=80.0))
    assert of(made, f"{COUNTY}|C")["p"] < 1e-4
    assert of(made, f"{COUNTY}|F")["p"] > 0.01
