"""How much further than usual forecasts miss at each time of the year: the weeks around a festival are hard ones.

Learned of each series, shrunk to what all series of its level say of that time.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import Floats, Integers

REACH = 6.0  # days; a time of the year also tells of those this far from it, as a normal density falls
MOST = 4.0  # times the usual; a larger miss says no more
LEVEL_WEIGHT, OWN_WEIGHT = 40.0, 4.0  # misses by which a level leans on the usual, and a series on its level
DAYS = 365.25


@dataclass(frozen=True)
class SeasonWidth:
    """missed: (H, K, n) misses over the usual one of their horizon and series, summed by time of the year; weight:
    (H, K, n) their number. K times of equal length make a year. Never changed in place."""

    missed: Floats
    weight: Floats


def begin_width(horizons: int, year: int, n: int) -> SeasonWidth:
    """Before any error."""
    zero = np.zeros((horizons, year, n))
    return SeasonWidth(zero, zero)


def advance_width(state: SeasonWidth, period: pd.Timestamp, relative: Floats) -> SeasonWidth:
    """Take in misses over the usual one (H, n) of the forecasts for a period; NaN where there is none."""
    year = state.missed.shape[1]
    apart = np.abs(np.arange(year) - _place(period, year))
    apart = np.minimum(apart, year - apart) * DAYS / year
    share = np.exp(-0.5 * (apart / REACH) ** 2)[None, :, None]
    known = np.isfinite(relative)
    size = np.where(known, np.minimum(relative, MOST), 0.0)
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
    return float(period.day_of_year - 1) / DAYS * year
