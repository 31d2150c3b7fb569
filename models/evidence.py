"""One number a series and period, comparable over series, levels and windows: how strongly it speaks of a turn for the
worse."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.panel import LEVELS, Flags, Floats, Integers, Nature, Worse
from models.recipe import MIN_COVERAGE, Recipe, Window

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


@dataclass(frozen=True)
class JudgedWindows:
    """Windows (W, n, ...) of a recipe as they were tested: probability, observed and expected people, variance."""

    p: Floats
    observed: Floats
    expected: Floats
    variance: Floats


def z_score(
    tested: JudgedWindows,
    group: Integers,
    recipe: Recipe,
    worse: Worse = "higher",
    nature: Nature = "count",
    *,
    is_sum: bool = True,
) -> Floats:
    """(W, n, ...) standard deviations by which each window speaks of a turn for the worse; -inf where it does not.

    group: (n,) number of the level. A level's
    allowance is a weight of its p-values (Genovese, Roeder & Wasserman 2006, Biometrika 93): the eleven areas may be
    heard sooner than two hundred cells without more false alarms in all.
    """
    p, observed, expected, variance = tested.p, tested.observed, tested.expected, tested.variance
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
    tested: JudgedWindows,
    group: Integers,
    recipe: Recipe,
    worse: Worse = "higher",
    nature: Nature = "count",
    *,
    is_sum: bool = True,
) -> Floats:
    """(n, ...) z-score of the best window; arguments as `z_score`."""
    told = z_score(tested, group, recipe, worse, nature, is_sum=is_sum)
    return np.asarray(told.max(axis=0))


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
    rows = [_window_sum(parts, levels, span) for span in spans]
    sums, weighed, level = (np.stack(part) for part in zip(*rows, strict=True))
    observed, total, exposed_sum, _ = sums.transpose(1, 0, 2)
    coverage = weighed[:, 2] / np.maximum(weighed[:, 3], 1e-12)
    expected, foreseen = level * exposed_sum, level * weighed[:, 2]
    valid = (coverage >= MIN_COVERAGE) & (exposed_sum > 0) & np.isfinite(expected)
    return Sums(
        observed, expected, weighed[:, 0], foreseen, valid, np.minimum(coverage, 1.0), level, exposed_sum, total
    )


def _window_sum(parts: Floats, levels: Floats, span: Window) -> tuple[Floats, Floats, Floats]:
    """Sums (4, n) of one span's columns of parts (4, n, k), its weighted sums (4, n), and its level (n,): a window that
    begins before the panel has none."""
    reach = levels.shape[1] - span.lookback
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


QUANTILES = {"lo50": 0.25, "hi50": 0.75, "lo80": 0.1, "hi80": 0.9, "lo95": 0.025, "hi95": 0.975}


def expect_ahead(level: Floats, rate: Floats, due: Floats, recipe: Recipe) -> Floats:
    """Expected sums (K, n) of the recipe's horizons after the last period.

    level: (n,) after the last period. rate: (n, ahead) factor of the coming periods; due: (ahead,) share of a report.
    """
    coming = level[:, None] * rate * due
    return np.stack([coming[:, span.gap : span.lookback].sum(axis=1) for span in recipe.horizons])


def interval_band(mean: Floats, variance: Floats) -> dict[str, Floats]:
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
