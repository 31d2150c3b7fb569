"""Whether a figure of quality has drifted: a recent share against the year before it, and what it should be."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from models.panel import Flags, Floats

ALPHA = 0.001  # a dozen figures a month are looked at: one false finding in about seven years


@dataclass(frozen=True)
class Drift:
    """value: the recent share. before: that of the time before, NaN where too little of it is known. sums: how many
    independent sums the recent share is worth. is_drift: it moved away from what it should be by more than chance."""

    value: float
    before: float
    sums: float
    is_drift: bool


def drift(hits: Floats, is_recent: Flags, expected: float) -> Drift:
    """Compare shares of `hits` (T, n), 1 or 0, NaN = not known; is_recent: (T,); expected: what the share should be.

    What happens in one period to a city, its areas and its industries is not independent: periods are the units, and
    the binomial variance is multiplied by how much more than that their shares vary (McCullagh & Nelder 1989, ch. 4.5).
    The time before counts when it has at least as many periods as the recent one; without it the share is compared with
    `expected`. NaN and no drift without two recent periods.
    """
    known = np.isfinite(hits)
    seen, found = known.sum(axis=1), np.where(known, hits, 0.0).sum(axis=1)
    recent, past = is_recent & (seen > 0), ~is_recent & (seen > 0)
    if recent.sum() < 2:
        return Drift(np.nan, np.nan, 0.0, False)
    groups = [recent, past] if past.sum() >= recent.sum() else [recent]
    spread = dispersion(seen, found, groups)
    (now, many), *others = ((found[group].sum() / seen[group].sum(), seen[group].sum() / spread) for group in groups)
    before, size = others[0] if others else (np.nan, np.inf)
    null = expected if not others else (now * many + before * size + 0.5) / (many + size + 1.0)
    error = np.sqrt(null * (1 - null) * (1 / many + 1 / size))
    freedom = sum(int(group.sum()) for group in groups) - len(groups)
    gap = now - (before if others else expected)
    chance = 2 * special.stdtr(freedom, -abs(gap) / error)
    is_worse = not others or abs(now - expected) > abs(before - expected)
    return Drift(float(now), float(before), float(many), bool(chance < ALPHA and is_worse))


def dispersion(seen: Floats, found: Floats, groups: list[Flags]) -> float:
    """How much more the periods' shares vary within their groups than independent hits would; at least 1."""
    pearson = 0.0
    for group in groups:
        share = (found[group].sum() + 0.5) / (seen[group].sum() + 1.0)
        pearson += float(((found[group] - seen[group] * share) ** 2 / (seen[group] * share * (1 - share))).sum())
    return max(1.0, pearson / max(sum(int(group.sum()) for group in groups) - len(groups), 1))
