"""One number a series and period, comparable over series, levels and windows: how strongly it speaks of a turn for the
worse."""

import numpy as np
from scipy import special

from models.panel import LEVELS, Flags, Floats, Integers, Nature, Worse
from models.recipe import Recipe

MIN_PEOPLE, MIN_RATIO = 3.0, 1.2  # fewer people, or less above the expectation, is no rise whatever the probability
MIN_MOVE = 0.005  # of a stock: half of the least monthly loss that a level rule of the region speaks of


def is_worth_telling(
    observed: Floats, expected: Floats, worse: Worse = "higher", nature: Nature = "count", *, is_sum: bool = True
) -> Flags:
    """Whether a rise, or a fall where lower is worse, is large enough to be spoken of at all; false for NaN.

    Arrays of one shape. A fall of a count is a rise the other way round; of stocks and net changes the gap counts.
    is_sum: as of Panel; what is none, an index, is no people, and has no fewest of them.
    """
    people = MIN_PEOPLE if is_sum else 0.0
    more, less = (observed, expected) if worse == "higher" else (expected, observed)
    if nature == "count":
        return (more >= people) & (more >= MIN_RATIO * less)
    least = MIN_MOVE * expected if nature == "stock" else 0.0
    return np.asarray(more - less >= np.maximum(people, least))


def z_score(
    p: Floats,
    observed: Floats,
    expected: Floats,
    variance: Floats,
    group: Integers,
    recipe: Recipe,
    worse: Worse = "higher",
    nature: Nature = "count",
    *,
    is_sum: bool = True,
) -> Floats:
    """(W, n, ...) standard deviations by which each window speaks of a turn for the worse; -inf where it does not.

    p, observed, expected, variance: (W, n, ...) of the recipe's windows. group: (n,) number of the level. A level's
    allowance is a weight of its p-values (Genovese, Roeder & Wasserman 2006, Biometrika 93): the eleven areas may be
    heard sooner than two hundred cells without more false alarms in all.
    """
    shape = (-1, *[1] * (p.ndim - 1))
    handicap = np.reshape([span.handicap for span in recipe.windows], shape)
    scatter = np.reshape([span.alone_within for span in recipe.windows], shape)
    speaks = np.isinf(scatter) | (variance < np.nan_to_num(scatter, posinf=0.0) * expected)
    allowance = np.array([recipe.allowance[level] for level in LEVELS])[group].reshape(1, -1, *[1] * (p.ndim - 2))
    is_worth = is_worth_telling(observed, expected, worse, nature, is_sum=is_sum)
    if recipe.by_latest:
        usual = expected / np.reshape([span.length for span in recipe.windows], shape)
        usual = np.minimum(usual, expected[:1]) if worse == "higher" else np.maximum(usual, expected[:1])
        latest = np.broadcast_to(observed[:1], usual.shape)
        goes_on = latest >= usual if worse == "higher" else latest <= usual
        is_worth = np.where(
            speaks[:1], is_worth & goes_on, is_worth_telling(latest, usual, worse, nature, is_sum=is_sum)
        )
    told = np.isfinite(p) & speaks & is_worth
    deviations = -special.ndtri(np.where(told, p, 0.5)) - handicap + allowance
    return np.asarray(np.where(told, deviations, -np.inf))


def best_z_score(
    p: Floats,
    observed: Floats,
    expected: Floats,
    variance: Floats,
    group: Integers,
    recipe: Recipe,
    worse: Worse = "higher",
    nature: Nature = "count",
    *,
    is_sum: bool = True,
) -> Floats:
    """(n, ...) strength of the best window; arguments as `strength`."""
    told = z_score(p, observed, expected, variance, group, recipe, worse, nature, is_sum=is_sum)
    return np.asarray(told.max(axis=0))
