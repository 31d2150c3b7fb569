"""A figure's lines: what adds up is followed with its share, what does not is named, what cannot be followed is said."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import UserError
from pipelines.warehouse.as_of import FACTS
from pipelines.warehouse.lineage import with_lines

Items = list[tuple[str, int, float | None]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two fact tables (claim: lines 1-5, staff: lines 1-3) and a table of reference data."""
    with duckdb.connect() as opened:
        opened.execute(
            "create table claim as select * from (values ('f', 1, 'a', 3, true), ('f', 2, 'a', 4, false), ('f', 3, 'b', 5, true), "
            "('g', 4, 'b', null, true), ('g', 5, 'c', 7, true)) as t(drop_id, line_number, area, people, is_risk)"
        )
        opened.execute(
            "create table staff as select * from (values ('s', 1, 'a', 10), ('s', 2, 'b', 20), ('s', 3, 'd', 30)) "
            "as t(drop_id, line_number, area, insured)"
        )
        opened.execute("create table weight as select * from (values ('a', 2), ('b', 3)) as t(area, factor)")
        yield opened


def traced(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[dict[str, float | None], dict[str, Items]]:
    """Numerator and its lines by area."""
    rows = con.execute(with_lines(sql, ["numerator"], {"claim", "staff"})).df().to_dict("records")
    plain = {row["area"]: row["numerator"] for row in con.execute(sql).df().to_dict("records")}
    found = {row["area"]: row["numerator"] for row in rows}
    assert found == pytest.approx(plain, nan_ok=True), "the figures stay what they were"
    return found, {
        row["area"]: sorted(
            (item["feed"], item["line_number"], item["contribution"]) for item in row["numerator_lines"]
        )
        for row in rows
    }


A_AND_B = {"a": [("claim", 1, 3), ("claim", 2, 4)], "b": [("claim", 3, 5), ("claim", 4, 0)]}

WEIGHTED = """
    select claim.area, sum(claim.people * weight.factor) as numerator from claim join weight on claim.area = weight.area group by all
"""
TWO_KINDS = """
    select area, numerator from (
        select area, people as numerator from claim where is_risk union all select area, -insured from staff where area = 'd'
    ) as both_kinds
"""


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("select area, sum(people) as numerator from claim group by all", A_AND_B),
        ("select area, coalesce(sum(people), 0) as numerator from claim group by area", A_AND_B),
        ("with c as (select * from claim where area < 'c') select area, count(*) as numerator from claim group by all",
         {"a": [("claim", 1, 1), ("claim", 2, 1)], "c": [("claim", 5, 1)]}),
        ("select area, count(people) as numerator from claim group by all", {"b": [("claim", 3, 1), ("claim", 4, 0)]}),
        ("select area, sum(people) filter (where is_risk) as numerator from claim group by all", {"a": [("claim", 1, 3)]}),
        ("select area, sum(case when is_risk then people end) as numerator from claim group by all",
         {"a": [("claim", 1, 3), ("claim", 2, 0)]}),
        ("select area, 12 * (sum(people) - count(*)) / 2 as numerator from claim group by all",
         {"a": [("claim", 1, -6), ("claim", 1, 18), ("claim", 2, -6), ("claim", 2, 24)]}),
        (WEIGHTED, {"a": [("claim", 1, 6), ("claim", 2, 8)], "b": [("claim", 3, 15), ("claim", 4, 0)]}),
        ("select area, people as numerator from claim where people > 4", {"b": [("claim", 3, 5)], "c": [("claim", 5, 7)]}),
        ("select area, sum(people) as numerator from (from claim select area, is_risk, sum(people) as people group by all) as by_risk group by all", A_AND_B),
        ("with known as (select area, sum(people) as people from claim group by all) select area, people as numerator from known", A_AND_B),
        (TWO_KINDS, {"c": [("claim", 5, 7)], "d": [("staff", 3, -30)]}),
    ],
)  # fmt: skip
def test_what_is_a_sum_is_the_sum_of_its_lines(
    con: duckdb.DuckDBPyConnection, sql: str, lines: dict[str, Items]
) -> None:
    figures, found = traced(con, sql)
    assert {area: found[area] for area in lines} == lines
    for area, figure in figures.items():
        assert sum(item[2] or 0 for item in found[area]) == pytest.approx(figure or 0)


def test_an_outer_join_names_the_lines_of_the_side_that_is_there(con: duckdb.DuckDBPyConnection) -> None:
    _, found = traced(
        con,
        "select coalesce(stock.area, flow.area) as area, coalesce(stock.insured, 0) - coalesce(flow.people, 0) as numerator "
        "from (select area, sum(insured) as insured from staff group by all) as stock "
        "full join (select area, sum(people) as people from claim group by all) as flow on stock.area = flow.area",
    )
    assert found["a"] == [("claim", 1, -3), ("claim", 2, -4), ("staff", 1, 10)]
    assert found["c"] == [("claim", 5, -7)]
    assert found["d"] == [("staff", 3, 30)]


def test_lines_that_a_condition_elsewhere_drops_are_not_named(con: duckdb.DuckDBPyConnection) -> None:
    _, found = traced(
        con,
        "select flow.area, flow.people as numerator from (select area, sum(people) as people from claim group by all) as flow "
        "join (select distinct area from staff) as reporting on flow.area = reporting.area",
    )
    assert found.keys() == {"a", "b"}


@pytest.mark.parametrize(
    "figure", ["max(people)", "count(distinct people)", "sum(people) / nullif(count(*), 0)", "median(people)"]
)
def test_of_what_is_no_sum_the_lines_are_named_without_a_share(con: duckdb.DuckDBPyConnection, figure: str) -> None:
    _, found = traced(con, f"select area, {figure} as numerator from claim group by all")
    assert {item[:2] for item in found["a"]} == {("claim", 1), ("claim", 2)}
    assert {item[2] for item in found["a"]} == {None}


def test_counting_groups_names_the_lines_of_all_of_them(con: duckdb.DuckDBPyConnection) -> None:
    _, found = traced(
        con, "select area, count(*) as numerator from (select distinct area, is_risk from claim) as kinds group by all"
    )
    assert found["a"] == [("claim", 1, None), ("claim", 2, None)]


@pytest.mark.parametrize(
    "sql",
    [
        "select area, sum(people) over () as numerator from claim",
        "select area, people / (select sum(insured) from staff) as numerator from claim",
        "select area, people as numerator from claim union select area, insured from staff",
        "select area, people from claim",
    ],
)
def test_a_figure_that_cannot_be_followed_is_said(sql: str) -> None:
    with pytest.raises(UserError, match=r"无法追溯.*cannot be traced"):
        with_lines(sql, ["numerator"], {"claim", "staff"})


@pytest.mark.parametrize("name", catalogue())
def test_every_indicator_of_the_catalogue_can_be_followed(name: str) -> None:
    indicator = catalogue()[name]
    parts = ["numerator", "denominator"] if indicator.is_ratio else ["numerator"]
    assert all(f"{part}_lines" in with_lines(indicator.sql, parts, FACTS) for part in parts)
