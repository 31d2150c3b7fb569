import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from model_city import FESTIVALS, calendar

from models.backtest import trace
from models.change import assess, median
from models.panel import Grain, Nature, Panel, Worse, periods_from

TABLE = calendar("2016-01-01", 365 * 11)
FIRST = pd.Timestamp("2017-01-01")
SIZES = np.array([60_000.0, 8_000.0, 400.0, 5.0])


@functools.cache
def stocks(count: int = 48, grain: Grain = "month", worse: Worse = "lower", season: float = 0.02) -> Panel:
    """Four stocks from 60,000 people to 5 that grow and shrink with the season, and wander by half a per cent."""
    periods = periods_from(FIRST, count, grain)
    rng = np.random.default_rng(4)
    year = season * np.cos(2 * np.pi * (periods.month.to_numpy() - 1) / 12)
    values = np.round(SIZES[:, None] * np.exp(year + np.cumsum(rng.normal(0, 0.005, (4, count)), axis=1)))
    return made(values, grain, worse=worse)


def made(values, grain: Grain = "month", exposure=None, nature: Nature = "stock", worse: Worse = "lower") -> Panel:
    names = [f"R{i}" for i in range(len(values))]
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    told = np.isfinite(values).astype(float) if exposure is None else exposure
    return Panel(series, periods_from(FIRST, values.shape[1], grain), values, told, grain, nature, worse)


def p_of(panel: Panel, width: int = 1, table: pd.DataFrame = TABLE) -> pd.Series:
    score = assess(panel, table)[0].score
    return score[score["window_periods"] == width].set_index("series_id")["p"]


@pytest.mark.parametrize(("grain", "count"), [("month", 24), ("month", 48), ("quarter", 24), ("week", 120)])
def test_a_stock_that_falls_is_found_and_the_others_stay_quiet(grain, count):
    values = stocks(count, grain).values.copy()
    values[1, -1] *= 0.9
    p = p_of(made(values, grain))
    assert p["R1"] < 1e-3
    assert p.drop("R1").min() > 1e-2


def test_the_tail_is_that_of_the_worse_side():
    values = stocks().values.copy()
    values[1, -1] *= 0.9
    fall, rise = p_of(made(values)), p_of(made(values, worse="higher"))
    assert rise["R1"] > 1 - 1e-4
    assert (fall + rise).to_numpy() == pytest.approx(1.0)


def test_a_slow_slide_shows_over_three_months_before_it_shows_in_one():
    values = stocks().values.copy()
    values[0, -3:] *= np.array([0.98, 0.96, 0.94])
    assert p_of(made(values), 3)["R0"] < p_of(made(values), 1)["R0"] / 3


def test_a_season_that_came_every_year_is_no_surprise():
    """A stock that loses a tenth every February: the sixth time it is usual."""
    values = stocks(62, season=0.0).values.copy()
    for february in range(1, 62, 12):
        values[:2, february] *= 0.9
    plain = calendar("2016-01-01", 365 * 11, festival=False)
    p = p_of(made(values[:, :62]), table=plain)
    assert p.iloc[:2].min() > 5e-3
    assert (
        p_of(made(values[:, :14]), table=plain).iloc[0] < 1e-3
    )  # the second February is still a surprise to the first two years


def test_a_crisis_does_not_blind_to_the_next():
    values = stocks(60).values.copy()
    values[1, 30:36] *= np.array([0.5, 0.8, 0.6, 0.9, 0.7, 0.8])
    values[1, -1] *= 0.9
    assert p_of(made(values))["R1"] < 1e-3


def test_the_expected_stock_can_be_told_as_level_times_factor_times_reports():
    score = assess(stocks(), TABLE)[0].score
    score = score[score["series_id"] != "R3"]
    assert (score["level"] * score["factor"] * score["reported"]).to_numpy() == pytest.approx(score["expected"])
    assert (score["expected"] / score["observed"]).between(0.95, 1.05).all()


def test_a_stock_of_a_few_is_known_no_better_than_by_one_person():
    values = np.full((2, 36), [[5.0], [9.0]])
    score = assess(made(values), TABLE)[0].score
    assert (score["variance"] >= 1).all()
    assert score["p"].to_numpy() == pytest.approx(0.5)


def test_a_missing_month_is_bridged_and_a_silent_series_is_not_judged():
    values = stocks().values.copy()
    values[0, -2] = values[1, -1] = np.nan
    values[2, -4:] = np.nan
    p, long = p_of(made(values)), p_of(made(values), 3)
    assert np.isfinite(p["R0"])
    assert np.isnan(p["R1"])
    assert np.isnan(p["R2"])
    assert np.isnan(long["R2"])


def test_a_total_of_which_too_little_came_is_not_judged_and_one_that_lacks_little_is():
    exposure = np.ones((4, 48))
    exposure[0, -1], exposure[1, -1] = 0.5, 0.9
    values = stocks().values * exposure
    score = assess(made(values, exposure=exposure), TABLE)[0].score.query("window_periods == 1").set_index("series_id")
    assert np.isnan(score["p"]["R0"])
    assert score["p"]["R1"] > 1e-3
    assert score["coverage"]["R1"] == pytest.approx(0.9)
    assert score["expected"]["R1"] == pytest.approx(values[1, -1], rel=0.03)


