"""Of one report, or one listing, in several drops the newest counts, whatever their drops are called."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.catalogue.tables import tables
from pipelines.core.sql import step
from pipelines.warehouse.scd2 import scd2
from pipelines.warehouse.tables import define

EARLY, LATE = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute("create table drop_register (drop_id varchar, received_at timestamp)")
    opened.execute("insert into drop_register values ('a', $early), ('b', $late)", {"early": EARLY, "late": LATE})
    return opened


@pytest.mark.parametrize(
    ("days", "planned"), [((2, 3), 20), ((3, 2), 40), ((None, 2), 20), ((2, None), 40), ((2, 2), 20)], ids=str
)
def test_of_a_report_number_the_one_made_last_counts(
    con: duckdb.DuckDBPyConnection, days: tuple[int | None, int | None], planned: int
) -> None:
    con.execute(
        """create table layoff_report_in_force (
            drop_id varchar, line_number integer, report_id varchar, employer varchar, employer_name varchar,
            area varchar, industry varchar, staff integer, planned integer, kind varchar, told_on date,
            reported_on date, effective_on date, ground varchar, wages_owed double, contributions_owed double, compensation varchar, settlement varchar)"""
    )
    for drop, day, people in zip("ab", days, (40, 20), strict=True):
        con.execute(
            "insert into layoff_report_in_force (drop_id, line_number, report_id, area, planned, reported_on)"
            " values (?, 1, 'LQ-1', '371521', ?, ?)",
            [drop, people, day and date(2026, 11, day)],
        )
    con.execute(step("filed_report_fresh"))
    assert con.execute("select planned from filed_report_fresh").fetchall() == [(planned,)]


def test_a_report_made_again_counts_once_where_rules_and_figures_look(con: duckdb.DuckDBPyConnection) -> None:
    define(con, "layoff_report")
    con.execute("create view layoff_report_in_force as select * from layoff_report")
    rows = [("a", 1, "LQ-1", 10, 30), ("b", 1, "LQ-1", 12, 35), ("b", 2, "LQ-2", 12, 5), ("b", 3, None, 12, 7)]
    con.executemany(
        "insert into layoff_report (drop_id, line_number, report_id, area, industry, employer, planned, reported_on)"
        " values (?, ?, ?, '371521', 'C', 'E', ?, ?)",
        [(drop, line, number, people, date(2026, 10, day)) for drop, line, number, day, people in rows],
    )
    told = con.execute(step("layoff"), {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}).df()
    assert sorted(told["planned"]) == [5, 7, 35]
    assert con.execute(step("layoff"), {"since": date(2026, 10, 1), "until": date(2026, 10, 11)}).df()[
        "planned"
    ].tolist() == [30]
    (figure,) = con.execute(catalogue()["layoff_reported"].sql).df().to_dict("records")
    assert (figure["numerator"], figure["units"], figure["largest_unit"]) == (47, 3, 35)
    assert con.execute(step("contribution_layoff_reported")).df()["people"].sum() == 47


def test_an_employer_stands_on_each_areas_list_and_of_two_lists_the_newer_counts(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("create table in_force (drop_id varchar, feed varchar, sender varchar, period date)")
    con.execute("insert into in_force values ('a', 'key_employer', '371500', '2026-11-01'),"
                " ('b', 'key_employer', '371521', '2026-11-01')")  # fmt: skip
    con.execute(
        """create table key_employer_in_force (
            drop_id varchar, line_number integer, employer varchar, employer_name varchar, area varchar,
            industry varchar, kind varchar, officer_post varchar, from_on date, to_on date, period date)"""
    )
    con.execute(
        """insert into key_employer_in_force (drop_id, line_number, employer, area, kind, officer_post, period) values
            ('a', 1, 'E', '371521', '01', 'old', '2026-11-01'), ('a', 2, 'E', '371522', '01', 'other', '2026-11-01'),
            ('b', 1, 'E', '371521', '01', 'new', '2026-11-01')"""
    )
    define(con, "listed_employer")
    for cutoff_at in (EARLY, LATE):
        con.execute(step("listed_employer_fresh"))
        scd2(con, tables()["listed_employer"], "listed_employer_fresh", cutoff_at)
    rows = con.execute("select area, officer_post, known_to from listed_employer order by area").fetchall()
    assert rows == [("371521", "new", None), ("371522", "other", None)]


def test_of_an_event_number_the_one_told_last_counts_and_what_was_said_before_is_kept(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """create table policy_event_in_force (
            drop_id varchar, line_number integer, event_id varchar, kind varchar, title varchar, area varchar,
            industry varchar, from_on date, to_on date, employers integer, jobs integer, source varchar,
            reported_on date)"""
    )
    define(con, "announced_event")
    told = "insert into policy_event_in_force (drop_id, line_number, event_id, area, jobs, reported_on) values "
    con.execute(told + "('a', 1, 'E', '371521', 90, '2026-11-02'), ('a', 2, 'E', '371522', 50, '2026-11-02')")
    for cutoff_at in (EARLY, LATE):
        con.execute(step("announced_event_fresh"))
        scd2(con, tables()["announced_event"], "announced_event_fresh", cutoff_at)
        con.execute(told + "('b', 1, 'E', '371521', 60, '2026-11-09')")
    early, late = (one.replace(tzinfo=None) for one in (EARLY, LATE))
    rows = con.execute("select area, jobs, known_from, known_to from announced_event order by all").fetchall()
    assert rows == [
        ("371521", 60, late, None), ("371521", 90, early, late), ("371522", 50, early, None),
    ]  # fmt: skip
