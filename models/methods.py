"""The forecasting methods by name: what a normal period brings. Level, windows and variance are the same for all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from models import factor
from models.calendar import MONTH_FESTIVAL, Features
from models.factor import Factor, due_kinds, past_of
from models.panel import Flags, Floats, Hierarchy, Integers, Panel
from models.recipe import BY_METHOD, Recipe

SHAPE_PEOPLE = 25.0  # people that tell a swing of a fifth from chance: smaller counts lean to the shape of their parent
OTHER_KIND = 1000.0  # distance between a workday and another day
DAY_OFF = 0.6  # distance of a day beside the aligned one: a week counts like all marks of the month, not like a weekday


@dataclass(frozen=True)
class Search:
    """Where a counterpart is looked for: `around` periods on both sides of `year` periods ago, then `near` days on both
    sides of that for the same kind of day (0: not asked). Alike are the calendars of the `course` periods up to it; the
    festival weighs `festival` times what its prior says."""

    year: int
    around: int
    near: int = 0
    course: int = 1
    festival: float = 1.0

    @property
    def farthest(self) -> int:
        """Periods back to the oldest candidate."""
        return self.year + self.around + self.near


SEARCHES = {
    "day": Search(364, 45, 12, 8),
    "week": Search(52, 6),
    "month": Search(12, 1, festival=MONTH_FESTIVAL),
    "quarter": Search(4, 0),
}


@dataclass(frozen=True)
class YearAgo:
    """What the periods before `anchor` brought, as the rate of their counterparts a year later.

    rates: (n, m) people per fully reported period of the columns from `first` on. is_known: (n,) reported since a year
    and a window before the anchor; the others have rate 0. due_kinds: whether non-workdays and workdays are due.
    """

    anchor: int
    first: int
    rates: Floats
    is_known: Flags
    due_kinds: tuple[bool, bool]
    search: Search

    def rate(self, features: Features, start: int, end: int) -> Floats:
        """People per fully reported period, (n, end - start), for the columns start..end-1 of the panel; 0 where there
        is no counterpart."""
        at = counterpart(features, start, end, self.search) - self.first
        known = self.rates[:, np.clip(at, 0, self.rates.shape[1] - 1)]
        return np.where((at >= 0) & self.is_known[:, None], known, 0.0)

    def due(self, features: Features, start: int, end: int) -> Flags:
        """Whether a report is due at the columns start..end-1."""
        return np.asarray(np.array(self.due_kinds)[features.is_workday[start:end].astype(np.int64)])

    def coming(self, recipe: Recipe) -> "YearAgo":
        """The same, with only what is asked for columns from the anchor on."""
        first = max(self.first, self.anchor - self.search.farthest)
        last = (
            self.anchor + recipe.refit + recipe.periods_ahead - self.search.year + self.search.around + self.search.near
        )
        kept = slice(first - self.first, max(last, first + 1) - self.first)
        return replace(self, first=first, rates=self.rates[:, kept].copy())


def learn_seasonal(panel: Panel, features: Features, tree: Hierarchy, recipe: Recipe, anchor: int) -> YearAgo:
    """Rates of the `history` periods before column `anchor`; nothing at or after it is looked at.

    A count is weighed against what the shape of its parent would bring (Gamma-Poisson, SHAPE_PEOPLE), that of a series
    without parent against its mean; where nothing was reported that alone is the rate.
    """
    past = past_of(panel, recipe, anchor)
    exposure = past.weight * np.exp(past.offset)
    rates = np.ones_like(past.counts)
    for rows in generations(tree.parent):
        shape = np.where(tree.parent[rows, None] >= 0, rates[tree.parent[rows]], 1.0)
        expected = shape * exposure[rows]
        total = expected.sum(axis=1, keepdims=True)
        people = past.counts[rows].sum(axis=1, keepdims=True) + 0.5  # nobody so far is not nobody ever
        size = np.divide(people, total, out=np.zeros_like(people), where=total > 0)
        rates[rows] = shape * size * (SHAPE_PEOPLE + past.counts[rows]) / (SHAPE_PEOPLE + size * expected)
    kinds = due_kinds(past.weight, features.is_workday[past.start : anchor])
    return YearAgo(anchor, past.start, rates, ~past.is_short, kinds, SEARCHES[panel.grain])


def generations(parent: Integers) -> list[Integers]:
    """Rows of the series without parent, then of their children, and so on."""
    found = [np.flatnonzero(parent < 0)]
    while len(found[-1]):
        found.append(np.flatnonzero(np.isin(parent, found[-1]) & (parent >= 0)))
    return found[:-1]


def counterpart(features: Features, start: int, end: int, search: Search) -> Integers:
    """(end - start,) the column most alike about a year before each of the columns start..end-1; negative where the
    panel had not begun."""
    matrix, part = features.matrix, np.array(features.part)
    place = np.arange(start, end)
    slow = part != "office"
    penalty = features.penalty / np.where(np.isin(part, ["before festival", "after festival"]), search.festival, 1.0)
    offsets = np.arange(-search.around, search.around + 1)
    course, free = trailing_mean(matrix[:, slow], search.course), np.zeros(len(offsets))
    aligned = _nearest(course, penalty[slow], place, place - search.year, offsets, free)
    if search.near == 0:
        return aligned
    beside = np.arange(-search.near, search.near + 1)
    other = OTHER_KIND * (features.is_workday[place][:, None] != features.is_workday[_rows(aligned, beside, matrix)])
    cost = other + DAY_OFF * np.abs(beside)
    return _nearest(matrix[:, ~slow], penalty[~slow], place, aligned, beside, cost)


def trailing_mean(matrix: Floats, width: int) -> Floats:
    """(rows, p) mean of the `width` rows that end with each; the first row stands for those before it."""
    padded = np.pad(matrix, ((width - 1, 0), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width, axis=0).mean(axis=2))


def _nearest(
    matrix: Floats, penalty: Floats, place: Integers, centre: Integers, offsets: Integers, cost: Floats
) -> Integers:
    """(r,) centre + the offset at which row `place` of the matrix has the least distance; `cost`, (s,) or (r, s), is
    added. Among equals the least offset; before the panel's first row only where all of them are."""
    candidates = centre[:, None] + offsets
    gap = matrix[place][:, None] - matrix[_rows(centre, offsets, matrix)]
    distance = (gap**2 / penalty).sum(axis=2) + cost + 1e-9 * np.abs(offsets)
    best = np.where(candidates >= 0, distance, np.inf).argmin(axis=1)
    found = candidates[np.arange(len(place)), best]
    return np.asarray(np.where((candidates >= 0).any(axis=1), found, -1), dtype=np.int64)


def _rows(centre: Integers, offsets: Integers, matrix: Floats) -> Integers:
    """(r, s) rows of the matrix, those outside moved to its edge."""
    return np.asarray(np.clip(centre[:, None] + offsets, 0, len(matrix) - 1), dtype=np.int64)


class Learn(Protocol):
    """Learns from the columns before `anchor` what those after it bring in a normal time."""

    def __call__(
        self, panel: Panel, features: Features, tree: Hierarchy, recipe: Recipe, anchor: int
    ) -> Factor | YearAgo: ...


@dataclass(frozen=True)
class Method:
    """A name for people and settings, how a normal period is learned, and the numbers by grain."""

    name: str
    learn: Learn
    recipes: Mapping[str, Recipe]


LEVEL_FACTOR = Method("level_factor", factor.learn_factor, BY_METHOD["level_factor"])
SEASONAL = Method("seasonal", learn_seasonal, BY_METHOD["seasonal"])
METHODS = {method.name: method for method in (LEVEL_FACTOR, SEASONAL)}
