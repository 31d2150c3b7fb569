"""The seasonal baseline: the right period of last year, the right growth, the past only."""

import functools
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_city import calendar, changed, daily_city, weekly_regions

from models.assess import Assessment, Memory, assess, course_of
from models.backtest import Trace, outlook, trace
from models.methods import METHODS, SEARCHES, SEASONAL, counterpart
from models.model_state import from_arrays, to_arrays
from models.panel import Panel, periods_from
from models.recipe import BY_METHOD, FIRST_ANCHOR
from tests.tier import IS_LONG

DAYS, FIRST = 900, "2021-03-01"
TABLE = calendar(FIRST, DAYS + 120)
START = date(2023, 1, 1)


@functools.cache
def city() -> Panel:
    return daily_city(DAYS, first=FIRST)


YOUNG = 560  # days: enough for a year, a window and a refit


@functools.cache
def young_city() -> Panel:
    return city().until(YOUNG - 1)


@functools.cache
def young_anew(name: str) -> Assessment:
    return assess(young_city(), TABLE, None, METHODS[name])[0]


@functools.cache
def traced() -> Trace:
    return trace(city(), TABLE, START, SEASONAL)


def year_before(table: pd.DataFrame, panel: Panel, start: int) -> pd.DataFrame:
    """Every period from `start` on beside its counterpart."""
    course = course_of(panel, table, SEASONAL)
    at = counterpart(course.features, start, len(panel.periods), SEARCHES[panel.grain])
    now, then = table.iloc[start : start + len(at)].reset_index(drop=True), table.iloc[at].reset_index(drop=True)
    return pd.concat([now, then.add_suffix("_then")], axis=1)


def test_a_workday_is_compared_with_the_same_weekday_and_a_closed_day_with_a_closed_one() -> None:
    both = year_before(TABLE, city(), 370)
    assert (both["is_workday"] == both["is_workday_then"]).all()
    weekdays = both[both["is_workday"]]
    assert (weekdays["date"].dt.day_of_week == weekdays["date_then"].dt.day_of_week).all()
    named = both[both["holiday_name"].isin(["national", "labour", "new_year"])]
    assert len(named) == 6
    assert named["is_holiday_then"].all()


def test_around_the_festival_the_offset_counts_and_else_the_week() -> None:
    both = year_before(TABLE, city(), 370)
    around = both[both["is_workday"] & both["festival_offset"].between(-10, 40)]
    moved = (around["festival_offset"] - around["festival_offset_then"]).abs()
    assert len(around) > 30
    assert moved.max() <= 8
    assert moved.mean() <= 3
    far = both[both["is_workday"] & both["date"].dt.month.isin([7, 8])]
    assert ((far["date"] - far["date_then"]).dt.days == 364).all()


def test_without_a_festival_every_day_is_compared_with_the_same_week() -> None:
    table = calendar(FIRST, DAYS + 120, festival=False)
    both = year_before(table, city(), 370)
    plain = both[both["is_workday"]]
    assert ((plain["date"] - plain["date_then"]).dt.days - 364).abs().max() <= 7
    assert ((plain["date"] - plain["date_then"]).dt.days == 364).mean() > 0.9


@pytest.mark.parametrize(("grain", "year"), [("month", 12), ("quarter", 4)])
def test_a_month_or_quarter_is_compared_with_the_same_one_where_no_festival_moves(grain, year) -> None:
    table = calendar("2016-01-01", 365 * 11, festival=False)
    panel = months(grain, 40)
    found = counterpart(course_of(panel, table, SEASONAL).features, year, 40, SEARCHES[grain])
    assert (np.arange(year, 40) - found == year).all()


def test_the_month_of_the_festival_is_compared_with_that_of_last_year() -> None:
    panel = months("month", 60, "2021-01-01")
    found = counterpart(course_of(panel, calendar("2021-01-01", 365 * 8), SEASONAL).features, 12, 40, SEARCHES["month"])
    february_2024 = 37  # the festival: 2024-02-10, the year before 2023-01-22
    assert panel.periods[february_2024] == pd.Timestamp("2024-02-01")
    assert panel.periods[found[february_2024 - 12]] == pd.Timestamp("2023-01-01")
    assert panel.periods[found[30 - 12]] == panel.periods[30] - pd.DateOffset(years=1)


