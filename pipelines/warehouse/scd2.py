"""Slowly changing tables of type 2: a row is a version, known from one edition's cut-off until another's."""

from datetime import datetime

import duckdb

from pipelines.core.catalogue.table import Table
from pipelines.core.sql import Sql, differ, equal, name, names, step


def scd2(
    con: duckdb.DuckDBPyConnection, table: Table, fresh: str, cutoff_at: datetime, within: Sql | None = None
) -> None:
    """Bring a table of vintages to what the relation ``fresh`` says: one row a key, in columns of the table.

    A version in force ends at the cut-off when ``fresh`` says something else of its key, or nothing where the table's
    missing rows end; what is new or changed is known from then on. ``within``: the condition over the table ``known``
    of what ``fresh`` speaks for. Leaves the temporary tables ``scd2_ended`` and ``scd2_begun``, without vintages.
    """
    columns = [column.name for column in table.columns if column.name not in {"known_from", "known_to"}]
    said = f"{name('fresh', table.key[0])} is not null"
    other = differ(table.versioned, "known", "fresh")
    ended = f"not ({said}) or {other}" if table.ends_missing else f"{said} and ({other})"
    places = {
        "table": name("main", table.name),
        "fresh": name(fresh),
        "columns": names(columns),
        "own": names(columns, "known"),
        "same": equal(table.key, "known", "fresh"),
        "ended": Sql(ended),
        "within": within or Sql("true"),
    }
    con.execute(step("scd2_ended", **places))
    con.execute(step("scd2_close", **places), {"cutoff_at": cutoff_at})
    con.execute(step("scd2_begun", **places))
    con.execute(step("scd2_open", **places), {"cutoff_at": cutoff_at})
