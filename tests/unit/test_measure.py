"""Measures: proposed by the playbook for what a warning is about, assigned once, closed with a result."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import Level, Role, SaidError, Viewer
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.workflow.measure import (
    Assignment,
    Measure,
    Progress,
    assign_measure,
    close_measure,
    measures,
    proposals,
)
from pipelines.ledger.workflow.steps import Subject
from tests.permitted import PERMISSIONS

PLAYBOOK = load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng").playbook
NOW, TODAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC), date(2026, 11, 23)
HEAD = Viewer(Role.COUNTY_HEAD, frozenset({"371503"}), "head")
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({"371503"}), "clerk")
OTHER = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}), "other")
WARNING = Subject("abc", "2026-11-23.1", "371503", Level.YELLOW)
ACTOR = Actor("somebody", "127.0.0.1")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def of(ledger: Ledger) -> list[Measure]:
    with ledger.reading() as connection:
        return measures(connection, ["abc"])["abc"]


def assigned(ledger: Ledger, viewer: Viewer = HEAD, playbook: str = "consult", due_on: date = TODAY) -> int:
    return assign_measure(
        ledger,
        PERMISSIONS,
        ActContext(viewer, ACTOR, NOW),
        WARNING,
        Assignment(playbook, "就业科岗位", "值班岗", due_on),
        TODAY,
    )


@pytest.mark.parametrize(
    ("kind", "indicator", "items"),
    [
        ("event", "layoff_reported", [22, 20, 5, 5, 4, 1]),  # domain.md §5.1: one employer 22, 20, 5, 4
        ("several", "layoff_reported", [12, 20, 9, 24]),  # several employers 20 (reserve), 9, 12, 24
        ("spike", "benefit_claim", [2, 12, 21]),  # claims that rise 2, 12, 21
        ("level", "returning_labour_share", [8, 9, 3, 15]),  # returnees 8, 9, 3, 15
        ("level", "vacancy_seeker_ratio", [2, 20]),  # too few posts: fairs and posts, no match for want of staff
    ],
)
def test_the_playbook_proposes_by_trigger_with_the_items_of_the_notice(
    kind: str, indicator: str, items: list[int]
) -> None:
    assert [one.item for one in proposals(PLAYBOOK, kind, indicator, Level.YELLOW)] == items


def test_a_measure_is_proposed_from_its_level_on() -> None:
    def told(level: Level) -> set[str]:
        return {one.playbook for one in proposals(PLAYBOOK, "several", "layoff_reported", level)}

    assert told(Level.BLUE) == told(Level.YELLOW)
    assert told(Level.ORANGE) - told(Level.YELLOW) == {"report_up"}
    assert told(Level.RED) - told(Level.ORANGE) == {"relief_referral", "unrest_response"}
    assert not proposals(PLAYBOOK, "level", "fund_months", Level.BLUE)
    assert [one.playbook for one in proposals(PLAYBOOK, "level", "fund_months", Level.RED)] == ["report_up"]


def test_a_measure_is_assigned_once_and_done_with_a_result(ledger: Ledger) -> None:
    number = assigned(ledger)
    with pytest.raises(SaidError, match="已经安排"):
        assigned(ledger)
    [one] = of(ledger)
    assert (one.owner, one.deputy, one.state) == ("就业科岗位", "值班岗", Progress.ASSIGNED)
    assert not one.is_overdue(TODAY)
    assert one.is_overdue(date(2026, 11, 24))
    with pytest.raises(SaidError, match="写明结果"):
        close_measure(ledger, PERMISSIONS, ActContext(CLERK, ACTOR, NOW), WARNING, number, Progress.DONE, " ")
    close_measure(
        ledger, PERMISSIONS, ActContext(CLERK, ACTOR, NOW), WARNING, number, Progress.DONE, "企业同意轮岗，涉及 40 人"
    )
    [one] = of(ledger)
    assert (one.state, one.result) == (Progress.DONE, "企业同意轮岗，涉及 40 人")
    assert not one.is_overdue(date(2026, 11, 24))
    with pytest.raises(SaidError, match="已经办结"):
        close_measure(ledger, PERMISSIONS, ActContext(CLERK, ACTOR, NOW), WARNING, number, Progress.DROPPED, "再来一次")
    assert assigned(ledger) != number, "what was closed may be assigned again"
    assert [entry.act for entry in trail.entries(ledger)] == ["measure"] * 3


def test_who_may_not_is_refused(ledger: Ledger) -> None:
    with pytest.raises(SaidError, match="不能安排"):
        assigned(ledger, CLERK)
    with pytest.raises(SaidError, match="已经过去"):
        assigned(ledger, due_on=date(2026, 11, 22))
    number = assigned(ledger)
    with pytest.raises(SaidError, match="不能填报"):
        close_measure(ledger, PERMISSIONS, ActContext(OTHER, ACTOR, NOW), WARNING, number, Progress.DONE, "好")
    assert of(ledger)[0].state is Progress.ASSIGNED


def test_who_looks_back_sees_a_measure_as_it_stood_then(ledger: Ledger) -> None:
    number = assigned(ledger)
    later = NOW + timedelta(days=4)
    close_measure(ledger, PERMISSIONS, ActContext(CLERK, ACTOR, later), WARNING, number, Progress.DONE, "办完")
    with ledger.reading() as connection:
        [then] = measures(connection, ["abc"], NOW + timedelta(days=1))["abc"]
        assert measures(connection, ["abc"], NOW - timedelta(days=1))["abc"] == []
    assert (then.state, then.result, then.closed_at) == (Progress.ASSIGNED, "", None)
    assert of(ledger)[0].state is Progress.DONE
