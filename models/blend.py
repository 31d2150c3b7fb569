"""Forecasts of large counts with a yearly rhythm: level x factor, past years and the last value, blended.

A mean of simple forecasts is hard to beat (Bates & Granger 1969, Operational Research Quarterly 20). How much the last
value and past years count is weighed for each series and horizon by its recent errors: blends that were about as good
are averaged, none is picked. The errors also give the bias and the width.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from models.calendar import Features
from models.panel import Flags, Floats, Integers, Panel
from models.recipe import Recipe

LAST_SHARES = (0.0, 0.4, 0.8)  # candidates for the weight of the last value
YEAR_SHARES = (0.15, 0.35, 0.6)  # and for that of past years in what is not the last value
SHARPNESS = 32  # a blend with a tenth more loss counts a twentieth
MEAN_SHARE, LEAST_SHARE = 2, 6  # half a year makes the mean that raises a past year to today; a sixth is the least
MOST_RAISE = 1.0  # log
LOSS_HALF_LIFE, WIDTH_HALF_LIFE = 0.5, 1.5  # years
CLIP = 1.0  # log; a larger error says no more about the weights or the width
LEAST_LOSS = 1e-3  # log; below it two blends are equally good
FREEDOM, MEAN_ABSOLUTE = 5.0, 0.9490  # Student's t, and the mean of its absolute value
LEAST_ERRORS = 12  # errors before the width is trusted
FESTIVE = 0.02  # of a feature of the festival: less is as good as nothing


@dataclass(frozen=True)
class SeasonWidth:
    """missed: (H, K, n) misses over the usual one of their horizon and series, summed by time of the year; weight:
    (H, K, n) their number. K times of equal length make a year. Never changed in place."""

    missed: Floats
    weight: Floats


@dataclass(frozen=True)
class Blend:
    """Errors so far, in logs. H horizons, C candidate blends, n series; never changed in place.

    pending: (H, H, C, n) forecasts by horizon and periods to go. loss: (H, C, n) discounted absolute errors.
    width, bias: (H, n) discounted mean absolute error and mean clipped error of what was told; weight: (H, n) their
    share of errors seen. count: (H, n) errors seen. season: how the width changes over the year.
    """

    pending: Floats
    loss: Floats
    width: Floats
    bias: Floats
    weight: Floats
    count: Floats
    season: SeasonWidth


def begin_blend(horizons: int, n: int, year: int) -> Blend:
    """Before any forecast. year: periods of one."""
    blends, zero = len(LAST_SHARES) * len(YEAR_SHARES), np.zeros((horizons, n))
    pending = np.full((horizons, horizons, blends, n), np.nan)
    return Blend(pending, np.zeros((horizons, blends, n)), zero, zero, zero, zero, begin_width(horizons, year, n))


def logs(panel: Panel, start: int, end: int) -> Floats:
    """(n, end - start) log of people + 1 as if all had reported; NaN where nobody did or before the panel."""
    values, exposure = panel.values[:, max(start, 0) : end], panel.exposure[:, max(start, 0) : end]
    whole = np.where(exposure > 0, values / np.where(exposure > 0, exposure, 1.0), np.nan)
    return np.pad(np.log1p(whole), ((0, 0), (max(-start, 0), 0)), constant_values=np.nan)


def candidates(panel: Panel, column: int, own: Floats, recipe: Recipe) -> Floats:
    """(H, C, n) log forecasts of the H periods after `column`: by share of past years, then of the last value.

    own: (H, n) people by level x factor. Where a past year or the last value is missing, the others stand in.
    """
    horizons, year = len(own), recipe.year
    backs = [past * year for past in range(1, recipe.past_years + 1)]
    known = logs(panel, column + 1 - backs[-1] - year // MEAN_SHARE, column + 1)
    now, *before = (running_mean(known, known.shape[1] - back, year) for back in (0, *backs))
    base = np.log1p(own)
    ahead = np.arange(horizons) - horizons  # places from the end of a year that ends with the last horizon
    end = known.shape[1] + horizons
    years = [known[:, end + ahead - back].T for back in backs]
    raised = [past + np.clip(now - then, -MOST_RAISE, MOST_RAISE) for past, then in zip(years, before, strict=True)]
    past = np.mean([np.where(np.isfinite(part), part, base) for part in (years[0], *raised)], axis=0)
    last = known[:, -1]
    blends = []
    for year_share in YEAR_SHARES:
        steady = (1 - year_share) * base + year_share * past
        newest = np.where(np.isfinite(last), last, steady)
        blends += [(1 - share) * steady + share * newest for share in LAST_SHARES]
    return np.stack(blends, axis=1)


def running_mean(known: Floats, end: int, year: int) -> Floats:
    """(n,) mean of the half year before `end`, NaN where less than a sixth of a year is known."""
    part = known[:, max(end - year // MEAN_SHARE, 0) : end]
    count = np.isfinite(part).sum(axis=1)
    return np.where(count >= year // LEAST_SHARE, np.nansum(part, axis=1) / np.maximum(count, 1), np.nan)


def average_blends(state: Blend, group: Integers, blends: Floats) -> Floats:
    """(H, n) of blends (H, C, n): each counts by its past loss, own plus half of the group's mean."""
    loss = np.empty_like(state.loss)
    for code in np.unique(group):
        own = state.loss[:, :, group == code]
        loss[:, :, group == code] = own + 0.5 * own.mean(axis=2, keepdims=True)
    loss = np.maximum(loss, LEAST_LOSS)
    share = (loss.min(axis=1, keepdims=True) / loss) ** SHARPNESS
    return np.asarray((share * blends).sum(axis=1) / share.sum(axis=1))


