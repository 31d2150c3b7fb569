"""The band of a chart: expected sums ahead, with quantiles of the same negative binomial the judgement uses."""

import numpy as np
from scipy import special

from models.panel import Floats
from models.recipe import Recipe
from models.spike import exceeds, negative_binomial

QUANTILES = {"lo50": 0.25, "hi50": 0.75, "lo80": 0.1, "hi80": 0.9, "lo95": 0.025, "hi95": 0.975}


def ahead(level: Floats, rate: Floats, due: Floats, recipe: Recipe) -> Floats:
    """Expected sums (K, n) of the recipe's horizons after the last period.

    level: (n,) after the last period. rate: (n, ahead) factor of the coming periods; due: (ahead,) share of a report.
    """
    coming = level[:, None] * rate * due
    return np.stack([coming[:, span.gap : span.reach].sum(axis=1) for span in recipe.horizons])


def band(mean: Floats, variance: Floats) -> dict[str, Floats]:
    """QUANTILES of sums with this mean and variance; 0 where nothing is expected."""
    nothing = mean < 1e-6
    size, chance = negative_binomial(np.maximum(mean, 1e-6), variance)
    return {name: np.where(nothing, 0.0, _quantile(level, size, chance)) for name, level in QUANTILES.items()}


def _quantile(level: float, size: Floats, chance: Floats) -> Floats:
    """The least whole number that is not exceeded with probability ``level``."""
    near = np.ceil(special.nbdtrik(level, size, chance))  # of the continuous form: right, or one off by rounding
    below = np.maximum(near - 1, 0.0)
    fits, fits_below = 1 - exceeds(near, size, chance) >= level, 1 - exceeds(below, size, chance) >= level
    return np.asarray(np.where(fits_below, below, np.where(fits, near, near + 1)))
