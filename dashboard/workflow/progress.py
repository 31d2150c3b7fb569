"""How far people have got with open warnings: where each stands, who is on it, what is due next and by when."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard.components.tag import level_word
from dashboard.locale import short_day, short_instant, text
from dashboard.summary import reference
from dashboard.summary.reference import region, steps_from
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.web.security.entrance import ROLE_TITLES
from pipelines.core.domain import ANNOUNCED, ENDS, Audience, Level, State
from pipelines.core.region.office_hours import suspected_at
from pipelines.ledger.workflow.acknowledgement import Acknowledgement, acknowledgements
from pipelines.ledger.workflow.measure import Measure, Progress, measures
from pipelines.ledger.workflow.steps import (
    Cause,
    WorkflowState,
    first_published_day,
    handled_episodes,
    timed_steps,
    workflow_states,
)
from pipelines.ledger.workflow.transition import Step

UNVERIFIED_DAYS = timedelta(days=30)
"""[P] So long a warning that its data ended before anybody verified it is listed."""
_COLUMNS = ("episode_id", "level", "area", "opened_on", "changed_on", "closed_on")
"""What of a warning decides where it stands; ``closed_on`` is there where the data may have closed it."""


@dataclass(frozen=True)
class WorkflowProgress:
    """One warning's human side in words; ``level``: the one people gave it; ``owners``: empty while nobody is on it.

    ``days``: how long ago it was opened; ``is_ended``: people have ended it, though its data may go on showing it;
    ``due_step``: what is due and whose it is, without by when.
    """

    level: Level
    state: str
    owners: str
    due: str
    due_step: str
    is_over: bool
    days: int
    is_ended: bool


@dataclass(frozen=True)
class Closed:
    """Warnings that the data closed, rows of ``closed_warning``, by what people made of them.

    ``held``: confirmed and not ended; ``events``: events that nobody has verified, which stay open; ``unverified``:
    all others of level yellow and worse that nobody has verified and that ended in the last ``UNVERIFIED_DAYS``.
    """

    held: pd.DataFrame
    events: pd.DataFrame
    unverified: pd.DataFrame


def closed_by_data() -> Closed:
    """What the data closed and people have not answered for."""
    return data.once_until_act(_closed_by_data)


def _closed_by_data() -> Closed:
    closed, until = data.read("closed_warning"), data.until()
    with trail().ledger.reading() as connection:
        acted, told_from = handled_episodes(connection), first_published_day(connection)
        stands = workflow_states(connection, [one for one in closed["episode_id"] if one in acted], until)
    since = pd.Timestamp(data.edition().day - UNVERIFIED_DAYS)
    kept: dict[str, list[bool]] = {"held": [], "events": [], "unverified": []}
    for episode_id, kind, level, closed_on in zip(
        closed["episode_id"], closed["kind"], closed["level"].astype(int), closed["closed_on"], strict=True
    ):
        at = stands.get(episode_id, WorkflowState())
        stays = at.outlasts_its_data(kind, level, closed_on.date(), told_from)
        is_open = at.state_at(level) is State.TO_VERIFY
        kept["held"].append(stays and not is_open)
        kept["events"].append(stays and is_open)
        kept["unverified"].append(is_open and not stays and level <= Level.YELLOW and closed_on >= since)
    # most often there are none: then nothing is copied, for every page asks
    return Closed(**{name: closed[np.array(of)] if any(of) else closed.iloc[:0] for name, of in kept.items()})


def is_closed(row: Any) -> bool:
    """Whether the data ended a warning (a row of the question ``warning``) and it did not stay open with people."""
    if row.status == "open":
        return False
    with trail().ledger.reading() as connection:
        at, told_from = (
            workflow_states(connection, [row.episode_id], data.until())[row.episode_id],
            first_published_day(connection),
        )
    return not at.outlasts_its_data(row.kind, int(row.level), row.closed_on.date(), told_from)


def in_hand(warnings: pd.DataFrame) -> dict[str, WorkflowProgress]:
    """``read_progress`` of those of these warnings (rows with ``status``) that are open, in the data or with people."""

    def of_open() -> dict[str, WorkflowProgress]:
        closed = closed_by_data()
        stays = warnings["episode_id"].isin([*closed.events["episode_id"], *closed.held["episode_id"]])
        return read_progress(warnings[(warnings["status"] == "open") | stays])

    return data.once_until_act(of_open, _which(warnings))


def may_read(area: str) -> bool:
    """Whether the viewer may read what people wrote about warnings of an area: it may name employers or persons."""
    viewer = data.viewer()
    return viewer.audience is Audience.BUREAU or (viewer.audience is Audience.OFFICE and area in viewer.areas)


def read_progress(warnings: pd.DataFrame, *, are_receded: bool = False) -> dict[str, WorkflowProgress]:
    """Each of these warnings (rows of ``open_warning`` or ``closed_warning``) by its identity, as of now or as of the
    day looked back to. What is next of those ``are_receded`` is to be lifted, where that is possible.
    """
    if warnings.empty:
        return {}
    return data.once_until_act(lambda: _read_progress(warnings, are_receded), are_receded, _which(warnings))


def _which(warnings: pd.DataFrame) -> Hashable:
    """What tells warnings of one edition from others."""
    return tuple(warnings["episode_id"]), tuple(warnings["level"])


def _read_progress(warnings: pd.DataFrame, are_receded: bool) -> dict[str, WorkflowProgress]:
    ids = list(warnings["episode_id"])
    until = data.until()
    with trail().ledger.reading() as connection:
        stands = workflow_states(connection, ids, until)
        taken_on = acknowledgements(connection, ids, until)
        assigned = measures(connection, ids, until)
    now = until or trail().clock()
    today = data.today() if until is None else data.edition().day
    found = {}
    place = region()
    columns = [name for name in _COLUMNS if name in warnings]
    for row in warnings[columns].itertuples(index=False):
        own, level = row.episode_id, Level(int(row.level))
        at = stands[own]
        possible = steps_from(at.level_at(level), at.state_at(level), is_city=row.area == reference.city())
        lifting = [one for one in possible if are_receded and one.to is State.LIFTED]
        due_at, due, step = _due(lifting or possible, at, suspected_at(place, row))
        owners = _owners(taken_on[own], assigned[own], level, now, today)
        if owners and not may_read(row.area):
            owners = text("not shown here")
        found[own] = WorkflowProgress(
            Level(at.level_at(level)),
            workflow_state_words(at, level),
            owners,
            due,
            step,
            is_over=due_at is not None and due_at < now,
            days=max((today - row.opened_on.date()).days, 0),
            is_ended=at.state_at(level) in ENDS,
        )
    return found


def _owners(taken_on: list[Acknowledgement], assigned: list[Measure], level: Level, now: datetime, today: date) -> str:
    """Who took it on and who answers for a measure, by when: of several measures of one owner the first due."""
    first_due = {
        one.owner: one
        for one in sorted(assigned, key=lambda one: one.due_on, reverse=True)
        if one.state is Progress.ASSIGNED
    }
    names = [one.owner for one in taken_on if one.holds(level, now)] + list(first_due)
    return text(", ").join(_with_deadline(name, first_due.get(name), today) for name in dict.fromkeys(names))


def _with_deadline(owner: str, one: Measure | None, today: date) -> str:
    if one is None:
        return owner
    words = "{owner} (measure overdue since {day})" if one.is_overdue(today) else "{owner} (measure due {day})"
    return text(words, owner=owner, day=short_day(one.due_on))


def _due(possible: Sequence[Step], at: WorkflowState, since: datetime) -> tuple[datetime | None, str, str]:
    """The next step with a time limit, else the first possible one: when, in words, and these without by when."""
    limited = timed_steps(possible, at, since)
    if not possible:
        nothing = text("Nothing more is due.")
        return None, nothing, nothing
    one = limited[0].step if limited else possible[0]
    title = due_title(one.to) if limited else text(STEP_TITLES[one.to])
    role = text(ROLE_TITLES[one.role])
    step = text("{step} – {role}", step=title, role=role)
    if not limited:
        return None, step, step
    by = text("by {instant}", instant=short_instant(limited[0].due_at, reference.zone()))
    return limited[0].due_at, text("{step} – {role}, {by}", step=title, role=role, by=by), step


STATE_TITLES = {
    State.TO_VERIFY: "suspected, to be verified",
    State.CONFIRMED: "confirmed",
    State.DISMISSED: "false alarm",
    State.ISSUED: "issued",
    State.HANDLING: "being handled",
    State.LOWERED: "lowered",
    State.LIFTED: "lifted by people",
}
STEP_TITLES = {
    State.CONFIRMED: "Confirm that it is true",
    State.DISMISSED: "Dismiss as a false alarm",
    State.ISSUED: "Issue the warning",
    State.HANDLING: "Begin to handle it",
    State.LOWERED: "Lower its level",
    State.LIFTED: "Lift it",
}
CAUSE_TITLES = {
    Cause.DATA_ERROR: "error in the data",
    Cause.LATE_FILING: "filed late, all at once",
    Cause.POLICY_CHANGE: "a rule or procedure changed",
    Cause.SEASON: "season or holiday",
    Cause.TRANSFER: "people moved between units, no loss of jobs",
    Cause.CHANCE: "chance",
    Cause.OTHER: "another cause",
}


def step_address(episode_id: str) -> str:
    """The page of a warning; what is done about it is sent below it."""
    return f"/warning/{episode_id}"


def due_title(to: State) -> str:
    """What is due, in words: the first step, though it says one answer, is due as a question."""
    return text("Verify") if to is State.CONFIRMED else text(STEP_TITLES[to])


def workflow_state_words(at: WorkflowState, level: Level) -> str:
    """The state in words; an announced warning bears the level that people gave it."""
    state = at.state_at(level)
    words = text(STATE_TITLES[state])
    if state in ANNOUNCED:
        return text("{level} warning, {state}", level=level_word(at.level_at(level)), state=words)
    return words
