import numpy as np
import pandas as pd
import pytest
from model_city import FESTIVALS, calendar, daily_city, series, weekly_regions, with_totals

from models import factor
from models.calendar import day_features, days, features, week_features, workdays_of_month
from models.factor import fit_quasipoisson
from models.panel import Panel, hierarchy
from models.recipe import RECIPES
from tests.bench.plain import plain_rule


def learned(panel, table, anchor):
    columns = features(days(table, panel), panel)
    return columns, factor.learn_factor(panel, columns, hierarchy(panel.series), RECIPES[panel.grain], anchor)


def test_the_fit_finds_the_effects_that_made_the_counts():
    rng = np.random.default_rng(3)
    design = np.column_stack([np.ones(400), rng.integers(0, 2, 400)])
    counts = rng.poisson(np.exp(design @ np.array([2.0, 0.7])), (5, 400)).astype(float)
    found, _ = fit_quasipoisson(counts, design, np.array([1e-4, 1e-4]), np.ones((5, 400)), np.zeros((5, 400)))
    assert found == pytest.approx(np.tile([2.0, 0.7], (5, 1)), abs=0.1)


def test_the_fit_of_a_series_that_never_reported_expects_nobody():
    found, _ = fit_quasipoisson(
        np.zeros((1, 50)), np.ones((50, 1)), np.array([1e-4]), np.zeros((1, 50)), np.zeros((1, 50))
    )
    assert np.exp(found[0, 0]) < 1e-4


def test_mondays_bring_half_as_much_again_and_cells_inherit_it():
    panel = daily_city(500)
    columns, found = learned(panel, calendar("2021-01-01", 600), 450)
    rate = found.rate(columns, 200, 442)
    monday, wednesday = (panel.periods[200:442].day_of_week == day for day in (0, 2))
    ratio = rate[:, monday].mean(axis=1) / rate[:, wednesday].mean(axis=1)
    assert ratio == pytest.approx(np.full(12, 1.5), rel=0.12)


def test_a_feed_that_comes_on_workdays_is_not_due_on_sundays():
    panel = daily_city(500)
    columns, found = learned(panel, calendar("2021-01-01", 600), 450)
    assert (found.due(columns, 450, 500) == columns.is_workday[450:500]).all()


def test_the_festival_is_expected_where_it_moves_to():
    table = calendar("2021-01-01", 1500)
    after = np.exp(-0.5 * ((table["festival_offset"] - 20) / 9) ** 2)
    rng = np.random.default_rng(5)
    rate = 20.0 * np.exp(0.8 * after.to_numpy())[None] * np.linspace(0.5, 1.5, 6)[:, None]
    values = with_totals(rng.poisson(rate).astype(float))
    panel = Panel(series(), pd.DatetimeIndex(table["date"]), values, np.ones_like(values), "day")
    anchor = int((FESTIVALS[3] - panel.periods[0]).days) - 5  # the fourth festival has not been seen
    columns, found = learned(panel, table, anchor)
    peak = anchor + 5 + 20
    rate_ahead = found.rate(columns, anchor + 10, peak + 15)[11]
    assert abs(int(rate_ahead.argmax()) + anchor + 10 - peak) <= 6
    assert rate_ahead.max() / found.rate(columns, peak + 60, peak + 70)[11].mean() == pytest.approx(
        np.exp(0.8), rel=0.25
    )


def test_half_a_report_does_not_halve_the_factor():
    panel = daily_city(500)
    half = Panel(panel.series, panel.periods, panel.values.copy(), panel.exposure.copy(), "day")
    half.values[11, 250:] /= 2
    half.exposure[11, 250:] /= 2
    table = calendar("2021-01-01", 600)
    columns, whole = learned(panel, table, 450)
    _, part = learned(half, table, 450)
    assert part.rate(columns, 450, 470)[11] == pytest.approx(whole.rate(columns, 450, 470)[11], rel=0.03)


def test_a_season_is_found_in_weekly_counts_and_carried_on():
    panel = weekly_regions(300)
    table = calendar("2010-01-03", 7 * 300 + 120, festival=False)
    columns, found = learned(panel, table, 240)
    rate = found.rate(columns, 240, 292)
    assert rate.max(axis=1) / rate.min(axis=1) == pytest.approx(np.full(4, 1.3 / 0.7), rel=0.2)


def test_a_weekly_holiday_is_a_column_of_its_own_and_of_the_weeks_after():
    panel = weekly_regions(60)
    table = calendar("2010-01-03", 7 * 60 + 120, festival=False)
    found = week_features(days(table, panel))
    assert len(found.columns("holiday")) == 3 * 3  # three names, the week itself and two after
    assert found.matrix[:, found.columns("before festival", "after festival")].sum() == 0


def test_the_workdays_of_a_month_are_counted_from_both_ends():
    panel = daily_city(62)
    facts = days(calendar("2021-01-01", 140), panel)
    since, left = workdays_of_month(facts)
    february = slice(31, 59)
    assert since[february].max() == left[february].max() == facts.is_workday[february].sum()
    assert left[58] == 0 or facts.is_workday[58]
    assert day_features(facts).matrix.shape[0] == 140


def test_a_calendar_that_ends_too_early_is_refused():
    panel = daily_city(100)
    with pytest.raises(ValueError, match="covers"):
        days(calendar("2021-01-01", 90), panel)
    with pytest.raises(ValueError, match="lacks"):
        days(calendar("2021-01-01", 200).drop(columns="is_makeup"), panel)


def test_the_plain_rule_flags_what_exceeds_four_weeks_by_two_deviations():
    values = np.array([[10.0, 12, 10, 12, 11, 20, np.nan, 11]])
    assert plain_rule(values).tolist() == [[False, False, False, False, False, True, False, False]]
