"""What cells say: people, among how many they were counted, and among how many they should have been."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.completeness import outages
from models.panel import Flags, Integers
from models.recipe import MIN_COVERAGE, MIN_SEEN
from pipelines.warehouse.cells import Cells, Matrix

PRIOR_PEOPLE = 0.05  # a series nobody has seen yet still weighs something when the share that reported is taken


@dataclass(frozen=True)
class Figures:
    """Of k series over T periods, all (k, T): people (NaN: not told), told and due (what they are counted among, and
    what it would be if all had reported: of a ratio its denominators, else shares of 1), weight (size as known before,
    by which shares are joined; of a ratio its denominators say it). begins: (k,) column in which the area of a series
    told anything for the first time, T where it never did; is_stock: whether people are those of a stock."""

    people: Matrix
    told: Matrix
    due: Matrix
    weight: Matrix | None
    begins: Integers
    is_stock: bool


def figures_of(cells: Cells, counted: pd.DataFrame | None = None) -> Figures:
    """What each cell says; arguments as `panel`. All of a column rests on it and those before it."""
    if cells.indicator.is_ratio:
        return _ratio(cells)
    people, seen = cells.numerator, np.isfinite(cells.numerator)
    if cells.indicator.kind == "stock":
        was_there = np.cumsum(seen, axis=1) > 0
        gone = ~seen & was_there & _told_by_area(cells, seen)  # its area's whole list has come without it
        people, seen = np.where(gone, 0.0, people), seen | gone
    share = np.where(seen, 1.0, 0.0)
    if cells.indicator.kind == "count":
        share = np.where(seen, _counted(cells, counted), 0.0)
    weight = _weight(cells, people, share)
    return Figures(people, share, np.ones_like(share), weight, _begins(cells, seen), cells.indicator.nature == "stock")


def _begins(cells: Cells, seen: Flags) -> Integers:
    told = _told_by_area(cells, seen)
    return np.asarray(np.where(told.any(axis=1), told.argmax(axis=1), told.shape[1]))


def _counted(cells: Cells, counted: pd.DataFrame | None) -> Matrix:
    """The share of each count that has come in: as its nowcast knows it, else as the roster does."""
    if counted is None or counted.empty:
        return cells.share
    share, areas = cells.share.copy(), np.array([area for area, _ in cells.keys])
    for row, column in zip(counted.itertuples(), cells.column(counted["period"]), strict=True):
        if 0 <= column < share.shape[1]:
            share[areas == row.area, column] = row.share
    return share


def _weight(cells: Cells, people: Matrix, share: Matrix) -> Matrix:
    """The size of each series as known before: of a stock the last, else the mean of what came."""
    if cells.indicator.nature == "stock":
        return np.nan_to_num(_carried(people, 1)) + PRIOR_PEOPLE
    filled = np.abs(np.where(share > 0, people, 0.0))
    past, count = (np.cumsum(part, axis=1) - part for part in (filled, share))
    return np.asarray((past + PRIOR_PEOPLE) / (count + 1.0))


def _ratio(cells: Cells) -> Figures:
    """Numerators among their denominators. Those of a part of a period are a part themselves, except of net changes."""
    seen = np.isfinite(cells.numerator) & (cells.denominator > 0)
    whole = np.where(seen, cells.denominator, np.nan)
    told = np.where(seen, cells.denominator, 0.0)
    share = np.where(seen, cells.share, 1.0)
    if cells.indicator.nature == "net":
        told = told * share
    elif cells.indicator.nature == "count":
        whole = whole / share
    missing = ~seen & ~_told_by_area(cells, seen)
    due = np.where(missing, np.nan_to_num(_carried(whole, 0)), np.nan_to_num(whole))
    people = np.where(seen, cells.numerator, np.nan)
    return Figures(people, told, due, None, _begins(cells, seen), cells.indicator.nature == "stock")


def without_outages(figures: Figures, cells: Cells, due: Flags) -> Figures:
    """Days of counts of areas: those on which an area was silent are not told, and what had waited counts for the days
    it had waited. due: (T,) days on which offices work."""
    code, areas = pd.factorize(pd.Series([area for area, _ in cells.keys]))
    seen = np.isfinite(figures.people)
    total, is_told = (np.zeros((len(areas), seen.shape[1])) for _ in range(2))
    np.add.at(total, code, np.where(seen, figures.people, 0.0))
    np.maximum.at(is_told, code, seen.astype(np.float64))
    found = outages(np.where(is_told > 0, total, np.nan), due)
    silent, days = found.silent[code], found.days[code]
    people = np.where(silent, np.nan, figures.people)
    return replace(figures, people=people, told=np.where(silent, 0.0, figures.told * days))


def _told_by_area(cells: Cells, seen: Flags) -> Flags:
    """(k, T) whether any cell of the same area is told."""
    code, areas = pd.factorize(pd.Series([area for area, _ in cells.keys]))
    told = np.zeros((len(areas), seen.shape[1]), dtype=bool)
    np.logical_or.at(told, code, seen)
    return np.asarray(told[code])


def _carried(rows: Matrix, lag: int) -> Matrix:
    """The last known figure up to `lag` periods ago, NaN before there is one."""
    known = pd.DataFrame(rows.T).ffill().shift(lag)
    return np.asarray(known.to_numpy().T)


def total(figures: Figures, rows: Flags) -> Figures:
    """The sum of some series as one: those that did not report take away what they weigh, and those of an area that
    began later than the others add what they are worth beside them."""
    told, due, begins = figures.told[rows], figures.due[rows], figures.begins[rows]
    is_told = (told > 0).any(axis=0, keepdims=True)
    people = np.where(told > 0, figures.people[rows], 0.0).sum(axis=0, keepdims=True)
    weight = None
    if figures.weight is not None:
        each = _owed(figures, rows)
        weight = each.sum(axis=0, keepdims=True)
        share = (each * told).sum(axis=0, keepdims=True) / np.where(weight > 0, weight, 1.0)
        due = _size(figures, rows)
        told = share * due
    told, due = told.sum(axis=0, keepdims=True), due.sum(axis=0, keepdims=True)
    told = np.where(is_told, told, 0.0)
    return Figures(np.where(is_told, people, np.nan), told, due, weight, begins.min(keepdims=True), figures.is_stock)


def _owed(figures: Figures, rows: Flags) -> Matrix:
    """(r, T) what each of some series weighs: of an area that began later only those count that have ever told."""
    is_first = figures.begins[rows, None] == figures.begins.min()
    has_told = np.maximum.accumulate(figures.told[rows] > 0, axis=1)
    weight = figures.told if figures.weight is None else figures.weight
    return np.where(is_first | has_told, weight[rows], 0.0)


def _size(figures: Figures, rows: Flags) -> Matrix:
    """(1, T) what all of some series together are, beside those of the areas that told first: 1 until others begin.

    As price indices are linked when a new item comes in: at first by what both tell at the same time.
    """
    begins = figures.begins
    size = np.ones(figures.told.shape[1])
    for start in np.unique(begins[rows & (begins < len(size))])[1:]:
        size *= 1.0 + _beside(figures, rows & (begins == start), rows & (begins < start))
    return size[None]


def _beside(figures: Figures, new: Flags, old: Flags) -> Matrix:
    """(T,) people of series that begin over those of others, from all columns in which both were told well enough: of
    a stock the first, else up to the one before, and of the first MIN_SEEN up to itself. 0 before there is one."""
    (mine, its_share), (theirs, their_share) = (_brought(figures, rows) for rows in (new, old))
    both = np.minimum(its_share, their_share) >= MIN_COVERAGE
    times = np.cumsum(both)
    if figures.is_stock:
        both &= times == 1
    mine, theirs = (np.cumsum(np.where(both, people, 0.0)) for people in (mine, theirs))
    ratio = mine / np.maximum(np.maximum(theirs, PRIOR_PEOPLE * times), PRIOR_PEOPLE)
    return np.where(times > MIN_SEEN, np.append(0.0, ratio[:-1]), ratio)


def _brought(figures: Figures, rows: Flags) -> tuple[Matrix, Matrix]:
    """(T,) people that some series would have brought together had all told, and the share of them that did."""
    each, told = _owed(figures, rows), figures.told[rows]
    weight = each.sum(axis=0)
    share = (each * told).sum(axis=0) / np.where(weight > 0, weight, 1.0)
    people = np.abs(np.where(told > 0, figures.people[rows], 0.0)).sum(axis=0)
    return people / np.where(share > 0, share, 1.0), share


def joined(parts: Sequence[Figures]) -> Figures:
    """Series of several figures below one another; weights have done their work."""
    people, told, due = (np.concatenate([getattr(part, name) for part in parts]) for name in ("people", "told", "due"))
    begins = np.concatenate([part.begins for part in parts])
    return Figures(people, told, due, None, begins, parts[0].is_stock)
