"""How good past forecasts and judgements were: the figures of a backtest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

from models.evidence import QUANTILES
from models.panel import Flags, Floats, Panel
from models.recipe import Recipe

_FORECAST = sorted({"expected": 0.5, **QUANTILES}.items(), key=lambda column: column[1])
NAMES, LEVELS = tuple(name for name, _ in _FORECAST), np.array([level for _, level in _FORECAST])
CALIBRATION = (0.01, 0.05, 0.1)
LEAST_BLOCKS = 4  # of time, before a figure has an error
COMPLETE = 0.999  # a share from here on is all of it


def interval_score(truth: Floats, quantiles: Floats) -> Floats:
    """Weighted interval score of quantiles (..., 7) at LEVELS: twice the mean pinball loss (Bracher et al. 2021)."""
    gap = truth[..., None] - quantiles
    return np.asarray(2 * np.maximum(LEVELS * gap, (LEVELS - 1) * gap).mean(axis=-1))


def accuracy(truth: Floats, quantiles: Floats, scale: Floats) -> dict[str, float]:
    """mase, wis (both over scale), coverage_80 and coverage_95 of (n, T) truth and (n, T, 7) quantiles.

    scale: (n, 1) mean absolute error of the seasonal naive before; where it is NaN or 0 only coverage is told. What is
    NaN on either side is left out; without anything to compare a figure is NaN.
    """
    known = np.isfinite(truth) & np.isfinite(quantiles).all(axis=-1)
    scaled = known & (scale > 0)
    size = np.broadcast_to(scale, truth.shape)
    return {
        "mase": mean(np.abs(truth - quantiles[..., 3])[scaled] / size[scaled]),
        "wis": mean(interval_score(truth, quantiles)[scaled] / size[scaled]),
        "coverage_80": mean(((truth >= quantiles[..., 1]) & (truth <= quantiles[..., 5]))[known]),
        "coverage_95": mean(((truth >= quantiles[..., 0]) & (truth <= quantiles[..., 6]))[known]),
    }


def mean(figures: Floats | Flags) -> float:
    """The mean, NaN of nothing."""
    return float(figures.mean()) if figures.size else np.nan


def calibration(p: Floats) -> dict[str, float]:
    """Share of judgements with a p below .01, .05 and .1: the same numbers, if nothing happened and all is right."""
    known = p[np.isfinite(p)]
    return {f"p_below_{level:g}": mean(known < level) for level in CALIBRATION}


def errors(blocks: list[dict[str, float]]) -> dict[str, float]:
    """Standard errors of figures, from those of blocks of time that do not overlap; NaN of fewer than four."""
    table = pd.DataFrame(blocks)
    return {str(name): float(table[name].sem()) if table[name].count() >= LEAST_BLOCKS else np.nan for name in table}


def detection_errors(figures: dict[str, float], waited: list[int], years: float) -> dict[str, float]:
    """Standard errors of figures of `detection`, waited: the `delays` of its events, years: series-years judged.
    Binomial for shares (with one more of both kinds, so that a share of 1 is not certain), Poisson for numbers; the
    delays of two events differ by at least a period, and fewer than four have none."""
    total = figures["episodes_per_series_year"] * years
    counts = {"detected": figures["events"], "precision": total}
    rates = ("episodes_per_series_year", "false_per_series_year")
    shares = {name: (figures[name] * many + 1) / (many + 2) for name, many in counts.items()}
    return {
        **{name: float(np.sqrt(share * (1 - share) / (counts[name] + 2))) for name, share in shares.items()},
        **{name: float(np.sqrt(max(figures[name] * years, 1)) / years) for name in rates},
        "delay": max(float(np.std(waited, ddof=1)), 1.0) / len(waited) ** 0.5
        if len(waited) >= LEAST_BLOCKS
        else np.nan,
    }


def sums(panel: Panel, width: int) -> Floats:
    """(n, T) people of the `width` periods that end with each; NaN where one that was due has not been reported."""
    reported = (panel.exposure > 0) & (panel.exposure >= COMPLETE * panel.owed(0, len(panel.periods)))
    due = reported.any(axis=0) if panel.grain == "day" else np.ones(len(panel.periods), dtype=bool)
    people = pd.DataFrame(np.where(reported, panel.values, 0.0).T).rolling(width).sum().to_numpy().T
    missing = pd.DataFrame((due & ~reported).astype(float).T).rolling(width).sum().to_numpy().T
    return np.where(missing == 0, people, np.nan)


def grown(made: Panel, final: Panel, column: int) -> Floats:
    """(n, 1) the exposure that came in `column` of `final` over the one a forecast from the end of `made` expected:
    nobody forecasts the denominator of a ratio. 1 for what has none."""
    if final.whole is None:
        return np.ones((len(final.series), 1))
    before = made.owed(len(made.periods) - 1, len(made.periods))
    return final.exposure[:, column : column + 1] / np.where(before > 0, before, np.nan)


@dataclass(frozen=True)
class Event:
    """A known event: the rows of series that hold it or are held by it, first and last column in which it shows."""

    rows: tuple[int, ...]
    first: int
    last: int


def delays(alarm: Floats, events: list[Event], within: int) -> list[int]:
    """Periods from the first column of each event to the first alarm of one of its rows, `within` + 1 if none came."""
    found = []
    for event in events:
        rows = np.array(event.rows, dtype=np.int64)
        hits = np.flatnonzero((alarm[rows, event.first : event.first + within + 1] > 0).any(axis=0))
        found.append(int(hits[0]) if len(hits) else within + 1)
    return found


def detection(alarm: Floats, events: list[Event], within: int, gap: int, periods_per_year: float) -> dict[str, float]:
    """What an alarm matrix (n, T) of zeros and ones found: episodes a series-year, the false ones and the rest.

    An event is found when a series of its rows alarms within `within` periods of its first column; one not found counts
    with the delay `within` + 1. An episode is true when it touches an event of its row, up to `within` periods after.
    """
    touched = np.zeros(alarm.shape, dtype=bool)
    for event in events:
        touched[np.array(event.rows, dtype=np.int64), event.first : event.last + within + 1] = True
    waited = np.array(delays(alarm, events, within))
    total = wrong = 0
    for row in range(len(alarm)):
        for first, last in runs(alarm[row], gap):
            total += 1
            wrong += not touched[row, first : last + 1].any()
    years = alarm.size / periods_per_year
    return {
        "events": float(len(events)),
        "detected": mean(waited <= within),
        "delay": mean(waited),
        "episodes_per_series_year": total / years,
        "false_per_series_year": wrong / years if events else np.nan,
        "precision": (total - wrong) / total if total and events else np.nan,
    }


def runs(alarm: Floats, gap: int) -> list[tuple[int, int]]:
    """First and last column of every episode of one series (T,); at most `gap` quiet periods lie inside one."""
    on = np.flatnonzero(alarm > 0)
    if len(on) == 0:
        return []
    cut = np.flatnonzero(np.diff(on) > gap + 1)
    return list(zip(on[np.append(0, cut + 1)].tolist(), on[np.append(cut, len(on) - 1)].tolist(), strict=True))


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


LEAST_LINE = 2.054  # standard deviations: p = .02


def alarm_episodes(evidence: Floats, line: float, gap: int) -> int:
    """Runs of periods above the line in (n, T), of one series when at most `gap` quiet periods lie between."""
    return int((evidence > line).sum() - (joined_episodes(evidence, gap) > line).sum())


def joined_episodes(evidence: Floats, gap: int) -> Floats:
    """(n, T) the line below which a period goes on with an episode instead of beginning one."""
    before = np.pad(evidence, ((0, 0), (gap + 1, 0)), constant_values=-np.inf)[:, :-1]
    return np.asarray(np.minimum(evidence, sliding_window_view(before, gap + 1, axis=1).max(axis=-1)))


def alarm_line(evidence: Floats, most: float, gap: int) -> float:
    """The lowest line for (n, T) evidence at which, and at every height above, there are at most `most` episodes.

    Counting them at all heights takes two sorted arrays: a period begins an episode at the heights between `joined` and
    itself. Never below what one judgement in fifty of a quiet series reaches.
    """
    heights = np.unique(np.append(evidence[evidence > LEAST_LINE], LEAST_LINE))
    above, going_on = np.sort(evidence, axis=None), np.sort(joined_episodes(evidence, gap), axis=None)
    begun = np.searchsorted(going_on, heights, "right") - np.searchsorted(above, heights, "right")
    too_many = np.flatnonzero(begun > most)
    return float(heights[too_many[-1] + 1]) if len(too_many) else LEAST_LINE


def alarm_lines(evidence: Floats, recipe: Recipe) -> Floats:
    """(T,) the line of each period, set anew every `refit` periods from the `budget_memory` before; NaN before that."""
    n, periods = evidence.shape
    found = np.full(periods, np.nan)
    most = recipe.budget * n * recipe.budget_memory / recipe.periods_per_year
    for start in range(recipe.budget_memory, periods, recipe.refit):
        past = evidence[:, start - recipe.budget_memory : start]
        found[start : start + recipe.refit] = alarm_line(past, most, recipe.budget_gap)
    return found
