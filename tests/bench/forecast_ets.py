"""Exponential smoothing chosen by information criterion (Nixtla's statsforecast) as a peer of weekly forecasts."""

import numpy as np
from statsforecast.models import MSTL, AutoETS

from models.panel import Floats
from models.quality import NAMES

YEAR, HISTORY, AHEAD = 52, 312, 4  # weeks
WIDTHS = (50, 80, 95)
COLUMNS = tuple("mean" if name == "expected" else f"{name[:2]}-{name[2:]}" for name in NAMES)


def models() -> dict[str, AutoETS | MSTL]:
    """By name. ETS bears no season of more than 24 periods: alone it sees none, behind STL it has the yearly one."""
    plain = AutoETS(season_length=1, model="ZZN")
    return {"auto_ets": plain, "stl_auto_ets": MSTL(season_length=YEAR, trend_forecaster=AutoETS(model="ZZN"))}


def quantiles(model: AutoETS | MSTL, values: Floats, origins: range) -> Floats:
    """(AHEAD, n, K, 7) quantiles of the weeks from each origin on, from the logs of the weeks before it, fitted anew."""
    logs = np.log1p(values)
    made = [
        [model.forecast(row[origin - HISTORY : origin], h=AHEAD, level=list(WIDTHS)) for origin in origins]
        for row in logs
    ]
    told = np.array([[[one[column] for column in COLUMNS] for one in row] for row in made])
    return np.maximum(np.expm1(told.transpose(3, 0, 1, 2)), 0.0)
