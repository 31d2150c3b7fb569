import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.quality import LEAST_LINE, alarm_episodes, alarm_line, alarm_lines
from models.recipe import DAY


def counted(evidence: np.ndarray, height: float, gap: int) -> int:
    """Episodes by walking along every series."""
    found = 0
    for row in evidence:
        last = -(10**6)
        for place in np.flatnonzero(row > height):
            found += place - last > gap + 1
            last = place
    return found


heights = arrays(float, (3, 12), elements=st.sampled_from([-np.inf, 0.0, 1.0, 2.5, 3.0, 4.0, 5.5]))


@given(heights, st.sampled_from([0.5, 2.0, 2.5, 3.5, 5.0]), st.integers(0, 3))
def test_episodes_are_counted_as_by_walking(evidence, height, gap):
    assert alarm_episodes(evidence, height, gap) == counted(evidence, height, gap)


@given(heights, st.integers(0, 6), st.integers(0, 3))
def test_the_line_keeps_the_budget_and_the_next_lower_height_does_not(evidence, most, gap):
    found = alarm_line(evidence, most, gap)
    assert alarm_episodes(evidence, found, gap) <= most
    lower = [height for height in (0.0, 1.0, 2.5, 3.0, 4.0, 5.5) if LEAST_LINE <= height < found]
    if lower:
        assert alarm_episodes(evidence, lower[-1], gap) > most


@pytest.mark.parametrize("evidence", [np.full((2, 5), -np.inf), np.zeros((2, 5)), np.full((2, 5), 1.0)])
def test_a_quiet_past_does_not_make_a_line_that_cries_at_everything(evidence):
    assert alarm_line(evidence, 1, 3) == LEAST_LINE


def test_lines_come_from_the_periods_before_only():
    recipe = dataclasses.replace(DAY, budget_memory=30, refit=10)
    evidence = np.random.default_rng(1).normal(size=(5, 80)) * 2
    found = alarm_lines(evidence, recipe)
    assert np.isnan(found[:30]).all()
    assert np.isfinite(found[30:]).all()
    later = evidence.copy()
    later[:, 50:] = 9.0
    np.testing.assert_array_equal(alarm_lines(later, recipe)[:60], found[:60])
    assert found[30] == alarm_line(
        evidence[:, :30], recipe.budget * 5 * 30 / recipe.periods_per_year, recipe.budget_gap
    )
