import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from model_city import calendar
from scipy import stats

from models.assess import Memory, assess
from models.backtest import trace
from models.evidence import is_worth_telling, tail_probability
from models.model_state import from_arrays, to_arrays
from models.panel import Grain, Panel, Worse, periods_from

TABLE = calendar("2016-01-01", 365 * 11)
BASES = np.array([200_000.0, 20_000.0, 3.0])  # people among whom is counted: a city, a county, a village


@functools.cache
def rates(count: int = 36, grain: Grain = "month", worse: Worse = "higher", rate: float = 0.02, seed: int = 1) -> Panel:
    """Three counts among denominators that grow by a half in their time."""
    periods = periods_from(pd.Timestamp("2017-01-01"), count, grain)
    base = BASES[:, None] * np.linspace(1.0, 1.5, count)
    return made(np.random.default_rng(seed).binomial(np.round(base).astype(int), rate), base, grain, worse, periods)


def made(values, base, grain="month", worse="higher", periods=None, told=None) -> Panel:
    names = [f"R{i}" for i in range(len(values))]
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    periods = periods_from(pd.Timestamp("2017-01-01"), values.shape[1], grain) if periods is None else periods
    whole = base / base[:, :1]
    exposure = whole if told is None else whole * told
    return Panel(series, periods, values.astype(float), exposure, grain, "count", worse, whole)


def with_last(panel: Panel, row: int, people: float) -> Panel:
    values = panel.values.copy()
    values[row, -1] = people
    return Panel(panel.series, panel.periods, values, panel.exposure, panel.grain, "count", panel.worse, panel.whole)


def one(panel: Panel) -> pd.DataFrame:
    score = assess(panel, TABLE)[0].score
    return score[score["window_periods"] == 1].set_index("series_id")


@pytest.mark.parametrize(("count", "grain"), [(24, "month"), (36, "month"), (20, "quarter")])
def test_one_of_three_is_no_spike_and_the_same_rate_in_a_large_county_is(count, grain):
    tiny = one(with_last(rates(count, grain), 2, 1.0))
    assert tiny["p"]["R2"] > 1e-2
    assert not is_worth_telling(tiny["observed"].to_numpy(), tiny["expected"].to_numpy())[2]
    large = one(with_last(rates(count, grain), 1, 20_000 * 1.5 / 3))
    assert large["p"]["R1"] < 1e-6
    assert is_worth_telling(large["observed"].to_numpy(), large["expected"].to_numpy())[1]


def test_more_people_among_more_are_no_spike():
    base = BASES[:, None] * np.ones(36)
    base[1, -1] *= 3
    people = np.random.default_rng(1).binomial(np.round(base).astype(int), 0.02)
    score = one(made(people, base))
    assert score["p"]["R1"] > 1e-2
    assert score["expected"]["R1"] == pytest.approx(0.02 * 60_000, rel=0.05)
    assert (score["level"] * score["factor"] * score["reported"]).to_numpy() == pytest.approx(score["expected"])


def test_a_ratio_that_falls_is_found_where_lower_is_worse():
    """Posts among seekers: 1.2 for years, then 0.9 with as many seekers as ever."""
    seekers = np.full((2, 36), [[5000.0], [2000.0]])
    posts = np.random.default_rng(5).poisson(1.2 * seekers)
    posts[0, -1] = 4500
    panel = made(posts, seekers, worse="lower")
    score = one(panel)
    assert score["p"]["R0"] < 1e-4
    assert score["p"]["R1"] > 1e-2
    found = trace(panel, TABLE, panel.periods[-1].date())
    assert found.evidence[0, -1] > 4
    assert found.evidence[1, -1] < 2


def test_the_lower_tail_is_that_of_scipy_and_both_tails_make_one():
    mean, variance, people = 7.0, 12.0, np.array([2.0])
    size = mean**2 / (variance - mean)
    low = stats.nbinom.cdf(2, size, size / (size + mean)) - 0.5 * stats.nbinom.pmf(2, size, size / (size + mean))
    told = {
        side: tail_probability(people, np.array([mean]), np.array([variance]), side) for side in ("higher", "lower")
    }
    assert told["lower"][0] == pytest.approx(low)
    assert told["lower"] + told["higher"] == pytest.approx(1.0)
    far = tail_probability(np.array([0.0]), np.array([1e5]), np.array([1e5 * 1.1]), "lower")[0]
    assert 0 < far < 1e-200


