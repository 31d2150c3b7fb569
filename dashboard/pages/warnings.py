"""All warnings that are open, in the data or with people: level, state, who is on it, what is due next and by when."""

from typing import Any

import numpy as np
import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.form import file_links
from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.components.warning import address, people, ranked, rule_name, subject
from dashboard.locale import count, short_day, text
from dashboard.web import data
from dashboard.workflow.progress import UNVERIFIED_DAYS, WorkflowProgress, closed_by_data, read_progress

_COLUMNS = ("Subject", "Level", "State", "People", "Since", "Handled by", "Due")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Warnings · Gangshao", path="/warnings")


@shell.page
def layout(**_: str) -> list[Any]:
    """The page: what is overdue first, then by people affected and certainty."""
    closed = closed_by_data()
    found = pd.concat([ranked(data.read("open_warning")), ranked(closed.events)], ignore_index=True)
    brought = read_progress(found)
    is_ended = np.array([brought[own].is_ended for own in found["episode_id"]], dtype=bool)
    late = sum(brought[own].is_over for own in found.loc[~is_ended, "episode_id"])
    said = text("{number} open, {late} with a step overdue", number=count(int((~is_ended).sum())), late=count(late))
    gone = frozenset(closed.events["episode_id"])
    return [
        html.Div([html.H1(text("Warnings")), html.P([said, *file_links("warnings")])], className="title"),
        _table(text("Open warnings"), found[~is_ended], brought, gone),
        *(_receded(closed.held) if len(closed.held) else []),
        *(_ended(found[is_ended], brought) if is_ended.any() else []),
        *(_unverified(closed.unverified) if len(closed.unverified) else []),
    ]


def _receded(found: pd.DataFrame) -> list[Any]:
    why = text("The data no longer show them. What people confirmed is lifted by a decision with its grounds only.")
    shown = _table(text("Data are back, to be lifted by a decision"), found, read_progress(found, are_receded=True))
    return [html.H2(text("Data are back, to be lifted by a decision")), html.P(why), shown]


def _ended(found: pd.DataFrame, brought: dict[str, WorkflowProgress]) -> list[Any]:
    title = text("Ended by people, still shown by the data")
    return [html.H2(title), _table(title, found, brought)]


def _unverified(found: pd.DataFrame) -> list[Any]:
    """What the data ended while nobody had verified it: no success of anybody."""
    title, columns = (
        text("Not verified, the data fell back"),
        ("Subject", "Level", "People", "Since", "No longer shown since"),
    )
    why = text("Nobody verified them before their data ended them, in the last {days} days.", days=UNVERIFIED_DAYS.days)
    rows = [
        [
            _subject(row),
            level_tag(int(row.level)),
            people(row),
            [short_day(row.opened_on.date())],
            [
                short_day(row.closed_on.date()),
                html.Small(text("open for {days} days", days=(row.closed_on - row.opened_on).days)),
            ],
        ]
        for row in found.itertuples(index=False)
    ]
    shown = table(title, [text(name) for name in columns], rows, numeric=frozenset({2}), kind="warnings")
    return [html.H2(title), html.P(why), shown]


def _table(
    caption: str, found: pd.DataFrame, brought: dict[str, WorkflowProgress], gone: frozenset[str] = frozenset()
) -> Any:
    """A table of warnings; of those ``gone`` it is said that their data no longer show them."""
    rows = sorted(found.itertuples(index=False), key=lambda row: not brought[row.episode_id].is_over)
    return table(
        caption,
        [text(name) for name in _COLUMNS],
        [_cells(row, brought[row.episode_id], is_gone=row.episode_id in gone) for row in rows],
        numeric=frozenset({3}),
        kind="warnings",
        empty=text("No warning."),
    )


def _subject(row: Any) -> list[Any]:
    link = dcc.Link(subject(row), href=address(f"/warning/{row.episode_id}"), className="subject")
    return [link, html.Small(rule_name(row))]


def _cells(row: Any, one: WorkflowProgress, *, is_gone: bool) -> list[Any]:
    return [
        _subject(row),
        level_tag(int(one.level)),
        [one.state, html.Small(text("the data no longer show it"))] if is_gone else one.state,
        people(row),
        [short_day(row.opened_on.date()), html.Small(text("{days} days", days=one.days))],
        one.owners or text("nobody yet"),
        [html.Span(text("overdue"), className="tag late"), " ", one.due] if one.is_over else one.due,
    ]
