"""The industry tags of an indicator (groups of divisions) as the panel a model reads, below their areas and the city.

A panel of their own: tags overlap and are parts of sections, so nothing adds up to anything, and what sections are
judged by stays as it is. The totals are in it as those the tags inherit from; they are judged elsewhere.
"""

import duckdb
import numpy as np
import pandas as pd

from models.panel import Panel
from pipelines.core.catalogue.indicators import Indicator
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.cells import Cells
from pipelines.warehouse.panel import panel_of


def load_tags(con: duckdb.DuckDBPyConnection, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Current readings of the tags of all units; None when no fact names a division of one."""
    frame = con.execute(step("tag_reading"), {"indicator": indicator.name, "grain": str(grain)}).df()
    return tags_of(frame[is_tag_cell(frame, grain, region)], indicator, grain, region)


def is_tag_cell(frame: pd.DataFrame, grain: Grain, region: Region) -> pd.Series:
    """Mask of readings of units that are of a tag or of all industries, at ``grain``."""
    of_everybody = frame["industry"].isin([TOTAL_INDUSTRY, *region.tags]) & (frame["cohort"] == EVERY_COHORT)
    return of_everybody & (frame["area"] != region.city) & (frame["grain"] == str(grain))


def tags_of(frame: pd.DataFrame, indicator: Indicator, grain: Grain, region: Region) -> Cells | None:
    """Matrices of these readings as cells of area × tag, with each area's total; None when no tag has a reading."""
    told = set(frame["industry"])
    tags = [tag for tag in region.tags if tag in told]
    if not tags:
        return None
    keys = [(area, industry) for industry in (TOTAL_INDUSTRY, *tags) for area in region.units]
    nothing = np.full((len(keys), 1), np.nan)
    cells = Cells(indicator, grain, keys, frame["period"].min().date(), nothing, nothing, nothing)
    cells.apply(frame)
    return cells


def tag_panel(cells: Cells, region: Region, counted: pd.DataFrame | None = None) -> Panel | None:
    """The city, its tags, the units and their tags, up to the last period of which two thirds of the city are told.

    cells: those of ``tags_of``; ``counted`` and None as of ``pipelines.warehouse.panel``.
    """
    industries = pd.Series([industry for _, industry in cells.keys])
    totals = [(region.city, str(one), (industries == one).to_numpy()) for one in industries.unique()]
    return panel_of(cells, region, counted, totals, _level)


def _level(area: str, industry: str, city: str) -> str:
    """Of tags that of groups of people: they overlap, too, and inherit the season of the same one of the city."""
    if industry == TOTAL_INDUSTRY:
        return "total" if area == city else "area"
    return "cohort"
