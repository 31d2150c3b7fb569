"""What an edition can see: the drops in force at its cut-off, and each feed's facts without what was overridden."""

from collections.abc import Iterable
from datetime import date, datetime

import duckdb

from pipelines.core.catalogue.indicators import step
from pipelines.feeds import contracts

FACTS = tuple(contracts())
_NOT_CANCELLED = " and reverses_event_id is null and event_id not in (select event_id from reversed_event)"


def look(con: duckdb.DuckDBPyConnection, cutoff_at: datetime) -> None:
    """See the facts as they were known at ``cutoff_at`` (naive UTC).

    Makes, on this connection only: ``decided`` (drop_id, confirmed_at, withdrawn_at), ``in_force`` (drop_id, feed,
    sender, period, layer), ``overridden`` (drop_id, line_number: rows whose key a supplement says anew), a view
    ``<feed>_in_force`` of each feed, and ``reversed_event``.
    """
    con.execute(step("decided"), {"cutoff_at": cutoff_at})
    con.execute(step("in_force"), {"cutoff_at": cutoff_at})
    con.execute("create or replace temp table overridden (drop_id varchar, line_number integer)")
    supplemented = con.execute("select distinct feed from in_force where layer > 0").fetchall()
    for (feed,) in supplemented:
        if feed in contracts() and contracts()[feed].key:
            con.execute(_overridden(feed, contracts()[feed].key))
    kept = "(drop_id, line_number) not in (select (drop_id, line_number) from overridden)" if supplemented else "true"
    for feed in FACTS:
        con.execute(
            f"create or replace temp view {feed}_in_force as select * from warehouse.main.{feed} "  # nosec B608 # names a contract declares
            f"where drop_id in (select drop_id from in_force where feed = '{feed}') and {kept}"
        )
    con.execute(step("reversed"))


def _overridden(feed: str, key: str) -> str:
    return f"""
        insert into overridden
        select drop_id, line_number
        from (
            select fact.drop_id, fact.line_number,
                row_number() over (
                    partition by in_force.sender, in_force.period, fact.{key}
                    order by in_force.layer desc, fact.line_number desc
                ) as place
            from warehouse.main.{feed} as fact
            join in_force on in_force.drop_id = fact.drop_id
            join (select distinct sender, period from in_force where feed = '{feed}' and layer > 0) as supplemented
                on supplemented.sender = in_force.sender and supplemented.period = in_force.period
            where in_force.feed = '{feed}' and fact.{key} is not null
        ) as said
        where place > 1"""  # nosec B608 # names a contract declares


def show(con: duckdb.DuckDBPyConnection, tables: Iterable[str], earliest: date, latest: date | None = None) -> None:
    """Let an indicator's SQL say ``from benefit_claim`` and see what is in force, of drops for these periods.

    Cancelled events and the rows that cancel them are not seen. ``hide`` takes the views away.
    """
    until = f" and period <= date '{latest}'" if latest else ""
    con.execute(
        "create or replace temp table in_sight as select drop_id from in_force "  # nosec B608 # days written by date
        f"where period >= date '{earliest}'{until}"
    )
    for table in tables:
        if table in FACTS:
            extra = _NOT_CANCELLED if table == "insured_event" else ""
            con.execute(
                f"create or replace temp view {table} as select * from {table}_in_force "  # nosec B608 # names of our own tables and columns
                f"where drop_id in (select drop_id from in_sight){extra}"
            )


def show_by_cohort(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """After ``show``: let each row of a fact table be seen once for every cohort of ``cohort_code`` it names, with it.

    Makes ``coded`` besides: area, cohort, since (first period whose files, of all in force, name the cohort there).
    """
    named = "strpos(';' || fact.cohorts || ';', ';' || cohort_code.code || ';') > 0"
    con.execute(
        "create or replace temp table coded as select fact.area, cohort_code.code as cohort, min(in_force.period) "  # nosec B608 # names of our own tables and columns
        f"as since from {table}_in_force as fact join in_force on in_force.drop_id = fact.drop_id "
        f"join cohort_code on {named} group by all"
    )
    con.execute(
        f"create or replace temp view {table} as select fact.*, cohort_code.code as cohort "  # nosec B608 # names of our own tables and columns
        f"from {table}_in_force as fact join cohort_code on {named} "
        "where fact.drop_id in (select drop_id from in_sight)"
    )


def hide(con: duckdb.DuckDBPyConnection) -> None:
    """Take away the views that ``show`` made."""
    for table in FACTS:
        con.execute(f"drop view if exists temp.{table}")
