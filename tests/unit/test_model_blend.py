import numpy as np
import pandas as pd
import pytest
from model_city import calendar, weekly_regions

from models import blend
from models.assess import assess
from models.backtest import outlook
from models.blend import LAST_SHARES, YEAR_SHARES
from models.panel import Panel
from models.recipe import MONTH, WEEK

WEEKS = 230
TABLE = calendar("2010-01-03", 7 * WEEKS + 120, festival=False)
GROUP = np.zeros(4, dtype=np.int64)


def with_values(values: np.ndarray) -> Panel:
    panel = weekly_regions(values.shape[1])
    return Panel(panel.series, panel.periods, values, np.isfinite(values).astype(float), "week")


def test_without_past_years_the_own_forecast_and_the_last_value_are_all_there_is():
    panel = weekly_regions(40)
    own = np.full((4, 4), 500.0)
    made = blend.candidates(panel, 39, own, WEEK)
    assert made.shape == (4, len(YEAR_SHARES) * len(LAST_SHARES), 4)
    assert made[:, :: len(LAST_SHARES)] == pytest.approx(np.log1p(500))
    assert made[2, 1] == pytest.approx(0.6 * np.log1p(500) + 0.4 * np.log1p(panel.values[:, 39]))


def test_past_years_are_raised_to_the_level_of_today():
    values = np.full((4, 160), 99.0)
    values[:, 30:82] = 199.0  # the week 104 weeks before the forecast lies in a year of twice as many
    made = blend.candidates(with_values(values), 159, np.full((4, 4), 99.0), WEEK)
    raise_two_years = np.log(100) - np.log(200)
    past = np.mean([np.log(100), np.log(100), np.log(200) + raise_two_years])
    assert past == pytest.approx(np.log(100))
    assert made[0, 0, 0] == pytest.approx(np.log(100))
    values[:, 108] = 149.0  # a week that was high a year ago
    made = blend.candidates(with_values(values), 159, np.full((4, 4), 99.0), WEEK)
    high = 2 / 3 * np.log(150 / 100)
    assert made[0, 0, 0] == pytest.approx(np.log(100) + YEAR_SHARES[0] * high)
    assert made[0, -1, 0] == pytest.approx(np.log(100) + 0.2 * YEAR_SHARES[-1] * high)


def test_the_last_value_counts_for_a_walk_and_not_for_a_steady_season():
    rng = np.random.default_rng(5)
    walk = np.round(np.exp(7 + np.cumsum(rng.normal(0, 0.12, (4, WEEKS)), axis=1)))
    shares, of_last = [], np.tile(LAST_SHARES, len(YEAR_SHARES))[None, :, None]
    for panel in (with_values(walk), weekly_regions(WEEKS)):
        state = blend.begin_blend(4, 4, WEEK.year)
        for column in range(100, WEEKS):
            state = blend.advance_blend(state, panel, column, GROUP, WEEK)
            own = panel.values[:, column - 51 : column - 47].T
            state = blend.register_forecasts(state, blend.candidates(panel, column, own, WEEK))
        shares.append(blend.average_blends(state, GROUP, np.broadcast_to(of_last, state.loss.shape))[0].mean())
    assert shares[0] > 0.5
    assert shares[0] > shares[1] + 0.2


def test_a_steady_season_is_forecast_better_than_by_its_last_value():
    panel = weekly_regions(WEEKS)
    made = outlook(panel, TABLE, panel.periods[150].date())
    truth = panel.values[:, 154:]
    ours = np.abs(np.log(made.expected[3, :, :-4] / truth)).mean()
    last = np.abs(np.log(panel.values[:, 150:-4] / truth)).mean()
    assert ours < 0.9 * last


def test_the_bands_hold_what_they_say():
    panel = weekly_regions(WEEKS, regions=12)
    made = outlook(panel, TABLE, panel.periods[130].date())
    for horizon in (1, 4):
        truth = panel.values[:, 130 + horizon :]
        part = {name: rows[horizon - 1, :, : truth.shape[1]] for name, rows in made.quantiles.items()}
        for name, least, most in (("80", 0.73, 0.87), ("95", 0.9, 0.99), ("50", 0.42, 0.58)):
            inside = (truth >= part[f"lo{name}"]) & (truth <= part[f"hi{name}"])
            assert least < inside.mean() < most
        assert (part["lo95"] <= part["lo80"]).all()
        assert (part["hi50"] <= part["hi80"]).all()


def test_missing_weeks_do_not_stop_it_and_count_for_nothing():
    panel = weekly_regions(WEEKS)
    values = panel.values.copy()
    values[0, 170:176] = np.nan
    made = outlook(with_values(values), TABLE, panel.periods[165].date())
    assert np.isfinite(made.expected).all()
    assert made.expected[0, 0, 11] == pytest.approx(panel.values[0, 177], rel=0.35)


@pytest.mark.parametrize(("recipe", "moved"), [(WEEK, True), (MONTH, False)])
def test_forecasts_are_moved_by_their_past_error_where_enough_of_them_are_known(recipe, moved):
    state = blend.begin_blend(1, 1, recipe.year)
    whole = with_values(np.full((4, 1), 99.0))
    panel = Panel(whole.series[:1], whole.periods, whole.values[:1], whole.exposure[:1], "week")
    forecasts = np.full((1, len(YEAR_SHARES) * len(LAST_SHARES), 1), np.log1p(90.0))
    for _ in range(40):
        state = blend.advance_blend(blend.register_forecasts(state, forecasts), panel, 0, GROUP[:1], recipe)
    state = blend.register_forecasts(state, forecasts)
    people, is_known = blend.quantile(state, panel.periods[0], GROUP[:1], np.array([0.5]), recipe)
    assert is_known.all()
    assert people[0, 0, 0] == pytest.approx(99.0 if moved else 90.0)


def test_small_series_keep_the_negative_binomial():
    panel = weekly_regions(WEEKS, mean=4.0)
    made = outlook(panel, TABLE, panel.periods[220].date())
    assert (made.quantiles["lo80"] % 1 == 0).all()


def test_the_forecast_of_today_is_the_last_of_the_backtest():
    panel = weekly_regions(WEEKS)
    made = outlook(panel, TABLE, panel.periods[-5].date())
    today = assess(panel, TABLE)[0].forecast
    np.testing.assert_array_equal(today["expected"], made.expected[:, :, -1].ravel())
    np.testing.assert_array_equal(today["hi95"], made.quantiles["hi95"][:, :, -1].ravel())
    assert today["period"].min() == panel.periods[-1] + pd.Timedelta(days=7)
