"""The band of a chart: expected sums ahead, with quantiles of the same negative binomial the judgement uses."""

import numpy as np
from scipy import stats

from models.panel import Floats
from models.recipe import Recipe
from models.spike import negative_binomial

QUANTILES = {"lo80": 0.1, "hi80": 0.9, "lo95": 0.025, "hi95": 0.975}


def ahead(level: Floats, rate: Floats, due: Floats, recipe: Recipe) -> Floats:
    """Expected sums (K, n) of the recipe's horizons after the last period.

    level: (n,) after the last period. rate: (n, ahead) factor of the coming periods; due: (ahead,) share of a report.
    """
    coming = level[:, None] * rate * due
    return np.stack([coming[:, span.gap : span.reach].sum(axis=1) for span in recipe.horizons])


def band(mean: Floats, variance: Floats) -> dict[str, Floats]:
    """Quantiles lo80, hi80, lo95, hi95 of sums with this mean and variance; 0 where nothing is expected."""
    nothing = mean < 1e-6
    size, chance = negative_binomial(np.maximum(mean, 1e-6), variance)
    return {name: np.where(nothing, 0.0, stats.nbinom.ppf(level, size, chance)) for name, level in QUANTILES.items()}
