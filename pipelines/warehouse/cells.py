"""The finest series of an indicator as matrices that follow the changes of its readings."""

from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.panel import STEP_DAYS, day_numbers, period_numbers, periods_from
from pipelines.core.catalogue.indicators import Indicator
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step

Matrix = NDArray[np.float64]


@dataclass
class Cells:
    """The finest series of one indicator, as matrices that follow the changes of readings.

    ``numerator``, ``denominator``, ``share`` (reported share of the area's own files, 1 where nothing was due): area ×
    industry (or area, or the city) by period, NaN where there is no reading in force. Periods are consecutive and start
    with the first reading. Of an indicator that is given, the cells are all its series.
    """

    indicator: Indicator
    grain: Grain
    keys: list[tuple[str, str]]
    first: date
    numerator: Matrix
    denominator: Matrix
    share: Matrix
    _row: pd.MultiIndex = field(init=False)

    def __post_init__(self) -> None:
        self._row = pd.MultiIndex.from_tuples(self.keys)

    @property
    def last(self) -> date:
        """First day of the last period."""
        periods = periods_from(pd.Timestamp(self.first), self.numerator.shape[1], self.grain.value)
        last: date = periods[-1].date()
        return last

    def column(self, periods: pd.Series) -> NDArray[np.int64]:
        """Numbers of the columns of periods, given by their first days."""
        first, days = pd.DatetimeIndex([pd.Timestamp(self.first)]), pd.DatetimeIndex(periods)
        if self.grain in STEP_DAYS:
            return np.asarray((day_numbers(days) - day_numbers(first)) // STEP_DAYS[self.grain])
        return np.asarray(period_numbers(days, self.grain.value) - period_numbers(first, self.grain.value))

    def _place(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of readings. Raises ValueError for periods before the first: these need new cells."""
        row = self._row.get_indexer(pd.MultiIndex.from_frame(frame[["area", "industry"]]))
        column = self.column(frame["period"])
        if (column < 0).any():
            raise ValueError(
                f"readings of {self.indicator.name} begin before {self.first}, the first period of its cells"
            )
        return row, column

    def apply(self, fresh: pd.DataFrame) -> None:
        """Write new readings into the matrices, growing them to later periods."""
        if fresh.empty:
            return
        row, column = self._place(fresh)
        more = ((0, 0), (0, max(0, int(column.max()) + 1 - self.numerator.shape[1])))
        due = fresh["due"].to_numpy(dtype=float)
        told = {name: fresh[name].to_numpy(dtype=float) for name in ("numerator", "denominator")}
        reporting = np.maximum(fresh["reporting"].to_numpy(dtype=float), 1.0)  # what has figures has reported
        told["share"] = np.minimum(reporting / np.maximum(due, 1.0), 1.0)
        known = row >= 0
        for name, figures in told.items():
            matrix = np.pad(getattr(self, name), more, constant_values=np.nan)
            matrix[row[known], column[known]] = figures[known]
            setattr(self, name, matrix)

    def forget(self, gone: pd.DataFrame) -> None:
        """Readings that no longer hold are unknown until a new one is applied."""
        if gone.empty:
            return
        row, column = self._place(gone)
        known = (row >= 0) & (column < self.numerator.shape[1])
        for matrix in (self.numerator, self.denominator, self.share):
            matrix[row[known], column[known]] = np.nan


def is_cell(frame: pd.DataFrame, indicator: Indicator, grain: Grain, region: Region) -> pd.Series:
    """Mask of readings at the finest level of the indicator, at ``grain``."""
    finest = (frame["grain"] == str(grain)) & (frame["cohort"] == EVERY_COHORT)
    if indicator.kind == "given":
        return finest
    finest &= (frame["area"] == region.city) == (indicator.dimensions == ("city",))
    if "industry" in indicator.dimensions:
        finest &= frame["industry"].isin(set(region.sections.values()))
    return finest


def load_cells(con: duckdb.DuckDBPyConnection, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Current readings of the indicator's cells; None when there are none yet."""
    frame = con.execute(step("cell_reading"), {"indicator": indicator.name, "grain": str(grain)}).df()
    return cells_of(frame[is_cell(frame, indicator, grain, region)], indicator, grain, region)


def cells_of(frame: pd.DataFrame, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Matrices of these readings at the finest level; None when there are none."""
    if frame.empty:
        return None
    sections = sorted(set(region.sections.values()))
    industries = sections if "industry" in indicator.dimensions else [TOTAL_INDUSTRY]
    areas = [region.city] if indicator.dimensions == ("city",) else list(region.units)
    if indicator.kind == "given":
        areas, industries = [region.city, *areas], list(dict.fromkeys([TOTAL_INDUSTRY, *industries]))
    keys = [(area, industry) for area in areas for industry in industries]
    nothing = np.full((len(keys), 1), np.nan)
    cells = Cells(indicator, grain, keys, frame["period"].min().date(), nothing, nothing, nothing)
    cells.apply(frame)
    return cells
