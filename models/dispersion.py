"""How much more than Poisson a sum varies: learned causally, shared within a level, not poisoned by a crisis."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from models.panel import Flags, Floats, Integers
from models.recipe import Recipe

CLIP = 9.0  # one period counts at most so many times the current dispersion: bears 11 % of strange periods
LARGE_SUM = 30.0  # people in a window: from here on errors are near normal, and a tighter clip is possible
SHOCK_SHARE, SHOCK_PEARSON = 0.25, 6.25  # rule 9: share of series, squared Pearson residual
SHOCK_SERIES, SHOCK_MEMORY = 20, 26  # series and periods needed to tell
LARGE_COUNT_NOISE = 10.0  # median dispersion from which the spread grows with the mean, not its root


@dataclass(frozen=True)
class Dispersion:
    """Two readings of the same errors, side by side: `linear` (variance = phi x mean) and `square` (= c x mean^2).

    Sums (S, n) are discounted over periods; prior and current (S, n) are the group's value and what is used.
    shock: (S,) net periods of pool-wide shock behind us. is_square: which reading the panel uses.
    """

    linear_sum: Floats
    square_sum: Floats
    weight: Floats
    linear_prior: Floats
    square_prior: Floats
    shock: Floats
    is_square: bool


def begin_dispersion(spans: int, n: int) -> Dispersion:
    """Before any error was seen: dispersion 1.5, coefficient of variation 0.3."""
    zero = np.zeros((spans, n))
    return Dispersion(zero, zero, zero, np.full((spans, n), 1.5), np.full((spans, n), 0.09), np.zeros(spans), False)


def current(state: Dispersion, recipe: Recipe) -> tuple[Floats, Floats]:
    """(S, n) phi, at least 1, and (S, n) squared coefficient of variation; shrunk to the group's value."""
    weight = state.weight + recipe.noise_weight
    phi = (state.linear_sum + recipe.noise_weight * state.linear_prior) / weight
    square = (state.square_sum + recipe.noise_weight * state.square_prior) / weight
    return np.maximum(phi, 1.0), square


def variance(state: Dispersion, mean: Floats, recipe: Recipe) -> Floats:
    """Variance (S, n) of sums with this mean; never below Poisson."""
    phi, square = current(state, recipe)
    floor = np.maximum(mean, 0.02)
    return np.maximum(square * floor**2, floor) if state.is_square else phi * floor


def advance_dispersion(
    state: Dispersion, observed: Floats, mean: Floats, valid: Flags, tells: Flags, recipe: Recipe
) -> Dispersion:
    """Take in one period's sums: observed, mean, valid are (S, n); tells (n,): who tells of a shock.

    A span in which more than a quarter of these is far out is judged but not learned from (rule 9), else one
    crisis blinds the detector for years.
    """
    floor = np.maximum(np.where(valid, mean, 1.0), 0.05)
    error = np.where(valid, observed - floor, 0.0) ** 2
    phi, square = current(state, recipe)
    linear, squared = error / floor, error / floor**2
    pearson = squared / np.maximum(square, 1.0 / floor) if state.is_square else linear / phi
    asked = (valid & tells).sum(axis=1)
    far = ((pearson > SHOCK_PEARSON) & valid & tells).sum(axis=1) / np.maximum(asked, 1)
    can_tell = (asked >= SHOCK_SERIES) & (state.weight.max(axis=1) > SHOCK_MEMORY)
    is_shock = can_tell & (far > SHOCK_SHARE)
    shock = np.where(is_shock, state.shock + 1, np.maximum(state.shock - 1, 0.0))
    learns = valid & ~(is_shock & (shock <= recipe.shock_limit))[:, None]
    large = floor >= LARGE_SUM
    clip = np.where(large, recipe.error_clip, CLIP)
    scale = np.where(large, clipped_mean(recipe.error_clip), 1.0)
    keep = np.where(learns, 0.5 ** (1.0 / recipe.noise_half_life), 1.0)
    return replace(
        state,
        linear_sum=keep * state.linear_sum + np.where(learns, np.minimum(linear, clip * phi) / scale, 0.0),
        square_sum=keep * state.square_sum + np.where(learns, np.minimum(squared, clip * square) / scale, 0.0),
        weight=keep * state.weight + learns,
        shock=shock,
    )


def clipped_mean(clip: float) -> float:
    """Mean of min(z^2, clip) for a standard normal z, which makes a clipped dispersion consistent."""
    edge = np.sqrt(clip)
    inside = 2 * special.ndtr(edge) - 1
    density = np.exp(-clip / 2) / np.sqrt(2 * np.pi)
    return float(inside - 2 * edge * density + clip * (1 - inside))


def telling(inherits: Flags) -> Flags:
    """(n,) the series asked whether the whole pool is shaken: not the cells, too small to tell, if there are others."""
    return ~inherits if (~inherits).sum() >= SHOCK_SERIES else np.ones_like(inherits)


def share(state: Dispersion, group: Integers) -> Dispersion:
    """Renew the groups' values (at an anchor): their medians; and which reading fits the panel."""
    if state.weight.max() <= 10:
        return state
    weight = np.maximum(state.weight, 1e-9)
    own = np.maximum(state.linear_sum / weight, 1.0)
    square = state.square_sum / weight
    known = state.weight > 10
    linear_prior, square_prior = state.linear_prior.copy(), state.square_prior.copy()
    for span in range(len(weight)):
        for code in np.unique(group):
            members = group == code
            told = members & known[span]
            if not told.any():
                continue
            linear_prior[span, members] = np.median(own[span, told])
            square_prior[span, members] = np.median(square[span, told])
    is_square = bool(np.median(own[0, known[0]]) > LARGE_COUNT_NOISE) if known[0].any() else state.is_square
    return replace(state, linear_prior=linear_prior, square_prior=square_prior, is_square=is_square)


def discount(state: Dispersion, limit: float) -> Dispersion:
    """Let what was learned so far count for at most `limit` periods (errors of a provisional factor)."""
    ratio = limit / np.maximum(state.weight, limit)
    return replace(
        state, linear_sum=state.linear_sum * ratio, square_sum=state.square_sum * ratio, weight=state.weight * ratio
    )
