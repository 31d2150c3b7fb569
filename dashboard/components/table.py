"""Real HTML tables: caption, header cells with scope, and on a phone one card a row with the same semantics."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components import aria
from dashboard.locale import text


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    is_caption_shown: bool = False,
    numeric: frozenset[int] = frozenset(),
    kind: str = "",
    empty: str = "",
) -> Any:
    """A table of ``rows`` (first cell: the row's header). ``numeric`` columns are set flush right; ``kind`` is a class.

    Explicit roles keep it a table where the style sheet turns rows into cards.
    """
    if not rows:
        return html.P(empty or text("Nothing to show."), className="empty")
    head = [
        html.Th(name, scope="col", role="columnheader", className="number" if place in numeric else "")
        for place, name in enumerate(columns)
    ]
    body = []
    for row in rows:
        cells: list[Any] = []
        for place, content in enumerate(row):
            attributes: dict[str, Any] = {
                "data-label": columns[place],
                "className": "number" if place in numeric else "",
            }
            if place == 0:
                cells.append(html.Th(content, scope="row", role="rowheader", **attributes))
            else:
                cells.append(html.Td(content, role="cell", **attributes))
        body.append(html.Tr(cells, role="row"))
    return html.Table(
        [
            html.Caption(caption, className="" if is_caption_shown else "unseen"),
            html.Thead(html.Tr(head, role="row"), role="rowgroup"),
            html.Tbody(body, role="rowgroup"),
        ],
        className=f"table {kind}",
        role="table",
    )


def scrolling(name: str, content: Any) -> Any:
    """A frame in which a wide table scrolls; it takes the keyboard's focus, so that arrow keys scroll it."""
    return html.Div(content, className="scrolling", tabIndex=0, role="region", **aria.label(name))


def facts(pairs: Sequence[tuple[str, Any]]) -> Any:
    """Names and values as a description list; pairs without value are left out."""
    kept = [(name, value) for name, value in pairs if value not in (None, "")]
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in kept], className="facts")
