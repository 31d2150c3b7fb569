"""How improbable the last few periods are: sums over windows, and the upper tail of the negative binomial."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.panel import Flags, Floats
from models.recipe import MIN_COVERAGE, Span


@dataclass(frozen=True)
class Sums:
    """Window sums that end with one column, all (S, n).

    observed: people. expected: level before the window x factor x exposure. valid: enough of what was due was
    reported and the level is known. coverage: reported share of what was due. level: frozen before the window.
    exposed: factor x exposure. reported: sum of the exposure.
    """

    observed: Floats
    expected: Floats
    valid: Flags
    coverage: Floats
    level: Floats
    exposed: Floats
    reported: Floats


def window_sums(
    values: Floats, exposure: Floats, rate: Floats, due: Flags, levels: Floats, spans: tuple[Span, ...]
) -> Sums:
    """Sums over the last columns of the trailing arrays values, exposure, rate (n, k), due (k,).

    levels (n, reach): level before each of the last columns under today's factor, NaN where there was none.
    The level is frozen before the window, so that a slow rise does not explain itself.
    """
    reported = np.isfinite(values) & (exposure > 0)
    people = np.where(reported, values, 0.0)
    share = np.where(reported, exposure, 0.0)
    exposed = rate * share
    owed = rate * (due | reported.any(axis=0))
    rows = [_one(people, share, exposed, owed, levels, span) for span in spans]
    observed, total, exposed_sum, owed_sum, level = (np.stack(part) for part in zip(*rows, strict=True))
    coverage = exposed_sum / np.maximum(owed_sum, 1e-12)
    expected = level * exposed_sum
    valid = (coverage >= MIN_COVERAGE) & (exposed_sum > 0) & np.isfinite(expected)
    return Sums(observed, expected, valid, np.minimum(coverage, 1.0), level, exposed_sum, total)


def _one(
    people: Floats, share: Floats, exposed: Floats, owed: Floats, levels: Floats, span: Span
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """One span's (n,) people, exposure, factor x exposure, factor x due, level; a window that begins before the
    panel has no level."""
    last = slice(-span.width, None)
    reach = levels.shape[1] - span.reach
    level = levels[:, reach] if people.shape[1] >= span.width else np.full(len(people), np.nan)
    sums = [part[:, last].sum(axis=1) for part in (people, share, exposed, owed)]
    return sums[0], sums[1], sums[2], sums[3], level


def tail_probability(observed: Floats, mean: Floats, variance: Floats) -> Floats:
    """Upper mid-p: P(X > observed) + P(X = observed) / 2 for a negative binomial with this mean and variance.

    Poisson (to 2 % of the variance) where the variance is not above the mean. NaN in, NaN out.
    """
    known = np.isfinite(mean) & np.isfinite(observed)
    centre = np.maximum(np.where(known, mean, 1.0), 1e-6)
    size, chance = negative_binomial(centre, np.where(known, variance, 2.0))
    people = np.round(np.where(known, observed, 0.0)).astype(np.float64)
    above, from_here = exceeds(people, size, chance), exceeds(people - 1, size, chance)
    tail = 0.5 * (above + from_here)
    return np.where(known, np.clip(tail, 1e-300, 1.0), np.nan)


def exceeds(people: Floats, size: Floats, chance: Floats) -> Floats:
    """P(X > people) of scipy's nbinom(size, chance); scipy.special, because importing scipy.stats takes a second."""
    return np.where(people < 0, 1.0, special.betaincc(size, np.maximum(people, 0.0) + 1.0, chance))


def negative_binomial(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """scipy's (n, p) for a mean and a variance."""
    spread = np.maximum(variance, mean * 1.02)
    size = mean * mean / (spread - mean)
    return size, size / (size + mean)
