"""Secondary suppression of one table with its totals: hide further cells, until no hidden one follows from the rest.

A table has areas in rows (first the city) and industries in columns (first all of them); a row is its first cell, a
column likewise. Who reads it knows these sums, every shown figure, and the bounds of each hidden one. A hidden cell is
protected when *witnesses*, complete tables that agree with all of that, differ in it by the width it needs. Missing
ones are found one cell after the other by the linear program that changes shown figures as cheaply as can be (Kelly,
Golden and Assad 1992, Networks 22:397): what it changes is hidden too, and the changed table is the witness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipelines.publishing.lp_bounds import Figures, solve_equal

Mask = NDArray[np.bool_]

EXACT = 1e-3  # a witness agrees with every sum to a thousandth of a person
_ROUNDS, _LOOK = 96, 8  # of proportional fitting, looked at every so often; what is left gets a linear program
_TINY = 1e-12
_START = 0.5  # proportional fitting never raises a zero
_FREE = 1e-3  # cost of changing what is hidden already
_TOTAL, _GRAND = 10.0, 100.0  # a total is that much dearer to hide than a cell


@dataclass(frozen=True)
class Measure:
    """One additive figure of a table in one period; all arrays are areas × industries.

    ``value``: 0 where there is no row. ``low``, ``high``: what anybody knows of a cell without its figure (a count is
    not negative). ``need``: how far apart the least and the largest possible figure of a hidden cell must be.
    ``known``: figures told elsewhere or before, of which nothing is promised and on which nothing can lean; cells
    without a row count among them.
    """

    value: Figures
    low: Figures
    high: Figures
    need: Figures
    known: Mask

    @property
    def turned(self) -> "Measure":
        """The same with rows for columns."""
        return Measure(self.value.T, self.low.T, self.high.T, self.need.T, self.known.T)


@cache
def sums(rows: int, columns: int) -> sparse.csr_array:
    """The sums of a table as a matrix over its cells, row by row: each line times the cells is 0."""
    cells = np.arange(rows * columns).reshape(rows, columns)
    lines = [line for line in cells.T if rows > 1] + [line for line in cells if columns > 1]
    data = [np.r_[-1.0, np.ones(len(line) - 1)] for line in lines]
    if not lines:
        return sparse.csr_array((0, cells.size))
    index = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    return sparse.csr_array((np.concatenate(data), (index, np.concatenate(lines))), shape=(len(lines), cells.size))


@cache
def _both_ways(rows: int, columns: int) -> sparse.csc_array:
    """The sums over what cells rise by, then over what they fall by."""
    matrix = sums(rows, columns)
    return sparse.csc_array(sparse.hstack([matrix, -matrix]))


def adds_up(value: Figures) -> bool:
    """Whether every row and column is the sum of its parts."""
    return bool(np.abs(sums(*value.shape) @ value.ravel()).max(initial=0.0) <= EXACT)


def witness_distance(measure: Measure, is_open: Mask) -> Figures:
    """How far apart witnesses are in each open (hidden, not known elsewhere) cell; 0 where there is none.

    A lower bound of what is possible. areas × industries.
    """
    found = witnesses(measure, is_open)
    return np.where(is_open, found.max(axis=0, initial=0.0) - found.min(axis=0, initial=0.0), 0.0)


def witnesses(measure: Measure, is_open: Mask) -> Figures:
    """Deviations of other tables that agree with all that is known: (witnesses, areas, industries).

    Found by proportional fitting, one or two for each open inner cell, moved by its need; not all that there are.
    """
    value = measure.value
    if value.shape[0] == 1:
        if value.shape[1] > 1:
            return witnesses(measure.turned, is_open.T).transpose(0, 2, 1)
        return np.where(is_open, measure.need, 0.0)[None]
    is_wide = value.shape[1] > 1
    inner = (slice(1, None), slice(1, None) if is_wide else slice(0, 1))
    moved = _fitted(measure, is_open, inner, *_groups(is_open))
    deviation = np.zeros((len(moved), *value.shape))
    deviation[(slice(None), *inner)] = moved
    deviation[:, 0, 0] = moved.sum(axis=(1, 2))
    if is_wide:
        deviation[:, 1:, 0] = moved.sum(axis=2)
        deviation[:, 0, 1:] = moved.sum(axis=1)
    point = value + deviation
    is_held = ~is_open & (np.abs(deviation) > EXACT)
    return deviation[~(is_held | (point < measure.low - EXACT) | (point > measure.high + EXACT)).any(axis=(1, 2))]


def _groups(is_open: Mask) -> tuple[Figures, Figures]:
    """Which inner rows, and which inner columns, add up to something known: (groups, rows), (groups, columns).

    Rows whose totals are open add up to something known together, unless the grand total is open, too.
    """
    inner_rows, inner_columns = is_open.shape[0] - 1, max(is_open.shape[1] - 1, 1)
    if is_open.shape[1] == 1:
        return np.zeros((0, inner_rows)), np.ones((0 if is_open[0, 0] else 1, 1))
    grouped = []
    for free, size in ((is_open[1:, 0], inner_rows), (is_open[0, 1:], inner_columns)):
        own = np.eye(size)[~free]
        pooled = free[None, :].astype(float) if free.any() and not is_open[0, 0] else np.zeros((0, size))
        grouped.append(np.concatenate([own, pooled]))
    return grouped[0], grouped[1]


def _fitted(measure: Measure, is_open: Mask, inner: tuple[slice, slice], rows: Figures, columns: Figures) -> Figures:
    """Deviations (witnesses, inner rows, inner columns): each open inner cell raised by its need, then lowered."""
    free = is_open[inner]
    if not len(rows) and not len(columns):
        cells = np.argwhere(free)
        alone = np.zeros((len(cells), *free.shape))
        alone[np.arange(len(cells)), cells[:, 0], cells[:, 1]] = measure.need[inner][free]
        return alone
    at = np.argwhere(free)
    room, need = (measure.value - measure.low)[inner][free], measure.need[inner][free]
    up, down = np.arange(len(at)), np.flatnonzero(room >= need)
    step = np.concatenate([need, -need[down]])
    moved = _fit(room, np.concatenate([up, down]), step, rows.T[at[:, 0]], columns.T[at[:, 1]])
    deviation = np.zeros((len(moved), *free.shape))
    deviation[:, at[:, 0], at[:, 1]] = moved
    return deviation


def _fit(room: Figures, at: NDArray[np.intp], step: Figures, rows: Figures, columns: Figures) -> Figures:
    """Witnesses by proportional fitting: the cells ``at`` moved by their ``step``, all others scaled.

    ``room``: how much there is in each of n open cells; its sums over the groups ``rows`` and ``columns`` (n, groups)
    stay. Witnesses (witnesses, n) that do not converge are dropped.
    """
    raised = room[at] + step
    row_left, column_left = (room @ groups - groups[at] * raised[:, None] for groups in (rows, columns))
    is_possible = (row_left >= -EXACT / 4).all(axis=1) & (column_left >= -EXACT / 4).all(axis=1)
    at, raised = at[is_possible], raised[is_possible]
    row_left, column_left = row_left[is_possible].clip(0.0), column_left[is_possible].clip(0.0)
    weight = np.repeat((room + _START)[None], len(at), axis=0)
    weight[np.arange(len(at)), at] = 0.0
    row_kept, column_kept = 1.0 - rows.sum(axis=1), 1.0 - columns.sum(axis=1)
    done = []
    for turn in range(_ROUNDS):
        weight *= (column_left / np.maximum(weight @ columns, _TINY)) @ columns.T + column_kept
        weight *= (row_left / np.maximum(weight @ rows, _TINY)) @ rows.T + row_kept
        if turn % _LOOK and turn < _ROUNDS - 1:
            continue
        off = np.abs(weight @ columns - column_left).max(axis=1, initial=0.0)
        off = np.maximum(off, np.abs(weight @ rows - row_left).max(axis=1, initial=0.0))
        is_near = off < EXACT / 2
        found = weight[is_near]
        found[np.arange(len(found)), at[is_near]] = raised[is_near]
        done.append(found - room)
        weight, at, raised = weight[~is_near], at[~is_near], raised[~is_near]
        row_left, column_left = row_left[~is_near], column_left[~is_near]
        if not len(at):
            break
    return np.concatenate(done)


def cheapest(measure: Measure, is_open: Mask, cell: tuple[int, int]) -> Figures | None:
    """The cheapest change of the table that moves a cell by its need; None when what is known allows none.

    Returns deviations, areas × industries.
    """
    value = measure.value
    cost = 1.0 + np.log1p(np.abs(value))
    cost[1:, :1] *= _TOTAL if value.shape[1] > 1 else 1.0
    cost[:1, 1:] *= _TOTAL
    cost[0, 0] *= _GRAND
    cost = np.tile(np.where(is_open, _FREE, cost).ravel(), 2)
    up = np.where(measure.known, 0.0, measure.high - value).ravel()
    down = np.where(measure.known, 0.0, value - measure.low).ravel()
    both = _both_ways(*value.shape)
    k, need = cell[0] * value.shape[1] + cell[1], measure.need[cell]
    best: tuple[float, Figures] | None = None
    for is_up in (True, False):
        if (up if is_up else down)[k] < need:
            continue
        limit = np.concatenate([up, down])
        limit[[k, len(up) + k]] = 0.0
        least = np.zeros(len(limit))
        least[k if is_up else len(up) + k] = limit[k if is_up else len(up) + k] = need
        answer = solve_equal(cost, both, least, limit)
        if answer is None:
            continue
        # Added up in order: where up and down cost the same, the last bit chooses.
        price = sum((cost * answer).tolist())
        if best is None or price < best[0]:
            best = (price, (answer[: len(up)] - answer[len(up) :]).reshape(value.shape))
    return None if best is None else best[1]


def protect(measures: Sequence[Measure], hidden: Mask) -> Mask | None:
    """Hide further cells until every hidden one is protected in every measure; None when that cannot be.

    ``hidden``: cells hidden for themselves. Deterministic. Returns all hidden cells.
    """
    distances = [_Distances(measure) for measure in measures]
    before = None
    while before is None or (hidden != before).any():
        before = hidden
        for measure, found in zip(measures, distances, strict=True):
            more = _protect(measure, hidden, found)
            if more is None:
                return None
            hidden = more
    return hidden


class _Distances:
    """The witness distances of a measure's open cells, computed anew only when other cells are open."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._is_open: Mask | None = None

    def compute(self, is_open: Mask) -> Figures:
        if self._is_open is None or (self._is_open != is_open).any():
            self._is_open, self._found = is_open, witness_distance(self._measure, is_open)
        return self._found


def _protect(measure: Measure, hidden: Mask, distances: _Distances) -> Mask | None:
    hidden = hidden.copy()
    lo, hi = np.zeros(hidden.shape), distances.compute(hidden & ~measure.known)
    asked = np.zeros(hidden.shape, dtype=bool)
    while True:
        is_open = hidden & ~measure.known
        lacking = is_open & ~asked & (hi - lo < measure.need - EXACT)
        if not lacking.any():
            return hidden
        at = np.unravel_index(int(np.where(lacking, measure.need, -1.0).argmax()), hidden.shape)
        cell = (int(at[0]), int(at[1]))
        asked[cell] = True
        change = cheapest(measure, is_open, cell)
        if change is None:
            return None
        lo, hi = np.minimum(lo, change), np.maximum(hi, change)
        moved = np.abs(change) > EXACT
        if (moved & ~hidden).any():
            hidden |= moved
            hi = np.maximum(hi, lo + distances.compute(hidden & ~measure.known))
