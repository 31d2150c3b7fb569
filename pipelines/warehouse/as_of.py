"""What an edition can see: the drops in force at its cut-off, and each feed's facts without what was overridden."""

from collections.abc import Iterable
from datetime import date, datetime

import duckdb
import pandas as pd

from pipelines.core.catalogue.tables import tables as _declared
from pipelines.core.sql import Sql, literal, name, names, step
from pipelines.feeds import contracts

FACTS = tuple(contracts())
DIVIDED = frozenset(feed for feed in FACTS if any(item.name == "division" for item in _declared()[feed].columns))
"""Facts that name the division of what they are about."""
_EVERY_ROW = Sql("true")
_NOT_OVERRIDDEN = Sql("(drop_id, line_number) not in (select (drop_id, line_number) from overridden)")
_NOT_CANCELLED = Sql("reverses_event_id is null and event_id not in (select event_id from reversed_event)")


def create_views(con: duckdb.DuckDBPyConnection, cutoff_at: datetime) -> None:
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
            con.execute(step("overridden", key=name(contracts()[feed].key), table=_stored(feed)), {"feed": feed})
    kept = _NOT_OVERRIDDEN if supplemented else _EVERY_ROW
    for feed in FACTS:
        places = {"view": _in_force(feed), "table": _stored(feed), "feed": literal(feed), "kept": kept}
        con.execute(step("fact_in_force", **places))
    con.execute(step("reversed"))


def create_fact_views(
    con: duckdb.DuckDBPyConnection, tables: Iterable[str], earliest: date, latest: date | None = None
) -> None:
    """Let an indicator's SQL say ``from benefit_claim`` and see what is in force, of drops for these periods.

    Cancelled events and the rows that cancel them are not seen. ``drop_fact_views`` takes the views away.
    """
    con.execute(step("in_sight"), {"earliest": earliest, "latest": latest})
    for table in tables:
        if table in FACTS:
            con.execute(
                step("fact_seen", view=name("temp", table), in_force=_in_force(table), kept=_not_cancelled(table))
            )


def create_cohort_view(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """After ``create_fact_views``: let each row of a fact table be seen once for every cohort it names, with it.

    The cohorts are those of ``cohort_code``. Makes ``coded`` besides: area, cohort, since (first period whose files,
    of all in force, name the cohort there).
    """
    is_of_cohort = step("is_of_cohort", on=name(contracts()[table].period_column))
    con.execute(step("cohort_named", in_force=_in_force(table), is_of_cohort=is_of_cohort))
    con.execute(step("cohort_seen", view=name("temp", table), in_force=_in_force(table), is_of_cohort=is_of_cohort))


def create_tag_table(con: duckdb.DuckDBPyConnection, divisions: pd.DataFrame) -> None:
    """Make ``tag_division``: the region's industry tags (tag, division)."""
    con.register("divisions", divisions)
    con.execute("create or replace temp table tag_division as select tag, division from divisions")
    con.unregister("divisions")


def create_division_views(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """After ``create_fact_views``: let the industry of each fact be its division, of those in ``tag_division``."""
    for table in tables:
        columns = names(item.name for item in _declared()[table].columns if item.name not in {"industry", "division"})
        places = {
            "view": name("temp", table),
            "columns": columns,
            "in_force": _in_force(table),
            "kept": _not_cancelled(table),
        }
        con.execute(step("division_seen", **places))


def drop_fact_views(con: duckdb.DuckDBPyConnection) -> None:
    """Take away the views that ``create_fact_views`` made."""
    for table in FACTS:
        con.execute(f"drop view if exists {name('temp', table)}")


def _not_cancelled(table: str) -> Sql:
    return _NOT_CANCELLED if table == "insured_event" else _EVERY_ROW


def _stored(feed: str) -> Sql:
    return name("warehouse", "main", feed)


def _in_force(feed: str) -> Sql:
    return name(f"{feed}_in_force")