def months(grain: str, count: int, first: str = "2016-01-01") -> Panel:
    periods = periods_from(pd.Timestamp(first), count, grain)
    names = [f"R{i}" for i in range(3)]
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    rng = np.random.default_rng(4)
    season = 1 + 0.4 * np.cos(2 * np.pi * periods.month.to_numpy() / 12)
    values = rng.poisson(500 * season * np.array([[1.0], [2.0], [4.0]])).astype(float)
    return Panel(series, periods, values, np.ones_like(values), grain)


def test_what_is_expected_is_last_year_times_growth() -> None:
    panel = weekly_regions(200, mean=20000.0)
    table = calendar("2010-01-03", 7 * 200 + 130, festival=False)
    values = panel.values[:, np.arange(200) % 52]  # every year like the first
    values[:, 150:] *= 1.5
    found = trace(Panel(panel.series, panel.periods, values, panel.exposure, "week"), table, date(2012, 6, 1), SEASONAL)
    one = found.expected[0] / found.observed[0]
    at = found.periods.get_indexer([panel.periods[149], panel.periods[190]])
    assert one[:, at] == pytest.approx(1.0, abs=0.02)
    assert found.p[0][:, found.periods.get_loc(panel.periods[150])].max() < 1e-6


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter"])
def test_before_a_year_and_a_window_nothing_is_said_and_then_it_is(grain) -> None:
    recipe = BY_METHOD["seasonal"][grain]
    table = calendar("2010-01-03", 365 * 20)
    count = max(recipe.warm, FIRST_ANCHOR + 1) + 2 * recipe.refit
    panel = {
        "day": lambda: daily_city(count, first="2016-01-01"),
        "week": lambda: weekly_regions(count),
        "month": lambda: months("month", count),
        "quarter": lambda: months("quarter", count),
    }[grain]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        young, _ = assess(panel.until(recipe.warm - 2), table, None, SEASONAL)
        grown, _ = assess(panel, table, None, SEASONAL)
    assert young.score["p"].isna().all()
    assert young.forecast["expected"].isna().all()
    shortest = grown.score["window_periods"] == grown.score["window_periods"].min()
    assert grown.score.loc[shortest, "p"].notna().all()
    assert (grown.forecast["lo95"] <= grown.forecast["hi95"]).all()


@settings(max_examples=4 if IS_LONG else 1, deadline=None)
@given(cut=st.integers(5, 200), fill=st.sampled_from([0.0, 40.0, 1e4]))
def test_whatever_comes_later_changes_nothing(cut: int, fill: float) -> None:
    values = city().values.copy()
    values[:, DAYS - cut :] = np.where(np.isfinite(values[:, DAYS - cut :]), fill, np.nan)
    other = Panel(city().series, city().periods, values, city().exposure, "day")
    kept = len(traced().periods) - cut
    for found in (trace(other, TABLE, START, SEASONAL), trace(city().until(DAYS - 1 - cut), TABLE, START, SEASONAL)):
        for name in ("observed", "expected", "p", "evidence"):
            np.testing.assert_array_equal(
                getattr(found, name)[..., : min(kept, 20)], getattr(traced(), name)[..., : min(kept, 20)]
            )
            np.testing.assert_array_equal(getattr(found, name)[..., kept - 1], getattr(traced(), name)[..., kept - 1])


def test_the_order_of_series_does_not_matter() -> None:
    order = np.random.default_rng(3).permutation(12)
    series = city().series.iloc[order].reset_index(drop=True)
    mixed = Panel(series, city().periods, city().values[order], city().exposure[order], "day")
    np.testing.assert_allclose(trace(mixed, TABLE, START, SEASONAL).p, traced().p[:, order], rtol=1e-6)


