"""Scores of many past periods, each made from its own past: what the method would have said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
import pandas as pd

from models import causal, change
from models.assess import Assessment, Memory, course_of, forecast_sums
from models.evidence import JudgedWindows, best_z_score
from models.methods import LEVEL_FACTOR, Method
from models.panel import Floats, Panel, hierarchy
from models.quality import NAMES


@dataclass(frozen=True)
class Trace:
    """What was expected and how improbable what came was, for T judged periods.

    periods: (T,). observed, expected (people of the window), p (mid-p on the worse side, NaN = no judgement): (W, n, T)
    by window. evidence: (n, T) of the best window, -inf where none tells of a turn for the worse.
    """

    periods: pd.DatetimeIndex
    observed: Floats
    expected: Floats
    p: Floats
    evidence: Floats

    def since(self, column: int) -> "Trace":
        """The periods from `column` of this trace on."""
        parts = (part[..., column:] for part in (self.observed, self.expected, self.p, self.evidence))
        return Trace(self.periods[column:], *parts)


def trace(panel: Panel, calendar: pd.DataFrame, start: date, method: Method = LEVEL_FACTOR) -> Trace:
    """The judgement of every period from `start` on, each from the columns before it; arguments as `assess`."""
    recipe, first = method.recipes[panel.grain], first_column(panel, start)
    if panel.nature == "count":
        columns = _counts(panel, calendar, first, method)
    else:
        told = change.judgements(change.past_of(panel, calendar), first)
        columns = [np.stack([row[name] for name in ("observed", "expected", "variance", "p")]) for row in told]
    observed, expected, variance, p = np.stack(columns, axis=-1)
    group = hierarchy(panel.series).group
    strength = best_z_score(
        JudgedWindows(p, observed, expected, variance), group, recipe, panel.worse, panel.nature, is_sum=panel.is_sum
    )
    return Trace(panel.periods[first:], observed, expected, p, strength)


def _counts(panel: Panel, calendar: pd.DataFrame, first: int, method: Method) -> list[Floats]:
    """observed, expected, variance and p (4, W, n) of every column from `first` on."""
    course = course_of(panel, calendar, method)
    columns = [np.full((4, len(course.recipe.windows), len(panel.series)), np.nan) for _ in panel.periods[first:]]
    for column, (state, sums, _) in enumerate(causal.run_columns(course), -first):
        if column >= 0 and sums is not None:
            told, variance, p = causal.score(state, sums, course)
            columns[column] = np.where(told.valid, np.stack([told.observed, told.expected, variance, p]), np.nan)
    return columns


def first_column(panel: Panel, start: date) -> int:
    """The column of the first period from `start` on. Raises ValueError when there is none."""
    column = int(panel.periods.searchsorted(pd.Timestamp(start)))
    if column == len(panel.periods):
        raise ValueError(f"the panel has no period from {start} on")
    return column


def assessments(
    panel: Panel, calendar: pd.DataFrame, start: date, method: Method = LEVEL_FACTOR
) -> Iterator[tuple[pd.Timestamp, Assessment]]:
    """The assessment of every period from `start` on, in order; stocks and net changes by models.change, whatever the
    method."""
    memory: Memory | None = None
    for column in range(first_column(panel, start), len(panel.periods)):
        assessment, memory = change.assessed(panel.until(column), calendar, memory, method)
        yield panel.periods[column], assessment


def backtest(panel: Panel, calendar: pd.DataFrame, start: date, method: Method = LEVEL_FACTOR) -> pd.DataFrame:
    """Assessment.score of every period from `start` on, with the judged period in the column `period`."""
    rows = [made.score.assign(period=period) for period, made in assessments(panel, calendar, start, method)]
    return pd.concat(rows, ignore_index=True)


@dataclass(frozen=True)
class Outlook:
    """Forecasts made after each of T periods, by horizon (H, n, T): expected people and quantiles lo95 … hi95.

    periods: (T,) the last period known when they were made.
    """

    periods: pd.DatetimeIndex
    expected: Floats
    quantiles: dict[str, Floats]

    @property
    def cube(self) -> Floats:
        """(H, n, T, 7) of quality.NAMES, the expectation in their middle."""
        return np.stack([self.expected if name == "expected" else self.quantiles[name] for name in NAMES], axis=-1)


def outlook(panel: Panel, calendar: pd.DataFrame, start: date, method: Method = LEVEL_FACTOR) -> Outlook:
    """What would have been forecast after every period from `start` on; arguments as `assess`."""
    first = first_column(panel, start)
    if panel.nature == "count":
        course = course_of(panel, calendar, method)
        rows = [forecast_sums(state, course) for _, _, state in islice(causal.run_columns(course), first, None)]
    else:
        ends = range(first, len(panel.periods))
        rows = [change.forecast_changes(change.past_of(panel.until(end), calendar)) for end in ends]
    whole = {name: np.stack([row[name] for row in rows], axis=-1) for name in rows[0]}
    return Outlook(panel.periods[first:], whole.pop("expected"), whole)
