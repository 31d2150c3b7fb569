"""Forms that the site's own script (security/static/form.js) sends as JSON, and links of which one is chosen."""

from collections.abc import Collection, Sequence
from typing import Any

from dash import dcc, html

from dashboard.components import elements
from dashboard.components.warning import address
from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.course import LONG


def form(
    action: str,
    inputs: Sequence[Any],
    button: str,
    *,
    ask: str = "",
    about: Any = None,
    key: str = "",
    kind: str = "asked",
) -> Any:
    """A form with a button; ``ask`` is a question before it is sent, below it ``about``. ``kind`` is a class.

    ``key`` tells it from the other forms of a part that is renewed in its place, where it keeps what stands in it.
    """
    sending: dict[str, Any] = {"data-send": "", "data-failed": text("The server did not answer. Please try again.")}
    if ask:
        sending |= {"data-ask": ask, "data-yes": button, "data-no": text("Go back")}
    if key:
        sending["data-key"] = key
    if about is not None:
        hidden: dict[str, Any] = {"data-about": "", "hidden": True}
        inputs = [*inputs, html.Div(about, **hidden)]
    return html.Form(
        [*inputs, html.Button(button, type="submit"), html.P(role="status", className="said")],
        action=action,
        className=kind,
        **sending,
    )


def action_button(action: str, button: str, *, ask: str = "") -> Any:
    """A button that does one thing."""
    return form(action, [], button, ask=ask, kind="act")


def text_field(
    name: str, title: str, *, kind: str = "text", completes: str = "on", value: str = "", is_required: bool = True
) -> Any:
    """A labelled line of text; ``kind`` text or password, ``completes`` as HTML's autocomplete."""
    line: Any = dcc.Input  # its types are narrower than what it takes
    return html.Label(
        [
            html.Span(title),
            line(name=name, type=kind, autoComplete=completes, required=is_required, maxLength=128, value=value),
        ]
    )


def text_area(name: str, title: str, *, is_required: bool = False) -> Any:
    """A labelled field for some sentences."""
    return html.Label(
        [html.Span(title), html.Textarea(name=name, rows=2, maxLength=1000, required=is_required)], className="wide"
    )


def hidden_field(name: str, value: str) -> Any:
    """A value that is sent along unseen."""
    return dcc.Input(name=name, type="hidden", value=value)


def choice_field(
    name: str,
    title: str,
    options: Sequence[tuple[str, str]],
    values: Collection[str],
    *,
    is_multiple: bool = False,
    is_required: bool = False,
) -> Any:
    """A labelled choice of values and words; those of ``values`` are chosen."""
    return html.Label(
        [
            html.Span(title),
            html.Select(
                [html.Option(words, value=value, selected=value in values) for value, words in options],
                name=name,
                multiple=is_multiple,
                required=is_required,
            ),
        ]
    )


def area_choice(path: str, current: str) -> Any:
    """The areas whose pages this viewer may open, each leading to ``path`` with ``area`` in its query."""
    links = [
        html.A(
            reference.places()[code].short_name,
            href=address(f"{path}?area={code}"),
            **(elements.ARIA_CURRENT if code == current else {}),
        )
        for code in reference.codes()
    ]
    return html.Nav(links, className="choice", **elements.aria_label(text("Area")))


def span_of_query(said: str) -> str:
    """What a page makes of ``span`` in its query: anything but LONG is the usual reach of its charts."""
    return LONG if said == LONG else ""


def with_span(path: str, span: str) -> str:
    """A page's address with the reach of its charts."""
    return f"{path}{'&' if '?' in path else '?'}span={span}" if span else path


def period_choice(path: str, span: str) -> Any:
    """The same page with the usual reach of its charts, and with a longer one."""
    links = [
        html.A(text(title), href=address(with_span(path, one)), **(elements.ARIA_CURRENT if one == span else {}))
        for title, one in (("Recent periods", ""), ("Three times as far back", LONG))
    ]
    return html.Nav(links, className="choice", **elements.aria_label(text("Period")))


def file_links(name: str, query: str = "") -> list[Any]:
    """Links to what ``/download`` has under a name, in its two forms."""
    return [
        html.A(text(title), href=address(f"/download/{name}.{form}{query}"), className="download")
        for title, form in (("Download CSV", "csv"), ("Download XLSX", "xlsx"))
    ]
