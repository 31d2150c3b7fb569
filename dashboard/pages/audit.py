"""The audit trail: who did what, when, from where, with which result; for the auditor alone."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.components import elements, shell
from dashboard.components.table import table
from dashboard.locale import count, text
from dashboard.web import audit_trail
from dashboard.web.audit_trail import ACTS, PAGE, Filters
from pipelines.ledger.audit_trail.trail import Entry

PATH = "/audit"
_COLUMNS = ("No.", "Time", "Who", "From", "Act", "About", "Result", "Details")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Audit trail · Gangshao", path=PATH)


@shell.page
def layout(**values: str) -> list[Any]:
    """The page; the filters are the query of its address."""
    filters = audit_trail.filters_of(values)
    found = filters.found(PAGE + 1)
    shown = found[:PAGE]
    older = _link(filters, "Older entries", before=str(shown[-1].seq)) if len(found) > PAGE else None
    return [
        html.Div(
            [html.H1(text("Audit trail")), html.P(text("Newest first, {number} entries.", number=count(len(shown))))],
            className="title",
        ),
        html.Section([_form(filters), _action_filter(filters)], **elements.aria_label(text("Choose entries"))),
        html.Section(
            [
                table(
                    text("Audit trail"),
                    [text(name) for name in _COLUMNS],
                    [_row(entry) for entry in shown],
                    kind="audit",
                    empty=text("No entry fits."),
                ),
                html.P(older) if older else None,
            ]
        ),
    ]


def _form(filters: Filters) -> Any:
    download = "/download/audit.csv?" + urlencode({**asdict(filters), "before": ""})
    fields = (("since", "Since (like 2026-11-23)", filters.since), ("who", "Name contains", filters.who))
    return html.Form(
        [
            *[
                html.Label([text(title), " ", dcc.Input(id=f"audit-{name}", name=name, type="text", value=value)])
                for name, title, value in fields
            ],
            dcc.Input(name="act", type="hidden", value=filters.act),
            html.Button(text("Show"), type="submit"),
            html.A(text("Download CSV"), href=download, className="download"),
        ],
        method="get",
        action=PATH,
        className="filters",
    )


def _action_filter(filters: Filters) -> Any:
    choices = [("", "All acts"), *ACTS.items()]
    return html.Nav(
        [_link(filters, title, is_current=filters.act == name, act=str(name), before="") for name, title in choices],
        className="choice",
        **elements.aria_label(text("Act")),
    )


def _link(filters: Filters, title: str, *, is_current: bool = False, **changed: str) -> Any:
    asked = {name: value for name, value in {**asdict(filters), **changed}.items() if value}
    mark = elements.ARIA_CURRENT if is_current else {}
    return html.A(text(title), href=f"{PATH}?{urlencode(asked)}" if asked else PATH, **mark)


def _row(entry: Entry) -> list[Any]:
    """Names and identifiers stand in elements of their own: they are nobody's to translate."""
    kind, name = audit_trail.who(entry)
    return [
        str(entry.seq),
        audit_trail.when(entry),
        html.Span([kind, " ", html.Bdi(name)]),
        html.Code(entry.source),
        audit_trail.act(entry),
        html.Code(entry.target),
        audit_trail.result(entry),
        html.Code(audit_trail.details(entry)),
    ]
