"""The human side of a warning: who brought it from which state to which, on what ground, and what is due next."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

import pandas as pd
from sqlalchemy import Connection, func, insert, select

from pipelines.core.domain import ENDS, EVENT_KINDS, HELD, Level, Role, Said, SaidError, State, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Actor
from pipelines.ledger.db.schema import edition as edition_table
from pipelines.ledger.db.schema import warning_step
from pipelines.ledger.db.store import Ledger, in_parts
from pipelines.ledger.notifications.notification_state import is_notified_since
from pipelines.ledger.workflow.transition import Step, find_step, possible_steps

UNDO_WITHIN = timedelta(minutes=10)
"""[P] So long the one who took a step may take it back."""
_DECIDED_BEFORE = timedelta(minutes=10)  # a run dates its mails to its beginning, and may have read the step later
NEEDS_GROUND = ENDS | {State.CONFIRMED, State.ISSUED, State.LOWERED}
"""States a warning is brought into with a reason in words only."""


class Cause(StrEnum):
    """Why a warning was a false one: what its rule's quality is judged by."""

    DATA_ERROR = "data_error"
    LATE_FILING = "late_filing"
    POLICY_CHANGE = "policy_change"
    SEASON = "season"
    TRANSFER = "transfer"
    CHANCE = "chance"
    OTHER = "other"


@dataclass(frozen=True)
class Subject:
    """The warning somebody acts on, as the published edition shows it: its area and its level there.

    ``is_closed``: its data ended it and it did not stay open (``WorkflowState.outlasts_its_data``).
    """

    episode_id: str
    edition_id: str
    area: str
    level: Level
    is_city: bool = False
    is_closed: bool = False


class StaleError(SaidError):
    """The warning is not as it was shown when somebody chose a step."""


@dataclass(frozen=True)
class ShownState:
    """What somebody saw who chose a step: how many entries, the state and the level that counted."""

    entries: int
    state: State
    level: Level


@dataclass(frozen=True)
class Ground:
    """What a step rests on beside the reason: a delegation's document, a false alarm's cause, the level lowered to."""

    document: str = ""
    cause: str = ""
    lowered_to: Level | None = None


NO_GROUND = Ground()


@dataclass(frozen=True)
class Transition:
    """One step that was taken. ``level`` is the level from then on, ``seen_level`` the machine's when it was taken.

    ``undoes``: the number of the step that this entry takes back; None for a step.
    """

    number: int
    edition_id: str
    level: Level
    seen_level: Level
    from_state: State
    to_state: State
    acted_at: datetime
    who: str
    role: Role
    document: str
    cause: str
    note: str
    undoes: int | None = None


@dataclass(frozen=True)
class WorkflowState:
    """Where people have brought a warning; without a step it is one to verify. ``entries``: all that was ever entered.

    A step that was taken back counts nowhere as taken; it and the entry that takes it back stay among the entries.
    """

    entries: tuple[Transition, ...] = ()

    @cached_property
    def steps(self) -> tuple[Transition, ...]:
        """The steps that count, in the order in which they were taken."""
        undone = {one.undoes for one in self.entries}
        return tuple(one for one in self.entries if one.undoes is None and one.number not in undone)

    @property
    def state(self) -> State:
        """The state the last step led to."""
        return self.steps[-1].to_state if self.steps else State.TO_VERIFY

    @property
    def level(self) -> Level | None:
        """The level people gave it last; None before the first step."""
        return self.steps[-1].level if self.steps else None

    @property
    def since(self) -> datetime | None:
        """When it came into its state (UTC)."""
        return self.steps[-1].acted_at if self.steps else None

    @property
    def is_held(self) -> bool:
        """Whether people confirmed it and have not ended it: data that are back to normal do not end it."""
        return self.state in HELD

    def outlasts_its_data(self, kind: str, level: int, closed_on: date, told_from: date | None) -> bool:
        """Whether a warning of a kind of rule stays open though the machine closed it at ``level`` on a day.

        What people confirmed does, and an event that nobody has decided about. ``told_from``:
        ``first_published_day``; what was over before it was nobody's to verify.
        """
        is_event = kind in EVENT_KINDS and told_from is not None and closed_on >= told_from
        return self.is_held or (is_event and self.state_at(level) not in ENDS)

    def undoable(self, who: str, now: datetime) -> Transition | None:
        """The last step while ``who``, who took it, may take it back; a mail that tells of an issue ends that."""
        last = self.entries[-1] if self.entries else None
        if last is None or last.undoes is not None or last.who != who or now - last.acted_at > UNDO_WITHIN:
            return None
        return last

    def is_outgrown_at(self, level: int) -> bool:
        """Whether the machine sees it worse than it was when people last decided."""
        return bool(self.steps) and level < self.steps[-1].seen_level

    def state_at(self, level: int) -> State:
        """The state at the machine's present level: what has got worse since is to be verified anew."""
        return State.TO_VERIFY if self.is_outgrown_at(level) else self.state

    def level_at(self, level: int) -> Level:
        """The level that counts: the one people gave, unless the machine sees it worse by now."""
        given = self.level
        return Level(level) if given is None or self.is_outgrown_at(level) else given

    def entered(self, state: State) -> datetime | None:
        """When it came into a state last (UTC); None if it never was."""
        return next((one.acted_at for one in reversed(self.steps) if one.to_state is state), None)


