"""The calendar factor: what a normal period of this kind brings, learned from the past and inherited downwards."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.calendar import Features
from models.panel import Flags, Floats, Hierarchy, Panel
from models.recipe import MIN_SEEN, Recipe

LARGE = 30.0  # people per period: from here on a running median of a year is taken out before fitting
SHOCK_RATIO, SHOCK_MOVE, SHOCK_WEIGHT = 1.1, 1.0, 0.02  # logs off the median, logs moved in 26 weeks, weight left
MOST_IN_CRISIS = 3.0  # log of the median's multiple
MOST_A_DAY = 100.0  # times the median day: more is a slip of the pen, and no city's season begins with it
CONSTANT_PENALTY, DAY_TREND_PENALTY, WEEK_TREND_PENALTY = 1e-4, 9.0, 25.0
CELL_PENALTY = (1e-2, 30.0)  # constant and trend of a series that inherits the rest
DUE_SHARE = 0.5  # days of a kind (workday or not) count as due when at least this share of them had a report


@dataclass(frozen=True)
class Fitting:
    """How the regression is iterated; robust: outliers lose weight."""

    robust: bool = False
    iterations: int = 6


PLAIN = Fitting()
_SHORT = Fitting(iterations=5)


@dataclass(frozen=True)
class Factor:
    """log rate = constant + trend (years since `anchor`) + features @ coefficients, one row a series.

    anchor: the first column not used in learning. level: (n, 2) constant and trend. coefficients: (n, p) of the
    used feature columns. used: (p,) numbers of these. due_kinds: whether non-workdays and workdays are due.
    is_known: (n,) the series had reported often enough before the anchor; the others have rate 0 until the next.
    """

    anchor: int
    level: Floats
    coefficients: Floats
    used: tuple[int, ...]
    due_kinds: tuple[bool, bool]
    is_known: Flags
    periods_per_year: float

    def rate(self, features: Features, start: int, end: int) -> Floats:
        """People per fully reported period (n, end - start), for the columns start..end-1 of the panel."""
        rows = np.ascontiguousarray(features.matrix[start:end, list(self.used)])
        years = (np.arange(start, end) - self.anchor) / self.periods_per_year
        log_rate = self.level[:, :1] + self.level[:, 1:] * years + self.coefficients @ rows.T
        return np.asarray(np.exp(np.clip(log_rate, LOWEST, HIGHEST)) * self.is_known[:, None])

    def due(self, features: Features, start: int, end: int) -> Flags:
        """Whether a report is due at the columns start..end-1."""
        return np.asarray(np.array(self.due_kinds)[features.is_workday[start:end].astype(np.int64)])

    def coming(self, _: Recipe) -> "Factor":
        """The same: all of it is asked for columns from the anchor on."""
        return self


@dataclass(frozen=True)
class Past:
    """What may be learned from: columns start..anchor-1, contiguous copies; weight 0 where nothing was reported."""

    start: int
    anchor: int
    counts: Floats
    weight: Floats
    offset: Floats
    is_short: Flags


def learn_factor(panel: Panel, features: Features, tree: Hierarchy, recipe: Recipe, anchor: int) -> Factor:
    """Fit on the `history` periods before column `anchor`; nothing at or after it is looked at."""
    past = past_of(panel, recipe, anchor)
    seen = features.matrix[past.start : anchor]
    used = np.flatnonzero(np.any(seen[(past.weight > 0).any(axis=0)] != 0, axis=0))
    names = np.array(features.part)[used]
    years = (np.arange(past.start, anchor) - anchor) / recipe.periods_per_year
    design = np.column_stack([np.ones(len(years)), years, seen[:, used]])
    if panel.grain == "day":
        past = replace(past, counts=plausible(past.counts, past))
        penalty = np.concatenate([[CONSTANT_PENALTY, DAY_TREND_PENALTY], features.penalty[used]])
        full = fit_days(past, design, penalty, names, tree, recipe)
    else:
        penalty = np.concatenate([[CONSTANT_PENALTY, WEEK_TREND_PENALTY], features.penalty[used]])
        full = fit_seasons(past, design, penalty, tree, recipe)
    full = inherit(full, past, design, tree, recipe)
    kinds = due_kinds(past.weight, features.is_workday[past.start : anchor])
    columns = tuple(int(c) for c in used)
    known: Flags = np.asarray(past.weight.sum(axis=1) >= MIN_SEEN)
    # Contiguous, as they are when read from a file: then every product has the same bits.
    level, coefficients = np.ascontiguousarray(full[:, :2]), np.ascontiguousarray(full[:, 2:])
    return Factor(anchor, level, coefficients, columns, kinds, known, recipe.periods_per_year)


def past_of(panel: Panel, recipe: Recipe, anchor: int) -> Past:
    """Cut the learning window; exposure goes into the offset, so that half a report expects half the people."""
    start = max(0, anchor - recipe.history)
    values = np.ascontiguousarray(panel.values[:, start:anchor])
    exposure = np.ascontiguousarray(panel.exposure[:, start:anchor])
    reported = np.isfinite(values) & (exposure > 0)
    ever = np.isfinite(panel.values[:, :anchor]) & (panel.exposure[:, :anchor] > 0)
    first = np.where(ever.any(axis=1), ever.argmax(axis=1), anchor)
    offset = np.log(np.where(reported, exposure, 1.0))
    counts = np.where(reported, values, 0.0)
    return Past(start, anchor, counts, reported.astype(np.float64), offset, anchor - first < recipe.warm)


def due_kinds(weight: Floats, is_workday: Flags) -> tuple[bool, bool]:
    """Whether (non-workdays, workdays) are days on which this feed is expected at all."""
    reported: Flags = np.asarray((weight > 0).any(axis=0))
    shares = [reported[kind].mean() if kind.any() else default for kind, default in ((~is_workday, 0), (is_workday, 1))]
    return bool(shares[0] >= DUE_SHARE), bool(shares[1] >= DUE_SHARE)


def pooled(past: Past, tree: Hierarchy) -> tuple[Floats, Floats, Floats]:
    """The total's row, or the sum of the top series where there is none: counts, weight, offset, all (1, T)."""
    if tree.root >= 0:
        row = slice(tree.root, tree.root + 1)
        return past.counts[row], past.weight[row], past.offset[row]
    top = ~tree.inherits
    size = np.maximum(past.counts[top].sum(axis=1) / np.maximum(past.weight[top].sum(axis=1), 1.0), 1e-9)
    shares = (past.weight[top] * np.exp(past.offset[top]) * size[:, None]).sum(axis=0, keepdims=True) / size.sum()
    weight = (shares > 0).astype(np.float64)
    return past.counts[top].sum(axis=0, keepdims=True), weight, np.log(np.where(shares > 0, shares, 1.0))


