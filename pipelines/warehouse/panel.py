"""From readings to the matrices a model reads: cells as reported, totals with the share that reported."""

from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.panel import Grain as PanelGrain
from models.panel import Panel
from pipelines.domain import TOTAL_INDUSTRY, Grain
from pipelines.region import Region
from pipelines.warehouse.catalogue import Indicator

Matrix = NDArray[np.float64]
PRIOR_PEOPLE = 0.05  # a series nobody has seen yet still weighs something when the share that reported is taken


@dataclass
class Cells:
    """The finest series of one indicator, as matrices that follow the changes of readings.

    ``values``: area × industry (or area) by period, NaN where the slice is not in force. Periods start with the first
    reading and are consecutive days or weeks.
    """

    indicator: Indicator
    grain: Grain
    keys: list[tuple[str, str]]
    first: date
    values: Matrix
    _row: pd.MultiIndex = field(init=False)

    def __post_init__(self) -> None:
        self._row = pd.MultiIndex.from_tuples(self.keys)

    @property
    def step(self) -> int:
        """Days in a period."""
        return 7 if self.grain is Grain.WEEK else 1

    def _place(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        column = (frame["period"] - pd.Timestamp(self.first)).dt.days.to_numpy(dtype=np.int64) // self.step
        return self._row.get_indexer(pd.MultiIndex.from_frame(frame[["area", "industry"]])), column

    def apply(self, fresh: pd.DataFrame) -> None:
        """Write new readings into the matrix, growing it to later periods."""
        if fresh.empty:
            return
        row, column = self._place(fresh)
        if column.max() >= self.values.shape[1]:
            width = int(column.max()) + 1 - self.values.shape[1]
            self.values = np.pad(self.values, ((0, 0), (0, width)), constant_values=np.nan)
        known = row >= 0
        self.values[row[known], column[known]] = fresh["value"].to_numpy(dtype=float)[known]

    def blank(self, gone: pd.DataFrame) -> None:
        """Readings that no longer hold are unknown until a new one is applied."""
        if gone.empty:
            return
        row, column = self._place(gone)
        known = (row >= 0) & (column < self.values.shape[1])
        self.values[row[known], column[known]] = np.nan


def is_cell(frame: pd.DataFrame, indicator: Indicator, grain: Grain, region: Region) -> pd.Series:
    """Mask of readings at the finest level of the indicator, at ``grain``."""
    finest = (frame["grain"] == str(grain)) & (frame["area"] != region.city)
    if "industry" in indicator.dimensions:
        finest &= frame["industry"] != TOTAL_INDUSTRY
    return finest


def load_cells(con: duckdb.DuckDBPyConnection, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Current readings of the indicator's cells; None when there are none yet."""
    frame = con.execute(
        "select area, industry, grain, period, value from reading "
        "where known_to is null and indicator = $indicator and grain = $grain",
        {"indicator": indicator.name, "grain": str(grain)},
    ).df()
    return cells_of(frame[is_cell(frame, indicator, grain, region)], indicator, grain, region)


def cells_of(frame: pd.DataFrame, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Matrices of these readings at the finest level; None when there are none."""
    if frame.empty:
        return None
    industries = sorted(set(region.sections.values())) if "industry" in indicator.dimensions else [TOTAL_INDUSTRY]
    keys = [(area, industry) for area in region.units for industry in industries]
    first = frame["period"].min().date()
    cells = Cells(indicator, grain, keys, first, np.full((len(keys), 1), np.nan))
    cells.apply(frame)
    return cells


def panel(cells: Cells, region: Region) -> Panel:
    """All series of the indicator: cells, areas, industries, the total; totals carry the share that reported.

    The share of a total is that of its cells' own past means, so a silent county takes away what it usually brings;
    it uses the past only.
    """
    values = cells.values
    seen = np.isfinite(values)
    filled = np.where(seen, values, 0.0)
    past = np.cumsum(filled, axis=1) - filled
    count = np.cumsum(seen, axis=1) - seen
    weight = (past + PRIOR_PEOPLE) / (count + 1.0)
    frame = pd.DataFrame(cells.keys, columns=["area", "industry"])
    blocks: list[tuple[str, str, str, Matrix, Matrix]] = []

    def add(level: str, area: str, industry: str, rows: NDArray[np.bool_]) -> None:
        total = weight[rows].sum(axis=0)
        share = np.divide((weight[rows] * seen[rows]).sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
        summed = np.where(share > 0, filled[rows].sum(axis=0), np.nan)
        blocks.append((level, area, industry, summed, np.where(np.isfinite(summed), share, 0.0)))

    every = np.ones(len(frame), dtype=bool)
    add("total", region.city, TOTAL_INDUSTRY, every)
    for area in region.units:
        add("area", area, TOTAL_INDUSTRY, (frame["area"] == area).to_numpy())
    if "industry" in cells.indicator.dimensions:
        for industry in dict.fromkeys(frame["industry"]):
            add("industry", region.city, industry, (frame["industry"] == industry).to_numpy())
        for row, (area, industry) in enumerate(cells.keys):
            blocks.append(("cell", area, industry, values[row], seen[row].astype(float)))
    series = pd.DataFrame(
        [(f"{area}|{industry}", level, area, industry) for level, area, industry, _, _ in blocks],
        columns=["series_id", "level", "area", "industry"],
    )
    periods = pd.date_range(cells.first, periods=values.shape[1], freq=f"{cells.step}D")
    grain: PanelGrain = "week" if cells.grain is Grain.WEEK else "day"
    return Panel(series, periods, np.array([b[3] for b in blocks]), np.array([b[4] for b in blocks]), grain)
