"""The nowcast learns how incomplete figures ended, and says nothing where it has learnt too little."""

import numpy as np
import pytest

from models.completeness import LEAST_SAMPLES, completion, project_final


def test_late_ones_that_are_like_the_others_double_a_half_reported_figure() -> None:
    final = np.linspace(50.0, 150.0, 40)
    known = completion(final / 2, final, np.full(40, 0.5))
    assert known is not None
    middle, low, high = project_final(np.array([30.0]), np.array([0.5]), known)
    assert (middle[0], low[0], high[0]) == pytest.approx((60.0, 60.0, 60.0))


def test_the_range_holds_what_came_in_eight_of_ten_cases() -> None:
    rng = np.random.default_rng(5)
    share = rng.choice([0.6, 0.8, 0.9], 600)
    final = rng.uniform(80, 120, 600)
    value = final * np.clip(share + rng.normal(0, 0.04, 600), 0.05, 1)
    known = completion(value[:400], final[:400], share[:400])
    assert known is not None
    _, low, high = project_final(value[400:], share[400:], known)
    held = ((final[400:] >= low) & (final[400:] <= high)).mean()
    assert 0.7 <= held <= 0.9


def test_too_few_past_figures_or_nothing_reported_give_no_likely_value() -> None:
    few = np.full(LEAST_SAMPLES - 1, 10.0)
    assert completion(few, few * 2, few / 20) is None
    many = np.full(LEAST_SAMPLES, 10.0)
    known = completion(many, many * 2, many / 20)
    assert known is not None
    assert np.isnan(project_final(np.array([0.0]), np.array([0.0]), known)[0]).all()


def test_completing_takes_nothing_away() -> None:
    many = np.full(20, 10.0)
    known = completion(many, many, np.full(20, 0.5))  # half had reported, and nothing more came
    assert known is not None
    middle, low, high = project_final(np.array([8.0]), np.array([1.0]), known)
    assert middle[0] == low[0] == high[0] == 8.0


def test_nobody_counted_so_far_says_nothing_of_those_who_are_late() -> None:
    many = np.full(20, 10.0)
    known = completion(many, 2 * many, np.full(20, 0.5))
    assert known is not None
    for end in project_final(np.array([0.0, 0.0, 3.0]), np.array([0.9, 1.0, 0.5]), known):
        np.testing.assert_array_equal(end, [np.nan, 0.0, 6.0])
