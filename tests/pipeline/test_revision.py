"""The revision report: which readings moved after they had been told, by how much, and why."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.core.domain import Edition
from pipelines.warehouse.revision import revise
from tests.pipeline.test_transform import MONDAY, REGION, A, B, Facts, at

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def facts() -> Iterator[Facts]:
    made = Facts()
    yield made
    made.con.close()


def edition(facts: Facts, day: date) -> int:
    """One edition at eleven in the evening (UTC) of a day; how many readings it revised."""
    made = Edition(day, 1, datetime(day.year, day.month, day.day, 23, tzinfo=UTC))
    change = facts.transform.run(at(day, 23))
    moved = revise(facts.con, REGION, made, change)
    facts.con.execute("insert into edition values (?, ?, 1, ?)", [made.edition_id, day, at(day, 23)])
    return moved


def report(facts: Facts, area: str, grain: str = "day", industry: str = "ALL") -> list[tuple[object, ...]]:
    return facts.con.execute(
        "select day, value_before, value, reason from revision where indicator = 'benefit_claim' and area = ?"
        " and grain = ? and industry = ? order by day",
        [area, grain, industry],
    ).fetchall()


def test_a_first_reading_and_a_growing_week_are_no_revisions(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY, 20))
    assert edition(facts, TUESDAY) == 0
    facts.claims(A, TUESDAY, {"C": 3}, at(TUESDAY, 23))
    assert edition(facts, TUESDAY + timedelta(days=1)) == 0


def test_a_late_file_moves_the_city_and_a_corrected_one_says_so(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY, 20))
    edition(facts, TUESDAY)
    facts.claims(B, MONDAY, {"C": 5}, at(MONDAY + timedelta(days=3)))
    edition(facts, MONDAY + timedelta(days=3))
    facts.claims(A, MONDAY, {"C": 3}, at(MONDAY + timedelta(days=4)), version=2)
    edition(facts, MONDAY + timedelta(days=4))
    third, fourth = MONDAY + timedelta(days=3), MONDAY + timedelta(days=4)
    assert report(facts, REGION.city) == [(third, 2, 7, "late"), (fourth, 7, 8, "corrected")]
    assert report(facts, A) == [(fourth, 2, 3, "corrected")]
    assert report(facts, B) == []  # its first reading: nothing had been told before


def test_a_withdrawn_file_leaves_nothing_and_is_named(facts: Facts) -> None:
    facts.claims(A, MONDAY, {"C": 2}, at(MONDAY, 20))
    edition(facts, TUESDAY)
    facts.con.execute(
        "insert into drop_act values (1, 'd1', 'withdraw', ?, 'tester', '')", [at(MONDAY, 20) + timedelta(days=2)]
    )
    facts.con.execute("update drop_register set file_name = 'claims.csv'")
    edition(facts, TUESDAY + timedelta(days=2))
    assert report(facts, A) == [(TUESDAY + timedelta(days=2), 2, None, "withdrawn")]
    assert facts.con.execute("select distinct files from revision").fetchall() == [("claims.csv",)]


def test_a_cancelled_event_is_a_revision_of_its_own_kind(facts: Facts) -> None:
    facts.event(A, MONDAY, at(MONDAY, 20), "e1")
    edition(facts, TUESDAY)
    facts.event(A, TUESDAY + timedelta(days=1), at(TUESDAY, 23) + timedelta(days=1), "e2", reverses="e1")
    edition(facts, TUESDAY + timedelta(days=2))
    rows = facts.con.execute(
        "select value_before, value, reason from revision where indicator = 'insured_leave' and area = ? and grain = 'day'"
        " and industry = 'ALL'",
        [A],
    ).fetchall()
    assert rows == [(1, 0, "reversed")]
