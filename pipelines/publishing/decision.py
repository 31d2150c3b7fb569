"""Which cells of a table are told to the general audience: those small for themselves, and what goes with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.core.catalogue.indicators import Indicator, Share, catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, literal, name, step
from pipelines.publishing.disclosure import IS_GENERAL, is_weekly_of_city, needed, small_cells
from pipelines.publishing.external_constraints import with_limits
from pipelines.publishing.lp_bounds import Figures
from pipelines.publishing.suppression import Mask, Measure, adds_up, protect

KEY = ("indicator", "area", "industry", "cohort", "grain", "period")
_BY_COUNTS = ("numerator_hidden", "numerator_told", "denominator_hidden", "denominator_told")
_FLAGS = (
    "is_here",
    "is_small",
    "is_void",
    "was_hidden",
    "was_shown",
    "was_told",
    "is_wanted",
    "is_again",
    "by_weeks",
    *_BY_COUNTS,
)
_FIGURES = ("numerator", "denominator", "least", "most")

_Columns = Mapping[str, NDArray[Any]]  # of the rows of a table; area and industry by their ordinals, 0 the total


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

    A zero that counts nobody, as everybody sees (``is_void``), is told; other columns: see the statement.
    """
    rate = _rate_of(indicator)
    query = step(
        "chosen_cell",
        rate=Sql("null") if rate is None else literal(rate),
        is_small=small_cells([indicator], region.disclosure),
        is_general=IS_GENERAL,
    )
    for share in indicator.shares:
        query = step(
            "count_told",
            cells=Sql(f"({query})"),
            part=name("cell", share.part),
            period=period_back("cell", share),
            count=literal(share.indicator),
            hidden=name(f"{share.part}_hidden"),
            told=name(f"{share.part}_told"),
        )
    values = {"cutoff_at": cutoff_at, "indicator": indicator.name, "grain": grain}
    found: pd.DataFrame = con.execute(query, values).df()
    is_city = found["area"] == region.city  # a total counts nobody where none of its areas does
    are_void = (
        (found["is_void"] | is_city).groupby([found["cohort"], found["period"], found["industry"]]).transform("all")
    )
    absent = dict.fromkeys(set(_BY_COUNTS) - set(found), False)
    return found.assign(is_void=found["is_void"] & (are_void | ~is_city), **absent)


def _without_gaps(
    con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, cells: pd.DataFrame
) -> pd.DataFrame:
    """Take a rate's totals over areas for figures of their own where it lacks areas that its counts have."""
    lacks = pd.Series(False, index=cells.index)
    for share in indicator.shares:
        counted: pd.DataFrame = con.execute(
            step("counted_area", period=period_back("c", share)),
            {"rate": indicator.name, "count": share.indicator, "grain": cells["grain"].iloc[0]},
        ).df()
        found = counted.merge(cells[["cohort", "period", "area"]].drop_duplicates(), how="left", indicator=True)
        gaps = pd.MultiIndex.from_frame(found.loc[found["_merge"] == "left_only", ["cohort", "period"]])
        lacks |= pd.MultiIndex.from_frame(cells[["cohort", "period"]]).isin(gaps)
    is_open = lacks & (cells["area"] == region.city)
    own = {flag: cells[flag] & ~is_open for flag in _BY_COUNTS}
    return cells.assign(is_wanted=cells["is_wanted"] | is_open, **own)


def _rate_of(indicator: Indicator) -> str | None:
    """The rate that tells an indicator's figures of the same period, cell by cell; None when there is none."""
    for item in catalogue().values():
        for share in item.shares:
            if (share.indicator, share.part, share.periods_back) == (indicator.name, "numerator", 0):
                return item.name if item.dimensions == indicator.dimensions else None
    return None


