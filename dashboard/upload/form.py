"""The form by which a file is sent: feed, area, period, kind, template, the file; the script is assets/upload.js."""

from datetime import date
from typing import Any

from dash import html

from dashboard.components import aria
from dashboard.components.arrival import PATH, state_words, when
from dashboard.components.form import chosen, kept, written
from dashboard.components.warning import address
from dashboard.locale import Language, language, text
from dashboard.summary import reference
from dashboard.summary.expected_submissions import Slot, slots
from dashboard.summary.region_tables import region
from dashboard.upload.choice import Kind, areas_to_send, feeds_to_send
from dashboard.upload.submission import MOST_FILE, TEMPLATE
from dashboard.upload.submission import PATH as UPLOAD
from pipelines.feeds import contracts
from pipelines.feeds.contract import SUFFIXES
from pipelines.formcheck import contract_description

_KINDS = {
    Kind.FIRST: "First file of this period",
    Kind.CORRECTION: "Correction: replaces what came before",
    Kind.SUPPLEMENT: "Supplement: only rows that were missing",
}


def upload_form(feed: str, area: str, period: str) -> Any:
    """The section of the page: first the feed is chosen, which is in the address, then the rest is filled in."""
    mine = feeds_to_send()
    steps: list[Any] = [html.H2(text("Send a file")), _feeds(mine, feed)]
    if feed in mine:
        steps.append(_form(feed, area, period))
    else:
        steps.append(html.P(text("Choose what you send."), className="empty"))
    return html.Section(steps, id="send", className="sending")


def _feeds(mine: list[str], current: str) -> Any:
    links = [
        html.A(
            reference.feed(feed), href=address(f"{PATH}?feed={feed}#send"), **(aria.CURRENT if feed == current else {})
        )
        for feed in mine
    ]
    return html.Nav(links, className="choice", **aria.label(text("What is sent")))


def _form(feed: str, area: str, period: str) -> Any:
    areas = areas_to_send(feed)
    of_feed = [slot for slot in slots() if slot.feed == feed and slot.area in areas]
    area = area if area in areas else _most_wanted(of_feed, areas)
    options = [slot for slot in of_feed if slot.area == area]
    current = _current(options, period)
    inputs = [
        kept("feed", feed),
        chosen("area", text("Area"), [(code, reference.place(code)) for code in areas], [area]),
        _period(options, current, period),
        chosen(
            "kind",
            text("Kind of file"),
            [(str(kind), text(title)) for kind, title in _KINDS.items()],
            [str(_kind(current))],
        ),
    ]
    sending: dict[str, Any] = {
        "data-upload": "",
        "data-most": str(MOST_FILE),
        "data-accept": ",".join(sorted(SUFFIXES)),
        "data-none": text("Choose a file."),
        "data-checking": text("The file is being checked …"),
        "data-failed": text("The server did not answer. Please try again."),
        "data-large": text(
            "The file is larger than {most} MiB. Split it, or hand it to the city's administrator.",
            most=MOST_FILE >> 20,
        ),
    }
    due = contract_description.due(feed, region())
    return html.Form(
        [
            html.P([contracts()[feed].purpose, html.Br(), due], className="source wide") if _is_chinese() else None,
            *inputs,
            _templates(feed, area, current.period if current else None, _kind(current)),
            _dropping(),
            html.Button(text("Check and send"), type="submit"),
            html.P(role="status", className="said", **_part("said")),
            html.Div(className="problems", **_part("answer")),
        ],
        action=UPLOAD,
        className="asked",
        **sending,
    )


def _data(name: str, value: str) -> dict[str, Any]:
    """An attribute for the script."""
    return {f"data-{name}": value}


def _part(name: str) -> dict[str, Any]:
    """The name by which the script knows an element."""
    return _data("part", name)


def _is_chinese() -> bool:
    return language() is Language.CHINESE


def _templates(feed: str, area: str, period: date | None, kind: Kind) -> Any:
    asked = f"?feed={feed}&area={area}&kind={kind}" + (f"&period={period.isoformat()}" if period else "")
    links: list[Any] = [text("Template:")]
    for suffix, title in (("xlsx", "Excel, with lists and notes"), ("csv", "CSV")):
        where = f"{TEMPLATE}/table.{suffix}"
        links += [" ", html.A(text(title), href=where + asked, className="download", **_data("template", where))]
    return html.P(links, className="wide")


def _dropping() -> Any:
    return html.Div(
        [
            html.Button(text("Choose a file"), type="button", **_part("choose")),
            html.Span(text("or drop it here")),
            html.Output("", **_part("chosen")),
        ],
        className="dropping wide",
    )


def _most_wanted(of_feed: list[Slot], areas: list[str]) -> str:
    """The area whose file is owed longest, else the first."""
    owing = [slot for slot in of_feed if slot.is_wanted and slot.state != "not_due"]
    return min(owing, key=lambda slot: slot.period).area if owing else areas[0]


def _current(options: list[Slot], period: str) -> Slot | None:
    """The period that is chosen at first: the one asked for, else the oldest that is owed, else the newest."""
    named = [slot for slot in options if slot.period.isoformat() == period]
    owing = [slot for slot in options if slot.is_wanted and slot.state != "not_due"]
    return next(iter([*named, *reversed(owing), *options]), None)


def _kind(current: Slot | None) -> Kind:
    has_come = current is not None and (not current.is_wanted or current.state == "held")
    return Kind.CORRECTION if has_come else Kind.FIRST


def _period(options: list[Slot], current: Slot | None, period: str) -> Any:
    if not options or (period and (current is None or current.period.isoformat() != period)):
        return written("period", text("Period (a day like 2026-11-23, or a month like 2026-11)"), value=period)
    shown = [(slot.period.isoformat(), f"{when(slot)} · {state_words(slot)}") for slot in options]
    return chosen("period", text("Period"), shown, [current.period.isoformat()] if current else [])
