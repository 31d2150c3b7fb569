"""Which tables of which periods the general file tells, and which of their cells: decided edition by edition.

A table is an indicator (and cohort) with its totals. It is released once its period is over and complete, or
``WAIT_DAYS`` after it. From then on it stays as it is: a revision told at once would say, by the difference, what a
single late file brought. Revisions are told together, at the first edition of a quarter (restatement); then hidden
cells stay hidden, and a cell that fell below the line meanwhile becomes hidden, marked as revised.

Everything follows from the restricted file and its editions alone: a replay or a rebuild releases the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from pipelines.publish.disclosure import IS_GENERAL, needed, small_cells
from pipelines.publish.outside import with_limits
from pipelines.publish.protect import Figures, Mask, Measure, adds_up, protect
from pipelines.region import Region
from pipelines.warehouse.catalogue import Indicator, catalogue

WAIT_DAYS = 15
KEY = ("indicator", "area", "industry", "cohort", "grain", "period")
_TOLD = ("numerator", "denominator", "value", "reporting", "due", "is_provisional", "is_suppressed")
_FLAGS = (
    "is_here", "is_small", "was_hidden", "was_shown", "was_told", "numerator_hidden", "denominator_hidden", "is_wanted",
)  # fmt: skip
_KEYS = ", ".join(KEY)
_LENGTH = """case grain when 'week' then interval 7 day when 'month' then interval 1 month else interval 3 month end"""


@dataclass(frozen=True)
class Now:
    """The edition whose releases are decided: its day, its cut-off, and whether revisions are told."""

    day: date
    cutoff_at: datetime
    is_restating: bool


def release(con: duckdb.DuckDBPyConnection, region: Region, known: datetime) -> None:
    """Release what the editions after the cut-off ``known`` release; ``restricted`` and ``general`` are attached."""
    rows = con.execute("select day, cutoff_at from restricted.edition order by cutoff_at, number").fetchall()
    quarter: tuple[int, int] | None = None
    for day, cutoff_at in rows:
        its = (day.year, (day.month - 1) // 3)
        if cutoff_at > known:
            _release(con, region, Now(day, cutoff_at, is_restating=quarter not in (None, its)))
        quarter = its


def _release(con: duckdb.DuckDBPyConnection, region: Region, now: Now) -> None:
    instants = {"cutoff_at": now.cutoff_at}
    con.execute(
        f"""
        create or replace temp table chosen as
        select indicator, cohort, grain, period, false as is_again
        from restricted.reading
        where known_from <= $cutoff_at and (known_to is null or known_to > $cutoff_at) and {IS_GENERAL}
            and period + {_LENGTH} <= $day
            and (indicator, cohort, grain, period) not in (select (indicator, cohort, grain, period)
                from restricted.release)
        group by indicator, cohort, grain, period
        having not bool_or(is_provisional) or period + {_LENGTH} + interval {WAIT_DAYS} day <= $day""",
        {**instants, "day": now.day},
    )
    if now.is_restating:
        con.execute(
            f"""
            insert into chosen
            select told.indicator, told.cohort, told.grain, told.period, true
            from (
                select indicator, cohort, grain, period, max(released_at) as released_at
                from restricted.release group by all
            ) as told
            join restricted.reading using (indicator, cohort, grain, period)
            where {IS_GENERAL} and known_from <= $cutoff_at
                and (known_from > released_at or (known_to > released_at and known_to <= $cutoff_at))
            group by all""",
            instants,
        )
    names = {name for (name,) in con.execute("select distinct indicator from chosen").fetchall()}
    for indicator in (item for item in catalogue().values() if item.name in names):
        for grain in sorted(indicator.grains, key=["day", "week", "month", "quarter"].index):
            _decide(con, region, now, indicator, grain)
    con.execute("drop table chosen")


def _decide(con: duckdb.DuckDBPyConnection, region: Region, now: Now, indicator: Indicator, grain: str) -> None:
    cells = _cells(con, region, now, indicator, grain)
    if cells.empty:
        return
    cells = with_limits(con, region, indicator, now.cutoff_at, cells)
    parts = []
    for _, table in cells.groupby(["cohort", "period"], sort=True):
        told = table[table["is_here"]] if not table["is_again"].iloc[0] else table
        decided = _decided(region, indicator, told)
        if decided is not None:
            parts.append(decided)
    if parts:
        _write(con, now, pd.concat(parts, ignore_index=True))


def _cells(con: duckdb.DuckDBPyConnection, region: Region, now: Now, indicator: Indicator, grain: str) -> pd.DataFrame:
    """The chosen cells of an indicator and what the general file says of them so far; one row a cell.

    ``was_shown``: told with this very figure in some vintage. ``numerator_hidden``, ``numerator_told`` and the same of
    the denominator: another table hides, or tells, this figure.
    """
    joins, columns = [], []
    for part in ("numerator", "denominator"):
        share = next((share for share in indicator.shares if share.part == part), None)
        if share is None:
            columns.append(f"false as {part}_hidden, false as {part}_told")
            continue
        step = {"week": f"{7 * share.periods_back} day", "quarter": f"{3 * share.periods_back} month"}
        same = f"""o.indicator = '{share.indicator}' and o.cohort = cell.cohort and o.grain = cell.grain
            and o.area = cell.area and o.industry = cell.industry
            and o.period = cell.period - interval {step.get(grain, f"{share.periods_back} month")}"""
        joins.append(f"""
            left join (
                select g.indicator, g.cohort, g.grain, g.area, g.industry, g.period, g.is_suppressed, r.numerator
                from general.reading as g
                join restricted.reading as r using ({_KEYS})
                where g.indicator = '{share.indicator}' and g.known_to is null and r.known_from <= $cutoff_at
                    and (r.known_to is null or r.known_to > $cutoff_at)
            ) as {part}_of on {same.replace("o.", f"{part}_of.")} and {part}_of.numerator = cell.{part}""")
        columns.append(
            f"coalesce({part}_of.is_suppressed, false) as {part}_hidden, "
            f"coalesce(not {part}_of.is_suppressed, false) as {part}_told"
        )
    found: pd.DataFrame = con.execute(
        f"""
        with cell as (
            select r.*, c.is_again, coalesce({small_cells([indicator], region.disclosure)}, false) as is_small
            from restricted.reading as r
            join chosen as c using (indicator, cohort, grain, period)
            where r.indicator = $indicator and r.grain = $grain and {IS_GENERAL} and r.known_from <= $cutoff_at
                and (r.known_to is null or r.known_to > $cutoff_at)
        ),
        told as (
            select {_KEYS}, is_suppressed, known_from from general.reading
            join (select distinct indicator, cohort, grain, period from chosen where is_again) as again
                using (indicator, cohort, grain, period)
            where known_to is null and indicator = $indicator and grain = $grain
        ),
        shown as (
            select distinct {_KEYS}, numerator, denominator from general.reading
            where indicator = $indicator and grain = $grain and not is_suppressed
        )
        select {", ".join(f"coalesce(cell.{key}, told.{key}) as {key}" for key in KEY)},
            cell.numerator, cell.denominator, cell.value, cell.reporting, cell.due, cell.is_provisional,
            coalesce(cell.is_small, false) as is_small, cell.area is not null as is_here,
            coalesce(cell.is_again, true) as is_again, coalesce(told.is_suppressed, false) as was_hidden,
            told.area is not null as was_told, shown.area is not null as was_shown, {", ".join(columns)}
        from cell
        full join told using ({_KEYS})
        left join shown on {" and ".join(f"shown.{key} = cell.{key}" for key in KEY)}
            and shown.numerator is not distinct from cell.numerator
            and shown.denominator is not distinct from cell.denominator
        {" ".join(joins)}
        order by all""",
        {"cutoff_at": now.cutoff_at, "indicator": indicator.name, "grain": grain},
    ).df()
    return found


def _decided(region: Region, indicator: Indicator, table: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of one table as they are told: hidden or not, and why; None when the revisions must wait longer."""
    is_again = bool(table["is_again"].iloc[0])
    flags = {name: table[name].to_numpy(dtype=bool) for name in _FLAGS}
    is_here, was_hidden = flags["is_here"], flags["was_hidden"]
    is_small = flags["is_small"] & ~flags["was_shown"]
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
    reason = np.select([was_hidden, fell, is_small, shared], ["", "revised", "small", "shared"], "complement")
    return table.assign(is_suppressed=hidden, reason=np.where(hidden, reason, ""))