@dataclass(frozen=True)
class Deadline:
    """A step with a time limit that has not been taken."""

    step: Step
    due_at: datetime


def handled_episodes(connection: Connection) -> frozenset[str]:
    """The warnings of which people ever took a step."""
    return frozenset(connection.execute(select(warning_step.c.episode_id).distinct()).scalars())


def workflow_states(
    connection: Connection, episode_ids: Iterable[str], until: datetime | None = None
) -> dict[str, WorkflowState]:
    """Where each of these warnings stands; those nobody acted on are there too. ``until``: as it was then (UTC)."""
    found: dict[str, list[Transition]] = {}
    table = warning_step.c
    for some in in_parts(episode_ids):
        found |= {episode_id: [] for episode_id in some}
        query = select(warning_step).where(table.episode_id.in_(some)).order_by(table.number)
        if until is not None:
            query = query.where(table.acted_at <= until)
        for row in connection.execute(query):
            found[row.episode_id].append(
                Transition(
                    row.number,
                    row.edition_id,
                    Level(row.level),
                    Level(row.seen_level),
                    State(row.from_state),
                    State(row.to_state),
                    row.acted_at,
                    row.who,
                    Role(row.role),
                    row.document,
                    row.cause,
                    row.note,
                    row.undoes,
                )
            )
    return {episode_id: WorkflowState(tuple(taken)) for episode_id, taken in found.items()}


def next_steps(transition: pd.DataFrame, now_at: WorkflowState, level: Level, *, is_city: bool = False) -> list[Step]:
    """The steps out of the present state; ``transition`` is ``Region.transition``, ``level`` the machine's."""
    return possible_steps(transition, now_at.level_at(level), now_at.state_at(level), is_city=is_city)


def first_published_day(connection: Connection) -> date | None:
    """The day of the first edition that was no replay: from then on warnings were somebody's to answer."""
    table = edition_table.c
    query = select(table.day).where(table.is_replay.is_(False)).order_by(table.day).limit(1)
    return connection.execute(query).scalar_one_or_none()


def last_step_id(connection: Connection) -> int:
    """The number in the ledger of what was entered last about any warning; 0 before the first."""
    return int(connection.execute(select(func.max(warning_step.c.step_id))).scalar_one() or 0)


def deadlines(
    transition: pd.DataFrame, now_at: WorkflowState, level: Level, suspected_at: datetime, *, is_city: bool = False
) -> list[Deadline]:
    """The steps that have a time limit, by when; counted from the instant at which a state was entered."""
    return timed_steps(next_steps(transition, now_at, level, is_city=is_city), now_at, suspected_at)


def timed_steps(possible: Iterable[Step], now_at: WorkflowState, suspected_at: datetime) -> list[Deadline]:
    """Those of the possible steps that have a time limit, the nearest first.

    ``suspected_at``: from when the verification counts (``pipelines.core.region.office_hours.suspected_at``, UTC).
    """
    found = []
    for one in possible:
        since = suspected_at if one.counts_from is State.TO_VERIFY else None
        if one.counts_from is not None and since is None:
            since = now_at.entered(one.counts_from)
        due_at = one.due_at(since) if since is not None else None
        if due_at is not None:
            found.append(Deadline(one, due_at))
    return sorted(found, key=lambda deadline: deadline.due_at)


def apply_transition(
    ledger: Ledger,
    transition: pd.DataFrame,
    context: ActContext,
    subject: Subject,
    to: State,
    ground: Ground = NO_GROUND,
    *,
    shown: ShownState | None = None,
) -> Transition:
    """Bring a warning to its next state, as the context's viewer, who may see it.

    ``shown``: what the viewer saw; where it is not so any more, the step is refused. Raises SaidError then, and when
    the step is not possible, is another role's, or lacks a ground: a reason (``NEEDS_GROUND``), of a false alarm also
    its cause, of one lowered its new level.
    """
    role = _role_answering(context.viewer, subject)
    with ledger.writing() as connection:
        before = workflow_states(connection, [subject.episode_id])[subject.episode_id]
        state, level = before.state_at(subject.level), before.level_at(subject.level)
        if shown is not None:
            _refuse_stale(shown, ShownState(len(before.entries), state, level))
        find_step(transition, level, state, to, role, ground.document, is_city=subject.is_city)
        _refuse_without_ground(to, level, context.note, ground)
        return _record_transition(
            connection,
            subject,
            context.actor,
            Transition(
                len(before.entries) + 1,
                subject.edition_id,
                ground.lowered_to if ground.lowered_to is not None else level,
                subject.level,
                state,
                to,
                context.at,
                context.actor.who,
                role,
                ground.document.strip(),
                ground.cause,
                context.note.strip(),
            ),
        )


