"""The alarm line that keeps a promise: at most so many episodes a series-year, true ones included."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.panel import Floats
from models.recipe import Recipe

LEAST = 2.054  # standard deviations: p = .02


def episodes(evidence: Floats, line: float, gap: int) -> int:
    """Runs of periods above the line in (n, T), of one series when at most `gap` quiet periods lie between."""
    return int((evidence > line).sum() - (joined(evidence, gap) > line).sum())


def joined(evidence: Floats, gap: int) -> Floats:
    """(n, T) the line below which a period goes on with an episode instead of beginning one."""
    before = np.pad(evidence, ((0, 0), (gap + 1, 0)), constant_values=-np.inf)[:, :-1]
    return np.asarray(np.minimum(evidence, sliding_window_view(before, gap + 1, axis=1).max(axis=-1)))


def line(evidence: Floats, most: float, gap: int) -> float:
    """The lowest line for (n, T) evidence at which, and at every height above, there are at most `most` episodes.

    Counting them at all heights takes two sorted arrays: a period begins an episode at the heights between `joined` and
    itself. Never below what one judgement in fifty of a quiet series reaches.
    """
    heights = np.unique(np.append(evidence[evidence > LEAST], LEAST))
    above, going_on = np.sort(evidence, axis=None), np.sort(joined(evidence, gap), axis=None)
    begun = np.searchsorted(going_on, heights, "right") - np.searchsorted(above, heights, "right")
    too_many = np.flatnonzero(begun > most)
    return float(heights[too_many[-1] + 1]) if len(too_many) else LEAST


def lines(evidence: Floats, recipe: Recipe) -> Floats:
    """(T,) the line of each period, set anew every `refit` periods from the `budget_memory` before; NaN before that."""
    n, periods = evidence.shape
    found = np.full(periods, np.nan)
    most = recipe.budget * n * recipe.budget_memory / recipe.periods_per_year
    for start in range(recipe.budget_memory, periods, recipe.refit):
        past = evidence[:, start - recipe.budget_memory : start]
        found[start : start + recipe.refit] = line(past, most, recipe.budget_gap)
    return found
