import duckdb
import pytest

from pipelines.core.catalogue.tables import tables
from pipelines.warehouse.tables import define, define_all


def columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in con.execute(f"describe {table}").fetchall()]


@pytest.fixture
def con():
    with duckdb.connect() as opened:
        yield opened


def test_every_definition_makes_its_table(con):
    define_all(con)
    made = {row[0] for row in con.execute("select table_name from duckdb_tables() where not temporary").fetchall()}
    assert made == {table.name for table in tables().values() if table.is_stored}


def test_a_table_of_an_older_program_is_widened_and_keeps_its_rows(con):
    con.execute("create table score (edition_id varchar not null, indicator varchar, p double)")
    con.execute("insert into score values ('2026-10-01.1', 'benefit_claim', 0.5)")
    define(con, "score")
    assert set(columns(con, "score")) > {"edition_id", "indicator", "p", "strength", "state"}
    assert con.execute("select indicator, p, strength from score").fetchall() == [("benefit_claim", 0.5, None)]
    before = columns(con, "score")
    define(con, "score")
    assert columns(con, "score") == before


def test_a_table_of_an_attached_file_is_meant_by_its_name(con, tmp_path):
    con.execute(f"attach '{tmp_path / 'file.duckdb'}' as restricted")
    define(con, "edition", "restricted")
    assert columns(con, "restricted.edition")
    with pytest.raises(duckdb.CatalogException):
        con.execute("describe main.edition")