def test_a_rate_that_moves_is_told_in_people():
    """A registered rate of 3 % that jumps to 4 % while its denominator halves: people fall, the rate is what counts."""
    rng = np.random.default_rng(2)
    base = np.full((2, 36), 100_000.0)
    base[0, -1] /= 2
    rate = 0.03 * np.exp(rng.normal(0, 0.01, (2, 36)))
    rate[0, -1] = 0.04
    values = np.round(rate * base)
    panel = made(values, exposure=base / 100_000, worse="higher")
    panel = Panel(panel.series, panel.periods, values, panel.exposure, "month", "stock", "higher", panel.exposure)
    score = assess(panel, TABLE)[0].score.query("window_periods == 1").set_index("series_id")
    assert score["p"]["R0"] < 1e-4
    assert score["observed"]["R0"] == 2000
    assert score["expected"]["R0"] == pytest.approx(1500, rel=0.03)
    assert score["p"]["R1"] > 1e-2


def net(count: int = 60) -> np.ndarray:
    """Net changes around plus twenty, in the fourth month of the year around minus eighty."""
    month = np.arange(count) % 12
    return np.round(np.random.default_rng(3).normal(np.where(month == 3, -80.0, 20.0), 8.0, (3, count)))


def test_a_net_change_is_judged_as_it_stands_with_its_sign_and_season():
    values = net(64)  # ends with the fourth month of a year
    assert p_of(made(values, nature="net")).min() > 1e-2
    values[0, -1] = -160.0
    score = assess(made(values, nature="net"), TABLE)[0].score.query("window_periods == 1").set_index("series_id")
    assert score["p"]["R0"] < 1e-3
    assert score["expected"]["R0"] == pytest.approx(-65, abs=15)  # drawn a little to the other months
    assert score["observed"]["R0"] == -160


def test_net_changes_of_a_window_add_up():
    values = net()
    score = assess(made(values, nature="net"), TABLE)[0].score.query("window_periods == 3")
    assert score["observed"].to_numpy() == pytest.approx(values[:, -3:].sum(axis=1))


@pytest.mark.parametrize("nature", ["stock", "net"])
def test_the_forecast_holds_about_as_much_as_it_says(nature):
    rng = np.random.default_rng(6)
    steps = rng.normal(0, 0.01, (60, 60))
    values = np.round(5000 * np.exp(np.cumsum(steps, axis=1))) if nature == "stock" else np.round(3000 * steps)
    inside = []
    for end in range(45, 57):
        told = assess(made(values[:, :end], nature=nature), TABLE)[0].forecast
        assert told["period"].nunique() == 6
        one = told[told["horizon"] == 3]
        truth = values[:, end + 2]
        inside.append((truth >= one["lo80"].to_numpy()) & (truth <= one["hi80"].to_numpy()))
    assert 0.72 < np.mean(inside) < 0.92


@pytest.mark.parametrize(
    ("nature", "grain", "count"), [("stock", "month", 48), ("net", "month", 48), ("net", "day", 400)]
)
def test_cutting_off_the_future_changes_nothing(nature, grain, count):
    values = stocks(count).values if nature == "stock" else net(count)
    values = values.copy()
    values[0, 5] = values[1, 20] = np.nan
    panel = made(values, grain, nature=nature)
    whole = trace(panel, TABLE, panel.periods[count - 20].date())
    short = trace(panel.until(count - 6), TABLE, panel.periods[count - 20].date())
    for name in ("p", "expected", "evidence"):
        np.testing.assert_array_equal(getattr(short, name), getattr(whole, name)[..., :15])
    last = assess(panel.until(count - 6), TABLE)[0].score["p"].to_numpy()
    np.testing.assert_array_equal(last, short.p[..., -1].ravel())


def test_the_order_of_series_does_not_matter():
    order = [2, 0, 3, 1]
    mixed = assess(made(stocks().values[order]), TABLE)[0]
    plain = assess(stocks(), TABLE)[0]
    np.testing.assert_allclose(
        mixed.score["p"].to_numpy().reshape(2, 4), plain.score["p"].to_numpy().reshape(2, 4)[:, order], rtol=1e-12
    )


def test_short_and_empty_histories_are_no_error_and_numpy_has_nothing_to_warn_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for count in (1, 2, 5, 9, 14):
            for nature in ("stock", "net"):
                values = np.abs(net(count))
                values[2] = np.nan
                score = assess(made(values, nature=nature), TABLE)[0].score
                assert score["p"].isna().all() == (count < 9)


def test_the_median_knows_what_is_missing():
    rows = np.array([[3.0, np.nan, 1.0], [np.nan, np.nan, np.nan], [4.0, 1.0, 2.0]])
    np.testing.assert_array_equal(median(rows), [2.0, np.nan, 2.0])
    assert np.isnan(median(np.zeros((2, 0)))).all()


@pytest.mark.parametrize(("year", "month"), [(2023, 1), (2024, 2), (2025, 1)])
def test_a_moving_festival_is_expected_in_the_month_it_falls_in(year, month):
    """A net change of 20 that is -300 in the month of every Spring Festival, be it January or February."""
    periods = periods_from(FIRST + pd.DateOffset(years=4), 12 * (year - 2021) + month, "month")
    festive = {(day.year, day.month) for day in FESTIVALS}
    is_festive = np.array([(period.year, period.month) in festive for period in periods])
    values = np.random.default_rng(5).normal(np.where(is_festive, -300.0, 20.0), 8.0, (4, len(periods))).round()
    series = pd.DataFrame({"series_id": list("abcd"), "level": "area", "area": list("abcd"), "industry": "ALL"})
    panel = Panel(series, periods, values, np.ones_like(values), "month", "net", "lower")
    score = assess(panel, TABLE)[0].score
    month_alone = score[score["window_periods"] == 1]
    assert is_festive[-1]
    assert (month_alone["expected"] < -150).all()
    assert (month_alone["strength"].fillna(0) < 5).all()
    usual = Panel(series, periods[:-1], values[:, :-1], np.ones_like(values[:, :-1]), "month", "net", "lower")
    ahead = assess(usual, TABLE)[0].forecast
    assert (ahead.loc[ahead["horizon"] == 1, "expected"] < -150).all()