def fit_days(past: Past, design: Floats, penalty: Floats, names: np.ndarray, tree: Hierarchy, recipe: Recipe) -> Floats:
    """Full coefficients (n, 2 + p): the total's own fit; areas and industries take its office days as given and
    bend the festival curve and the season by their own shrunk amounts."""
    counts, weight, offset = pooled(past, tree)
    found, trust = fit_quasipoisson(counts, design, penalty, weight, offset, None, Fitting(recipe.robust, 8))
    root, past = found[0], replace(past, weight=past.weight * trust)  # what shakes the total is no one's season
    full = np.tile(root, (len(past.counts), 1))
    own = ~tree.inherits & ~past.is_short
    if tree.root >= 0:
        own[tree.root] = False
    if not own.any():
        return full
    part = np.concatenate([["constant", "trend"], names])
    is_festival, is_ramp = np.isin(part, ["before festival", "after festival"]), part == "before festival"
    is_season, is_office = part == "season", part == "office"
    shapes = np.stack([np.where(mask, root, 0.0) for mask in (is_festival, is_ramp, is_season)])
    seasons = np.flatnonzero(is_season)
    bent = np.column_stack([design[:, :2], design @ shapes.T, design[:, seasons]])
    bent_penalty = np.concatenate([penalty[:2], [4.0, 8.0, 4.0], 2.0 * penalty[seasons]])
    prior = np.concatenate([[0.0, 0.0, 0.0, 0.0, 1.0], np.zeros(len(seasons))])
    given = past.offset[own] + design @ np.where(is_office | is_festival, root, 0.0)
    bends, _ = fit_quasipoisson(
        past.counts[own], bent, bent_penalty, past.weight[own], given, prior, Fitting(recipe.robust)
    )
    rows = np.where(is_office | is_festival, root, 0.0) + bends[:, 2:5] @ shapes
    rows[:, :2] = bends[:, :2]
    rows[:, seasons] += bends[:, 5:]
    full[own] = rows
    return full


