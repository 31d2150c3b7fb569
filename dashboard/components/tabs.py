"""Tabs by the pattern of WAI-ARIA; assets/figure.js lets arrow keys and clicks choose."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components import aria


def tabs(name: str, label: str, parts: Sequence[tuple[str, Any]], chosen: int = 0) -> list[Any]:
    """A row of tabs and what is behind each; ``parts``: title and content; ``name``: an identity on the page."""
    buttons = [
        html.Button(
            title,
            id=f"tab-{name}-{place}",
            role="tab",
            type="button",
            tabIndex=0 if place == chosen else -1,
            **aria.tab(f"panel-{name}-{place}", is_chosen=place == chosen),
        )
        for place, (title, _) in enumerate(parts)
    ]
    panels = [
        html.Div(
            content,
            id=f"panel-{name}-{place}",
            role="tabpanel",
            hidden=place != chosen,
            **aria.labelled_by(f"tab-{name}-{place}"),
        )
        for place, (_, content) in enumerate(parts)
    ]
    return [html.Div(buttons, role="tablist", className="tabs", **aria.label(label)), *panels]
