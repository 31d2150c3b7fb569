"""The human side of a warning: who brought it from which state to which, on what ground, and what is due next."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pandas as pd
from sqlalchemy import Connection, insert, select

from pipelines.domain import ENDS, HELD, Level, Role, Said, SaidError, State, Viewer
from pipelines.ledger import audit
from pipelines.ledger.audit import Act, Actor
from pipelines.ledger.schema import warning_step
from pipelines.ledger.store import Ledger, in_parts
from pipelines.ledger.transition import Step, step, steps


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
    """The warning somebody acts on, as the published edition shows it: its area and its level there."""

    episode_id: str
    edition_id: str
    area: str
    level: Level
    is_city: bool = False


@dataclass(frozen=True)
class Taken:
    """One step that was taken. ``level`` is the level from then on, ``seen_level`` the machine's when it was taken."""

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


@dataclass(frozen=True)
class Standing:
    """Where people have brought a warning; without a step it is one to verify."""

    steps: tuple[Taken, ...] = ()

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


def acted_on(connection: Connection) -> frozenset[str]:
    """The warnings of which people ever took a step."""
    return frozenset(connection.execute(select(warning_step.c.episode_id).distinct()).scalars())


def standing(connection: Connection, episode_ids: Iterable[str], until: datetime | None = None) -> dict[str, Standing]:
    """Where each of these warnings stands; those nobody acted on are there too. ``until``: as it was then (UTC)."""
    found: dict[str, list[Taken]] = {}
    table = warning_step.c
    for some in in_parts(episode_ids):
        found |= {episode_id: [] for episode_id in some}
        query = select(warning_step).where(table.episode_id.in_(some)).order_by(table.number)
        if until is not None:
            query = query.where(table.acted_at <= until)
        for row in connection.execute(query):
            found[row.episode_id].append(
                Taken(
                    row.number, row.edition_id, Level(row.level), Level(row.seen_level), State(row.from_state),
                    State(row.to_state), row.acted_at, row.who, Role(row.role), row.document, row.cause, row.note,
                )
            )  # fmt: skip
    return {episode_id: Standing(tuple(taken)) for episode_id, taken in found.items()}


def next_steps(transition: pd.DataFrame, now_at: Standing, level: Level, *, is_city: bool = False) -> list[Step]:
    """The steps out of the present state; ``transition`` is ``Region.transition``, ``level`` the machine's."""
    return steps(transition, now_at.level_at(level), now_at.state_at(level), is_city=is_city)


def deadlines(transition: pd.DataFrame, now_at: Standing, level: Level, *, is_city: bool = False) -> list[Deadline]:
    """The steps that have a time limit, by when; counted from the instant at which a state was entered."""
    return timed(next_steps(transition, now_at, level, is_city=is_city), now_at)


def timed(possible: Iterable[Step], now_at: Standing) -> list[Deadline]:
    """Those of the possible steps that have a time limit, the nearest first."""
    found = []
    for one in possible:
        since = now_at.entered(one.counts_from) if one.counts_from is not None else None
        due_at = one.due_at(since) if since is not None else None
        if due_at is not None:
            found.append(Deadline(one, due_at))
    return sorted(found, key=lambda deadline: deadline.due_at)


def take(
    ledger: Ledger, transition: pd.DataFrame, viewer: Viewer, actor: Actor, subject: Subject, to: State,
    now: datetime, *, document: str = "", cause: str = "", note: str = "", lowered_to: Level | None = None,
    number: int | None = None,
) -> Taken:  # fmt: skip
    """Bring a warning to its next state, as ``viewer``, who may see it.

    ``number``: how many steps the viewer saw; another one taken meanwhile refuses this one. Raises SaidError when the
    step is not possible, is another role's, or lacks a ground: of a false alarm its cause and a note, of one lifted
    or lowered a note, of one lowered its new level.
    """
    if viewer.role is None or not viewer.answers_for(subject.area):
        raise SaidError(Said("这条预警不归您处理", "this warning is not yours to act on"))
    with ledger.writing() as connection:
        before = standing(connection, [subject.episode_id])[subject.episode_id]
        if number is not None and number != len(before.steps):
            raise SaidError(
                Said("这条预警刚刚有人办理过，请刷新页面再办", "somebody just acted on it; load the page again")
            )
        state, level = before.state_at(subject.level), before.level_at(subject.level)
        step(transition, level, state, to, viewer.role, document, is_city=subject.is_city)
        _refuse_without_ground(to, level, cause, note, lowered_to)
        taken = Taken(
            len(before.steps) + 1, subject.edition_id, lowered_to if lowered_to is not None else level, subject.level,
            state, to, now, actor.who, viewer.role, document.strip(), cause, note.strip(),
        )  # fmt: skip
        connection.execute(insert(warning_step).values(episode_id=subject.episode_id, **vars(taken)))
        told: dict[str, object] = {
            "from": state.value,
            "to": to.value,
            "level": taken.level.value,
            "edition": subject.edition_id,
        }
        told["said"] = said_hash(taken.document, cause, taken.note)
        audit.append(connection, Act.TRANSITION, actor, f"warning {subject.episode_id}", now, details=told)
    return taken


def said_hash(document: str, cause: str, note: str) -> str:
    """What the trail keeps of the words of a step, which it does not repeat: a change of them is found out."""
    return hashlib.sha256(
        json.dumps([document, cause, note], ensure_ascii=False).encode("utf-8", "replace")
    ).hexdigest()


def _refuse_without_ground(to: State, level: Level, cause: str, note: str, lowered_to: Level | None) -> None:
    if to is State.DISMISSED and cause not in set(Cause):
        raise SaidError(Said("判为误报须选择原因", "say why it is a false alarm"))
    if to in ENDS | {State.LOWERED} and not note.strip():
        raise SaidError(Said("请写明理由", "give a reason"))
    if to is State.LOWERED and (lowered_to is None or lowered_to <= level):
        raise SaidError(Said("请选择比现在低的级别", "choose a level below the present one"))
    if to is not State.LOWERED and lowered_to is not None:
        raise SaidError(Said("只有降级时才选择新的级别", "a new level belongs to lowering only"))
