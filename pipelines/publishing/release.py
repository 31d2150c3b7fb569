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
from pipelines.core.sql import Sql, differ, equal, name, step
from pipelines.publishing.attacker import attack
from pipelines.publishing.decision import KEY, chosen_cells, decide, period_back
from pipelines.publishing.disclosure import IS_GENERAL, is_weekly_of_city

WAIT_DAYS = 15
_TOLD = ("numerator", "denominator", "value", "reporting", "due", "is_provisional", "is_suppressed")


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
    waited_until = now.day - timedelta(days=WAIT_DAYS)
    con.execute(step("chosen_new", is_general=IS_GENERAL), {**instants, "day": now.day, "waited_until": waited_until})
    if now.is_restating:
        con.execute(step("chosen_again", is_general=IS_GENERAL), instants)
    grains: dict[str, set[str]] = {}
    for named, grain in con.execute("select distinct indicator, grain from chosen").fetchall():
        grains.setdefault(named, set()).add(grain)
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
            step("await_count", period=period_back("c", share)), {"rate": indicator.name, "count": share.indicator}
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
    key = {column: table[column].iloc[0] for column in ("indicator", "cohort", "grain", "period")}
    key["cutoff_at"] = now.cutoff_at
    for file, written, since in (
        ("general", "reading", "known_from"),
        ("restricted", "suppression", "known_from"),
        ("restricted", "release", "released_at"),
    ):
        con.execute(step("undo_release", target=name(file, written), since=name(since)), key)
    con.execute(step("reopen_told"), key)


def _write(con: duckdb.DuckDBPyConnection, now: Now, told: pd.DataFrame) -> None:
    """Into the general file: what is new, what changed for the eye, what ended; and what was decided, and why."""
    hidden = told["is_suppressed"]
    rows = told.assign(**{part: told[part].mask(hidden) for part in ("numerator", "denominator", "value")})
    con.register("cells_told", pa.Table.from_pandas(rows, preserve_index=False))  # pandas's strings are slow to read
    instants = {"cutoff_at": now.cutoff_at}
    is_told = Sql("false")
    if rows["was_told"].any():
        same = equal(KEY, "g", "d")
        con.execute(step("close_told", same=same, differs=differ(_TOLD, "g", "d")), instants)
        is_told = step("still_told", same=same)
    con.execute(step("tell_cells", is_told=is_told), instants)
    con.execute(step("suppressed_cells"), instants)
    con.execute(step("released_tables"), instants)
    con.unregister("cells_told")
