import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from model_city import calendar, changed, daily_city, weekly_regions

from models.assess import assess
from models.backtest import backtest
from models.methods import LEVEL_FACTOR
from models.panel import Panel

DAYS, FIRST = 410, "2021-03-01"
TABLE = calendar(FIRST, DAYS + 120)


@functools.cache
def city() -> Panel:
    return daily_city(DAYS, first=FIRST)


def spiked(extra: float, length: int = 5, row: int = 0) -> Panel:
    """The city with more people in one cell on its last reported days, in its totals too."""
    panel = city()
    values = panel.values.copy()
    days = np.flatnonzero(np.isfinite(values[row]))[-length:]
    for member in (row, 6, 9, 11):  # the cell N x A, its industry, its area, the total
        values[member, days] += extra
    return Panel(panel.series, panel.periods, values, panel.exposure, "day")


def p_of(score: pd.DataFrame, name: str, width: int) -> float:
    return score.set_index(["series_id", "window_periods"])["p"].loc[(name, width)]


def same(one, other) -> None:
    pd.testing.assert_frame_equal(one.score, other.score, check_exact=True)
    pd.testing.assert_frame_equal(one.forecast, other.forecast, check_exact=True)


def test_an_ordinary_day_is_not_improbable_and_a_spike_is():
    calm, _ = assess(city(), TABLE)
    assert calm.score["p"].min() > 1e-4
    wild, _ = assess(spiked(12.0), TABLE)
    assert p_of(wild.score, "NA", 7) < 1e-8
    assert p_of(wild.score, "SB", 7) > 1e-3


def test_the_expectation_can_be_told_as_level_times_factor_times_reports():
    score = assess(city(), TABLE)[0].score
    assert (score["level"] * score["factor"] * score["reported"]).to_numpy() == pytest.approx(score["expected"])
    total = score[(score["series_id"] == "total") & (score["window_periods"] == 28)].iloc[0]
    assert total["level"] == pytest.approx(np.nanmean(city().values[11, -200:]), rel=0.1)
    assert total["factor"] == pytest.approx(1.0, abs=0.1)


def test_the_window_says_from_when_and_how_far_the_data_go():
    score = assess(city(), TABLE)[0].score
    last = city().periods[-1]
    week = score[score["window_periods"] == 7].iloc[0]
    assert week["window_from"] == last - pd.Timedelta(days=6)
    assert week["data_to"] == city().periods[np.flatnonzero(np.isfinite(city().values[0]))[-1]]


def test_future_columns_never_matter():
    short = city().until(DAYS - 40)
    stitched = backtest(city(), TABLE, city().periods[DAYS - 41].date())
    first = stitched[stitched["period"] == short.periods[-1]].drop(columns="period").reset_index(drop=True)
    pd.testing.assert_frame_equal(first, assess(short, TABLE)[0].score, check_exact=True)


def test_memory_changes_nothing_over_consecutive_days():
    memory = None
    for column in range(DAYS - 35, DAYS):  # crosses an anchor
        with_memory, memory = assess(city().until(column), TABLE, memory)
        if column % 16 == 0:
            same(with_memory, assess(city().until(column), TABLE)[0])


@pytest.mark.parametrize("column", [-2, -31, -200, 3])
def test_memory_changes_nothing_when_an_old_column_was_corrected(column):
    _, memory = assess(city().until(DAYS - 2), TABLE)
    corrected = changed(city(), DAYS + column if column < 0 else column, np.full(12, 9.0))
    same(assess(corrected, TABLE, memory)[0], assess(corrected, TABLE)[0])


def test_memory_of_a_later_day_or_another_calendar_changes_nothing():
    _, memory = assess(city(), TABLE)
    earlier = city().until(DAYS - 30)
    same(assess(earlier, TABLE, memory)[0], assess(earlier, TABLE)[0])
    other = TABLE.assign(is_holiday=TABLE["is_holiday"] | (TABLE["date"] == "2021-06-14"))
    same(assess(city(), other, memory)[0], assess(city(), other)[0])
    longer = calendar(FIRST, DAYS + 200)
    same(assess(city(), longer, memory)[0], assess(city(), TABLE)[0])


def test_a_missing_office_is_masked_and_the_totals_expect_less():
    panel = city()
    day = int(np.flatnonzero(np.isfinite(panel.values[0]))[-1])
    values, exposure = panel.values[:, day].copy(), np.ones(12)
    gone = [0, 1, 2, 9]  # area N and its cells
    share = np.nansum(panel.values[3:6, :day]) / np.nansum(panel.values[:6, :day])
    values[gone], exposure[gone] = np.nan, 0.0
    values[6:9], values[11] = panel.values[3:6, day], panel.values[10, day]
    exposure[6:9] = exposure[11] = share
    masked = assess(changed(panel, day, values, exposure), TABLE)[0].score
    whole = assess(panel, TABLE)[0].score
    at = (whole["window_periods"] == 7).to_numpy()
    assert masked["coverage"][at].iloc[0] < 1
    assert (masked["expected"][at] / whole["expected"][at]).iloc[11] == pytest.approx(1 - (1 - share) / 5, abs=0.06)
    assert masked["p"][at].min() > 1e-3


def test_a_reported_zero_is_a_zero_and_not_missing():
    panel = city()
    day = int(np.flatnonzero(np.isfinite(panel.values[0]))[-1])
    score = assess(changed(panel, day, np.zeros(12)), TABLE)[0].score
    assert (score["coverage"] == 1).all()


