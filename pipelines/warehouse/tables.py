"""Tables as the catalogue declares them: made where they lack, widened where an older program made them."""

import duckdb
import pandas as pd

from pipelines.core.catalogue.tables import tables
from pipelines.core.sql import name, names, step


def define(con: duckdb.DuckDBPyConnection, table: str, database: str = "main") -> None:
    """Make the table, or add the columns it lacks: rows written before have NULL there. `database`: attached name."""
    declared, place = tables()[table], name(database, table)
    con.execute(declared.create(place))
    here = {str(row[0]) for row in con.execute(f"describe {place}").fetchall()}
    for column in declared.columns:
        if column.name not in here:
            con.execute(f"alter table {place} add column {name(column.name)} {column.type}")


def define_all(con: duckdb.DuckDBPyConnection) -> None:
    """All tables of the warehouse."""
    rows = con.execute(
        "select table_name, list(column_name) from duckdb_columns()"
        " where schema_name = 'main' and database_name = current_database() and not internal group by table_name"
    ).fetchall()
    here = {str(table): set(columns) for table, columns in rows}
    for table in tables().values():
        if table.is_stored and not {column.name for column in table.columns} <= here.get(table.name, set()):
            define(con, table.name)


def append_frame(con: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame, database: str = "main") -> None:
    """Append the rows in their order; columns the table does not have are left out, those the rows lack stay NULL."""
    if rows.empty:
        return
    shared = [column.name for column in tables()[table].columns if column.name in rows.columns]
    con.register("incoming", rows)
    con.execute(step("append_frame", table=name(database, table), columns=names(shared)))
    con.unregister("incoming")
