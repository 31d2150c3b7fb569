"""Every column that a sender is asked for is read by a statement, or has a written reason for being asked."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer import optimize
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.table import Clock, Readers
from pipelines.core.catalogue.tables import tables
from pipelines.feeds import contracts
from pipelines.warehouse.breakdown import LISTS

SQL = Path(__file__).resolve().parents[2] / "pipelines" / "sql"
IN_FORCE = "_in_force"
READING = ("indicators", "breakdowns", "steps")
REASONS = {
    ("aggregate_series", "numerator"): "validation: a row without a value has both parts of its ratio (has_a_figure)",
    ("aggregate_series", "unit"): "identity: says whether a figure is a count, a rate or an index; kept for its reader",
    ("labour_shortage", "prev_staff"): "validation: staff before + hired − lost is staff (staff_balance)",
    ("monitored_village", "prev_away"): "validation: away before + left − returned is away (away_balance)",
    ("unemployment_fund", "opening"): "validation: opening + income − expenditure is closing (fund_balance)",
}
"""Columns that no statement reads, and what the sender is asked for them for."""


def _plain(text: str) -> str:
    """A statement with names where the program fills something in."""
    return re.sub(r"\{(\w+)\}", r"\1", re.sub(r"--[^\n]*", "", text))


def _columns_read(text: str, schema: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """Table and column of all that a statement needs of the tables of a schema."""
    tree = sqlglot.parse_one(_plain(text), read="duckdb")
    query = tree.expression if isinstance(tree, exp.Create) else tree
    if not isinstance(query, exp.Query):
        return set()
    here = {table.name for table in query.find_all(exp.Table)} & schema.keys()
    if not here:
        return set()
    found = optimize(
        query,
        schema={name: schema[name] for name in here},
        dialect="duckdb",
        rules=(qualify, pushdown_projections),
        validate_qualify_columns=False,
        quote_identifiers=False,
        allow_partial_qualification=True,
    )
    return {one for scope in traverse_scope(found) for one in _of_scope(scope, schema)}


def _of_scope(scope: Scope, schema: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Table and column of what one select names; a column without a table is of any of its tables that has it."""
    names = {
        alias: source.name
        for alias, source in scope.sources.items()
        if isinstance(source, exp.Table) and source.name in schema
    }
    for column in scope.columns:
        for alias, table in names.items():
            if column.table in {alias, ""} and column.name in schema[table]:
                yield table, column.name


@cache
def read_of_facts() -> dict[str, set[str]]:
    """By feed the columns of its facts that indicators, breakdowns and steps read."""
    schema = {}
    for feed in contracts():
        columns = {column.name: column.type for column in tables()[feed].columns}
        schema |= {feed: columns, f"{feed}{IN_FORCE}": columns}
    found = defaultdict(set)
    for folder in READING:
        for path in sorted((SQL / folder).glob("*.sql")):
            for table, column in _columns_read(path.read_text("utf-8"), schema):
                found[table.removesuffix(IN_FORCE)].add(column)
    for table, feed in LISTS.items():
        found[feed] |= {column.name for column in tables()[table].columns}
    for indicator in catalogue().values():
        if indicator.has_cohorts:  # steps/cohort_seen.sql reads them of whatever feed it is
            found[indicator.tables[0]].add("cohorts")
    return found


def asked_for() -> list[tuple[str, str]]:
    """Feed and stored name of each column of each contract; identity columns are stored as the person's pseudonym."""
    return [
        (feed, column.name)
        for feed, contract in contracts().items()
        for column in contract.columns
        if column.name and column.name not in {contract.key, contract.area_column, contract.period_column}
    ]


def by_a_derived_column(feed: str) -> set[str]:
    """Columns that a derived column of the contract which statements read is made of."""
    contract, read = contracts()[feed], read_of_facts()[feed]
    return {
        column.name.removesuffix("_class")  # of the column's code
        for item in contract.derived
        if item.name in read
        for column in sqlglot.parse_one(item.sql, read="duckdb").find_all(exp.Column)
    }


@pytest.mark.parametrize(("feed", "column"), asked_for())
def test_what_a_sender_is_asked_for_is_read(feed: str, column: str) -> None:
    is_read = column in read_of_facts()[feed] | by_a_derived_column(feed)
    assert is_read != ((feed, column) in REASONS), "read and excused" if is_read else "asked for and read by nothing"


def test_a_reason_names_a_check_that_reads_the_column() -> None:
    assert set(REASONS) <= set(asked_for())
    for (feed, column), reason in REASONS.items():
        checks = {check.name: check.holds for check in contracts()[feed].checks}
        for named in re.findall(r"\((\w+)\)$", reason):
            assert re.search(rf"\b{column}\b", checks[named])


WHOSE = {"area", "industry", "employer", "employer_name", "known_from", "known_to"}
IN_LISTS = [
    (table.name, column.name)
    for table in tables().values()
    if table.clock is Clock.VINTAGE and table.readers is Readers.OFFICE
    for column in table.columns
]


def test_what_a_list_of_the_published_files_holds_is_asked_for_by_a_question() -> None:
    schema = {table: {column.name: column.type for column in tables()[table].columns} for table, _ in IN_LISTS}
    read = set()
    for path in sorted((SQL / "queries").glob("*.sql")):
        read |= _columns_read(path.read_text("utf-8"), schema)
    assert [
        f"{table}.{column}" for table, column in IN_LISTS if (table, column) not in read and column not in WHOSE
    ] == []