def plausible(counts: Floats, past: Past) -> Floats:
    """(n, T) counts of days, at most MOST_A_DAY times the median of those reported, and one."""
    among = np.exp(past.offset)
    usual = pd.DataFrame(np.where(past.weight > 0, counts / among, np.nan).T).median().fillna(0.0).to_numpy()
    return np.asarray(np.minimum(counts, MOST_A_DAY * (usual[:, None] + 1.0) * among))


def fit_seasons(past: Past, design: Floats, penalty: Floats, tree: Hierarchy, recipe: Recipe) -> Floats:
    """Full coefficients (n, 2 + p): one shape from all top series together, then each series bends it a little."""
    top = np.flatnonzero(~tree.inherits)
    counts, weight, offset = past.counts[top], past.weight[top].copy(), past.offset[top].copy()
    mean = counts.sum(axis=1) / np.maximum(weight.sum(axis=1), 1.0)
    among = np.exp(offset)
    drift, distrust, most = slow_drift(counts / among, weight, mean >= LARGE, recipe.year + 1)
    offset += drift
    weight *= distrust
    counts = np.minimum(counts, most * among)
    trusted = np.maximum(weight.sum(axis=0), 0.01)
    levelled = (counts * np.exp(-offset) * weight / (mean + 0.1)[:, None]).sum(axis=0) / trusted
    scale = float(mean.mean()) * min(len(top), 20)
    (shared,), _ = fit_quasipoisson(
        (levelled * scale)[None], design, penalty, weight.mean(axis=0)[None], np.zeros_like(weight[:1])
    )
    shape = np.where(np.arange(len(shared)) >= 2, shared, 0.0)
    bent = np.column_stack([design[:, :2], design @ shape, design[:, 2:]])
    bent_penalty = np.concatenate([penalty[:2], [0.5], 2.0 * penalty[2:]])
    bends, _ = fit_quasipoisson(counts, bent, bent_penalty, weight, offset, None, Fitting(recipe.robust))
    rows = bends[:, 2:3] * shape + np.column_stack([bends[:, :2], bends[:, 3:]])
    full = np.tile(shared, (len(past.counts), 1))
    full[top] = np.where(past.is_short[top, None], shared, rows)
    return full


