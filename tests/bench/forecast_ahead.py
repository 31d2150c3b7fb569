"""Accuracy of the weekly forecasts of real claims beside the last value and ETS: MASE, scaled WIS, coverage."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import outlook
from models.methods import LEVEL_FACTOR, SEASONAL
from models.panel import Floats
from models.quality import LEVELS, accuracy
from tests.bench.forecast_data import weekly

MEMORY = 156  # weeks of errors that make the last value's quantiles
SCALE_YEARS, YEAR = 5, 52
SPANS = {"2015-2020": ("2015-01-03", "2020-02-29"), "2022-2025": ("2022-01-01", "2025-07-26")}
AHEAD = 4
ORIGIN_STEP = 4  # ETS is fitted anew for every region: the forecasts of one week in so many
NOT_INSTALLED = "not installed"


def last_value(values: Floats, horizon: int, first: int) -> Floats:
    """(n, T - first, 7) quantiles: the value `horizon` weeks before, widened by its own past errors."""
    logs = np.log1p(values)
    error = logs[:, horizon:] - logs[:, :-horizon]  # of the weeks from `horizon` on
    made = [
        logs[:, week - horizon, None]
        + np.quantile(error[:, max(week - 2 * horizon - MEMORY + 1, 0) : week - 2 * horizon + 1], LEVELS, axis=1).T
        for week in range(first, values.shape[1])
    ]
    return np.maximum(np.expm1(np.stack(made, axis=1)), 0.0)


def at_origins(cube: Floats, origins: range) -> Floats:
    """(AHEAD, n, K, ...) of (AHEAD, n, T, ...) by week that is forecast: those forecast from some weeks on only.

    origins: the first unknown weeks; the last of them has AHEAD weeks still to come.
    """
    return np.stack([part[:, np.asarray(origins) + ahead] for ahead, part in enumerate(cube)])


def ets(values: Floats, first: int, origins: range) -> dict[str, Floats]:
    """By model (AHEAD, n, K, 7), origins counted from week `first` on. Raises ModuleNotFoundError."""
    peer = importlib.import_module("tests.bench.forecast_ets")
    weeks = range(first + origins.start, first + origins.stop, origins.step)
    return {name: peer.quantiles(model, values, weeks) for name, model in peer.models().items()}


def by_horizon(truth: Floats, cubes: dict[str, Floats], scale: Floats) -> dict[str, Any]:
    """Accuracy by horizon and method: truth (AHEAD, n, K), cubes (AHEAD, n, K, 7), scale (n, 1)."""
    return {
        f"h{ahead + 1}": {name: accuracy(truth[ahead], cube[ahead], scale) for name, cube in cubes.items()}
        for ahead in range(AHEAD)
    }


def of_horizons(cube: Floats, span: int) -> Floats:
    """(AHEAD, n, span, 7) forecasts of the same weeks by horizon, from those made after AHEAD weeks more (H, n, T, 7)."""
    return np.stack([cube[h - 1, :, AHEAD - h : span + AHEAD - h] for h in range(1, AHEAD + 1)])


def track(folder: Path, only: frozenset[str]) -> dict[str, Any]:
    """By span and horizon: ours and the last value, over all weeks and over those that ETS forecast too."""
    case = weekly(folder, only)
    answer: dict[str, Any] = {}
    for name, (start, end) in SPANS.items():
        weeks = case.panel.periods + pd.Timedelta(days=6)
        first, last = int(weeks.searchsorted(pd.Timestamp(start))), int(weeks.searchsorted(pd.Timestamp(end), "right"))
        panel = case.panel.until(last - 1)
        values = panel.values
        season = (
            values[:, first - SCALE_YEARS * YEAR : first] - values[:, first - (SCALE_YEARS + 1) * YEAR : first - YEAR]
        )
        scale = np.abs(season).mean(axis=1, keepdims=True)
        span = last - first
        cubes = {
            key: of_horizons(outlook(panel, case.calendar, panel.periods[first - AHEAD].date(), method).cube, span)
            for key, method in (("ours", LEVEL_FACTOR), ("seasonal", SEASONAL))
        }
        cubes["last_value"] = np.stack([last_value(values, h, first) for h in range(1, AHEAD + 1)])
        truth = np.broadcast_to(values[:, first:], (AHEAD, *values[:, first:].shape))
        answer[name] = by_horizon(truth, cubes, scale)
        origins = range(0, span - AHEAD + 1, ORIGIN_STEP)
        few = {method: at_origins(cube, origins) for method, cube in cubes.items()}
        try:
            few |= ets(values, first, origins)
        except ModuleNotFoundError:
            answer[name]["auto_ets"] = NOT_INSTALLED
        else:
            answer[name][f"one_week_in_{ORIGIN_STEP}"] = by_horizon(at_origins(truth, origins), few, scale)
    return answer
