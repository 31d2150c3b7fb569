"""Tables as pipelines/sql/tables defines them: made where they lack, widened where an older program made them."""

import duckdb

from pipelines.warehouse.catalogue import SQL

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
    for path in sorted(TABLES.glob("*.sql")):
        define(con, path.stem)


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in con.execute(f"describe {table}").fetchall()}