@pytest.mark.parametrize(
    ("observed", "expected", "nature", "is_worth"),
    [
        (0, 3, "count", True), (0, 2.9, "count", False), (10, 12, "count", True), (11, 12, "count", False),
        (30, 12, "count", False), (np.nan, 12, "count", False), (995, 1000, "stock", True), (996, 1000, "stock", False),
        (98, 100, "stock", False), (97, 100, "stock", True), (-40, -37, "net", True), (-40, -38, "net", False),
    ],
)  # fmt: skip
def test_a_fall_needs_people_and_a_ratio(observed, expected, nature, is_worth):
    assert is_worth_telling(np.array([observed]), np.array([expected]), "lower", nature)[0] == is_worth


def test_the_forecast_expects_as_many_to_be_counted_among_as_were():
    told = assess(rates(), TABLE)[0].forecast
    city = told[told["series_id"] == "R0"]
    assert city["expected"].to_numpy() == pytest.approx(0.02 * 300_000, rel=0.1)
    assert (city["lo80"] > 0.02 * 200_000).all()


def test_of_what_was_due_the_share_that_came_is_told_whatever_the_denominator():
    panel = rates()
    told = np.ones_like(panel.exposure)
    told[0, -1], told[1, -1] = 0.5, 0.8
    part = made(np.round(panel.values * told), BASES[:, None] * np.linspace(1.0, 1.5, 36), told=told)
    score = one(part)
    assert score["coverage"]["R1"] == pytest.approx(0.8)
    assert score["p"]["R1"] > 1e-2
    assert np.isnan(score["p"]["R0"])
    assert score["coverage"]["R2"] == 1


def test_cutting_off_the_future_changes_nothing():
    start = rates().periods[20].date()
    whole, short = trace(rates(), TABLE, start), trace(rates().until(29), TABLE, start)
    np.testing.assert_array_equal(short.p, whole.p[..., :10])
    np.testing.assert_array_equal(short.evidence, whole.evidence[..., :10])


def test_memory_of_a_rate_changes_nothing_kept_in_a_file_or_not():
    memory: Memory | None = None
    for column in range(28, 36):
        _, memory = assess(rates().until(column), TABLE, memory and from_arrays(to_arrays(memory)))
    again = assess(rates(), TABLE, memory)[0]
    pd.testing.assert_frame_equal(again.score, assess(rates(), TABLE)[0].score, check_exact=True)
    revised = made(rates().values, BASES[:, None] * np.linspace(1.0, 1.6, 36))
    pd.testing.assert_frame_equal(
        assess(revised, TABLE, memory)[0].score, assess(revised, TABLE)[0].score, check_exact=True
    )


def test_the_order_of_series_does_not_matter():
    order = [1, 2, 0]
    base = (BASES[:, None] * np.linspace(1.0, 1.5, 36))[order]
    mixed = assess(made(rates().values[order], base), TABLE)[0].score["p"].to_numpy().reshape(2, 3)
    plain = assess(rates(), TABLE)[0].score["p"].to_numpy().reshape(2, 3)
    np.testing.assert_allclose(mixed, plain[:, order], rtol=1e-6)


def test_numpy_has_nothing_to_warn_of():
    values, base = rates(30).values.copy(), (BASES[:, None] * np.linspace(1.0, 1.5, 30)).copy()
    values[2, :] = np.nan
    exposure = base / base[:, :1]
    exposure[2, :] = 0.0
    panel = Panel(rates(30).series, rates(30).periods, values, exposure, "month", "count", "lower", exposure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score = assess(panel, TABLE)[0].score
        trace(panel, TABLE, panel.periods[15].date())
    assert score.set_index("series_id")["p"]["R2"].isna().all()
    assert score.set_index("series_id")["p"]["R0"].notna().all()
