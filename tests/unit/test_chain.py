"""The human side of a warning as timelines: who acts, what is due, what makes it one to verify anew."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import Level, Role, SaidError, State, Viewer
from pipelines.core.region.load import load
from pipelines.core.region.permissions import PermittedAct
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import NoticeDecision, Purpose, Reason
from pipelines.ledger.notifications.notice import NoticeState as Sent
from pipelines.ledger.workflow import acknowledgement
from pipelines.ledger.workflow.acknowledgement import acknowledgements
from pipelines.ledger.workflow.measure import Assignment, assign_measure
from pipelines.ledger.workflow.steps import (
    Cause,
    Ground,
    ShownState,
    Subject,
    WorkflowState,
    apply_transition,
    deadlines,
    next_steps,
    undo_transition,
    workflow_states,
)
from tests.permitted import PERMISSIONS

TRANSITION = load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng").transition
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HEAD = Viewer(Role.COUNTY_HEAD, frozenset({"371503"}), "head")
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({"371503"}), "clerk")
OTHER_HEAD = Viewer(Role.COUNTY_HEAD, frozenset({"371502"}), "other head")
DUTY, LEADER = Viewer(Role.CITY_DUTY, name="duty"), Viewer(Role.CITY_LEADER, name="leader")
YELLOW = Subject("abc", "2026-11-23.1", "371503", Level.YELLOW)
ORANGE = Subject("abc", "2026-11-24.1", "371503", Level.ORANGE)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def actor_of(viewer: Viewer) -> Actor:
    return Actor(f"{viewer.role}:{viewer.name}", "127.0.0.1")


def step(ledger: Ledger, viewer: Viewer, subject: Subject, to: str, hours: float, **more: object) -> None:
    note, shown = str(more.pop("note", "已核实")), more.pop("shown", None)
    context = ActContext(viewer, actor_of(viewer), at(hours), note)
    ground = Ground(**more)  # type: ignore[arg-type]
    apply_transition(ledger, TRANSITION, context, subject, State(to), ground, shown=shown)  # type: ignore[arg-type]


def of(ledger: Ledger, until: datetime | None = None) -> WorkflowState:
    with ledger.reading() as connection:
        return workflow_states(connection, ["abc", "never acted on"], until)["abc"]


def test_a_yellow_warning_goes_from_suspicion_to_lifted(ledger: Ledger) -> None:
    assert of(ledger).state is State.TO_VERIFY
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    [due] = deadlines(TRANSITION, of(ledger), Level.YELLOW, NOW)
    assert (due.step.to, due.step.role, due.due_at) == (State.ISSUED, Role.CITY_DUTY, at(13))
    step(ledger, DUTY, YELLOW, "issued", 2)
    step(ledger, HEAD, YELLOW, "handling", 3)
    assert not deadlines(TRANSITION, of(ledger), Level.YELLOW, NOW)
    step(ledger, HEAD, YELLOW, "lowered", 50, lowered_to=Level.BLUE, note="连续两期低于标准")
    assert of(ledger).level is Level.BLUE
    step(ledger, HEAD, YELLOW, "lifted", 60, note="情况解除")
    assert of(ledger).state is State.LIFTED
    assert not next_steps(TRANSITION, of(ledger), Level.YELLOW)
    assert [one.number for one in of(ledger).steps] == [1, 2, 3, 4, 5]
    assert of(ledger, until=at(2.5)).state is State.ISSUED
    acts = [entry for entry in trail.entries(ledger) if entry.act == "transition"]
    assert len(acts) == 5


def test_what_gets_worse_is_verified_anew_by_who_answers_for_its_new_level(ledger: Ledger) -> None:
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    step(ledger, DUTY, YELLOW, "issued", 2)
    assert of(ledger).state_at(Level.YELLOW) is State.ISSUED
    assert of(ledger).state_at(Level.ORANGE) is State.TO_VERIFY
    with pytest.raises(SaidError, match="city_leader"):
        step(ledger, HEAD, ORANGE, "confirmed", 24)
    step(ledger, DUTY, ORANGE, "confirmed", 24, document="聊人社批〔2026〕8 号")
    assert of(ledger).level_at(Level.ORANGE) is Level.ORANGE
    assert of(ledger).steps[-1].document == "聊人社批〔2026〕8 号"


def test_a_lowered_warning_stays_lowered_while_the_machine_sees_what_it_saw(ledger: Ledger) -> None:
    for viewer, to, hours in ((LEADER, "confirmed", 1), (DUTY, "issued", 2), (HEAD, "handling", 3)):
        step(ledger, viewer, ORANGE, to, hours)
    for no_lower in (None, Level.RED, Level.ORANGE):
        with pytest.raises(SaidError, match="比现在低"):
            step(ledger, LEADER, ORANGE, "lowered", 50, lowered_to=no_lower, note="回落")
    step(ledger, LEADER, ORANGE, "lowered", 50, lowered_to=Level.YELLOW, note="回落")
    assert of(ledger).level_at(Level.ORANGE) is Level.YELLOW
    assert of(ledger).state_at(Level.ORANGE) is State.LOWERED
    assert of(ledger).state_at(Level.RED) is State.TO_VERIFY


def test_a_warning_about_the_whole_city_is_the_duty_desks_where_a_county_heads_would_be(ledger: Ledger) -> None:
    whole = Subject("abc", "2026-11-23.1", "371500", Level.YELLOW, is_city=True)
    with pytest.raises(SaidError, match="不归您"):
        step(ledger, HEAD, whole, "confirmed", 1)
    for to, hours in (("confirmed", 1), ("issued", 2), ("handling", 3)):
        step(ledger, DUTY, whole, to, hours)
    step(ledger, DUTY, whole, "lifted", 60, note="恢复")
    assert of(ledger).state is State.LIFTED


@pytest.mark.parametrize(
    ("viewer", "to", "more", "said"),
    [
        (OTHER_HEAD, "confirmed", {}, "不归您"),
        (CLERK, "confirmed", {}, "county_head"),
        (HEAD, "issued", {}, "不能从"),
        (HEAD, "dismissed", {"note": "重复申报"}, "选择原因"),
        (HEAD, "dismissed", {"cause": Cause.DATA_ERROR, "note": " "}, "写明理由"),
        (HEAD, "confirmed", {"note": ""}, "写明理由"),
        (HEAD, "dismissed", {"cause": "because", "note": "重复申报"}, "选择原因"),
        (HEAD, "confirmed", {"lowered_to": Level.BLUE}, "只有降级"),
        (HEAD, "confirmed", {"shown": ShownState(3, State.TO_VERIFY, Level.YELLOW)}, "刚刚有人"),
        (HEAD, "confirmed", {"shown": ShownState(0, State.TO_VERIFY, Level.BLUE)}, "已经变化"),
        (HEAD, "confirmed", {"shown": ShownState(0, State.ISSUED, Level.YELLOW)}, "已经变化"),
        (Viewer(Role.AUDITOR, name="auditor"), "confirmed", {}, "county_head"),
        (Viewer(), "confirmed", {}, "不归您"),
    ],
)
def test_a_step_without_right_or_ground_is_refused_and_changes_nothing(
    ledger: Ledger, viewer: Viewer, to: str, more: dict[str, object], said: str
) -> None:
    with pytest.raises(SaidError, match=said):
        step(ledger, viewer, YELLOW, to, 1, **more)
    assert not of(ledger).steps


@pytest.mark.parametrize(
    ("role", "of_city", "of_county"),
    [
        (Role.CITY_ANALYST, True, False),
        (Role.CITY_DUTY, True, True),
        (Role.CITY_LEADER, False, False),
        (Role.ADMINISTRATOR, False, False),
    ],
)
def test_a_city_wide_warning_is_taken_on_by_the_citys_desks_and_not_by_its_leader(
    ledger: Ledger, role: Role, of_city: bool, of_county: bool
) -> None:
    viewer, actor = Viewer(role, name="somebody"), Actor("somebody", "127.0.0.1")
    whole = Subject("abc", "2026-11-23.1", "371500", Level.ORANGE, is_city=True)
    for subject, may in ((whole, of_city), (YELLOW, of_county)):
        assert PERMISSIONS.may_for(viewer, PermittedAct.ACKNOWLEDGE, subject.area, is_city=subject.is_city) is may
        if may:
            made = acknowledgement.acknowledge(
                ledger, PERMISSIONS, ActContext(viewer, actor, NOW), subject, "liaocheng", "就业科", 3
            )
            acknowledgement.undo_acknowledgement(ledger, PERMISSIONS, ActContext(viewer, actor, at(1)), subject, made)
            continue
        with pytest.raises(SaidError, match="不能签收"):
            acknowledgement.acknowledge(
                ledger, PERMISSIONS, ActContext(viewer, actor, NOW), subject, "liaocheng", "就业科", 3
            )
        with pytest.raises(SaidError, match="不能签收"):
            acknowledgement.undo_acknowledgement(ledger, PERMISSIONS, ActContext(viewer, actor, at(1)), subject, 1)


@pytest.mark.parametrize(("viewer", "to"), [(HEAD, "confirmed"), (DUTY, "issued"), (HEAD, "lifted")])
def test_a_step_that_says_something_needs_a_reason_and_one_that_begins_work_none(
    ledger: Ledger, viewer: Viewer, to: str
) -> None:
    before = ["confirmed", "issued", "handling"]
    for own in before[: before.index(to) if to in before else 3]:
        step(ledger, DUTY if own == "issued" else HEAD, YELLOW, own, 1, note="" if own == "handling" else "属实")
    with pytest.raises(SaidError, match="写明理由"):
        step(ledger, viewer, YELLOW, to, 2, note="  ")


@pytest.mark.parametrize(("level", "hours"), [(Level.RED, 2), (Level.ORANGE, 4), (Level.YELLOW, 24), (Level.BLUE, 72)])
def test_verification_is_due_and_answered_by_confirming_or_dismissing(
    ledger: Ledger, level: Level, hours: float
) -> None:
    subject = Subject("abc", "2026-11-23.1", "371503", level)
    [due] = deadlines(TRANSITION, of(ledger), level, NOW)
    assert (due.step.to, due.due_at) == (State.CONFIRMED, at(hours))
    step(ledger, LEADER if level <= Level.ORANGE else HEAD, subject, "dismissed", 1, cause=Cause.CHANCE)
    assert not deadlines(TRANSITION, of(ledger), level, NOW)


def test_a_step_is_taken_back_by_a_further_entry_and_counts_as_not_taken(ledger: Ledger) -> None:
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    undo_transition(ledger, ActContext(HEAD, actor_of(HEAD), at(1) + timedelta(minutes=10)), YELLOW, 1)
    now_at = of(ledger)
    assert (now_at.state, now_at.level, now_at.since, now_at.entered(State.CONFIRMED)) == (
        State.TO_VERIFY,
        None,
        None,
        None,
    )
    assert [(one.number, one.from_state, one.to_state, one.undoes) for one in now_at.entries] == [
        (1, State.TO_VERIFY, State.CONFIRMED, None),
        (2, State.CONFIRMED, State.TO_VERIFY, 1),
    ]
    [due] = deadlines(TRANSITION, now_at, Level.YELLOW, NOW)
    assert due.due_at == at(24), "its time has gone on"
    assert of(ledger, until=at(1)).state is State.CONFIRMED, "it stood so then"
    step(ledger, HEAD, YELLOW, "confirmed", 2)
    assert of(ledger).entered(State.CONFIRMED) == at(2)
    acts = [entry.details for entry in trail.entries(ledger) if entry.act == "transition"]
    assert ['"undoes":1' in str(one).replace(" ", "").replace("'", '"') for one in acts] == [False, True, False]


@pytest.mark.parametrize(
    ("who", "number", "minutes"),
    [
        (Viewer(Role.COUNTY_HEAD, frozenset({"371503"}), "other"), 1, 1),
        (HEAD, 1, 10.1),
        (HEAD, 2, 1),
        (OTHER_HEAD, 1, 1),
        (Viewer(), 1, 1),
    ],
)
def test_a_step_is_taken_back_by_nobody_else_nor_later(
    ledger: Ledger, who: Viewer, number: int, minutes: float
) -> None:
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    with pytest.raises(SaidError, match=r"不能撤销|不归您"):
        undo_transition(ledger, ActContext(who, actor_of(who), at(1) + timedelta(minutes=minutes)), YELLOW, number)
    assert of(ledger).state is State.CONFIRMED


def test_only_the_last_step_is_taken_back_and_once(ledger: Ledger) -> None:
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    step(ledger, HEAD, YELLOW, "lifted", 1)
    with pytest.raises(SaidError, match="最后一步"):
        undo_transition(ledger, ActContext(HEAD, actor_of(HEAD), at(1)), YELLOW, 1)
    undo_transition(ledger, ActContext(HEAD, actor_of(HEAD), at(1)), YELLOW, 2)
    assert of(ledger).state is State.CONFIRMED
    for number in (1, 2, 3):
        with pytest.raises(SaidError, match="最后一步"):
            undo_transition(ledger, ActContext(HEAD, actor_of(HEAD), at(1)), YELLOW, number)


@pytest.mark.parametrize(
    ("purpose", "state", "minutes", "may"),
    [
        (Purpose.IMMEDIATE, Sent.QUEUED, 1, False),
        (Purpose.DIGEST, Sent.ACCEPTED, 1, False),
        (Purpose.DIGEST, Sent.QUEUED, -5, False),
        (Purpose.DIGEST, Sent.QUEUED, -30, True),
        (Purpose.DIGEST, Sent.NOT_DUE, 1, True),
        (Purpose.OVERDUE, Sent.ACCEPTED, 1, True),
    ],
)
def test_an_issue_that_mails_tell_of_is_not_taken_back(
    ledger: Ledger, purpose: Purpose, state: Sent, minutes: float, may: bool
) -> None:
    step(ledger, HEAD, YELLOW, "confirmed", 1)
    step(ledger, DUTY, YELLOW, "issued", 1)
    with ledger.writing() as connection:
        outbox.add_notice(
            connection,
            NoticeDecision(
                edition_id="2026-11-23.1", day=NOW.date(), cutoff_at=NOW, office_id="chiping", address="a@example.com",
                reason=Reason.ISSUED, state=state, content={"abc": 3}, message_id="<1@example.com>",
                is_demonstration=False, decided_at=at(1) + timedelta(minutes=minutes), purpose=purpose,
                subject_key="abc:3", message=b"x", file_name="x.eml", subject="x",
            ),
        )  # fmt: skip
    if may:
        undo_transition(ledger, ActContext(DUTY, actor_of(DUTY), at(1.1)), YELLOW, 2)
        assert of(ledger).state is State.CONFIRMED
    else:
        with pytest.raises(SaidError, match="邮件"):
            undo_transition(ledger, ActContext(DUTY, actor_of(DUTY), at(1.1)), YELLOW, 2)
        assert of(ledger).state is State.ISSUED


@pytest.mark.parametrize(
    ("taken", "kind", "closed_on", "stays"),
    [
        ([], "event", 23, True),
        ([], "several", 24, True),
        ([], "deadline", 24, True),
        ([], "event", 22, False),
        ([], "spike", 24, False),
        ([], "level", 24, False),
        (["confirmed"], "spike", 22, True),
        (["confirmed"], "event", 24, True),
        (["confirmed", "lifted"], "event", 24, False),
        (["dismissed"], "event", 24, False),
    ],
)
def test_what_stays_open_though_the_data_closed_it(
    ledger: Ledger, taken: list[str], kind: str, closed_on: int, stays: bool
) -> None:
    for to in taken:
        step(ledger, HEAD, YELLOW, to, 1, **({"cause": Cause.CHANCE} if to == "dismissed" else {}))
    told_from = NOW.date()
    assert of(ledger).outlasts_its_data(kind, 3, told_from.replace(day=closed_on), told_from) is stays
    if not taken:
        assert not of(ledger).outlasts_its_data(kind, 3, told_from, None), "nothing was ever told to anybody"


def test_nobody_takes_on_what_is_over(ledger: Ledger) -> None:
    step(ledger, HEAD, YELLOW, "dismissed", 1, cause=Cause.CHANCE)
    for subject in (YELLOW, Subject("other", "2026-11-23.1", "371503", Level.YELLOW, is_closed=True)):
        with pytest.raises(SaidError, match="已经办结"):
            acknowledgement.acknowledge(
                ledger, PERMISSIONS, ActContext(HEAD, actor_of(HEAD), NOW), subject, "chiping", "就业科", 3
            )
        with pytest.raises(SaidError, match="已经办结"):
            assign_measure(ledger, PERMISSIONS, ActContext(HEAD, actor_of(HEAD), NOW), subject, Assignment("consult", "就业科", "", at(99).date()), NOW.date())  # fmt: skip


def test_an_acknowledgement_holds_until_it_expires_is_undone_or_the_warning_gets_worse(ledger: Ledger) -> None:
    actor = Actor("county_clerk:clerk", "127.0.0.1")
    made = acknowledgement.acknowledge(
        ledger, PERMISSIONS, ActContext(CLERK, actor, NOW), YELLOW, "chiping", "就业科", 3
    )
    with ledger.reading() as connection:
        [one] = acknowledgements(connection, ["abc"])["abc"]
    assert one.holds(Level.YELLOW, at(71))
    assert not one.holds(Level.YELLOW, at(72))
    assert not one.holds(Level.ORANGE, at(1))
    acknowledgement.undo_acknowledgement(ledger, PERMISSIONS, ActContext(CLERK, actor, at(2)), YELLOW, made)
    with ledger.reading() as connection:
        [one] = acknowledgements(connection, ["abc"])["abc"]
        [then] = acknowledgements(connection, ["abc"], until=at(1))["abc"]
    assert not one.holds(Level.YELLOW, at(3))
    assert then.holds(Level.YELLOW, at(1))
    with pytest.raises(SaidError, match="没有可以撤销"):
        acknowledgement.undo_acknowledgement(ledger, PERMISSIONS, ActContext(CLERK, actor, at(3)), YELLOW, made)
    with pytest.raises(SaidError, match="不能签收"):
        acknowledgement.acknowledge(
            ledger, PERMISSIONS, ActContext(OTHER_HEAD, actor, NOW), YELLOW, "chiping", "就业科", 3
        )
    with pytest.raises(SaidError, match="由谁负责"):
        acknowledgement.acknowledge(ledger, PERMISSIONS, ActContext(CLERK, actor, NOW), YELLOW, "chiping", " ", 3)