def decide(region: Region, indicator: Indicator, cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of all tables of ``cells`` as they are told, table by table: hidden or not, and why.

    Tables whose revisions must wait longer are left out.
    """
    cells = cells.sort_values(["cohort", "period"], kind="stable", ignore_index=True)
    columns: dict[str, NDArray[Any]] = {name: cells[name].to_numpy(dtype=bool) for name in _FLAGS}
    columns |= {name: cells[name].to_numpy(dtype=float) for name in _FIGURES}
    columns |= {name: _ordinals(cells[name], total) for name, total in _totals(region).items()}
    hidden, reason = np.zeros(len(cells), dtype=bool), np.full(len(cells), "", dtype=object)
    is_told = np.zeros(len(cells), dtype=bool)
    number = cells.groupby(["cohort", "period"], sort=True).ngroup().to_numpy()
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    for first, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        found = _decide_table(region, indicator, {name: column[first:end] for name, column in columns.items()})
        if found is not None:
            is_told[first:end] = True
            hidden[first:end], reason[first:end] = found
    return cells.assign(is_suppressed=hidden, reason=reason)[is_told]


def _totals(region: Region) -> dict[str, str]:
    return {"area": region.city, "industry": TOTAL_INDUSTRY}


def _ordinals(names: "pd.Series[str]", total: str) -> NDArray[np.intp]:
    """The place of each name in their order: the total's is 0."""
    return np.asarray(pd.Index([total, *sorted(set(names) - {total})]).get_indexer(names))


def _decide_table(region: Region, indicator: Indicator, table: _Columns) -> tuple[Mask, NDArray[Any]] | None:
    """Which rows of one table are hidden, and why; None when the revisions must wait longer."""
    is_here, was_hidden = table["is_here"], table["was_hidden"]
    is_small = table["is_small"] & ~table["was_shown"] & ~table["is_void"]
    shared = table["numerator_hidden"] | table["denominator_hidden"]
    asked = is_here & (is_small | shared | was_hidden | table["is_wanted"])
    hidden = asked
    if asked.any():
        grid = _Grid.of(table)
        covered = protect(list(_measures(region, indicator, table, grid)), grid.mask(asked))
        if covered is None and table["is_again"][0]:
            return None
        hidden = is_here if covered is None else covered[grid.at]
    fell = hidden & is_small & ~was_hidden & table["was_told"]
    by_grain = is_weekly_of_city(indicator) & table["is_wanted"]
    reasons = ["", "revised", "small", "shared", "grain"]
    reason = np.select([was_hidden, fell, is_small, shared, by_grain], reasons, "complement")
    return hidden, np.where(hidden, reason, "")


@dataclass(frozen=True)
class _Grid:
    """Where the rows of a table lie: areas × industries, the totals first."""

    shape: tuple[int, int]
    at: tuple[Any, Any]

    @classmethod
    def of(cls, table: _Columns) -> "_Grid":
        at, sizes = [], []
        for dimension in ("area", "industry"):
            ordinals, index = np.unique(np.append(table[dimension], 0), return_inverse=True)
            at.append(index[:-1])
            sizes.append(len(ordinals))
        return cls((sizes[0], sizes[1]), (at[0], at[1]))

    def mask(self, rows: Mask) -> Mask:
        laid = np.zeros(self.shape, dtype=bool)
        laid[self.at] = rows
        return laid

    def figures(self, rows: Figures, absent: float = 0.0) -> Figures:
        laid = np.full(self.shape, absent)
        laid[self.at] = np.nan_to_num(rows, nan=absent)
        return laid


def _measures(region: Region, indicator: Indicator, table: _Columns, grid: _Grid) -> Iterator[Measure]:
    """The figures of a table that add up: the numerator, of a ratio the denominator, too."""
    is_here, is_small = grid.mask(table["is_here"]), grid.mask(table["is_small"])
    is_known = table["was_shown"] | table["is_void"] | table["by_weeks"]
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
            need=needed(indicator, region.disclosure, value, is_small),
            known=~is_here | grid.mask(is_known | table[f"{part}_told"]),
        )


def period_back(relation: str, share: Share) -> Sql:
    """SQL for the period of the shared count, from the rate's in a relation."""
    return step("period_back", relation=name(relation), back=literal(share.periods_back))
