import functools
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from model_city import FESTIVALS, calendar
from scipy import special

from models import change
from models.backtest import trace
from models.change import FREEDOM, LEAST_SCALE, assess, median
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


@pytest.mark.parametrize("nature", ["stock", "net"])
@pytest.mark.parametrize("denominator", [None, 250.0], ids=["people", "a share of 250"])
def test_a_forecast_is_known_no_better_than_by_one_person(nature: Nature, denominator: float | None):
    """Figures that hardly ever move: most of their changes are nought, and so is the median of their errors."""
    values = np.full((4, 48), [[0.0], [5.0], [9.0], [4000.0]])
    values[:, 30] += 1
    among = None if denominator is None else np.full((4, 48), 1.0 + np.arange(48) / denominator)
    told = assess(made(values, nature=nature, exposure=among), TABLE)[0].forecast
    half = LEAST_SCALE * special.stdtrit(FREEDOM, [0.9, 0.975])
    for lo, hi, least in (("lo80", "hi80", half[0]), ("lo95", "hi95", half[1])):
        assert (told[hi] - told["expected"] >= least - 1e-9).all()
        floor = told["expected"].clip(upper=least) if nature == "stock" else least
        assert (told["expected"] - told[lo] >= floor - 1e-9).all()


def test_one_person_is_one_person_after_what_is_expected_was_made_to_add_up():
    """A cell of nobody or one, beside cells whose sums tell of fewer or more: the floor is not moved along."""
    half = LEAST_SCALE * special.stdtrit(FREEDOM, 0.975)
    for seed in range(12):
        panel = tree("stock")
        rare = (np.random.default_rng(seed).random(48) < 0.2).astype(float)
        for row in (0, 2, 4, 8):  # the city, B, Y, B × Y
            panel.values[row] += rare - (tree("stock").values[8])
        told = assess(panel, TABLE)[0].forecast
        rows = told[told["series_id"] == "BY"]
        assert (rows["hi95"] - rows["expected"] >= half - 1e-9).all()
        assert (rows["hi95"] < 20).all()


def test_an_index_is_no_people_and_may_be_known_better_than_by_one():
    rows = 100 + np.tile([0.0, 0.1, 0.1, 0.0], (4, 12))
    told = assess(replace(made(rows), is_sum=False), TABLE)[0].forecast
    assert (told["hi95"] - told["lo95"] < 2).all()


def test_an_index_that_falls_is_found_though_it_is_no_people():
    """101 points, a fifth of a per cent up or down a week, then a fall of 2.8 per cent: less than three points."""
    rows = np.round(101 * np.exp(np.random.default_rng(3).normal(0, 0.002, (4, 120))), 1)
    rows[0, -1] = round(rows[0, -2] * 0.972, 1)
    panel = replace(made(rows, "week"), is_sum=False)
    score = assess(panel, TABLE)[0].score.query("window_periods == 1").set_index("series_id")
    assert score["p"]["R0"] < 1e-3
    assert score["strength"]["R0"] > 3
    assert score["strength"].drop("R0").fillna(0).max() < 2
    still = assess(replace(made(np.full((2, 60), 101.0), "week"), is_sum=False), TABLE)[0].score
    assert still["p"].to_numpy() == pytest.approx(0.5)
    found = trace(panel, TABLE, panel.periods[-1].date())
    assert found.evidence[0, -1] > 3


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


@pytest.mark.parametrize("nature", ["stock", "net"])
def test_a_series_that_told_too_little_or_nothing_for_long_is_not_forecast(nature: Nature):
    values = stocks().values.copy()
    values[0, :-3] = values[1, -7:] = values[2, -5:] = np.nan
    rows = assess(made(values, nature=nature), TABLE)[0].forecast.set_index("series_id")
    assert rows.loc[["R0", "R1"]].drop(columns=["series", "period", "horizon"]).isna().all(axis=None)
    assert rows.loc[["R2", "R3"]].notna().all(axis=None)


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


