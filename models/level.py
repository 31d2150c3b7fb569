"""The local level: how far each series runs above or below its calendar factor just now."""

from dataclasses import dataclass, replace

import numpy as np

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
