"""Secondary suppression: what is hidden stays so wide open as it needs, judged by linear programs of the test's own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linprog

from pipelines.publishing import suppression as protect_module
from pipelines.publishing.suppression import Measure, adds_up, protect, sums, witness_distance, witnesses
from tests.tier import IS_LONG

NEED = 9.0


def with_totals(inner: np.ndarray) -> np.ndarray:
    """Areas × industries with the city and all industries in front."""
    value = np.zeros((inner.shape[0] + 1, inner.shape[1] + 1))
    value[1:, 1:] = inner
    value[1:, 0], value[0, 1:], value[0, 0] = inner.sum(axis=1), inner.sum(axis=0), inner.sum()
    return value


def measure(value: np.ndarray, low: float = 0.0, known: np.ndarray | None = None) -> Measure:
    return Measure(
        value, np.full(value.shape, low), np.full(value.shape, np.inf), np.full(value.shape, NEED),
        np.zeros(value.shape, dtype=bool) if known is None else known,
    )  # fmt: skip


def widths(measure: Measure, is_open: np.ndarray) -> np.ndarray:
    """How wide each open cell is, by two linear programs a cell over the plain definition of the table."""
    rows, columns = measure.value.shape
    names = {cell: index for index, cell in enumerate(np.ndindex(rows, columns))}
    lines = []
    for row in range(rows):
        line = np.zeros(len(names))
        line[[names[row, column] for column in range(1, columns)]] = 1
        line[names[row, 0]] = -1
        lines.append(line)
    for column in range(columns):
        line = np.zeros(len(names))
        line[[names[row, column] for row in range(1, rows)]] = 1
        line[names[0, column]] = -1
        lines.append(line)
    low = np.where(is_open, measure.low, measure.value).ravel()
    high = np.where(is_open, measure.high, measure.value).ravel()
    found = np.zeros(measure.value.shape)
    for cell in zip(*np.nonzero(is_open), strict=True):
        cost = np.zeros(len(names))
        cost[names[tuple(int(part) for part in cell)]] = 1
        ends = []
        for sign in (1, -1):
            answer = linprog(
                sign * cost, A_eq=np.array(lines), b_eq=np.zeros(len(lines)), bounds=np.column_stack([low, high])
            )
            ends.append(np.inf if answer.status == 3 else abs(answer.fun))
        found[cell] = ends[1] - ends[0]
    return found


TABLES = arrays.arrays(
    np.int64, st.tuples(st.integers(2, 5), st.integers(2, 6)), elements=st.integers(0, 60).map(lambda n: max(n - 25, 0))
)


@settings(max_examples=60 if IS_LONG else 20, deadline=None)
@given(TABLES)
def test_after_suppression_no_hidden_cell_is_bounded_inside_its_protection(inner: np.ndarray) -> None:
    value = with_totals(inner.astype(float))
    hidden = protect([measure(value)], value < 10)
    assert hidden is not None
    assert (widths(measure(value), hidden)[hidden] >= NEED - 0.01).all()
    assert (hidden >= (value < 10)).all()


@settings(max_examples=40 if IS_LONG else 15, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_what_is_known_elsewhere_is_not_leant_on(inner: np.ndarray, random: object) -> None:
    value = with_totals(inner.astype(float))
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    known = (rng.random(value.shape) < 0.2) & (value >= 10)
    item = measure(value, known=known)
    hidden = protect([item], value < 10)
    if hidden is None:
        return
    is_open = hidden & ~known
    assert (widths(item, is_open)[is_open] >= NEED - 0.01).all()


@settings(max_examples=40 if IS_LONG else 15, deadline=None)
@given(TABLES)
def test_what_proportional_fitting_finds_is_never_wider_than_what_is_possible(inner: np.ndarray) -> None:
    value = with_totals(inner.astype(float))
    hidden = value < 10
    found, possible = witness_distance(measure(value), hidden), widths(measure(value), hidden)
    assert (found <= possible + 0.01)[hidden].all()


def test_a_lone_small_cell_takes_a_rectangle_with_it_and_keeps_totals() -> None:
    value = with_totals(np.array([[4.0, 30, 50], [25, 80, 12], [40, 60, 70]]))
    hidden = protect([measure(value)], value < 10)
    assert hidden is not None
    assert not hidden[0].any()
    assert not hidden[:, 0].any()
    assert hidden.sum() == 4


def test_a_weekly_column_hides_a_second_area() -> None:
    value = np.array([[100.0], [4], [50], [34], [12]])
    hidden = protect([measure(value)], value < 10)
    assert hidden is not None
    assert hidden[:, 0].tolist() == [False, True, False, False, True]


def test_the_denominator_of_a_rate_is_protected_by_the_same_pattern() -> None:
    """A numerator that is wide open does not help when the denominators leave 3 people."""
    numerator = with_totals(np.array([[5.0, 200, 20], [200, 200, 200], [200, 200, 200]]))
    denominator = with_totals(np.array([[5.0, 900, 3], [3, 900, 900], [900, 900, 900]]))
    one = protect([measure(numerator)], numerator < 10)
    both = protect([measure(numerator), measure(denominator)], numerator < 10)
    assert one is not None
    assert both is not None
    assert (widths(measure(denominator), both)[both] >= NEED - 0.01).all()
    assert both.sum() >= one.sum()


def test_a_figure_that_may_be_negative_hides_no_more_than_what_could_be_subtracted() -> None:
    value = with_totals(np.array([[-4.0, 30, 50], [25, -80, 12], [-40, 60, 70]]))
    item = measure(value, low=-300.0)
    hidden = protect([item], np.abs(value) < 10)
    assert hidden is not None
    assert (widths(item, hidden)[hidden] >= NEED - 0.01).all()


def test_when_everything_else_is_known_nothing_can_protect() -> None:
    value = with_totals(np.array([[4.0, 30], [25, 80]]))
    assert protect([measure(value, known=value >= 10)], value < 10) is None


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 4), (3, 5)])
def test_the_sums_of_any_shape_hold_of_a_table_that_adds_up(shape: tuple[int, int]) -> None:
    value = np.ones(shape)
    value[0] = max(shape[0] - 1, 1)
    value[:, 0] *= max(shape[1] - 1, 1)
    assert sums(*shape).shape[1] == value.size
    assert adds_up(value)


@pytest.mark.parametrize("cell", [(1, 1), (2, 2)])
def test_a_witness_that_changes_a_shown_figure_is_dropped(
    monkeypatch: pytest.MonkeyPatch, cell: tuple[int, int]
) -> None:
    """However it came about: here the fitting itself moves one hidden cell, and with it totals that are shown."""
    value = with_totals(np.array([[4.0, 30, 50], [25, 80, 12], [40, 60, 70]]))
    hidden = value < 10
    moved = np.zeros((1, 3, 3))
    moved[0, cell[0] - 1, cell[1] - 1] = NEED
    monkeypatch.setattr(protect_module, "_fitted", lambda *_: moved)
    assert not len(witnesses(measure(value), hidden))
    hidden[cell] = hidden[cell[0], 0] = hidden[0, cell[1]] = hidden[0, 0] = True
    assert len(witnesses(measure(value), hidden)) == 1


@pytest.mark.parametrize(
    ("below", "above", "moves"),
    [
        (9.0, np.inf, {9.0, -9.0}),
        (8.9, np.inf, {9.0}),  # nine fewer would be fewer than everybody knows there are
        (np.inf, 9.0, {9.0, -9.0}),
        (np.inf, 8.9, {-9.0}),
        (8.9, 8.9, set()),
    ],
)
def test_a_witness_beyond_what_everybody_knows_of_a_total_is_dropped(
    below: float, above: float, moves: set[float]
) -> None:
    value = with_totals(np.array([[12.0, 30, 50], [25, 80, 12], [40, 60, 70]]))
    low, high = np.zeros(value.shape), np.full(value.shape, np.inf)
    low[0, 0], high[0, 0] = max(value[0, 0] - below, 0.0), value[0, 0] + above
    is_open = np.zeros(value.shape, dtype=bool)
    is_open[:2, :2] = True
    found = witnesses(replace(measure(value), low=low, high=high), is_open)
    assert set(found[:, 1, 1]) == moves


def test_a_hidden_cell_that_others_move_by_more_than_half_of_its_need_is_not_yet_protected() -> None:
    """4 and 3 add up to a shown 7: so many numbers are left of either, however wide the cells beside them are."""
    value = with_totals(np.array([[4.0, 3, 50], [30, 30, 50], [6, 7, 50]]))
    asked = value < 10
    asked[2, 1:3] = True
    assert widths(measure(value), asked)[1, 1] == pytest.approx(7.0)
    assert NEED / 2 < witness_distance(measure(value), asked)[1, 1] < NEED
    hidden = protect([measure(value)], asked)
    assert hidden is not None
    assert (widths(measure(value), hidden)[hidden] >= NEED - 0.01).all()
