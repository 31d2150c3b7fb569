"""All open warnings: at what level, where people have brought each, who is on it, what is due next and by when."""

from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard import data, reference, shell
from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.components.warning import address, people, ranked, subject
from dashboard.handling import STEP_TITLES, state_words
from dashboard.locale import count, instant, short_day, text
from dashboard.region import region
from dashboard.security import trail
from dashboard.security.entrance import ROLE_TITLES
from pipelines.domain import Level
from pipelines.ledger.acknowledgement import Acknowledgement, acknowledgements
from pipelines.ledger.chain import Standing, deadlines, next_steps, standing
from pipelines.ledger.measure import Measure, Progress, measures

_COLUMNS = ("Subject", "Level", "State", "People", "Since", "Handled by", "Due")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, text("Warnings · Gangshao"), path="/warnings")


@shell.page
def layout(**_: str) -> list[Any]:
    """The page: what is overdue first, then by people affected and certainty."""
    found = ranked(data.read("open_warning"))
    ids = list(found["episode_id"])
    until = None if data.looks_back_to() is None else data.edition().cutoff_at
    with trail().ledger.reading() as connection:
        stands = standing(connection, ids, until)
        taken_on = acknowledgements(connection, ids, until)
        assigned = measures(connection, ids)
    now = until or trail().clock()
    rows = []
    for row in found.itertuples(index=False):
        own, level = row.episode_id, Level(int(row.level))
        due_at, due = _due(stands[own], level, is_city=row.area == reference.city())
        is_over = due_at is not None and due_at < now
        rows.append(
            (
                not is_over,
                _cells(row, stands[own], level, _owners(taken_on[own], assigned[own], level, now), due, is_over),
            )
        )
    rows.sort(key=lambda one: one[0])
    late = sum(not on_time for on_time, _ in rows)
    said = text("{number} open, {late} with a step overdue", number=count(len(rows)), late=count(late))
    return [
        html.Div([html.H1(text("Warnings")), html.P(said)], className="title"),
        table(
            text("Open warnings"),
            [text(name) for name in _COLUMNS],
            [cells for _, cells in rows],
            numeric=frozenset({3}),
            kind="warnings",
            empty=text("No warning."),
        ),
    ]


def _cells(row: Any, at: Standing, level: Level, owners: str, due: str, is_over: bool) -> list[Any]:
    return [
        dcc.Link(subject(row), href=address(f"/warning/{row.episode_id}"), className="subject"),
        level_tag(int(at.level_at(level))),
        state_words(at, level),
        people(row),
        [short_day(row.opened_on.date())],
        owners or text("nobody yet"),
        [html.Span(text("overdue"), className="tag late"), " ", due] if is_over else due,
    ]


def _owners(taken_on: list[Acknowledgement], assigned: list[Measure], level: Level, now: datetime) -> str:
    names = [one.owner for one in taken_on if one.holds(level, now)]
    names += [one.owner for one in assigned if one.state is Progress.ASSIGNED]
    return text(", ").join(dict.fromkeys(names))


def _due(at: Standing, level: Level, *, is_city: bool) -> tuple[datetime | None, str]:
    """The next step with a time limit, else the first possible one: when, and in words with whose it is."""
    transition = region().transition
    timed = deadlines(transition, at, level, is_city=is_city)
    if timed:
        one, due_at = timed[0].step, timed[0].due_at
        by = text("by {instant}", instant=instant(due_at, reference.zone()))
        return due_at, text(
            "{step} – {role}, {by}", step=text(STEP_TITLES[one.to]), role=text(ROLE_TITLES[one.role]), by=by
        )
    possible = next_steps(transition, at, level, is_city=is_city)
    if not possible:
        return None, text("Nothing more is due.")
    first = possible[0]
    return None, text("{step} – {role}", step=text(STEP_TITLES[first.to]), role=text(ROLE_TITLES[first.role]))
