"""The local level: how far each series runs above or below its calendar factor just now."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from models.panel import Flags, Floats, Integers
from models.recipe import Recipe

CAP = 16.0  # squared standardised error above which a single period says no more
GROWTH = 9.0  # the same for the noise, in multiples of it
NOISE_RATE = 0.02


@dataclass(frozen=True)
class Level:
    """State of the recursion, one row a candidate half-life; arrays are (H, n) and never changed in place.

    people, expected: discounted sums whose ratio is the level. outside: periods in a row beyond the clip.
    noise: dispersion of one period. loss: discounted squared error, which chooses the half-life.
    """

    people: Floats
    expected: Floats
    outside: Floats
    noise: Floats
    loss: Floats


def begin_level(n: int, recipe: Recipe) -> Level:
    """Nothing known yet; ties lean to the second half-life."""
    candidates = len(recipe.half_lives)
    zero = np.zeros((candidates, n))
    lean = 1e-3 * np.abs(np.arange(candidates) - 1.0)[:, None]
    return Level(zero, zero, zero, np.full((candidates, n), 1.5), np.tile(lean, (1, n)))


def forget(level: Level) -> Level:
    """Before the level is rerun under a new factor; what is known of the noise and the half-lives stays."""
    zero = np.zeros_like(level.people)
    return replace(level, people=zero, expected=zero, outside=zero)


def value(level: Level, recipe: Recipe) -> Floats:
    """(H, n) ratio of people to expectation, drawn to 1 by kappa periods' worth of noise."""
    weight = recipe.kappa * np.maximum(level.noise, 1.0)
    return np.asarray((weight + level.people) / (weight + level.expected))


def advance_level(
    level: Level, observed: Floats, expected: Floats, seen: Flags, asleep: Flags, recipe: Recipe, learns: bool
) -> Level:
    """Take in one period: observed (n,) people, expected (n,) = factor x exposure, seen (n,) reported.

    asleep (n,): due and not reported; such a series keeps its level unaged. learns: also update noise and loss
    (not during a rerun over periods whose errors were counted before).
    """
    decay = np.array([0.5 ** (1.0 / half) for half in recipe.half_lives])[:, None]
    mean = value(level, recipe) * expected
    noise = np.maximum(level.noise, 1.0)
    spread = np.sqrt(noise * mean + 0.3)
    far = np.abs(observed - mean) > recipe.clip * spread
    outside = np.where(seen, np.where(far, level.outside + 1, 0.0), level.outside + ((level.outside > 0) & ~asleep))
    taken = observed
    if np.isfinite(recipe.clip):
        clipped = np.clip(observed, mean - recipe.clip * spread, mean + recipe.clip * spread)
        taken = np.where(outside > recipe.adapt, observed, clipped)
    fade = np.where(asleep, 1.0, decay)
    people = fade * level.people + np.where(seen, taken, 0.0)
    exposed = fade * level.expected + np.where(seen, expected, 0.0)
    if not learns:
        return replace(level, people=people, expected=exposed, outside=outside)
    error = (observed - mean) ** 2
    fresh = np.minimum(error / np.maximum(mean, 0.2), GROWTH * noise)
    new_noise = np.where(seen, (1 - NOISE_RATE) * level.noise + NOISE_RATE * fresh, level.noise)
    keep = 0.5 ** (1.0 / recipe.loss_half_life)
    loss = keep * level.loss + np.where(seen, np.minimum(error / (mean + 0.5), CAP * noise), 0.0)
    return Level(people, exposed, outside, new_noise, loss)


def choose(level: Level, group: Integers) -> Integers:
    """(n,) number of the half-life with the least past error, own plus half of the group's mean."""
    scaled = level.loss / np.maximum(level.noise.min(axis=0), 1.0)
    best = np.zeros(scaled.shape[1], dtype=np.int64)
    for code in np.unique(group):
        members = group == code
        own = scaled[:, members]
        best[members] = np.argmin(own + 0.5 * own.mean(axis=1, keepdims=True), axis=0)
    return best


def select_candidate(rows: Floats, choice: Integers) -> Floats:
    """(n,) the chosen candidate's entry of (H, n)."""
    return np.asarray(rows[choice, np.arange(rows.shape[1])])


DISPERSION_CLIP = 9.0  # one period counts at most so many times the current dispersion: bears 11 % of strange periods
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
    clip = np.where(large, recipe.error_clip, DISPERSION_CLIP)
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
