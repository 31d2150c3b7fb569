import dataclasses

import numpy as np
import pytest

from models import level
from models.recipe import DAY, WEEK


def run_level(observed, recipe=DAY, seen=None):
    """One series with a factor of 10 people a period; the level of the second half-life before every period."""
    state, values = level.begin_level(1, recipe), []
    for day, people in enumerate(observed):
        values.append(level.value(state, recipe)[1, 0])
        is_seen = np.array([True if seen is None else seen[day]])
        state = level.advance_level(state, np.array([float(people)]), np.array([10.0]), is_seen, ~is_seen, recipe, True)
    return np.array(values)


def test_an_unchanged_series_keeps_the_level_one():
    assert run_level([10] * 60) == pytest.approx(np.ones(60), abs=0.01)


def test_a_step_is_resisted_for_three_weeks_and_then_followed():
    path = run_level([10] * 60 + [40] * 60)
    assert path[80] < 1.7  # twenty days of four times as many, clipped
    assert path[-1] > 2.2


def test_large_weekly_counts_are_followed_at_once():
    path = run_level([10] * 60 + [40] * 20, WEEK)
    assert path[70] > 2.5


def test_a_week_without_reports_leaves_the_level_as_it_was():
    observed = [15] * 60 + [0] * 30 + [15]
    path = run_level(observed, seen=[True] * 60 + [False] * 30 + [True])
    assert path[90] == path[60] > 1.2


def test_a_series_that_jumps_about_gets_a_shorter_memory_than_a_steady_one():
    rng = np.random.default_rng(2)
    walk = 10 * np.exp(np.cumsum(rng.normal(0, 0.08, 700)))
    state = level.begin_level(2, DAY)
    for day in range(700):
        rate = np.array([10.0, walk[day]])
        both = np.ones(2, dtype=bool)
        state = level.advance_level(state, rng.poisson(rate).astype(float), np.full(2, 10.0), both, ~both, DAY, True)
    choice = level.choose(state, np.array([0, 1]))
    assert choice[1] < choice[0]


def errors(state, observed, mean, recipe=DAY):
    valid = np.ones_like(observed, dtype=bool)
    tells = np.ones(observed.shape[1], dtype=bool)
    return level.advance_dispersion(state, observed, mean, valid, tells, recipe)


def test_the_dispersion_finds_the_ratio_of_variance_to_mean():
    rng = np.random.default_rng(4)
    state = level.begin_dispersion(1, 30)
    mean = np.full((1, 30), 20.0)
    for day in range(1500):
        state = errors(state, rng.poisson(rng.gamma(20 / 1.5, 1.5, (1, 30))).astype(float), mean)
        if day % 28 == 0:
            state = level.share(state, np.zeros(30, dtype=np.int64))
    assert np.median(level.current(state, DAY)[0]) == pytest.approx(2.5, rel=0.15)


def test_the_spread_of_a_level_is_that_of_most_of_its_series_however_large_one_is():
    """A county of a thousand claims, as calm as the others, is not taken for a restless one because it is large."""
    rng = np.random.default_rng(5)
    mean = np.array([[4.0] * 20 + [1000.0]])
    state = level.begin_dispersion(1, 21)
    for day in range(200):
        state = errors(state, rng.poisson(rng.gamma(mean / 0.5, 0.5)).astype(float), mean)
        if day % 28 == 0:
            state = level.share(state, np.zeros(21, dtype=np.int64))
    assert np.unique(state.linear_prior) == pytest.approx(1.5, rel=0.15)
    assert level.current(state, DAY)[0][0, -1] == pytest.approx(1.5, rel=0.25)


def test_counts_are_never_less_noisy_than_poisson():
    state = level.begin_dispersion(1, 5)
    for _ in range(800):
        state = errors(state, np.full((1, 5), 20.0), np.full((1, 5), 20.0))
    state = level.share(state, np.zeros(5, dtype=np.int64))
    assert (level.variance(state, np.full((1, 5), 20.0), DAY) >= 20).all()


@pytest.mark.parametrize("is_square", [False, True])
@pytest.mark.parametrize("people", [0.5, 20.0, 5000.0])
def test_a_variance_is_never_below_poisson_whichever_way_it_is_read(people, is_square):
    calm = np.full((1, 5), 1e-6)
    state = dataclasses.replace(
        level.begin_dispersion(1, 5),
        linear_prior=calm,
        square_prior=calm,
        weight=np.full((1, 5), 500.0),
        is_square=is_square,
    )
    assert level.variance(state, np.full((1, 5), people), DAY) == pytest.approx(np.full((1, 5), people))


def test_the_dispersion_of_a_group_is_the_median_of_its_series_in_both_readings():
    weight = np.full((1, 5), 100.0)
    state = dataclasses.replace(
        level.begin_dispersion(1, 5), weight=weight, linear_sum=weight * [[1.0, 2.0, 3.0, 4.0, 90.0]],
        square_sum=weight * [[0.01, 0.02, 0.03, 0.04, 0.9]],
    )  # fmt: skip
    shared = level.share(state, np.array([0, 0, 0, 1, 1]))
    assert shared.linear_prior.tolist() == [[2.0, 2.0, 2.0, 47.0, 47.0]]
    assert shared.square_prior == pytest.approx(np.array([[0.02, 0.02, 0.02, 0.47, 0.47]]))


