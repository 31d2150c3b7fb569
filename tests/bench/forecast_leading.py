"""Whether initial claims tell of the continued claims that follow them, and the other way about: real weeks, 27 states.

c3 are the initial, c8 the continued claims that a state reported for the same week.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models import leading
from models.backtest import outlook, trace
from models.panel import Floats, Panel
from models.quality import mean
from tests.bench.forecast_data import CLAIMS, plain_calendar

KINDS = {"initial": "c3", "continued": "c8"}
FIRST_WEEK, FIRST_FORECAST = "1998-01-01", date(2010, 1, 2)
SPANS = {"2012-2019": ("2012-01-01", "2019-12-31"), "2022-2025": ("2022-01-01", "2025-07-26")}
HORIZONS = (1, 2, 4, 8)


def panel(column: str, only: frozenset[str]) -> Panel:
    """Weekly counts of one kind of claims, a series a state."""
    frame = pd.read_csv(CLAIMS, usecols=["st", "rptdate", column])
    frame["rptdate"] = pd.to_datetime(frame["rptdate"])
    frame = frame[frame["st"].isin(only) & (frame["rptdate"] >= FIRST_WEEK)]
    wide = frame.pivot_table(index="st", columns="rptdate", values=column, aggfunc="last")
    weeks = pd.date_range(wide.columns[0], wide.columns[-1], freq="7D")
    values = wide.reindex(columns=weeks).to_numpy(dtype=np.float64)
    names = wide.index.to_numpy()
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    return Panel(series, weeks - pd.Timedelta(days=6), values, np.isfinite(values).astype(np.float64), "week")


def track(only: frozenset[str]) -> dict[str, Any]:
    """By direction, horizon and span: mean absolute error in logs without the other kind, and its change with it."""
    panels = {name: panel(column, only) for name, column in KINDS.items()}
    return {
        f"{lead} for {name}": _compared(panels[name], panels[lead])
        for name, lead in (("continued", "initial"), ("initial", "continued"))
    }


def ever(came: Floats) -> Callable[[int], Floats]:
    """What came, of which nothing was told anew."""
    return lambda _: came


def _compared(target: Panel, lead: Panel) -> dict[str, Any]:
    calendar = plain_calendar(target.periods[0], True)
    made, seen = outlook(target, calendar, FIRST_FORECAST), trace(lead, calendar, FIRST_FORECAST)
    signals = leading.signal(seen.observed, seen.expected, np.isfinite(seen.p))
    first, group = len(target.periods) - len(made.periods), np.ones(len(target.series), dtype=np.int64)
    columns = first + np.arange(len(made.periods))
    answer: dict[str, Any] = {}
    for horizon in HORIZONS:
        told = made.expected[horizon - 1]
        came = np.full_like(told, np.nan)
        came[:, :-horizon] = target.values[:, first + horizon :]
        better, is_learned = leading.sharpened(told, ever(came), signals, columns, columns + horizon, group)
        answer[f"h{horizon}"] = {
            span: _change(came, told, better, is_learned & _within(made.periods, *ends)) for span, ends in SPANS.items()
        }
    return answer


def _within(periods: pd.DatetimeIndex, start: str, end: str) -> np.ndarray:
    return np.asarray((periods >= start) & (periods <= end))[None]


def _change(came: Floats, told: Floats, better: Floats, judged: np.ndarray) -> dict[str, float]:
    known = judged & np.isfinite(came)
    before, after = (mean(np.abs(np.log1p(came) - np.log1p(made))[known]) for made in (told, better))
    return {"error": round(before, 4), "change": round(after / before - 1, 4)}