def test_gaps_a_silent_series_and_one_that_began_late_are_borne() -> None:
    values, exposure = city().values.copy(), city().exposure.copy()
    values[3, 400:440] = np.nan  # a gap that is a year ago for some later days
    values[0, :700] = np.nan  # began late
    values[1, :] = np.where(np.isfinite(values[1]), 0.0, np.nan)  # nobody ever
    values[2, -20:] = np.nan  # fell silent
    exposure[~np.isfinite(values)] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel = Panel(city().series, city().periods, values, exposure, "day")
        made, _ = assess(panel, TABLE, None, SEASONAL)
        gap = trace(panel, TABLE, panel.periods[780].date(), SEASONAL)
    p = made.score[made.score["window_periods"] == 7].set_index("series_id")["p"]
    assert p[["NA", "NC"]].isna().all()
    assert p.drop(["NA", "NC"]).notna().all()
    assert p["NB"] > 0.4
    whole = trace(city(), TABLE, panel.periods[780].date(), SEASONAL)
    assert gap.expected[2, 3, :20] == pytest.approx(whole.expected[2, 3, :20], rel=0.35)


def test_a_spike_is_found_and_quiet_days_are_about_uniform() -> None:
    values = city().values.copy()
    days = np.flatnonzero(np.isfinite(values[0]))[-5:]
    for row in (0, 6, 9, 11):
        values[row, days] += 12
    made, _ = assess(Panel(city().series, city().periods, values, city().exposure, "day"), TABLE, None, SEASONAL)
    p = made.score.set_index(["series_id", "window_periods"])["p"]
    assert p["NA", 7] < 1e-5
    assert p["SB", 7] > 1e-3
    assert 0.03 < np.mean(traced().p < 0.1) < 0.18
    assert np.mean(traced().p < 1e-4) < 2e-3


def test_the_bands_hold_about_what_they_say() -> None:
    panel = weekly_regions(260, regions=12)
    made = outlook(panel, calendar("2010-01-03", 7 * 260 + 120, festival=False), panel.periods[150].date(), SEASONAL)
    truth = panel.values[:, 151:]
    part = {name: rows[0, :, : truth.shape[1]] for name, rows in made.quantiles.items()}
    for name, least, most in (("80", 0.72, 0.9), ("95", 0.9, 0.99)):
        assert least < ((truth >= part[f"lo{name}"]) & (truth <= part[f"hi{name}"])).mean() < most


def same(one, other) -> None:
    pd.testing.assert_frame_equal(one.score, other.score, check_exact=True)
    pd.testing.assert_frame_equal(one.forecast, other.forecast, check_exact=True)


def kept(memory: Memory) -> Memory:
    return from_arrays({name: array.copy() for name, array in to_arrays(memory).items()})


@pytest.mark.parametrize("age", [1, 30, 380])
def test_a_memory_from_a_file_changes_nothing_whatever_was_corrected(age: int) -> None:
    _, memory = assess(young_city().until(YOUNG - 40), TABLE, None, SEASONAL)
    column = YOUNG - 39 - age
    corrected = changed(young_city().until(YOUNG - 39), column, np.full(12, 9.0))
    found, after = assess(corrected, TABLE, kept(memory), SEASONAL)
    same(found, assess(corrected, TABLE, None, SEASONAL)[0])
    same(assess(young_city(), TABLE, kept(after), SEASONAL)[0], young_anew("seasonal"))


def test_what_one_method_remembers_is_of_no_use_to_another() -> None:
    before = young_city().until(YOUNG - 2)
    memories = {name: assess(before, TABLE, None, method)[1] for name, method in METHODS.items()}
    anew = {name: young_anew(name) for name in METHODS}
    for name, other in (("seasonal", "level_factor"), ("level_factor", "seasonal")):
        assert kept(memories[name]).method == name
        same(assess(young_city(), TABLE, kept(memories[other]), METHODS[name])[0], anew[name])
    assert not np.allclose(anew["seasonal"].score["expected"], anew["level_factor"].score["expected"])
