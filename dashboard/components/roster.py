"""What an area should have sent and what came, period by period, in words and marks."""

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard.components import aria
from dashboard.components.table import scrolling
from dashboard.components.tag import hidden
from dashboard.locale import month, short_day, text
from dashboard.summary import reference
from dashboard.web import data

_SHOWN = timedelta(days=120)
_PERIODS = 12
STATES = {
    "reported": ("reported", "✓"),
    "late": ("came late", "◐"),
    "overdue": ("late", "✕"),
    "missing": ("not reported", "✕"),
    "held": ("held for confirmation", "‖"),
    "refused": ("refused", "⊘"),
    "withdrawn": ("withdrawn", "↩"),
    "partly": ("partly sent back", "◔"),
    "not_due": ("not yet due", "·"),
}


def roster(area: str) -> Any:
    """A table feed × last periods of one area, each cell a mark with its word."""
    rows = data.read("area_roster", area=area, since=data.edition().day - _SHOWN)
    if rows.empty:
        return html.P(text("Nothing is due from this area itself."), className="empty")
    body = []
    for feed, own in rows.groupby("feed", sort=True):
        last = own.head(_PERIODS).iloc[::-1]
        cells = [_cell(row) for row in last.itertuples(index=False)]
        blanks = [html.Td("") for _ in range(_PERIODS - len(cells))]
        body.append(html.Tr([html.Th(reference.feed(str(feed)), scope="row"), *blanks, *cells]))
    head = html.Tr(
        [
            html.Th(text("Feed"), scope="col"),
            html.Th(text("Last periods, newest at the right"), scope="col", colSpan=_PERIODS),
        ]
    )
    full = html.Table(
        [html.Caption(text("Files due and received"), className="unseen"), html.Thead(head), html.Tbody(body)],
        className="grid roster",
    )
    legend = html.Ul([html.Li([html.B(mark), " ", text(word)]) for word, mark in _unique_states()], className="legend")
    return html.Div([scrolling(text("Files due and received"), full), legend])


def _unique_states() -> list[tuple[str, str]]:
    return [state for name, state in STATES.items() if name != "overdue"]


def state_of(row: Any) -> str:
    """The state of a slot of the roster, a key of ``STATES``: what is late without having come is overdue."""
    return "overdue" if row.status == "late" and pd.isna(row.received_at) else str(row.status)


def _cell(row: Any) -> Any:
    status = state_of(row)
    word, mark = STATES.get(status, (status, "?"))
    told = text(word)
    if pd.notna(row.rows_quarantined) and row.rows_quarantined > 0:  # not told by files of the first form
        mark = STATES["partly"][1]
        told += text(", ") + text("{number} rows sent back", number=int(row.rows_quarantined))
    when = month(row.period.date()) if row.grain in {"month", "quarter"} else short_day(row.period.date())
    return html.Td(
        [html.Small(when), html.B(mark, **aria.SILENT), hidden(told)], className=f"roster-{status}", title=told
    )
