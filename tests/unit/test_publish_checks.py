"""What must never stand in a general file is refused by a check before it is published, whatever made it."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.publishing.checks import CHECKS
from pipelines.publishing.edition import IN_GENERAL
from pipelines.warehouse.tables import define

READING = (
    "insert into general.reading by name select 'benefit_claim' as indicator, '371500' as area, 'ALL' as industry, \
'all' as cohort, 'week' as grain, date '2026-10-05' as period, 20 as numerator, false as is_suppressed, \
timestamp '2026-10-12' as known_from"
)
EPISODE = (
    "insert into general.episode by name select 'e' as episode_id, 'event' as kind, 'layoff_reported' as indicator, \
'371502' as area, 'ALL' as industry, date '2026-10-05' as opened_on, timestamp '2026-10-12' as known_from"
)
ROSTER = (
    "insert into general.roster by name select 'benefit_claim' as feed, '371502' as area, date '2026-10-05' as period, \
timestamp '2026-10-12' as known_from"
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("attach ':memory:' as general")
        for table in (*IN_GENERAL, "manifest"):
            define(opened, table, "general")
        opened.execute("insert into general.manifest values ('city', '371500')")
        yield opened


def found(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The checks of the general file alone that find something, by their English words."""
    own = {name: query for name, query in CHECKS.items() if "main." not in query and "restricted." not in query}
    return {name.split("(")[1][:-1] for name, query in own.items() if con.execute(query).fetchall()[0][0]}


@pytest.mark.parametrize(
    ("text", "old", "new", "says"),
    [
        (READING, "'week'", "'day'", "the general file holds daily cells"),
        (READING, "'ALL'", "'C'", "the general file tells a week of an industry"),
        (READING, "'371500'", "'371502'", "the general file tells a week of an area whose months it tells"),
        (READING, "false", "true", "a suppressed cell still has a number"),
        (READING, "20 as numerator", "4 as units", "the general file tells how many stand behind a cell"),
        (READING, "20 as numerator", "4 as second_unit", "the general file tells how many stand behind a cell"),
        (EPISODE, "'ALL'", "'C'", "a warning about an employer in the general file names its industry"),
        (EPISODE, "'e' as", "'e' as employer_name, 'f' as", "an episode of the general file is exact"),
        (ROSTER, "'371502'", "'371502' as x, 1 as rows_quarantined, 'a'", "the roster of the general file tells"),
    ],
)
def test_what_must_not_be_told_is_found(
    con: duckdb.DuckDBPyConnection, text: str, old: str, new: str, says: str
) -> None:
    con.execute(text)
    assert found(con) == set()
    for table in IN_GENERAL:
        con.execute(f"delete from general.{table}")
    con.execute(text.replace(old, new, 1).replace("as x, ", "as area, ", 1).replace("'a' as area", "'a' as status"))
    assert any(one.startswith(says) for one in found(con))


def test_a_week_of_an_area_is_no_matter_where_no_month_is_told(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(READING.replace("benefit_claim", "returning_labour").replace("'371500'", "'371502'"))
    assert found(con) == set()