def test_a_shock_of_the_whole_pool_does_not_blind_later_detection():
    rng = np.random.default_rng(6)
    mean = np.full((1, 40), 50.0)
    calm = level.begin_dispersion(1, 40)
    for _ in range(300):
        calm = errors(calm, rng.poisson(mean).astype(float), mean, WEEK)
    pooled, lonely = calm, calm
    for _ in range(20):
        pooled = errors(pooled, np.full((1, 40), 400.0), mean, WEEK)
        alone = rng.poisson(mean).astype(float)
        alone[0, 0] = 400.0  # the same in one series only is its own affair and is remembered
        lonely = errors(lonely, alone, mean, WEEK)
    before, after = (level.current(state, WEEK)[0] for state in (calm, pooled))
    assert after == pytest.approx(before)
    assert level.current(lonely, WEEK)[0][0, 0] > 1.5 * before[0, 0]


@pytest.mark.parametrize(
    ("series", "hit", "periods", "distance", "is_shock"),
    [
        (40, 11, 60, 2.6, True),
        (40, 10, 60, 2.6, False),  # a quarter of them; more than a quarter are a shock
        (40, 11, 60, 2.5, False),  # as far out as is not far: 6.25 times the variance
        (20, 6, 60, 2.6, True),
        (19, 6, 60, 2.6, False),  # too few series to tell
        (40, 11, 27, 2.6, True),
        (40, 11, 26, 2.6, False),  # too short a time to tell
    ],
)
def test_a_shock_is_more_than_a_quarter_of_the_pool_far_out(series, hit, periods, distance, is_shock):
    ones = np.ones((1, series))
    state = dataclasses.replace(
        level.begin_dispersion(1, series), linear_prior=ones, linear_sum=periods * ones, weight=periods * ones
    )
    observed = 100.0 * ones
    observed[0, :hit] += 10.0 * distance  # of a mean of 100 and a dispersion of 1 the standard deviation is 10
    assert bool(errors(state, observed, 100.0 * ones, WEEK).shock[0]) is is_shock


def test_after_many_months_even_a_shock_of_the_pool_is_learned():
    mean = np.full((1, 40), 50.0)
    state = level.begin_dispersion(1, 40)
    rng = np.random.default_rng(7)
    for _ in range(60):
        state = errors(state, rng.poisson(mean).astype(float), mean, WEEK)
    for _ in range(WEEK.shock_limit + 40):
        state = errors(state, np.full((1, 40), 120.0), mean, WEEK)
    assert (level.current(state, WEEK)[0] > 2).all()


def test_large_counts_vary_with_their_mean_not_its_root():
    rng = np.random.default_rng(8)
    state = level.begin_dispersion(1, 10)
    mean = np.full((1, 10), 5000.0)
    for _ in range(300):
        state = errors(state, rng.poisson(mean * rng.lognormal(0, 0.1, (1, 10))).astype(float), mean, WEEK)
        state = level.share(state, np.zeros(10, dtype=np.int64))
    assert state.is_square
    spread = np.sqrt(level.variance(state, 4 * mean, WEEK))
    assert spread == pytest.approx(np.full((1, 10), 0.1 * 20000), rel=0.3)


def test_errors_of_a_provisional_factor_are_discounted():
    state = dataclasses.replace(
        level.begin_dispersion(1, 1), weight=np.full((1, 1), 300.0), linear_sum=np.full((1, 1), 900.0)
    )
    assert level.discount(state, 60.0).weight[0, 0] == 60
    assert level.discount(state, 60.0).linear_sum[0, 0] == 180


def test_a_fifth_of_strange_weeks_does_not_hide_the_ordinary_noise():
    rng = np.random.default_rng(9)
    mean = np.full((1, 5), 200.0)
    state = level.begin_dispersion(1, 5)
    for week in range(600):
        shift = 90.0 if week % 5 == 0 else 0.0
        state = errors(state, rng.poisson(mean).astype(float) + shift, mean)
        if week % 28 == 0:
            state = level.share(state, np.zeros(5, dtype=np.int64))
    assert np.median(level.current(state, DAY)[0]) < 3  # unclipped it would be 9


def test_the_clipped_mean_makes_the_dispersion_of_normal_errors_consistent():
    z = np.random.default_rng(10).normal(size=200_000)
    assert level.clipped_mean(2.25) == pytest.approx(np.minimum(z**2, 2.25).mean(), rel=0.01)


def test_cells_do_not_vote_on_a_shock_where_enough_larger_series_do():
    inherits = np.array([True] * 100 + [False] * 25)
    assert level.telling(inherits).tolist() == (~inherits).tolist()
    assert level.telling(inherits[:110]).all()