@dataclass(frozen=True)
class _Grid:
    """Where the rows of a table lie: areas × industries, the totals first."""

    shape: tuple[int, int]
    at: tuple[Any, Any]

    @classmethod
    def of(cls, table: pd.DataFrame, city: str) -> "_Grid":
        index, sizes = [], []
        for column, total in (("area", city), ("industry", "ALL")):
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
            known=~is_here | grid.mask(was_shown | table[f"{part}_told"].to_numpy(dtype=bool)),
        )


def _write(con: duckdb.DuckDBPyConnection, now: Now, decided: pd.DataFrame) -> None:
    """Into the general file: what is new, what changed for the eye, what ended; and what was decided, and why."""
    hidden = decided["is_suppressed"]
    rows = decided.assign(**{part: decided[part].mask(hidden) for part in ("numerator", "denominator", "value")})
    con.register("cells_told", rows)
    instants = {"cutoff_at": now.cutoff_at}
    is_told = "false"
    if rows["was_told"].any():
        same = " and ".join(f"g.{key} = d.{key}" for key in KEY)
        differs = " or ".join(f"g.{column} is distinct from d.{column}" for column in _TOLD)
        con.execute(
            "update general.reading as g set known_to = $cutoff_at from cells_told as d "
            f"where d.was_told and g.known_to is null and {same} and (not d.is_here "
            f"or g.is_suppressed <> d.is_suppressed or (not d.is_suppressed and ({differs})))",
            instants,
        )
        is_told = f"exists (select 1 from general.reading as g where g.known_to is null and {same})"
    con.execute(
        f"insert into general.reading by name select {_KEYS}, {', '.join(_TOLD)}, $cutoff_at as known_from "
        f"from cells_told as d where is_here and not {is_told}",
        instants,
    )
    con.execute(
        f"insert into restricted.suppression by name select {_KEYS}, reason, $cutoff_at as known_from "
        "from cells_told where reason <> ''",
        instants,
    )
    con.execute(
        "insert into restricted.release by name select distinct indicator, cohort, grain, period, "
        "$cutoff_at as released_at from cells_told",
        instants,
    )
    con.unregister("cells_told")
