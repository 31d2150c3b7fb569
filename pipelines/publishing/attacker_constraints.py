"""What an attacker knows of a month from the general file, as a program over its distinct figures: see attack."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.publishing.disclosure import WEEKLY_OF_CITY, needed, small_cells
from pipelines.publishing.external_constraints import band_limits_of
from pipelines.publishing.lp_bounds import Figures
from pipelines.publishing.suppression import EXACT, Mask, adds_up

_TABLE = ["indicator", "cohort", "grain", "period", "released_at", "part"]
_AREA = ["cohort", "grain", "at", "area"]


@dataclass
class Program:
    """One month as a program over its distinct figures; ``truth``: a solution. Rows of ``less`` are at most 0."""

    truth: Figures
    hidden: Mask
    low: Figures
    high: Figures
    need: Figures
    blocks: list[tuple[NDArray[np.intp], NDArray[np.bool_]]] = field(default_factory=list)
    """Tables: the figure of each of its cells, and where there is one; areas × industries."""
    less: list[dict[int, float]] = field(default_factory=list)


def told_cells(con: duckdb.DuckDBPyConnection, region: Region, month: date, only: Collection[str]) -> pd.DataFrame:
    """Every figure of the month's tables in every vintage, one row a cell and part, and which figures are the same.

    ``is_own``: promised protection, which months that a rate refers to are not, nor totals of a rate that lack areas.
    ``figure``: number of the distinct figure. Weeks told of the city alone are left out: they add nothing.
    """
    last = region.period_end(Grain.MONTH, month)
    backs = {share.periods_back for item in catalogue().values() for share in item.shares if share.periods_back}
    earlier = {region.period_start(Grain.MONTH, month - timedelta(days=28 * back)) for back in backs}
    rows: pd.DataFrame = con.execute(
        step("told_cell", is_small=small_cells(catalogue().values(), region.disclosure)),
        {
            "week": region.week_start(month),
            "last": last,
            "months": [month, *sorted(earlier)],
            "month": month,
            "only": list(only),
            "of_city": list(WEEKLY_OF_CITY),
        },
    ).df()
    return _figures(rows, region.city) if len(rows) else rows


def _figures(rows: pd.DataFrame, city: str) -> pd.DataFrame:
    ratios = {name for name, item in catalogue().items() if item.is_ratio}
    rates = rows[rows["indicator"].isin(ratios)]
    parts = [
        rows.assign(part="numerator", truth=rows["numerator"]),
        rates.assign(part="denominator", truth=rates["denominator"]),
    ]
    cells = pd.concat(parts, ignore_index=True).drop(columns=["numerator", "denominator"])
    cells["truth"] = cells["truth"].fillna(0.0)
    cells["measure"], cells["at"] = cells["indicator"] + "." + cells["part"], cells["period"]
    for item in catalogue().values():
        for share in item.shares:
            its = (cells["indicator"] == item.name) & (cells["part"] == share.part)
            cells.loc[its, "measure"] = f"{share.indicator}.numerator"
            for grain, length in (("month", pd.DateOffset(months=1)), ("week", pd.DateOffset(weeks=1))):
                of_grain = its & (cells["grain"] == grain)
                for _ in range(share.periods_back):
                    cells.loc[of_grain, "at"] = cells.loc[of_grain, "at"] - length
            counts = cells[cells["indicator"] == share.indicator]
            areas, rows_of = (pd.MultiIndex.from_frame(counts[names]) for names in (_AREA, [*_AREA, "industry"]))
            is_told_of = pd.MultiIndex.from_frame(cells[_AREA]).isin(areas)
            is_told_of &= ~pd.MultiIndex.from_frame(cells[[*_AREA, "industry"]]).isin(rows_of)
            cells.loc[its & (cells["truth"] == 0) & is_told_of, "is_hidden"] = False  # the count has no row: nobody
            if "area" in item.dimensions:
                gaps = counts[~areas.isin(pd.MultiIndex.from_frame(cells.loc[its, _AREA]))]
                lacks = pd.MultiIndex.from_frame(cells[_AREA[:3]]).isin(pd.MultiIndex.from_frame(gaps[_AREA[:3]]))
                is_apart = its & lacks & (cells["area"] == city)
                cells.loc[is_apart, "measure"] = f"{item.name}.{share.part}"
                cells.loc[is_apart & ~cells["is_small"], "is_own"] = False  # rests on many, and is nobody else's total
    same = ["measure", "cohort", "grain", "at", "area", "industry", cells["truth"].round(6)]
    cells["figure"] = cells.groupby(same, sort=False).ngroup()
    return cells.sort_values(["is_own", *_TABLE], ascending=[False] + [True] * len(_TABLE), ignore_index=True)


def program_of(con: duckdb.DuckDBPyConnection, region: Region, month: date, cells: pd.DataFrame) -> Program:
    """All that the attacker knows of a month, from its ``told_cells``."""
    by_figure = cells.groupby("figure")
    count = int(cells["figure"].max()) + 1
    program = Program(
        truth=by_figure["truth"].first().to_numpy(),
        hidden=by_figure["is_hidden"].all().to_numpy(dtype=bool),
        low=np.full(count, -np.inf),
        high=np.full(count, np.inf),
        need=np.zeros(count),
    )
    seen: set[bytes] = set()
    for key, table in cells.groupby(_TABLE, sort=True):
        _add_table(program, region, str(key[0]), table, seen)
    newest = cells[cells["released_at"] == cells.groupby(_TABLE[:4])["released_at"].transform("max")]
    _add_bands(con, region, program, newest)
    _add_rates(program, cells)
    return program


def _add_table(program: Program, region: Region, indicator: str, table: pd.DataFrame, seen: set[bytes]) -> None:
    index = []
    for column, total in (("area", region.city), ("industry", TOTAL_INDUSTRY)):
        names = [total, *sorted(set(table[column]) - {total})]
        index.append((pd.Index(names).get_indexer(table[column]), len(names)))
    (rows, height), (columns, width) = index
    figure, is_there, value = np.zeros((height, width), dtype=np.intp), np.zeros((height, width), dtype=bool), None
    figure[rows, columns], is_there[rows, columns] = table["figure"], True
    value = np.where(is_there, program.truth[figure], 0.0)
    is_small = np.zeros((height, width), dtype=bool)
    is_small[rows, columns] = table["is_small"]
    its = figure[is_there]
    need = needed(catalogue()[indicator], region.disclosure, value, is_small)[is_there]
    least = -float(np.abs(value).max()) if (value < 0).any() else 0.0
    program.need[its] = np.maximum(program.need[its], need)
    program.low[its] = np.maximum(program.low[its], least)
    same = np.where(is_there, figure, -1).tobytes()
    if same not in seen and adds_up(value):
        seen.add(same)
        program.blocks.append((figure, is_there))


def _add_bands(con: duckdb.DuckDBPyConnection, region: Region, program: Program, newest: pd.DataFrame) -> None:
    told = newest[newest["part"] == "numerator"]
    for name, cells in told.groupby("indicator"):
        if (cells["truth"] < 0).any():
            continue
        least, most = band_limits_of(con, region, catalogue()[str(name)], None, cells)
        its = cells["figure"].to_numpy()
        np.maximum.at(program.low, its, np.minimum(least, program.truth[its]))
        np.minimum.at(program.high, its, np.maximum(most, program.truth[its]))


def _add_rates(program: Program, cells: pd.DataFrame) -> None:
    """A part is at most its whole, in tables where it always is."""
    key = [*_TABLE[:5], "area", "industry"]
    ratios = cells[cells["indicator"].isin([name for name, item in catalogue().items() if item.is_ratio])]
    pairs = ratios.pivot(index=key, columns="part", values=["figure", "truth"])
    for _, table in pairs.groupby(level=_TABLE[:5]):
        truth, figure = table["truth"], table["figure"].astype(int)
        if (truth["numerator"] < 0).any() or (truth["numerator"] > truth["denominator"]).any():
            continue
        for part, its in zip(figure["numerator"], figure["denominator"], strict=True):
            if part != its:
                _less(program, {int(part): 1.0, int(its): -1.0})


def _less(program: Program, row: dict[int, float]) -> None:
    """Add a row that is at most 0, if it holds and says something of a hidden figure."""
    holds = sum(weight * program.truth[figure] for figure, weight in row.items()) <= EXACT
    if holds and any(program.hidden[figure] for figure in row):
        program.less.append(row)
