"""Tables as pipelines/sql/tables defines them: made where they lack, widened where an older program made them."""

from functools import cache

import duckdb

from pipelines.core.catalogue.indicators import SQL

TABLES = SQL / "tables"
_WANTED = "wanted_columns"


def define(con: duckdb.DuckDBPyConnection, table: str, database: str = "main") -> None:
    """Make the table, or add the columns it lacks: rows written before have NULL there. `database`: attached name."""
    text = (TABLES / f"{table}.sql").read_text(encoding="utf-8")
    head = f"create table if not exists {table} ("
    con.execute(text.replace(head, f"create table if not exists {database}.{table} (", 1))
    here = _columns(con, f"{database}.{table}")
    con.execute(text.replace(head, f"create or replace temp table {_WANTED} (", 1))
    for name, kind in _columns(con, _WANTED).items():
        if name not in here:
            con.execute(f"alter table {database}.{table} add column {name} {kind}")
    con.execute(f"drop table {_WANTED}")


def define_all(con: duckdb.DuckDBPyConnection) -> None:
    """All tables of the warehouse."""
    here = _all_columns(con)
    for table, columns in _defined_columns().items():
        if not columns <= here.get(table, set()):
            define(con, table)


@cache
def _defined_columns() -> dict[str, set[str]]:
    """Columns by table, as the files define them."""
    with duckdb.connect() as con:
        for path in sorted(TABLES.glob("*.sql")):
            con.execute(path.read_text(encoding="utf-8"))
        return _all_columns(con)


def _all_columns(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = con.execute(
        "select table_name, list(column_name) from duckdb_columns()"
        " where schema_name = 'main' and database_name = current_database() and not internal group by table_name"
    ).fetchall()
    return {str(table): set(names) for table, names in rows}


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in con.execute(f"describe {table}").fetchall()}
