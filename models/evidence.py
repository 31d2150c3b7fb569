"""One number a series and period, comparable over series, levels and windows: how strongly it speaks of a rise."""

import numpy as np
from scipy import special

from models.panel import LEVELS, Flags, Floats, Integers
from models.recipe import Recipe

MIN_PEOPLE, MIN_RATIO = 3.0, 1.2  # fewer people, or less above the expectation, is no rise whatever the probability


def worth(observed: Floats, expected: Floats) -> Flags:
    """Whether a rise is large enough to be spoken of at all; arrays of one shape, false for NaN."""
    return (observed >= MIN_PEOPLE) & (observed >= MIN_RATIO * expected)


def strength(p: Floats, observed: Floats, expected: Floats, group: Integers, recipe: Recipe) -> Floats:
    """(W, n, ...) standard deviations by which each window speaks of a rise; -inf where it tells of none.

    p, observed, expected: (W, n, ...) of the recipe's windows. group: (n,) number of the level. A level's allowance is
    a weight of its p-values (Genovese, Roeder & Wasserman 2006, Biometrika 93): the eleven areas may be heard
    sooner than two hundred cells without more false alarms in all.
    """
    shape = (-1, *[1] * (p.ndim - 1))
    handicap = np.reshape([span.handicap for span in recipe.windows], shape)
    speaks = expected < np.reshape([span.alone_below for span in recipe.windows], shape)
    allowance = np.array([recipe.allowance[level] for level in LEVELS])[group].reshape(1, -1, *[1] * (p.ndim - 2))
    is_worth = worth(observed, expected)
    told = np.isfinite(p) & speaks & (is_worth[:1] if recipe.by_latest else is_worth)
    deviations = -special.ndtri(np.where(told, p, 0.5)) - handicap + allowance
    return np.asarray(np.where(told, deviations, -np.inf))


def evidence(p: Floats, observed: Floats, expected: Floats, group: Integers, recipe: Recipe) -> Floats:
    """(n, ...) strength of the best window; arguments as `strength`."""
    return np.asarray(strength(p, observed, expected, group, recipe).max(axis=0))
