"""From the cells of an indicator to the panel a model reads, with all totals."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from models.panel import Flags, Panel, periods_from
from models.recipe import MIN_COVERAGE
from pipelines.core.domain import TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.warehouse.cells import Cells, Matrix
from pipelines.warehouse.exposure import figures_of, joined, total, without_outages

Total = tuple[str, str, Flags]
"""Area and industry of a sum, and of which cells it is one."""


def panel(cells: Cells, region: Region, counted: pd.DataFrame | None = None) -> Panel | None:
    """All series of the indicator: cells, areas, industries, the total, up to the last period told by two thirds.

    A week, month or quarter that some have told and two thirds of the total have not waits, so that the one before it,
    when it is late or corrected, is still judged; not longer than one period, for the silence of many may last.
    ``counted``: area, period, share of provisional counts that has come in by their nowcast, in place of the roster's.
    The frame of series has ``denominator``, what an exposure of 1 stands for (NaN of what is no ratio). None when no
    period has been told well enough.
    """
    keys = pd.DataFrame(cells.keys, columns=["area", "industry"])
    totals: list[Total] = []
    if (region.city, TOTAL_INDUSTRY) not in cells.keys:
        totals.append((region.city, TOTAL_INDUSTRY, np.ones(len(keys), dtype=bool)))
        if "industry" in cells.indicator.dimensions:
            totals += [(area, TOTAL_INDUSTRY, (keys["area"] == area).to_numpy()) for area in region.units]
            each = dict.fromkeys(keys["industry"])
            totals += [(region.city, industry, (keys["industry"] == industry).to_numpy()) for industry in each]
    return panel_of(cells, region, counted, totals, _level)


def panel_of(
    cells: Cells,
    region: Region,
    counted: pd.DataFrame | None,
    totals: Sequence[Total],
    level: Callable[[str, str, str], str],
) -> Panel | None:
    """The totals, then the cells, as ``panel``. ``level``: of a series, by its area, its industry and the city."""
    figures = figures_of(cells, counted)
    if cells.grain is Grain.DAY and cells.indicator.kind == cells.indicator.nature == "count":
        figures = without_outages(figures, cells, workdays(cells, region))
    names = [(area, industry) for area, industry, _ in totals] + cells.keys
    every = joined([*(total(figures, rows) for *_, rows in totals), figures])
    is_told = (every.told >= MIN_COVERAGE * every.due) & (every.told > 0)
    enough = np.flatnonzero(is_told.any(axis=0))
    if len(enough) == 0:
        return None
    end, is_ratio = int(enough[-1]) + 1, cells.indicator.is_ratio
    whole = is_told[names.index((region.city, TOTAL_INDUSTRY))]
    if cells.grain is not Grain.DAY and end > 1 and whole[end - 2] and not whole[end - 1]:
        end -= 1
    is_linked = not is_ratio and bool((every.due[:, :end] != 1).any())
    unit = _first(every.told) if is_ratio else np.ones((len(names), 1))
    series = pd.DataFrame(
        [(f"{area}|{industry}", level(area, industry, region.city), area, industry) for area, industry in names],
        columns=["series_id", "level", "area", "industry"],
    )
    return Panel(
        series.assign(denominator=unit[:, 0] if is_ratio else np.nan),
        periods_from(pd.Timestamp(cells.first), end, cells.grain.value),
        every.people[:, :end],
        every.told[:, :end] / unit,
        cells.grain.value,
        cells.indicator.nature,
        cells.indicator.worse,
        every.due[:, :end] / unit if is_ratio or is_linked else None,
        cells.indicator.kind != "given",
        is_linked,
    )


def workdays(cells: Cells, region: Region) -> Flags:
    """(T,) whether each day of the cells is one on which offices work."""
    return np.asarray(region.calendar_frame(cells.first, cells.last)["is_workday"].to_numpy(dtype=bool))


def _level(area: str, industry: str, city: str) -> str:
    if industry == TOTAL_INDUSTRY:
        return "total" if area == city else "area"
    return "industry" if area == city else "cell"


def _first(rows: Matrix) -> Matrix:
    """(n, 1) the first positive figure of each row, 1 where there is none."""
    at = (rows > 0).argmax(axis=1)[:, None]
    found = np.take_along_axis(rows, at, axis=1)
    return np.where(found > 0, found, 1.0)