def advance_blend(state: Blend, panel: Panel, column: int, group: Integers, recipe: Recipe) -> Blend:
    """Take in the period at `column`: errors of the forecasts that were due."""
    (truth,) = logs(panel, column, column + 1).T
    due = state.pending[:, 0]
    error = truth - due
    seen = np.isfinite(error)
    missed = average_blends(state, group, error)
    is_told = np.isfinite(missed)
    keep = np.where(is_told, 0.5 ** (1 / (WIDTH_HALF_LIFE * recipe.year)), 1.0)
    size = np.minimum(np.abs(np.where(is_told, missed, 0.0)), CLIP)
    typical = state.width / np.maximum(state.weight, 1e-9)
    limit = np.where(state.count > 0, np.maximum(1.5 * typical, 1e-3), CLIP)
    relative = np.where(is_told & (state.count >= LEAST_ERRORS), size / np.maximum(typical, 1e-9), np.nan)
    loss = np.where(seen, np.minimum(np.abs(np.where(seen, error, 0.0)), CLIP), 0.0)
    return Blend(
        np.concatenate([state.pending[:, 1:], np.full_like(state.pending[:, :1], np.nan)], axis=1),
        np.where(seen, 0.5 ** (1 / (LOSS_HALF_LIFE * recipe.year)), 1.0) * state.loss + loss,
        keep * state.width + (1 - keep) * size,
        keep * state.bias + (1 - keep) * np.where(is_told, np.clip(missed, -limit, limit), 0.0),
        keep * state.weight + (1 - keep),
        state.count + is_told,
        advance_width(state.season, panel.periods[column], relative),
    )


def register_forecasts(state: Blend, forecasts: Floats) -> Blend:
    """Note forecasts (H, C, n) made now, to be judged when their period has come."""
    pending = state.pending.copy()
    for horizon in range(len(forecasts)):
        pending[horizon, horizon] = forecasts[horizon]
    return replace(state, pending=pending)


def latest(state: Blend) -> Floats:
    """(H, C, n) log forecasts promised last."""
    return np.stack([state.pending[horizon, horizon] for horizon in range(len(state.pending))])


