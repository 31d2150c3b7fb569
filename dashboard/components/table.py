"""Real HTML tables, on a phone one card a row with the same semantics; lists of facts, tabs."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components import elements
from dashboard.locale import text

_HTML = "dash_html_components"


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
    classes = ["number" if place in numeric else "" for place in range(len(columns))]
    body: list[Any] = [
        _row([_cell(*one) for one in zip(row, columns, classes, range(len(columns)), strict=False)]) for row in rows
    ]
    return html.Table(
        [
            html.Caption(caption, className="" if is_caption_shown else "unseen"),
            html.Thead(html.Tr(head, role="row"), role="rowgroup"),
            html.Tbody(body, role="rowgroup"),
        ],
        className=f"table {kind}",
        role="table",
    )


def _row(cells: list[Any]) -> dict[str, Any]:
    """A row as Dash would send it: a page has thousands of cells, and an object for each takes longer than the rest."""
    return {"props": {"children": cells, "role": "row"}, "type": "Tr", "namespace": _HTML}


def _cell(content: Any, column: str, class_name: str, place: int) -> dict[str, Any]:
    attributes = {"data-label": column, "className": class_name}
    if place == 0:
        props = {"children": content, "scope": "row", "role": "rowheader", **attributes}
        return {"props": props, "type": "Th", "namespace": _HTML}
    return {"props": {"children": content, "role": "cell", **attributes}, "type": "Td", "namespace": _HTML}


def scrolling(name: str, content: Any) -> Any:
    """A frame in which a wide table scrolls; it takes the keyboard's focus, so that arrow keys scroll it."""
    return html.Div(content, className="scrolling", tabIndex=0, role="region", **elements.aria_label(name))


def facts(pairs: Sequence[tuple[str, Any]]) -> Any:
    """Names and values as a description list; pairs without value are left out."""
    kept = [(name, value) for name, value in pairs if value not in (None, "")]
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in kept], className="facts")


def tabs(name: str, label: str, parts: Sequence[tuple[str, Any]], chosen: int = 0) -> list[Any]:
    """A row of tabs and what is behind each; ``parts``: title and content; ``name``: an identity on the page."""
    buttons = [
        html.Button(
            title,
            id=f"tab-{name}-{place}",
            role="tab",
            type="button",
            tabIndex=0 if place == chosen else -1,
            **elements.aria_tab(f"panel-{name}-{place}", is_chosen=place == chosen),
        )
        for place, (title, _) in enumerate(parts)
    ]
    panels = [
        html.Div(
            content,
            id=f"panel-{name}-{place}",
            role="tabpanel",
            hidden=place != chosen,
            **elements.aria_labelled_by(f"tab-{name}-{place}"),
        )
        for place, (_, content) in enumerate(parts)
    ]
    return [html.Div(buttons, role="tablist", className="tabs", **elements.aria_label(label)), *panels]
