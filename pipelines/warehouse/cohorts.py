"""The cohorts of an indicator (groups of people by area) as the panel a model reads, below their areas and the city.

A panel of their own, by the week: what everybody's series are judged by stays as it is to the last bit, and a day of a
county's disabled or demobilised people is too few to judge. Everybody's weeks are in it as those the cohorts inherit
from; they are judged elsewhere.
"""

import duckdb
import numpy as np
import pandas as pd

from models.panel import Panel, periods_from
from models.recipe import MIN_COVERAGE
from pipelines.core.catalogue.indicators import Indicator
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.cells import Cells
from pipelines.warehouse.exposure import figures_of, joined, total

GRAIN = Grain.WEEK


def load_cohorts(con: duckdb.DuckDBPyConnection, indicator: Indicator, region: Region) -> Cells | None:
    """Current readings of the cohorts of all units; None when nobody was ever said to be of a cohort."""
    frame = con.execute(step("cell_reading"), {"indicator": indicator.name, "grain": str(GRAIN)}).df()
    of_units = (frame["industry"] == TOTAL_INDUSTRY) & (frame["area"] != region.city)
    return cohorts_of(frame[of_units], indicator, region)


def cohorts_of(frame: pd.DataFrame, indicator: Indicator, region: Region) -> Cells | None:
    """Matrices of these readings of units as cells of area × cohort (in the place of the industry), everybody's too;
    None when they have no cohort."""
    known = sorted(set(frame["cohort"]) - {EVERY_COHORT})
    if not known:
        return None
    keys = [(area, cohort) for cohort in (EVERY_COHORT, *known) for area in region.units]
    nothing = np.full((len(keys), 1), np.nan)
    cells = Cells(indicator, GRAIN, keys, frame["period"].min().date(), nothing, nothing, nothing)
    cells.apply(frame.assign(industry=frame["cohort"]))
    return cells


def cohort_panel(cells: Cells, region: Region, counted: pd.DataFrame | None = None) -> Panel | None:
    """The city, its units, the cohorts of the city and of each unit, up to the last week of which two thirds of the
    city are told: what a fast area has sent of the next one is judged when that of the others has come.

    cells: those of ``cohorts_of``. ``counted``: area, period, share of provisional weeks that has come in by their
    nowcast, in place of the roster's. The frame of series has the column ``cohort``. None when no week has been told
    well enough.
    """
    figures = figures_of(cells, counted)
    keys = pd.DataFrame(cells.keys, columns=["area", "cohort"])
    cohorts = list(dict.fromkeys(keys["cohort"]))
    city = pd.DataFrame({"area": region.city, "cohort": cohorts})
    sums = [total(figures, (keys["cohort"] == cohort).to_numpy()) for cohort in cohorts]
    every = joined([*sums, figures])
    series = pd.concat([city, keys], ignore_index=True).assign(industry=TOTAL_INDUSTRY, denominator=np.nan)
    is_city, is_everybody = series["area"] == region.city, series["cohort"] == EVERY_COHORT
    series["level"] = np.select([~is_everybody, is_city], ["cohort", "total"], "area")
    series["series_id"] = series["area"] + "|" + series["cohort"]
    enough = np.flatnonzero((every.told >= MIN_COVERAGE * every.due)[is_everybody & is_city].any(axis=0))
    if len(enough) == 0:
        return None
    end = int(enough[-1]) + 1
    is_linked = bool((every.due[:, :end] != 1).any())
    return Panel(
        series,
        periods_from(pd.Timestamp(cells.first), end, GRAIN.value),
        every.people[:, :end],
        every.told[:, :end],
        GRAIN.value,
        cells.indicator.nature,
        cells.indicator.worse,
        every.due[:, :end] if is_linked else None,
        is_linked=is_linked,
    )
