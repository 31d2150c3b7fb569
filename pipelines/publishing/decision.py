"""Which cells of a table are told to the general audience: those small for themselves, and what goes with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.catalogue.indicators import Indicator, Share, catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.publishing.disclosure import IS_GENERAL, is_weekly_of_city, needed, small_cells
from pipelines.publishing.external_constraints import with_limits
from pipelines.publishing.suppression import Figures, Mask, Measure, adds_up, protect

KEY = ("indicator", "area", "industry", "cohort", "grain", "period")
KEYS = ", ".join(KEY)
_FLAGS = (
    "is_here",
    "is_small",
    "is_void",
    "was_hidden",
    "was_shown",
    "was_told",
    "numerator_hidden",
    "denominator_hidden",
    "is_wanted",
)


def chosen_cells(
    con: duckdb.DuckDBPyConnection, region: Region, cutoff_at: datetime, indicator: Indicator, grain: str
) -> pd.DataFrame:
    """Cells of the ``chosen`` tables of an indicator and what anybody knows of them; empty when none is chosen."""
    cells = _cells(con, region, cutoff_at, indicator, grain)
    if cells.empty:
        return cells
    cells = with_limits(con, region, indicator, cutoff_at, cells)
    if "area" in indicator.dimensions and indicator.shares:
        return _without_gaps(con, region, indicator, cells)
    return cells


def _cells(
    con: duckdb.DuckDBPyConnection, region: Region, cutoff_at: datetime, indicator: Indicator, grain: str
) -> pd.DataFrame:
    """The chosen cells of an indicator and what the general file says of them so far; one row a cell.

    ``was_shown``: told with this very figure in some vintage. ``numerator_hidden``, ``numerator_told`` and the same of
    the denominator: another table hides, or tells, this figure. ``is_void``: there is nobody whom it could count, as
    everybody sees because the rate of it has no row there; such a zero is told.
    """
    joins, columns = [], []
    for part in ("numerator", "denominator"):
        share = next((share for share in indicator.shares if share.part == part), None)
        if share is None:
            columns.append(f"false as {part}_hidden, false as {part}_told")
            continue
        same = f"""o.indicator = '{share.indicator}' and o.cohort = cell.cohort and o.grain = cell.grain
            and o.area = cell.area and o.industry = cell.industry
            and o.period = {period_back("cell", share)}"""
        joins.append(f"""
            left join (
                select g.indicator, g.cohort, g.grain, g.area, g.industry, g.period, g.is_suppressed, r.numerator
                from general.reading as g
                join restricted.reading as r using ({KEYS})
                where g.indicator = '{share.indicator}' and g.known_to is null and r.known_from <= $cutoff_at
                    and (r.known_to is null or r.known_to > $cutoff_at)
            ) as {part}_of on {same.replace("o.", f"{part}_of.")} and {part}_of.numerator = cell.{part}""")  # nosec B608 # names and SQL of the catalogue
        its = f"cell.cohort, {period_back('cell', share)}, cell.area"
        theirs = f"select (cohort, period, area) from general.reading where indicator = '{share.indicator}'"  # nosec B608 # names and SQL of the catalogue
        none = f"cell.{part} = 0 and ({its}) in ({theirs} and grain = $grain)"  # the count has no row: nobody
        columns.append(
            f"coalesce({part}_of.is_suppressed, false) as {part}_hidden, "
            f"coalesce(not {part}_of.is_suppressed, {none}) as {part}_told"
        )
    rate = _rate_of(indicator)
    void = (
        "false"
        if rate is None
        else """
        cell.numerator = 0 and (cell.cohort, cell.period, cell.area) in (select (cohort, period, area) from rate)
        and (cell.cohort, cell.period, cell.area, cell.industry)
            not in (select (cohort, period, area, industry) from rate)"""
    )
    found: pd.DataFrame = con.execute(
        f"""
        with rate as (
            select cohort, period, area, industry from restricted.reading
            where indicator = '{rate}' and grain = $grain and known_from <= $cutoff_at
                and (known_to is null or known_to > $cutoff_at)
        ),
        cell as (
            select r.*, c.is_again, coalesce({small_cells([indicator], region.disclosure)}, false) as is_small
            from restricted.reading as r
            join chosen as c using (indicator, cohort, grain, period)
            where r.indicator = $indicator and r.grain = $grain and {IS_GENERAL} and r.known_from <= $cutoff_at
                and (r.known_to is null or r.known_to > $cutoff_at)
        ),
        told as (
            select {KEYS}, is_suppressed, known_from from general.reading
            join (select distinct indicator, cohort, grain, period from chosen where is_again) as again
                using (indicator, cohort, grain, period)
            where known_to is null and indicator = $indicator and grain = $grain
        ),
        shown as (
            select distinct {KEYS}, numerator, denominator from general.reading
            where indicator = $indicator and grain = $grain and not is_suppressed
        )
        select {", ".join(f"coalesce(cell.{key}, told.{key}) as {key}" for key in KEY)},
            cell.numerator, cell.denominator, cell.value, cell.reporting, cell.due, cell.is_provisional,
            coalesce(cell.is_small, false) as is_small, cell.area is not null as is_here,
            coalesce({void}, false) as is_void,
            coalesce(cell.is_again, true) as is_again, coalesce(told.is_suppressed, false) as was_hidden,
            told.area is not null as was_told, shown.area is not null as was_shown, {", ".join(columns)}
        from cell
        full join told using ({KEYS})
        left join shown on {" and ".join(f"shown.{key} = cell.{key}" for key in KEY)}
            and shown.numerator is not distinct from cell.numerator
            and shown.denominator is not distinct from cell.denominator
        {" ".join(joins)}
        order by all""",  # nosec B608 # names and SQL of the catalogue
        {"cutoff_at": cutoff_at, "indicator": indicator.name, "grain": grain},
    ).df()
    is_city = found["area"] == region.city  # a total counts nobody where none of its areas does
    are_void = (
        (found["is_void"] | is_city).groupby([found["cohort"], found["period"], found["industry"]]).transform("all")
    )
    return found.assign(is_void=found["is_void"] & (are_void | ~is_city))


def _without_gaps(
    con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, cells: pd.DataFrame
) -> pd.DataFrame:
    """Take a rate's totals over areas for figures of their own where it lacks areas that its counts have."""
    lacks = pd.Series(False, index=cells.index)
    for share in indicator.shares:
        counted: pd.DataFrame = con.execute(
            f"""
            select distinct c.cohort, cast(c.period as timestamp) as period, g.area
            from (select distinct cohort, grain, period from chosen where indicator = $rate and grain = $grain) as c
            join general.reading as g
                on g.cohort = c.cohort and g.grain = c.grain and g.period = {period_back("c", share)}
            where g.indicator = $count and g.known_to is null""",  # nosec B608 # names and SQL of the catalogue
            {"rate": indicator.name, "count": share.indicator, "grain": cells["grain"].iloc[0]},
        ).df()
        found = counted.merge(cells[["cohort", "period", "area"]].drop_duplicates(), how="left", indicator=True)
        gaps = pd.MultiIndex.from_frame(found.loc[found["_merge"] == "left_only", ["cohort", "period"]])
        lacks |= pd.MultiIndex.from_frame(cells[["cohort", "period"]]).isin(gaps)
    is_open = lacks & (cells["area"] == region.city)
    theirs = [f"{part}_{state}" for part in ("numerator", "denominator") for state in ("hidden", "told")]
    return cells.assign(is_wanted=cells["is_wanted"] | is_open, **{name: cells[name] & ~is_open for name in theirs})


