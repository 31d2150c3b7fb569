import numpy as np
import pytest
from model_city import daily_city
from scipy import stats

from models.evidence import QUANTILES, interval_band, negative_binomial, tail_probability, window_sums
from models.panel import Panel
from models.recipe import Window


def test_the_tail_is_the_negative_binomial_of_scipy_with_half_of_the_observed_count():
    mean, variance = 7.0, 12.0
    size = mean**2 / (variance - mean)
    expected = stats.nbinom.sf(15, size, size / (size + mean)) + 0.5 * stats.nbinom.pmf(15, size, size / (size + mean))
    assert tail_probability(np.array([15.0]), np.array([mean]), np.array([variance]))[0] == pytest.approx(expected)


def many() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Means from a millionth to thousands with variances up to twenty times as large, and scipy's two parameters."""
    rng = np.random.default_rng(1)
    mean = np.exp(rng.uniform(np.log(1e-6), 9.0, 5000))
    variance = mean * np.exp(rng.uniform(0.0, 3.0, 5000))
    return mean, variance, *negative_binomial(mean, variance)


def test_tails_agree_with_scipy_for_small_and_large_counts():
    mean, variance, size, chance = many()
    people = np.round(np.random.default_rng(2).gamma(0.5, 4.0, len(mean)) * mean)
    expected = stats.nbinom.sf(people, size, chance) + 0.5 * stats.nbinom.pmf(people, size, chance)
    seen = expected > 1e-100
    assert seen.sum() > 4000
    np.testing.assert_allclose(tail_probability(people, mean, variance)[seen], expected[seen], rtol=1e-9)


def test_bands_are_the_quantiles_of_scipy():
    mean, variance, size, chance = many()
    found = interval_band(mean, variance)
    for name, level in QUANTILES.items():
        np.testing.assert_array_equal(found[name], np.where(mean < 1e-6, 0.0, stats.nbinom.ppf(level, size, chance)))


def test_without_extra_variance_the_tail_is_nearly_poisson():
    p = tail_probability(np.array([9.0]), np.array([3.0]), np.array([3.0]))[0]
    assert p == pytest.approx(stats.poisson.sf(9, 3.0) + 0.5 * stats.poisson.pmf(9, 3.0), rel=0.15)


def test_the_tail_of_an_unknown_expectation_is_unknown():
    assert np.isnan(tail_probability(np.array([4.0]), np.array([np.nan]), np.array([np.nan]))[0])


def test_a_tail_keeps_its_order_far_out():
    p = tail_probability(np.array([50.0, 500.0, 50000.0]), np.full(3, 5.0), np.full(3, 8.0))
    assert p[0] > p[1] >= p[2] > 0


def sums_of(values, rate, due, span):
    values = np.array([values], dtype=float)
    exposure = np.isfinite(values).astype(float)
    levels = np.full((1, 4), 2.0)
    whole = np.ones_like(values)
    return window_sums(values, exposure, whole, np.array([rate], dtype=float), np.array(due), levels, (span,))


def test_a_window_expects_only_what_was_reported():
    sums = sums_of([5, np.nan, 7, 6], [1, 1, 1, 1], [True] * 4, Window(4))
    assert (sums.observed[0, 0], sums.expected[0, 0], sums.coverage[0, 0]) == (18, 6, 0.75)


def test_a_day_off_is_not_missing():
    sums = sums_of([5, np.nan, np.nan, 6], [1, 1, 1, 1], [True, False, False, True], Window(4))
    assert sums.coverage[0, 0] == 1
    assert sums.valid[0, 0]


def test_a_window_of_which_too_little_was_reported_is_not_judged():
    sums = sums_of([5, np.nan, np.nan, 6], [1, 1, 1, 1], [True] * 4, Window(4))
    assert not sums.valid[0, 0]


def test_a_panel_refuses_what_are_no_counts():
    city = daily_city(10)
    with pytest.raises(ValueError, match="counts"):
        Panel(city.series, city.periods, -city.values - 1, city.exposure, "day")
    with pytest.raises(ValueError, match="consecutive"):
        Panel(city.series, city.periods[::-1], city.values, city.exposure, "day")


@pytest.mark.parametrize(("told", "is_valid"), [(2, True), (1, False)])
def test_a_window_is_judged_when_two_thirds_of_it_were_told(told, is_valid):
    values = np.where(np.arange(3) < told, 5.0, np.nan)[None, :]
    exposure, ones = np.isfinite(values).astype(float), np.ones((1, 3))
    sums = window_sums(values, exposure, ones, ones, np.ones(3, dtype=bool), ones, (Window(3),))
    assert sums.valid.tolist() == [[is_valid]]
    assert sums.coverage[0, 0] == pytest.approx(told / 3)
