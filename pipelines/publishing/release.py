"""Which tables of which periods the general file tells: decided edition by edition.

A table is an indicator (and cohort) with its totals. It is released once its period is over and complete, or
``WAIT_DAYS`` after it. From then on it stays as it is: a revision told at once would say, by the difference, what a
single late file brought. Revisions are told together, at the first edition of a quarter (restatement); then hidden
cells stay hidden, and a cell that fell below the line meanwhile becomes hidden, marked as revised.

Everything follows from the restricted file and its editions alone: a replay or a rebuild releases the same.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.region.load import Region
from pipelines.publishing.attacker import attack
from pipelines.publishing.decision import KEY, KEYS, chosen_cells, decide, period_back
from pipelines.publishing.disclosure import IS_GENERAL, is_weekly_of_city

WAIT_DAYS = 15
_TOLD = ("numerator", "denominator", "value", "reporting", "due", "is_provisional", "is_suppressed")
_LENGTH = """case grain when 'week' then interval 7 day when 'month' then interval 1 month else interval 3 month end"""


@dataclass(frozen=True)
class Now:
    """The edition whose releases are decided: its day, its cut-off, if revisions are told."""

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
        from restricted.reading anti join restricted.release using (indicator, cohort, grain, period)
        where known_from <= $cutoff_at and (known_to is null or known_to > $cutoff_at) and {IS_GENERAL}
            and period + {_LENGTH} <= $day
        group by indicator, cohort, grain, period
        having not bool_or(is_provisional) or period + {_LENGTH} + interval {WAIT_DAYS} day <= $day""",  # nosec B608 # names of our own tables and columns
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
            group by all""",  # nosec B608 # names of our own tables and columns
            instants,
        )
    grains: dict[str, set[str]] = {}
    for name, grain in con.execute("select distinct indicator, grain from chosen").fetchall():
        grains.setdefault(name, set()).add(grain)
    for indicator in sorted(
        (item for item in catalogue().values() if item.name in grains), key=lambda item: bool(item.shares)
    ):
        if indicator.shares:
            _await(con, indicator)
        for grain in sorted(grains[indicator.name], key=["day", "week", "month", "quarter"].index):
            _decide(con, region, now, indicator, grain)
    con.execute("drop table chosen")


def _await(con: duckdb.DuckDBPyConnection, indicator: Indicator) -> None:
    """A rate is told once the counts it is made of are: what is hidden of them is hidden in it."""
    for share in indicator.shares:
        con.execute(
            f"""
            delete from chosen as c
            where c.indicator = $rate and not exists (
                select 1 from restricted.release as r
                where r.indicator = $count and r.cohort = c.cohort and r.grain = c.grain
                    and r.period = {period_back("c", share)}
            )""",  # nosec B608 # names and SQL of the catalogue
            {"rate": indicator.name, "count": share.indicator},
        )


def _decide(con: duckdb.DuckDBPyConnection, region: Region, now: Now, indicator: Indicator, grain: str) -> None:
    cells = chosen_cells(con, region, now.cutoff_at, indicator, grain)
    if cells.empty:
        return
    told = decide(region, indicator, cells)
    if told.empty:
        return
    _write(con, now, told)
    for _, table in cells[cells["is_again"]].groupby(["cohort", "period"], sort=True):
        if _gives_away(con, region, indicator, table):
            _undo(con, now, table)  # told at the next restatement instead


def _gives_away(con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, table: pd.DataFrame) -> bool:
    """Whether a table told anew gives away, beside its own vintages, what it or a related one hides.

    A week told of the city alone does not: nothing of it below the city was ever told.
    """
    grain, period = table["grain"].iloc[0], table["period"].iloc[0].date()
    if is_weekly_of_city(indicator) and grain == "week":
        return False
    related = {indicator.name, *(share.indicator for share in indicator.shares)}
    related |= {item.name for item in catalogue().values() for share in item.shares if share.indicator in related}
    months = {period.replace(day=1), (period + timedelta(days=6)).replace(day=1)} if grain == "week" else {period}
    return not attack(con, region, sorted(months), sorted(related)).inside.empty


def _undo(con: duckdb.DuckDBPyConnection, now: Now, table: pd.DataFrame) -> None:
    """Take back what this edition wrote of a table, before anybody has seen it."""
    its = "indicator = $indicator and cohort = $cohort and grain = $grain and period = $period"
    key = {name: table[name].iloc[0] for name in ("indicator", "cohort", "grain", "period")}
    key["cutoff_at"] = now.cutoff_at
    for name, since in (
        ("general.reading", "known_from"),
        ("restricted.suppression", "known_from"),
        ("restricted.release", "released_at"),
    ):
        con.execute(f"delete from {name} where {its} and {since} = $cutoff_at", key)  # nosec B608 # names of our own tables and columns
    con.execute(f"update general.reading set known_to = null where {its} and known_to = $cutoff_at", key)  # nosec B608 # names of our own tables and columns


def _write(con: duckdb.DuckDBPyConnection, now: Now, told: pd.DataFrame) -> None:
    """Into the general file: what is new, what changed for the eye, what ended; and what was decided, and why."""
    hidden = told["is_suppressed"]
    rows = told.assign(**{part: told[part].mask(hidden) for part in ("numerator", "denominator", "value")})
    con.register("cells_told", pa.Table.from_pandas(rows, preserve_index=False))  # pandas's strings are slow to read
    instants = {"cutoff_at": now.cutoff_at}
    is_told = "false"
    if rows["was_told"].any():
        same = " and ".join(f"g.{key} = d.{key}" for key in KEY)
        differs = " or ".join(f"g.{column} is distinct from d.{column}" for column in _TOLD)
        con.execute(
            "update general.reading as g set known_to = $cutoff_at from cells_told as d "  # nosec B608 # names of our own tables and columns
            f"where d.was_told and g.known_to is null and {same} and (not d.is_here "
            f"or g.is_suppressed <> d.is_suppressed or (not d.is_suppressed and ({differs})))",
            instants,
        )
        is_told = f"exists (select 1 from general.reading as g where g.known_to is null and {same})"  # nosec B608 # names of our own tables and columns
    con.execute(
        f"insert into general.reading by name select {KEYS}, {', '.join(_TOLD)}, $cutoff_at as known_from "  # nosec B608 # names of our own tables and columns
        f"from cells_told as d where is_here and not {is_told}",
        instants,
    )
    con.execute(
        f"insert into restricted.suppression by name select {KEYS}, reason, $cutoff_at as known_from "  # nosec B608 # names of our own tables and columns
        "from cells_told where reason <> ''",
        instants,
    )
    con.execute(
        "insert into restricted.release by name select distinct indicator, cohort, grain, period, "
        "$cutoff_at as released_at from cells_told",
        instants,
    )
    con.unregister("cells_told")
