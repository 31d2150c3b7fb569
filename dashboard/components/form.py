"""Forms that the site's own script (security/static/form.js) sends as JSON, labelled, with a place for the answer."""

from collections.abc import Collection, Sequence
from typing import Any

from dash import dcc, html

from dashboard.locale import text


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
