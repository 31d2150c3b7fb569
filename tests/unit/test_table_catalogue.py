"""What the catalogue says of tables: well-formed columns, keys that are columns, history by one function."""

from datetime import datetime

import duckdb
import pytest

from pipelines.core.catalogue.table import Clock, Readers, Table, fact_table
from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Grain
from pipelines.feeds.contract import Column, Contract, Derived, Kind
from pipelines.warehouse.scd2 import scd2

FIRST, NEXT = datetime(2026, 11, 2), datetime(2026, 11, 3)  # noqa: DTZ001 - instants in the warehouse are naive UTC


@pytest.mark.parametrize("table", tables().values(), ids=lambda table: table.name)
def test_keys_and_clock_of_a_table_are_columns_of_it(table: Table) -> None:
    columns = {column.name for column in table.columns}
    assert {*table.key, *table.compared} <= columns
    assert (table.clock is not Clock.VINTAGE) or {"known_from", "known_to"} <= columns
    assert (table.clock not in (Clock.EDITION, Clock.STANDING)) or "edition_id" in columns
    assert table.about


def test_who_reads_a_table_of_rows_of_areas_must_be_told_whose_they_are() -> None:
    """A table without owner is shown whole to everybody who may ask for it: reference rows alone may be."""
    asked = [table for table in tables().values() if table.readers not in (Readers.DOOR, Readers.NOBODY)]
    whole = {table.name for table in asked if table.owner is None}
    assert whole == {"manifest", "place", "industry", "indicator", "rule", "edition"}


def test_a_column_that_is_none_is_refused_when_the_catalogue_is_read() -> None:
    with pytest.raises(ValueError, match="score: 'p float' is no column"):
        Table("score", "", "day date, p float", ("day",), Clock.TIMELESS)


def test_the_table_of_a_feed_follows_from_its_contract() -> None:
    columns = (
        Column("身份证号", "identity", Kind.IDENTITY),
        Column("行业代码", "industry", Kind.INDUSTRY),
        Column("备注"),
        Column("人数", "persons", Kind.INT, unit="人", withheld=("np",)),
    )
    made = fact_table(
        Contract("feed", "示例", "Example", columns, Grain.DAY, derived=(Derived("is_any", "persons > 0", "boolean"),))
    )
    assert [(column.name, column.type, column.unit) for column in made.columns] == [
        ("drop_id", "varchar", ""),
        ("line_number", "integer", ""),
        ("person", "varchar", ""),
        ("sex", "varchar", ""),
        ("birth_year", "integer", ""),
        ("industry", "varchar", ""),
        ("division", "varchar", ""),
        ("persons", "integer", "人"),
        ("is_suppressed", "boolean", ""),
        ("is_any", "boolean", ""),
    ]


@pytest.mark.parametrize(
    ("ends_missing", "expected"),
    [
        (True, [("a", 1, FIRST, NEXT), ("a", None, NEXT, None), ("b", 2, FIRST, None), ("c", None, FIRST, NEXT)]),
        (False, [("a", 1, FIRST, NEXT), ("a", None, NEXT, None), ("b", 2, FIRST, None), ("c", None, FIRST, None)]),
    ],
)
def test_a_version_ends_when_its_key_says_something_else_or_is_missing_where_that_ends_it(
    ends_missing: bool, expected: list[tuple[object, ...]]
) -> None:
    columns = "code varchar, people integer, remark varchar, known_from timestamp, known_to timestamp"
    table = Table("t", "", columns, ("code",), Clock.VINTAGE, compared=("people",), ends_missing=ends_missing)
    with duckdb.connect() as con:
        con.execute(table.create("t"))
        for cutoff_at, rows in (
            (FIRST, "('a', 1, 'x'), ('b', 2, 'x'), ('c', null, 'x')"),
            (NEXT, "('a', null, 'x'), ('b', 2, 'not compared')"),
        ):
            con.execute(
                f"create or replace temp table said as select * from (values {rows}) as v(code, people, remark)"
            )
            scd2(con, table, "said", cutoff_at)
        found = con.execute("select code, people, known_from, known_to from t order by code, known_from").fetchall()
        assert found == expected
        assert con.execute("select remark from t where code = 'b'").fetchall() == [("x",)]
