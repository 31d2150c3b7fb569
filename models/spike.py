"""How improbable the last few periods are: sums over windows, and the tails of the negative binomial."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.panel import Flags, Floats, Worse
from models.recipe import MIN_COVERAGE, Window


@dataclass(frozen=True)
class Sums:
    """Window sums that end with one column, all (S, n).

    observed: people. expected: level before the window x factor x exposure. weighed, foreseen: the same with the
    weights of the span, which is what is judged and learned from. valid: enough of what was due was reported and the
    level is known. coverage: reported share of what was due. level: frozen before the window. exposed: factor x
    exposure (and what past years add: causal.as_foretold). reported: sum of the exposure.
    """

    observed: Floats
    expected: Floats
    weighed: Floats
    foreseen: Floats
    valid: Flags
    coverage: Floats
    level: Floats
    exposed: Floats
    reported: Floats


def window_sums(
    values: Floats, exposure: Floats, whole: Floats, rate: Floats, due: Flags, levels: Floats, spans: tuple[Window, ...]
) -> Sums:
    """Sums over the last columns of the trailing arrays values, exposure, whole, rate (n, k), due (k,).

    levels (n, reach): level before each of the last columns under today's factor, NaN where there was none.
    The level is frozen before the window, so that a slow rise does not explain itself.
    """
    reported = np.isfinite(values) & (exposure > 0)
    people = np.where(reported, values, 0.0)
    share = np.where(reported, exposure, 0.0)
    exposed = rate * share
    owed = rate * whole * (due | reported.any(axis=0))
    parts = np.stack([people, share, exposed, owed])
    rows = [_one(parts, levels, span) for span in spans]
    sums, weighed, level = (np.stack(part) for part in zip(*rows, strict=True))
    observed, total, exposed_sum, _ = sums.transpose(1, 0, 2)
    coverage = weighed[:, 2] / np.maximum(weighed[:, 3], 1e-12)
    expected, foreseen = level * exposed_sum, level * weighed[:, 2]
    valid = (coverage >= MIN_COVERAGE) & (exposed_sum > 0) & np.isfinite(expected)
    return Sums(
        observed, expected, weighed[:, 0], foreseen, valid, np.minimum(coverage, 1.0), level, exposed_sum, total
    )


def _one(parts: Floats, levels: Floats, span: Window) -> tuple[Floats, Floats, Floats]:
    """Sums (4, n) of one span's columns of parts (4, n, k), its weighted sums (4, n), and its level (n,): a window that
    begins before the panel has none."""
    reach = levels.shape[1] - span.reach
    has_begun = parts.shape[2] >= span.length
    level = levels[:, reach] if has_begun else np.full(parts.shape[1], np.nan)
    plain = parts[:, :, -span.length :].sum(axis=2)
    if span.echo == 0:
        return plain, plain, level
    weighed = parts[:, :, -span.length :] @ span.weights if has_begun else np.zeros_like(plain)
    return plain, weighed, level


def tail_probability(observed: Floats, mean: Floats, variance: Floats, worse: Worse = "higher") -> Floats:
    """Mid-p: P(X > observed), or P(X < observed) where lower is worse, + P(X = observed) / 2.

    X is negative binomial with this mean and variance.

    Poisson (to 2 % of the variance) where the variance is not above the mean. NaN in, NaN out.
    """
    known = np.isfinite(mean) & np.isfinite(observed)
    centre = np.maximum(np.where(known, mean, 1.0), 1e-6)
    size, chance = negative_binomial(centre, np.where(known, variance, 2.0))
    people = np.where(known, observed, 0.0)
    half = 0.5 * equals(people, size, chance)
    tail = exceeds(people, size, chance) + half if worse == "higher" else reaches(people, size, chance) - half
    return np.where(known, np.clip(tail, 1e-300, 1.0), np.nan)


def exceeds(people: Floats, size: Floats, chance: Floats) -> Floats:
    """P(X > people) of scipy's nbinom(size, chance); scipy.special, because importing scipy.stats takes a second.

    The beta function is asked from its other side: betaincc says the same in ten times the time. What is less than
    1e-250 may come out as 0.
    """
    return np.where(people < 0, 1.0, special.betainc(np.maximum(people, 0.0) + 1.0, size, 1.0 - chance))


def reaches(people: Floats, size: Floats, chance: Floats) -> Floats:
    """P(X <= people) of scipy's nbinom(size, chance)."""
    return np.where(people < 0, 0.0, special.betainc(size, np.maximum(people, 0.0) + 1.0, chance))


def equals(people: Floats, size: Floats, chance: Floats) -> Floats:
    """P(X = people) of scipy's nbinom(size, chance), for people of 0 and more; far quicker than a second tail."""
    ways = special.gammaln(people + size) - special.gammaln(people + 1.0) - special.gammaln(size)
    return np.asarray(np.exp(ways + size * np.log(chance) + people * np.log1p(-chance)))


def negative_binomial(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """scipy's (n, p) for a mean and a variance."""
    spread = np.maximum(variance, mean * 1.02)
    size = mean * mean / (spread - mean)
    return size, size / (size + mean)
