"""Accuracy of the weekly forecasts of real claims beside the last value: MASE, scaled WIS, coverage."""

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


def track(folder: Path, only: frozenset[str]) -> dict[str, Any]:
    """By span and horizon: ours and the last value."""
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
        ours, seasonal = (
            outlook(panel, case.calendar, panel.periods[first - 4].date(), method).cube
            for method in (LEVEL_FACTOR, SEASONAL)
        )
        truth = values[:, first:]
        answer[name] = {
            f"h{horizon}": {
                "ours": accuracy(truth, ours[horizon - 1, :, 4 - horizon : last - first + 4 - horizon], scale),
                "seasonal": accuracy(truth, seasonal[horizon - 1, :, 4 - horizon : last - first + 4 - horizon], scale),
                "last_value": accuracy(truth, last_value(values, horizon, first), scale),
            }
            for horizon in range(1, 5)
        }
    return answer