def test_a_series_that_fell_silent_gets_no_score():
    panel = city()
    values, exposure = panel.values.copy(), panel.exposure.copy()
    values[0, -14:], exposure[0, -14:] = np.nan, 0.0
    score = assess(Panel(panel.series, panel.periods, values, exposure, "day"), TABLE)[0].score
    assert np.isnan(p_of(score, "NA", 7))
    assert np.isfinite(p_of(score, "NB", 7))
    assert score.set_index(["series_id", "window_periods"])["data_to"].isna().loc[("NA", 7)]


def test_less_than_eight_periods_are_no_history_and_a_few_weeks_are():
    assert assess(city().until(6), TABLE)[0].score["p"].isna().all()
    assert assess(city().until(6), TABLE)[0].forecast.empty
    weeks = assess(city().until(60), TABLE)[0].score
    assert weeks[weeks["window_periods"] == 7]["p"].notna().all()


def test_a_young_series_is_scored_by_its_parents_factor():
    panel = city()
    values, exposure = panel.values.copy(), panel.exposure.copy()
    values[0, :-60], exposure[0, :-60] = np.nan, 0.0
    calm = assess(Panel(panel.series, panel.periods, values.copy(), exposure, "day"), TABLE)[0].score
    assert p_of(calm, "NA", 7) > 1e-3
    values[0, -5:] += 12
    score = assess(Panel(panel.series, panel.periods, values, exposure, "day"), TABLE)[0].score
    assert p_of(score, "NA", 7) < 1e-3


def test_the_forecast_covers_the_eight_weeks_ahead():
    made = assess(city().until(DAYS - 57), TABLE)[0].forecast
    total = made[made["series_id"] == "total"]
    assert total["horizon"].tolist() == [7, 14, 21, 28, 35, 42, 49, 56]
    assert total["period"].tolist() == [city().periods[DAYS - 56 + 7 * week] for week in range(8)]
    truth = [np.nansum(city().values[11, DAYS - 56 + 7 * week :][:7]) for week in range(8)]
    assert total["expected"].to_numpy() == pytest.approx(truth, rel=0.2)
    assert (total["lo95"] <= total["lo80"]).all()
    assert (total["lo80"] < total["expected"]).all()
    assert (total["expected"] < total["hi80"]).all()
    assert (total["hi80"] <= total["hi95"]).all()


@pytest.mark.parametrize("grain", ["day", "week"])
def test_looking_further_ahead_changes_no_judgement_and_no_nearer_forecast(grain: str):
    panel, table = (city(), TABLE) if grain == "day" else (weekly_regions(180), calendar("2010-01-03", 7 * 180 + 120))
    recipe = LEVEL_FACTOR.recipes[grain]
    nearer = replace(recipe, horizons=recipe.horizons[:4])
    method = replace(LEVEL_FACTOR, recipes={**LEVEL_FACTOR.recipes, grain: nearer})
    near, far = assess(panel, table, method=method)[0], assess(panel, table)[0]
    pd.testing.assert_frame_equal(near.score, far.score, check_exact=True)
    kept = far.forecast[far.forecast["horizon"] <= nearer.periods_ahead].reset_index(drop=True)
    pd.testing.assert_frame_equal(near.forecast, kept, check_exact=True)
    assert len(far.forecast) == 2 * len(near.forecast)


def test_the_bands_hold_about_as_much_as_they_say():
    hits, memory = [], None
    for column in range(DAYS - 80, DAYS - 7):
        made, memory = assess(city().until(column), TABLE, memory)
        week = made.forecast[made.forecast["horizon"] == 7]
        truth = np.nansum(city().values[:, column + 1 : column + 8], axis=1)
        hits.append((truth >= week["lo80"].to_numpy()) & (truth <= week["hi80"].to_numpy()))
    assert 0.72 < np.mean(hits) < 0.93


def test_p_values_of_a_quiet_city_are_about_uniform():
    stitched = backtest(city(), TABLE, city().periods[DAYS - 90].date())
    share = (stitched["p"] < 0.1).mean()
    assert 0.04 < share < 0.2
    assert (stitched["p"] < 1e-4).mean() < 2e-3


def test_a_spike_in_weekly_counts_is_found_at_once():
    panel = weekly_regions(260)
    table = calendar("2010-01-03", 7 * 260 + 120, festival=False)
    values = panel.values.copy()
    values[1, -1] *= 1.6
    score = assess(Panel(panel.series, panel.periods, values, panel.exposure, "week"), table)[0].score
    assert p_of(score, "R1", 1) < 1e-4
    assert p_of(score, "R0", 1) > 1e-2


def test_weekly_memory_changes_nothing():
    panel = weekly_regions(200)
    table = calendar("2010-01-03", 7 * 200 + 120, festival=False)
    memory = None
    for column in range(180, 200):
        made, memory = assess(panel.until(column), table, memory)
    same(made, assess(panel, table)[0])
    assert made.forecast["horizon"].unique().tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_calendar_without_room_for_the_forecast_is_refused():
    with pytest.raises(ValueError, match="reach"):
        assess(city(), TABLE.iloc[: DAYS + 10])


def test_a_series_that_has_just_begun_is_not_judged_before_it_has_a_factor():
    panel = city()
    values, exposure = panel.values.copy(), panel.exposure.copy()
    values[0, :-12], exposure[0, :-12] = np.nan, 0.0
    young = Panel(panel.series, panel.periods, values, exposure, "day")
    score = assess(young, TABLE)[0].score
    assert not score[score["series_id"] == "NA"]["p"].le(1e-2).any()