def undo_transition(ledger: Ledger, context: ActContext, subject: Subject, number: int) -> Transition:
    """Take the last step of a warning back by a further entry, as the one who took it, within ``UNDO_WITHIN``.

    ``number``: of that step. An issue that a mail tells of is not taken back: who was told is owed a decision. Raises
    SaidError when it cannot be.
    """
    role = _role_answering(context.viewer, subject)
    with ledger.writing() as connection:
        before = workflow_states(connection, [subject.episode_id])[subject.episode_id]
        last = before.undoable(context.actor.who, context.at)
        if last is None or last.number != number:
            minutes = UNDO_WITHIN // timedelta(minutes=1)
            zh = f"这一步不能撤销：只有办理人本人能在 {minutes} 分钟以内撤销最后一步；请用下一步改正并写明理由"
            en = f"only who took the last step may take it back, within {minutes} minutes; go on with the next step"
            raise SaidError(Said(zh, en))
        if last.to_state is State.ISSUED and is_notified_since(
            connection, subject.episode_id, last.acted_at - _DECIDED_BEFORE
        ):
            zh = "发布的通报邮件已经生成，不能撤销；请由有权的岗位降级或解除并写明理由"
            raise SaidError(Said(zh, "mails already tell of the issue; have it lowered or lifted, with the reason"))
        return _record_transition(
            connection,
            subject,
            context.actor,
            Transition(
                last.number + 1,
                subject.edition_id,
                last.level,
                subject.level,
                last.to_state,
                last.from_state,
                context.at,
                context.actor.who,
                role,
                "",
                "",
                "",
                last.number,
            ),
        )


def _role_answering(viewer: Viewer, subject: Subject) -> Role:
    if viewer.role is None or not viewer.answers_for(subject.area):
        raise SaidError(Said("这条预警不归您处理", "this warning is not yours to act on"))
    return viewer.role


def _record_transition(connection: Connection, subject: Subject, actor: Actor, entry: Transition) -> Transition:
    connection.execute(insert(warning_step).values(episode_id=subject.episode_id, **vars(entry)))
    told: dict[str, object] = {"from": entry.from_state.value, "to": entry.to_state.value, "level": entry.level.value}
    told |= {"edition": subject.edition_id, "said": words_hash(entry.document, entry.cause, entry.note)}
    told |= {} if entry.undoes is None else {"undoes": entry.undoes}
    target = f"warning {subject.episode_id}"
    trail.append_entry(connection, Act.TRANSITION, actor, target, entry.acted_at, details=told)
    return entry


def refuse_ended(connection: Connection, subject: Subject) -> None:
    """Raise SaidError where a warning is over: nobody takes it on or assigns measures any more."""
    now_at = workflow_states(connection, [subject.episode_id])[subject.episode_id]
    if subject.is_closed or now_at.state_at(subject.level) in ENDS:
        raise SaidError(Said("这条预警已经办结，不再签收或安排措施", "this warning is over"))


def _refuse_stale(shown: ShownState, now: ShownState) -> None:
    if shown.entries != now.entries:
        raise StaleError(
            Said("这条预警刚刚有人办理过，请刷新页面再办", "somebody just acted on it; load the page again")
        )
    if shown != now:
        zh = "您打开页面以后这条预警的级别或状态已经变化，请刷新页面、核对以后再办"
        raise StaleError(Said(zh, "its level or state has changed since the page was shown; load the page again"))


def words_hash(document: str, cause: str, note: str) -> str:
    """What the trail keeps of the words of a step, which it does not repeat: a change of them is found out."""
    return hashlib.sha256(
        json.dumps([document, cause, note], ensure_ascii=False).encode("utf-8", "replace")
    ).hexdigest()


def _refuse_without_ground(to: State, level: Level, note: str, ground: Ground) -> None:
    lowered_to = ground.lowered_to
    if to is State.DISMISSED and ground.cause not in set(Cause):
        raise SaidError(Said("判为误报须选择原因", "say why it is a false alarm"))
    if to in NEEDS_GROUND and not note.strip():
        raise SaidError(Said("请写明理由", "give a reason"))
    if to is State.LOWERED and (lowered_to is None or lowered_to <= level):
        raise SaidError(Said("请选择比现在低的级别", "choose a level below the present one"))
    if to is not State.LOWERED and lowered_to is not None:
        raise SaidError(Said("只有降级时才选择新的级别", "a new level belongs to lowering only"))
