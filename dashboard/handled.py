"""How far people have got with open warnings: where each stands, who is on it, what is due next and by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from dashboard import data, reference
from dashboard.handling import STEP_TITLES, may_read, state_words
from dashboard.locale import short_day, short_instant, text
from dashboard.region import steps_from
from dashboard.security import trail
from dashboard.security.entrance import ROLE_TITLES
from pipelines.domain import Level, State
from pipelines.ledger.acknowledgement import Acknowledgement, acknowledgements
from pipelines.ledger.chain import Standing, acted_on, standing, timed
from pipelines.ledger.measure import Measure, Progress, measures
from pipelines.ledger.transition import Step


@dataclass(frozen=True)
class Handled:
    """One warning's human side in words; ``level``: the one people gave it; ``owners``: empty while nobody is on it."""

    level: Level
    state: str
    owners: str
    due: str
    is_over: bool


def still_held(closed: pd.DataFrame) -> pd.DataFrame:
    """Those of warnings the data closed (rows of ``closed_warning``) that people confirmed and have not lifted."""
    until = data.until()
    with trail().ledger.reading() as connection:
        closed = closed[closed["episode_id"].isin(acted_on(connection))]
        stands = standing(connection, list(closed["episode_id"]), until)
    return closed[[stands[own].is_held for own in closed["episode_id"]]]


def handled(warnings: pd.DataFrame, *, are_receded: bool = False) -> dict[str, Handled]:
    """Each of these warnings (rows of ``open_warning`` or ``closed_warning``) by its identity, as of now or as of the
    day looked back to. What is next of those ``are_receded`` is to be lifted, where that is possible.
    """
    ids = list(warnings["episode_id"])
    until = data.until()
    with trail().ledger.reading() as connection:
        stands = standing(connection, ids, until)
        taken_on = acknowledgements(connection, ids, until)
        assigned = measures(connection, ids, until)
    now = until or trail().clock()
    today = data.today() if until is None else data.edition().day
    found = {}
    for own, said, area in zip(ids, warnings["level"], warnings["area"], strict=True):
        at, level = stands[own], Level(int(said))
        possible = steps_from(at.level_at(level), at.state_at(level), is_city=area == reference.city())
        lifting = [one for one in possible if are_receded and one.to is State.LIFTED]
        due_at, due = _due(lifting or possible, at)
        owners = _owners(taken_on[own], assigned[own], level, now, today)
        if owners and not may_read(area):
            owners = text("not shown here")
        found[own] = Handled(
            Level(at.level_at(level)), state_words(at, level), owners, due, is_over=due_at is not None and due_at < now
        )
    return found


def _owners(
    taken_on: list[Acknowledgement], assigned: list[Measure], level: Level, now: datetime, today: date
) -> str:  # fmt: skip
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


def _due(possible: Sequence[Step], at: Standing) -> tuple[datetime | None, str]:
    """The next step with a time limit, else the first possible one: when, and in words with whose it is."""
    limited = timed(possible, at)
    if limited:
        one, due_at = limited[0].step, limited[0].due_at
        by = text("by {instant}", instant=short_instant(due_at, reference.zone()))
        return due_at, text(
            "{step} – {role}, {by}", step=text(STEP_TITLES[one.to]), role=text(ROLE_TITLES[one.role]), by=by
        )
    if not possible:
        return None, text("Nothing more is due.")
    first = possible[0]
    return None, text("{step} – {role}", step=text(STEP_TITLES[first.to]), role=text(ROLE_TITLES[first.role]))
