"""The extremes of a linear program are those that scipy finds, whatever was asked before, and nothing is printed."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from scipy import sparse
from scipy.optimize import linprog

from pipelines.publishing.lp_bounds import Extremes

INFINITE = 3  # status of scipy's linprog


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 2**32 - 1))
@example(2455408)  # after an unbounded question the next is not solved from where that ended
@example(1608)
def test_least_and_largest_are_the_ones_scipy_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 9))
    inside = random.integers(0, 30, count).astype(float)
    equal = sparse.csr_array(random.integers(0, 2, (int(random.integers(0, 3)), count)).astype(float))
    less = sparse.csr_array(random.integers(-1, 2, (int(random.integers(0, 3)), count)).astype(float))
    most = less @ inside + random.integers(0, 5, less.shape[0])
    low, high = np.zeros(count), np.where(random.random(count) < 0.3, np.inf, inside + random.integers(0, 40, count))
    asked = Extremes(inside, equal, less, most, low, high)
    for variable in random.permutation(np.repeat(np.arange(count), 2)).tolist():
        sign = float(random.choice([-1.0, 1.0]))
        cost = np.zeros(count)
        cost[variable] = sign
        known = linprog(
            cost, A_eq=equal, b_eq=equal @ inside, A_ub=less, b_ub=most, bounds=np.column_stack([low, high])
        )
        point = asked.point(variable, sign)
        if known.status == INFINITE:
            assert point is None
            continue
        assert point is not None
        assert point[variable] == pytest.approx(known.x[variable], abs=1e-6)
        assert equal @ point == pytest.approx(equal @ inside, abs=1e-6)
        assert (less @ point <= most + 1e-6).all()
        assert ((point >= low - 1e-6) & (point <= high + 1e-6)).all()


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    no_rows = sparse.csr_array((0, 1))
    Extremes(np.ones(1), no_rows, no_rows, np.zeros(0), np.zeros(1), np.ones(1)).point(0, 1.0)
    assert capfd.readouterr() == ("", "")
