"""The input of every model: figures of many series over the same consecutive periods, and who inherits from whom."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Grain = Literal["day", "week", "month", "quarter"]
Nature = Literal["count", "stock", "net"]
Worse = Literal["higher", "lower"]

STEP_DAYS: dict[str, int] = {"day": 1, "week": 7}
STEP_MONTHS: dict[str, int] = {"month": 1, "quarter": 3}
LEVELS = ("total", "area", "industry", "cell", "cohort")
MOST = 2.0**53  # people: beyond it one more or less is not told apart, and their squares add up to infinity


@dataclass(frozen=True)
class Panel:
    """n series over T consecutive periods.

    series: frame with series_id, level (total|area|industry|cell|cohort), area, industry and, of cohorts (groups of
        people, of the whole city or of one area; they overlap and add up to nothing), cohort; one row a series.
    periods: T consecutive days, or first days of weeks, months or quarters.
    values: (n, T) people, NaN = not reported or not due (a reported zero is 0).
    exposure: (n, T) what the people are counted among; 0 where the value is NaN. Of a count it is the share of the
        series that reported, of a rate the denominator of those who reported, relative to one that never changes.
        A column's exposure must not change when later columns come (take sizes known before it): a column whose values
        or exposure differ from an earlier call counts as revised and everything after it is computed anew.
    nature: a *count* of a period; a *stock*, judged by its change since the period before; a *net* change, signed.
    worse: which way is worse, the tail that is tested.
    whole: (n, T) what the exposure would be if all had reported; 1 where it is not given.
    is_sum: whether totals are sums of their parts; an index, or what each is given by its source, is none.
    is_linked: whole is how large a sum has grown by parts that began later, beside its first ones; no denominators.
    Raises ValueError when shapes, periods or values contradict this.
    """

    series: pd.DataFrame
    periods: pd.DatetimeIndex
    values: Floats
    exposure: Floats
    grain: Grain
    nature: Nature = "count"
    worse: Worse = "higher"
    whole: Floats | None = None
    is_sum: bool = True
    is_linked: bool = False

    def __post_init__(self) -> None:
        shape = (len(self.series), len(self.periods))
        whole = self.exposure if self.whole is None else self.whole
        if self.values.shape != shape or self.exposure.shape != shape or whole.shape != shape:
            raise ValueError(f"values {self.values.shape} and exposure {self.exposure.shape} must both be {shape}")
        if self.grain not in STEP_DAYS and self.grain not in STEP_MONTHS:
            raise ValueError(f"grain must be day, week, month or quarter, not {self.grain!r}")
        if 0 in shape:
            raise ValueError("a panel needs at least one series and one period")
        if not self.periods.equals(periods_from(self.periods[0], len(self.periods), self.grain)):
            raise ValueError(f"periods must be consecutive {self.grain}s")
        unknown = set(self.series["level"]) - set(LEVELS)
        if unknown:
            raise ValueError(f"unknown series level: {sorted(unknown)}")
        if np.isinf(self.values).any() or (self.nature != "net" and np.nanmin(self.values, initial=0.0) < 0):
            raise ValueError("values are counts or stocks, finite and not negative, or finite net changes")
        if np.nanmax(np.abs(self.values), initial=0.0) > MOST:
            raise ValueError(f"values are people, at most {MOST:.0f}")
        for part in (self.exposure, whole):
            if not np.isfinite(part).all() or part.min() < 0:
                raise ValueError("exposure is finite and not negative")

    def until(self, column: int) -> "Panel":
        """The same panel as it ended with the period at `column`."""
        end = column + 1
        whole = None if self.whole is None else self.whole[:, :end]
        return replace(
            self, periods=self.periods[:end], values=self.values[:, :end], exposure=self.exposure[:, :end], whole=whole
        )

    def owed(self, start: int, end: int) -> Floats:
        """(n, end - start) exposure of these columns if all had reported."""
        return np.ones((len(self.series), end - start)) if self.whole is None else self.whole[:, start:end]


@dataclass(frozen=True)
class Hierarchy:
    """Who inherits the calendar from whom: row numbers into the panel.

    root: the total's row, -1 if the panel has none. parent: (n,) row of the nearest series above, -1 for none.
    inherits: (n,) series that never fit a calendar of their own (cells, cohorts of one area). group: (n,) level as a
    small integer.
    """

    root: int
    parent: Integers
    inherits: Flags
    group: Integers


def hierarchy(series: pd.DataFrame) -> Hierarchy:
    """Cells look up to their industry, else their area, else the total; areas and industries to the total.

    A cohort of an area looks up to the same cohort of the whole city, whose season is its own (graduates come in July),
    else to its area; that of the city to the total.
    """
    level = series["level"].to_numpy(dtype=object)
    totals = np.flatnonzero(level == "total")
    root = int(totals[0]) if len(totals) else -1
    by_industry = {name: row for row, name in enumerate(series["industry"]) if level[row] == "industry"}
    by_area = {name: row for row, name in enumerate(series["area"]) if level[row] == "area"}
    parent = np.full(len(series), root, dtype=np.int64)
    for row, (area, industry) in enumerate(zip(series["area"], series["industry"], strict=True)):
        if level[row] == "cell":
            parent[row] = by_industry.get(industry, by_area.get(area, root))
    if root >= 0:
        parent[root] = -1
    inherits = (level == "cell") & (parent >= 0)
    if (level == "cohort").any():
        parent, inherits = _with_cohorts(series, root, by_area, parent, inherits)
    group = np.array([LEVELS.index(name) for name in level], dtype=np.int64)
    return Hierarchy(root, parent, inherits, group)


def _with_cohorts(
    series: pd.DataFrame, root: int, by_area: dict[str, int], parent: Integers, inherits: Flags
) -> tuple[Integers, Flags]:
    """The parents (n,) and who inherits (n,), with those of cohorts."""
    places, city = np.flatnonzero(series["level"] == "cohort"), series["area"].iloc[root] if root >= 0 else None
    of = list(zip(series["area"], series.get("cohort", series["industry"]), strict=True))
    of_city = {of[row][1]: row for row in places if of[row][0] == city}
    parent, inherits = parent.copy(), inherits.copy()
    for row in places:
        area, cohort = of[row]
        parent[row] = root if area == city else of_city.get(cohort, by_area.get(area, root))
        inherits[row] = area != city and parent[row] >= 0
    return parent, inherits


def periods_from(first: pd.Timestamp, count: int, grain: Grain) -> pd.DatetimeIndex:
    """`count` consecutive periods by their first days, beginning with `first`."""
    if grain in STEP_MONTHS:
        start = pd.Timestamp(first.year, first.month - (first.month - 1) % STEP_MONTHS[grain], 1)
        return pd.date_range(start, periods=count, freq=pd.DateOffset(months=STEP_MONTHS[grain]))
    return pd.date_range(first, periods=count, freq=pd.Timedelta(days=STEP_DAYS[grain]))


def period_numbers(periods: pd.DatetimeIndex, grain: Grain) -> Integers:
    """Numbers that grow by one from a period to the next, the same whatever the panel's first period."""
    if grain in STEP_MONTHS:
        months = periods.year.to_numpy().astype(np.int64) * 12 + periods.month.to_numpy() - 1
        return np.asarray(months // STEP_MONTHS[grain])
    return day_numbers(periods) // STEP_DAYS[grain]


def day_numbers(periods: pd.DatetimeIndex) -> Integers:
    """Days since 1970-01-01."""
    return np.asarray(periods.to_numpy().astype("datetime64[D]").astype(np.int64))


def first_difference(old: Panel, new: Panel) -> int:
    """First column where two panels with the same series and start differ (NaN equals NaN); the shorter length if none.

    Returns 0 when series, grain or first period differ.
    """
    same_start = old.grain == new.grain and old.periods[0] == new.periods[0] and len(old.series) == len(new.series)
    same_start &= old.nature == new.nature and (old.whole is None) == (new.whole is None)
    names = ("series_id", "level", "area", "industry")
    if not same_start or any(old.series[name].tolist() != new.series[name].tolist() for name in names):
        return 0
    shared = min(len(old.periods), len(new.periods))
    before, after = old.values[:, :shared], new.values[:, :shared]
    equal = (before == after) | (np.isnan(before) & np.isnan(after))
    equal &= old.exposure[:, :shared] == new.exposure[:, :shared]
    if old.whole is not None and new.whole is not None:
        equal &= old.whole[:, :shared] == new.whole[:, :shared]
    changed = np.flatnonzero(~equal.all(axis=0))
    return int(changed[0]) if len(changed) else shared
