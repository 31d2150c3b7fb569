"""Links of which one is chosen, for the state of a page is in its address; and those to files."""

from typing import Any

from dash import html

from dashboard.components import aria
from dashboard.components.warning import address
from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.course import LONG


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


def span_of_query(said: str) -> str:
    """What a page makes of ``span`` in its query: anything but LONG is the usual reach of its charts."""
    return LONG if said == LONG else ""


def with_span(path: str, span: str) -> str:
    """A page's address with the reach of its charts."""
    return f"{path}{'&' if '?' in path else '?'}span={span}" if span else path


def period_choice(path: str, span: str) -> Any:
    """The same page with the usual reach of its charts, and with a longer one."""
    links = [
        html.A(text(title), href=address(with_span(path, one)), **(aria.CURRENT if one == span else {}))
        for title, one in (("Recent periods", ""), ("Three times as far back", LONG))
    ]
    return html.Nav(links, className="choice", **aria.label(text("Period")))


def file_links(name: str, query: str = "") -> list[Any]:
    """Links to what ``/download`` has under a name, in its two forms."""
    return [
        html.A(text(title), href=address(f"/download/{name}.{form}{query}"), className="download")
        for title, form in (("Download CSV", "csv"), ("Download XLSX", "xlsx"))
    ]