def tree(nature: Nature, is_sum: bool = True, whole: bool = False, lost: float = 0.0) -> Panel:
    """Two areas × two industries with all totals, of which each wanders by itself; lost: people the cell A × X loses."""
    rng = np.random.default_rng(7)
    cells = np.round(
        np.array([4000.0, 900.0, 700.0, 60.0])[:, None] * np.exp(np.cumsum(rng.normal(0, 0.02, (4, 48)), 1))
    )
    cells[0, -1] -= lost
    if nature == "net":
        cells = np.diff(cells, axis=1, prepend=cells[:, :1])
    grid = cells.reshape(2, 2, -1)
    values = np.concatenate([cells.sum(axis=0, keepdims=True), grid.sum(axis=1), grid.sum(axis=0), cells])
    names = [("city", "ALL", "total"), ("A", "ALL", "area"), ("B", "ALL", "area"), ("city", "X", "industry"),
             ("city", "Y", "industry"), *[(a, i, "cell") for a in "AB" for i in "XY"]]  # fmt: skip
    frame = pd.DataFrame(names, columns=["area", "industry", "level"])
    frame["series_id"] = frame["area"] + frame["industry"]
    ones = np.ones_like(values)
    return Panel(frame, periods_from(FIRST, 48, "month"), values, ones, "month", nature, "lower", ones if whole else None,
                 is_sum)  # fmt: skip


def far_from_adding_up(people: pd.Series) -> float:
    """The most people by which an area or industry differs from its cells, or the total from its areas."""
    gaps = [people["cityALL"] - people["AALL"] - people["BALL"], people["cityX"] - people["AX"] - people["BX"]]
    gaps += [people[f"{area}ALL"] - people[f"{area}X"] - people[f"{area}Y"] for area in "AB"]
    return float(np.abs(gaps).max())


@pytest.mark.parametrize("nature", ["stock", "net"])
def test_what_is_expected_of_parts_adds_up_to_the_whole_in_forecasts_and_judgements(nature: Nature):
    said = assess(tree(nature), TABLE)[0]
    for frame, key in ((said.forecast, "horizon"), (said.score, "window_periods")):
        for _, rows in frame.groupby(key):
            people = rows.set_index("series_id")["expected"]
            assert far_from_adding_up(people) < 1e-6 * np.abs(people).max() + 1e-6


@pytest.mark.parametrize("nature", ["stock", "net"])
@pytest.mark.parametrize("kept", [{"is_sum": False}, {"whole": True}])
def test_an_index_and_a_rate_are_each_expected_alone(nature: Nature, kept: dict[str, bool]):
    plain = assess(tree(nature, **kept), TABLE)[0]
    whole = tree(nature)
    apart = whole.series.assign(level="area", area=whole.series["series_id"], industry="ALL")
    alone = assess(Panel(apart, whole.periods, whole.values, whole.exposure, "month", nature, "lower"), TABLE)[0]
    rows = plain.forecast[plain.forecast["horizon"] == 6].set_index("series_id")["expected"]
    assert far_from_adding_up(rows) > 0.01
    np.testing.assert_array_equal(plain.forecast["expected"], alone.forecast["expected"])


def test_bands_are_moved_along_and_keep_their_relative_width(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(change, "LEAST_SCALE", 0.0)
    added = assess(tree("stock"), TABLE)[0].forecast
    alone = assess(tree("stock", is_sum=False), TABLE)[0].forecast
    ratio = added["expected"] / alone["expected"]
    assert (np.abs(ratio - 1) > 1e-6).any()
    for name in ("lo80", "hi80", "lo95", "hi95"):
        np.testing.assert_allclose(added[name], alone[name] * ratio, rtol=1e-12)
    added, alone = (assess(tree("net", is_sum=is_sum), TABLE)[0].forecast for is_sum in (True, False))
    np.testing.assert_allclose(added["hi80"] - added["lo80"], alone["hi80"] - alone["lo80"])


@pytest.mark.parametrize("nature", ["stock", "net"])
def test_a_fall_of_one_cell_is_found_there_and_in_what_holds_it(nature: Nature):
    p = p_of(tree(nature, lost=900.0))
    assert p[["AX", "AALL", "cityX"]].max() < 0.01
    assert p[["AY", "BX", "BY"]].min() > 0.02


def test_a_cell_that_has_not_reported_lends_no_figure_to_the_sums():
    panel = tree("stock")
    panel.values[5, -1], panel.exposure[5, -1] = np.nan, 0.0  # A × X; its totals say how many they lack
    share = panel.values[5, -2] / panel.values[:, -2]
    for row in (0, 1, 3):
        panel.values[row, -1] -= tree("stock").values[5, -1]
        panel.exposure[row, -1] = 1 - share[row]
    score = assess(panel, TABLE)[0].score
    score = score[score["window_periods"] == 1].set_index("series_id")
    assert np.isnan(score.loc["AX", "p"])
    for name in ("AY", "BX", "BY", "BALL", "cityY"):
        assert score.loc[name, "expected"] == pytest.approx(score.loc[name, "observed"], rel=0.1)