def _rate_of(indicator: Indicator) -> str | None:
    """The rate that tells an indicator's figures of the same period, cell by cell; None when there is none."""
    for item in catalogue().values():
        for share in item.shares:
            if (share.indicator, share.part, share.periods_back) == (indicator.name, "numerator", 0):
                return item.name if item.dimensions == indicator.dimensions else None
    return None


def decided(region: Region, indicator: Indicator, table: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of one table as they are told: hidden or not, and why; None when the revisions must wait longer."""
    is_again = bool(table["is_again"].iloc[0])
    flags = {name: table[name].to_numpy(dtype=bool) for name in _FLAGS}
    is_here, was_hidden = flags["is_here"], flags["was_hidden"]
    is_small = flags["is_small"] & ~flags["was_shown"] & ~flags["is_void"]
    shared = flags["numerator_hidden"] | flags["denominator_hidden"]
    asked = is_here & (is_small | shared | was_hidden | flags["is_wanted"])
    hidden = asked
    if asked.any():
        grid = _Grid.of(table, region.city)
        covered = protect(list(_measures(region, indicator, table, grid)), grid.mask(asked))
        if covered is None and is_again:
            return None
        hidden = is_here if covered is None else covered[grid.at]
    fell = hidden & is_small & ~was_hidden & flags["was_told"]
    by_grain = is_weekly_of_city(indicator) & flags["is_wanted"]
    reasons = ["", "revised", "small", "shared", "grain"]
    reason = np.select([was_hidden, fell, is_small, shared, by_grain], reasons, "complement")
    return table.assign(is_suppressed=hidden, reason=np.where(hidden, reason, ""))


@dataclass(frozen=True)
class _Grid:
    """Where the rows of a table lie: areas × industries, the totals first."""

    shape: tuple[int, int]
    at: tuple[Any, Any]

    @classmethod
    def of(cls, table: pd.DataFrame, city: str) -> "_Grid":
        index, sizes = [], []
        for column, total in (("area", city), ("industry", TOTAL_INDUSTRY)):
            names = [total, *sorted(set(table[column]) - {total})]
            index.append(pd.Index(names).get_indexer(table[column]))
            sizes.append(len(names))
        return cls((sizes[0], sizes[1]), (index[0], index[1]))

    def mask(self, rows: Mask) -> Mask:
        laid = np.zeros(self.shape, dtype=bool)
        laid[self.at] = rows
        return laid

    def figures(self, rows: "pd.Series[float]", absent: float = 0.0) -> Figures:
        laid = np.full(self.shape, absent)
        laid[self.at] = np.nan_to_num(np.asarray(rows, dtype=float), nan=absent)
        return laid


def _measures(region: Region, indicator: Indicator, table: pd.DataFrame, grid: _Grid) -> Iterator[Measure]:
    """The figures of a table that add up: the numerator, of a ratio the denominator, too."""
    is_here = grid.mask(table["is_here"].to_numpy(dtype=bool))
    was_shown = table["was_shown"].to_numpy(dtype=bool)
    is_small = table["is_small"].to_numpy(dtype=bool)
    is_void = table["is_void"].to_numpy(dtype=bool)
    by_weeks = table["by_weeks"].to_numpy(dtype=bool)
    for part in ("numerator", "denominator") if indicator.is_ratio else ("numerator",):
        value = grid.figures(table[part])
        if not adds_up(value):
            continue
        least = -float(np.abs(value).max()) if (value < 0).any() else 0.0
        low, high = np.full(grid.shape, least), np.full(grid.shape, np.inf)
        if part == "numerator" and least == 0:
            low, high = grid.figures(table["least"]), grid.figures(table["most"], absent=np.inf)
        yield Measure(
            value=value,
            low=np.minimum(low, value),
            high=np.maximum(high, value),
            need=needed(indicator, region.disclosure, value, grid.mask(is_small)),
            known=~is_here | grid.mask(was_shown | is_void | by_weeks | table[f"{part}_told"].to_numpy(dtype=bool)),
        )


def period_back(table: str, share: Share) -> str:
    """SQL for the period of the shared count, from the rate's."""
    days, months = (f"to_{unit}({size * share.periods_back})" for unit, size in (("days", 7), ("months", 1)))
    quarter = f"to_months({3 * share.periods_back})"
    return f"{table}.period - case {table}.grain when 'week' then {days} when 'month' then {months} else {quarter} end"