def quantile(state: Blend, last: pd.Timestamp, group: Integers, levels: Floats, recipe: Recipe) -> tuple[Floats, Flags]:
    """(Q, H, n) people at the levels (Q,), of the forecasts made after the period `last`; and (H, n) whether enough
    errors are known."""
    centre = average_blends(state, group, latest(state))
    weight = np.maximum(state.weight, 1e-9)
    spread = state.width / weight / MEAN_ABSOLUTE * width_factor(state.season, last, group)
    reach = special.stdtrit(FREEDOM, levels)[:, None, None]
    bias = state.bias / weight if recipe.unbias else 0.0
    people = np.expm1(centre + bias + spread * reach)
    return np.maximum(people, 0.0), (state.count >= LEAST_ERRORS) & np.isfinite(centre)


def combine(state: Blend, group: Integers, owed: Floats, recipe: Recipe) -> Floats:
    """(R, n) people of the newest forecasts of level x factor with past years, as far as windows reach, among an
    exposure of 1.

    The last value is left out: it would explain a rise by the rise. NaN where too few errors are known, and where fewer
    than `large` are forecast for the first period among what was owed last (n,).
    """
    horizons, without_last = slice(recipe.looks_back), slice(None, None, len(LAST_SHARES))
    made = latest(state)[horizons, without_last]
    centre = average_blends(replace(state, loss=state.loss[horizons, without_last]), group, made)
    people = np.maximum(np.expm1(centre), 0.0)
    is_known = (state.count[horizons] >= LEAST_ERRORS) & np.isfinite(centre) & (people[:1] * owed >= recipe.large)
    return np.where(is_known, people, np.nan)


def ordinary(features: Features, year: int) -> Flags:
    """(rows,) periods that a year ago tells of: neither they nor those of a year before lie near a moving festival."""
    near = features.matrix[:, features.columns("before festival", "after festival")]
    festive: Flags = np.asarray((near > FESTIVE).any(axis=1))
    return np.asarray(~(festive | np.concatenate([np.zeros(year, dtype=bool), festive])[: len(festive)]))


REACH_DAYS = 6.0  # days; a time of the year also tells of those this far from it, as a normal density falls
MOST_WIDTH = 4.0  # times the usual; a larger miss says no more
LEVEL_WEIGHT, OWN_WEIGHT = 40.0, 4.0  # misses by which a level leans on the usual, and a series on its level
YEAR_DAYS = 365.25


def begin_width(horizons: int, year: int, n: int) -> SeasonWidth:
    """Before any error."""
    zero = np.zeros((horizons, year, n))
    return SeasonWidth(zero, zero)


def advance_width(state: SeasonWidth, period: pd.Timestamp, relative: Floats) -> SeasonWidth:
    """Take in misses over the usual one (H, n) of the forecasts for a period; NaN where there is none."""
    year = state.missed.shape[1]
    apart = np.abs(np.arange(year) - _place(period, year))
    apart = np.minimum(apart, year - apart) * YEAR_DAYS / year
    share = np.exp(-0.5 * (apart / REACH_DAYS) ** 2)[None, :, None]
    known = np.isfinite(relative)
    size = np.where(known, np.minimum(relative, MOST_WIDTH), 0.0)
    return SeasonWidth(state.missed + share * size[:, None], state.weight + share * known[:, None])


def width_factor(state: SeasonWidth, last: pd.Timestamp, group: Integers) -> Floats:
    """(H, n) by which the usual miss is to be multiplied for the H periods after `last`, a year having K of them."""
    horizons, year, n = state.missed.shape
    usual = state.missed.sum(axis=1) / np.maximum(state.weight.sum(axis=1), 1e-9)
    row = np.arange(horizons)
    place = np.round(_place(last, year) + 1 + row).astype(np.int64) % year
    missed, weight = state.missed[row, place] / np.maximum(usual, 1e-9), state.weight[row, place]
    found = np.ones((horizons, n))
    for code in np.unique(group):
        own = group == code
        level = (LEVEL_WEIGHT + missed[:, own].sum(axis=1)) / (LEVEL_WEIGHT + weight[:, own].sum(axis=1))
        found[:, own] = (OWN_WEIGHT * level[:, None] + missed[:, own]) / (OWN_WEIGHT + weight[:, own])
    return found


def _place(period: pd.Timestamp, year: int) -> float:
    return float(period.day_of_year - 1) / YEAR_DAYS * year
