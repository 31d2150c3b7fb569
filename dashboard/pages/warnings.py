"""All warnings that are open, in the data or with people: level, state, who is on it, what is due next and by when."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard import data, shell
from dashboard.components.choice import file_links
from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.components.warning import address, people, ranked, rule_name, subject
from dashboard.handled import Handled, handled, still_held
from dashboard.locale import count, short_day, text

_COLUMNS = ("Subject", "Level", "State", "People", "Since", "Handled by", "Due")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Warnings · Gangshao", path="/warnings")


@shell.page
def layout(**_: str) -> list[Any]:
    """The page: what is overdue first, then by people affected and certainty."""
    found, receded = ranked(data.read("open_warning")), still_held(data.read("closed_warning"))
    brought = handled(found)
    late = sum(one.is_over for one in brought.values())
    said = text("{number} open, {late} with a step overdue", number=count(len(found)), late=count(late))
    return [
        html.Div([html.H1(text("Warnings")), html.P([said, *file_links("warnings")])], className="title"),
        _table(text("Open warnings"), found, brought),
        *(_receded(receded) if len(receded) else []),
    ]


def _receded(found: pd.DataFrame) -> list[Any]:
    why = text("The data no longer show them. What people confirmed is lifted by a decision with its grounds only.")
    shown = _table(text("Data are back, to be lifted by a decision"), found, handled(found, are_receded=True))
    return [html.H2(text("Data are back, to be lifted by a decision")), html.P(why), shown]


def _table(caption: str, found: pd.DataFrame, brought: dict[str, Handled]) -> Any:
    rows = sorted(found.itertuples(index=False), key=lambda row: not brought[row.episode_id].is_over)
    return table(
        caption,
        [text(name) for name in _COLUMNS],
        [_cells(row, brought[row.episode_id]) for row in rows],
        numeric=frozenset({3}),
        kind="warnings",
        empty=text("No warning."),
    )


def _cells(row: Any, one: Handled) -> list[Any]:
    return [
        [
            dcc.Link(subject(row), href=address(f"/warning/{row.episode_id}"), className="subject"),
            html.Small(rule_name(row)),
        ],
        level_tag(int(one.level)),
        one.state,
        people(row),
        [short_day(row.opened_on.date())],
        one.owners or text("nobody yet"),
        [html.Span(text("overdue"), className="tag late"), " ", one.due] if one.is_over else one.due,
    ]
