"""Links of which one is chosen: the state of a page is in its address."""

from typing import Any

from dash import html

from dashboard import reference
from dashboard.components import aria
from dashboard.components.warning import address
from dashboard.locale import text


def area_choice(path: str, current: str) -> Any:
    """The areas whose pages this viewer may open, each leading to ``path`` with ``area`` in its query."""
    links = [
        html.A(
            reference.places()[code].short_name,
            href=address(f"{path}?area={code}"),
            **(aria.CURRENT if code == current else {}),
        )
        for code in reference.codes()
    ]
    return html.Nav(links, className="choice", **aria.label(text("Area")))