def slow_drift(counts: Floats, weight: Floats, is_large: Flags, width: int) -> tuple[Floats, Floats, Floats]:
    """Log of the centred running median of large series (0 for small), little weight where a crisis shows, and the most
    people that a period of crisis may count for (inf elsewhere): a slip of the pen is no season. All (n, T).

    width: periods of the median, a year and one.

    Without it a crisis of one year becomes a season of the next ones (method.md, step 1).
    """
    seen = np.where(weight > 0, counts, np.nan)
    median = pd.DataFrame(seen.T + 1.0).rolling(width, center=True, min_periods=width // 4).median()
    level = np.log(median.ffill().bfill().fillna(1.0).to_numpy().T)
    drift = level - np.median(level, axis=1, keepdims=True)
    ratio = np.log(counts + 1.0) - level
    off = np.abs(ratio - np.median(ratio, axis=1, keepdims=True))
    quarter = width // 4
    moved = np.abs(drift - np.roll(drift, quarter, 1)) + np.abs(drift - np.roll(drift, -quarter, 1))
    moved[:, :quarter] = 0.0
    moved[:, -quarter:] = 0.0
    crisis = is_large[:, None] & ((off > SHOCK_RATIO) | (moved > SHOCK_MOVE))
    most = np.where(crisis, np.exp(level + MOST_IN_CRISIS), np.inf)
    return np.where(is_large[:, None], drift, 0.0), np.where(crisis, SHOCK_WEIGHT, 1.0), most


def inherit(full: Floats, past: Past, design: Floats, tree: Hierarchy, recipe: Recipe) -> Floats:
    """Cells and series with a short history take their parent's factor under a constant and trend of their own."""
    rows = full.copy()
    is_root = np.arange(len(full)) == tree.root
    for needs in (past.is_short & ~tree.inherits & ~is_root, tree.inherits):  # the upper ones first
        if not needs.any():
            continue
        parent = np.where(tree.parent[needs] >= 0, tree.parent[needs], np.flatnonzero(needs))
        shape = np.concatenate([np.zeros((int(needs.sum()), 2)), rows[parent][:, 2:]], axis=1)
        offset = past.offset[needs] + shape @ design.T
        penalty = np.array(CELL_PENALTY)
        own, _ = fit_quasipoisson(past.counts[needs], design[:, :2], penalty, past.weight[needs], offset, None, _SHORT)
        rows[needs] = np.concatenate([own, shape[:, 2:]], axis=1)
    return rows


OUTLIER = 2.58  # Anscombe residual above which a period loses weight (Noufaily et al. 2013)
LOWEST, HIGHEST = -12.0, 16.0  # bounds of the log expectation


def fit_quasipoisson(
    counts: Floats,
    design: Floats,
    penalty: Floats,
    weight: Floats,
    offset: Floats,
    prior: Floats | None = None,
    fitting: Fitting = PLAIN,
) -> tuple[Floats, Floats]:
    """Coefficients (n, p) of log E[counts] = offset + design b, by penalised IRLS; and the trust (n, T) in each period.

    counts, weight, offset: (n, T), weight 0 = not observed. design: (T, p), first column the constant.
    penalty: (p,) prior precision around `prior` (p,) (zero if not given); information is divided by the dispersion,
    so that the precision means the same for small and large counts. robust: outliers above are down-weighted, and
    trust is what they keep (about 1 for the others).
    """
    n, p = counts.shape[0], design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(-1, p * p)
    coefficients = np.zeros((n, p)) if prior is None else np.tile(prior, (n, 1))
    centre = coefficients.copy()
    shape = np.exp(np.clip(offset + coefficients[:, 1:] @ design[:, 1:].T, LOWEST, HIGHEST))
    observed = (weight * counts).sum(axis=1) + 0.5
    start = np.log(observed / np.maximum((weight * shape).sum(axis=1), 1e-9))
    coefficients[:, 0] = np.where(weight.sum(axis=1) > 0, start, LOWEST)  # never reported: nobody expected
    centre[:, 0] = np.where(weight.sum(axis=1) > 0, 0.0, LOWEST)
    noise, trust = np.ones(n), np.ones_like(counts)
    for turn in range(fitting.iterations):
        mean = np.exp(np.clip(offset + coefficients @ design.T, LOWEST, HIGHEST))
        precision = weight * trust / noise[:, None]
        information = ((precision * mean) @ products).reshape(n, p, p) + np.diag(penalty)
        gradient = (precision * (counts - mean)) @ design - penalty * (coefficients - centre)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        longest = np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-9)
        coefficients = coefficients + step * np.minimum(1.0, 2.0 / longest)
        if turn >= 2:
            mean = np.exp(np.clip(offset + coefficients @ design.T, LOWEST, HIGHEST))
            noise, trust = _trust(counts, mean, weight, trust, fitting.robust)
    return coefficients, trust


def _trust(counts: Floats, mean: Floats, weight: Floats, trust: Floats, robust: bool) -> tuple[Floats, Floats]:
    """Dispersion (n,) and the weight every period deserves (n, T)."""
    residual = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    weighed = weight * trust
    spread = (weighed * np.minimum(residual**2, 25.0)).sum(axis=1)
    noise = np.maximum(1.0, spread / np.maximum(weighed.sum(axis=1) - 4, 5.0))
    if not robust:
        return noise, trust
    scaled = residual / np.sqrt(noise)[:, None]
    raw = np.where(scaled > OUTLIER, 1.0 / np.maximum(scaled, 1.0) ** 2, 1.0) * (weight > 0)
    kept = np.maximum(raw.sum(axis=1, keepdims=True), 1.0)
    return noise, raw * (weight > 0).sum(axis=1, keepdims=True) / kept
