"""A small invented city for the tests of the models: counts with a weekday shape, a level and little noise."""

import numpy as np
import pandas as pd

from models.panel import Panel

AREAS, INDUSTRIES = ("N", "S"), ("A", "B", "C")
HOLIDAYS = {(1, 1): "new_year", (5, 1): "labour", (10, 1): "national", (10, 2): "national", (10, 3): "national"}
FESTIVALS = [pd.Timestamp(day) for day in ("2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29")]


def calendar(first: str, count: int, festival: bool = True) -> pd.DataFrame:
    """`count` days: weekends and a few fixed holidays are closed, the festival moves."""
    day = pd.date_range(first, periods=count)
    name = [HOLIDAYS.get((d.month, d.day), "") for d in day]
    offset = [float(min(((d - f).days for f in FESTIVALS), key=abs)) if festival else np.nan for d in day]
    if festival:
        name = ["festival" if 0 <= o <= 6 else n for o, n in zip(offset, name, strict=True)]
    closed = np.array([bool(n) for n in name])
    return pd.DataFrame(
        {
            "date": day,
            "is_workday": (day.day_of_week < 5) & ~closed,
            "is_holiday": closed,
            "is_makeup": False,
            "holiday_name": name,
            "festival_offset": offset,
        }
    )


def series() -> pd.DataFrame:
    """Six cells, three industries, two areas, the total: row 11 is the total, row 0 the cell N x A."""
    rows = [(f"{a}{i}", "cell", a, i) for a in AREAS for i in INDUSTRIES]
    rows += [(i, "industry", "city", i) for i in INDUSTRIES] + [(a, "area", a, "ALL") for a in AREAS]
    return pd.DataFrame([*rows, ("total", "total", "city", "ALL")], columns=["series_id", "level", "area", "industry"])


def with_totals(cells: np.ndarray) -> np.ndarray:
    """(6, T) cells and their sums (12, T), NaN where any part is."""
    grid = cells.reshape(2, 3, -1)
    return np.concatenate([cells, grid.sum(axis=0), grid.sum(axis=1), cells.sum(axis=0, keepdims=True)])


def daily_city(count: int, seed: int = 1, mean: float = 8.0, first: str = "2021-01-01", noise: float = 1.3) -> Panel:
    """Negative-binomial counts on workdays only; Mondays bring half as much again."""
    days = calendar(first, count)
    rng = np.random.default_rng(seed)
    shape = np.where(days["date"].dt.day_of_week == 0, 1.5, 1.0)
    rate = mean * np.array([0.3, 0.6, 1.0, 0.5, 1.2, 2.4])[:, None] * shape
    cells = rng.poisson(rng.gamma(rate / (noise - 1), noise - 1)).astype(float)
    cells[:, ~days["is_workday"].to_numpy()] = np.nan
    values = with_totals(cells)
    return Panel(series(), pd.DatetimeIndex(days["date"]), values, np.isfinite(values).astype(float), "day")


def weekly_regions(count: int, regions: int = 4, seed: int = 1, mean: float = 2000.0) -> Panel:
    """Large weekly counts with a season and weekly noise of 8 %."""
    weeks = pd.date_range("2010-01-03", periods=count, freq="7D")
    rng = np.random.default_rng(seed)
    season = 1 + 0.3 * np.cos(2 * np.pi * weeks.day_of_year.to_numpy() / 365.25)
    rate = mean * np.linspace(0.5, 2.0, regions)[:, None] * season * rng.lognormal(0, 0.08, (regions, count))
    names = [f"R{i}" for i in range(regions)]
    frame = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    return Panel(frame, weeks, rng.poisson(rate).astype(float), np.ones((regions, count)), "week")


def changed(panel: Panel, column: int, values: np.ndarray, exposure: np.ndarray | None = None) -> Panel:
    """A copy with other values in one column; exposure is 1 where reported unless given."""
    new_values, new_exposure = panel.values.copy(), panel.exposure.copy()
    new_values[:, column] = values
    new_exposure[:, column] = np.isfinite(values).astype(float) if exposure is None else exposure
    return Panel(panel.series, panel.periods, new_values, new_exposure, panel.grain)
