"""The form by which a file is sent: feed, area, period, kind, template, the file; the script is assets/upload.js."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import html

from dashboard.components import elements
from dashboard.components.form import choice_field, hidden_field, text_field
from dashboard.components.table import table
from dashboard.components.warning import address
from dashboard.locale import Language, count, instant, language, text
from dashboard.summary import reference
from dashboard.summary.expected_submissions import PATH, ExpectedSubmission, find_expected, slot_period, state_words
from dashboard.summary.reference import region
from dashboard.upload.choice import Kind, areas_to_send, feeds_to_send
from dashboard.upload.submission import MOST_FILE, RECEIPT, TEMPLATE
from dashboard.upload.submission import PATH as UPLOAD
from dashboard.web import data
from pipelines.feeds import contracts
from pipelines.feeds.contract import SUFFIXES
from pipelines.formcheck import contract_description
from pipelines.ledger.uploads.upload import Stage, Upload

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
            reference.feed(feed),
            href=address(f"{PATH}?feed={feed}#send"),
            **(elements.ARIA_CURRENT if feed == current else {}),
        )
        for feed in mine
    ]
    return html.Nav(links, className="choice", **elements.aria_label(text("What is sent")))


def _form(feed: str, area: str, period: str) -> Any:
    areas = areas_to_send(feed)
    of_feed = [slot for slot in find_expected() if slot.feed == feed and slot.area in areas]
    area = area if area in areas else _most_wanted(of_feed, areas)
    options = [slot for slot in of_feed if slot.area == area]
    current = _current(options, period)
    inputs = [
        hidden_field("feed", feed),
        choice_field("area", text("Area"), [(code, reference.place(code)) for code in areas], [area]),
        _period(options, current, period),
        choice_field(
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


def _most_wanted(of_feed: list[ExpectedSubmission], areas: list[str]) -> str:
    """The area whose file is owed longest, else the first."""
    owing = [slot for slot in of_feed if slot.is_wanted and slot.state != "not_due"]
    return min(owing, key=lambda slot: slot.period).area if owing else areas[0]


def _current(options: list[ExpectedSubmission], period: str) -> ExpectedSubmission | None:
    """The period that is chosen at first: the one asked for, else the oldest that is owed, else the newest."""
    named = [slot for slot in options if slot.period.isoformat() == period]
    owing = [slot for slot in options if slot.is_wanted and slot.state != "not_due"]
    return next(iter([*named, *reversed(owing), *options]), None)


def _kind(current: ExpectedSubmission | None) -> Kind:
    has_come = current is not None and (not current.is_wanted or current.state == "held")
    return Kind.CORRECTION if has_come else Kind.FIRST


def _period(options: list[ExpectedSubmission], current: ExpectedSubmission | None, period: str) -> Any:
    if not options or (period and (current is None or current.period.isoformat() != period)):
        return text_field("period", text("Period (a day like 2026-11-23, or a month like 2026-11)"), value=period)
    shown = [(slot.period.isoformat(), f"{slot_period(slot)} · {state_words(slot)}") for slot in options]
    return choice_field("period", text("Period"), shown, [current.period.isoformat()] if current else [])


MOST = 30
_STAGES = {
    Stage.CHECKED: "The form is right; the file waits to be taken in.",
    Stage.ACCEPTED: "Taken in and accepted; it counts from the next edition.",
    Stage.HELD: "Taken in and held until somebody has looked at it; the file before stays in force.",
    Stage.REFUSED: "Taken in and sent back whole.",
    Stage.WITHDRAWN: "Withdrawn.",
}
_SHORT = {
    Stage.CHECKED: "sent, not yet taken in",
    Stage.ACCEPTED: "accepted",
    Stage.HELD: "held for confirmation",
    Stage.REFUSED: "refused",
    Stage.WITHDRAWN: "withdrawn",
}


def stage_words(one: Upload) -> str:
    """Where an upload stands, in a sentence, with the reason where there is one."""
    reason = one.reason if language() is Language.CHINESE else one.reason_en
    words = text(_STAGES[one.stage])
    if one.stage is Stage.ACCEPTED and one.settled_at is not None and one.settled_at <= data.edition().cutoff_at:
        words = text("Taken in and accepted; the edition in force knows it.")
    return " ".join(part for part in (words, reason) if part)


def upload_version_words(one: Upload) -> str:
    """What kind of file it is."""
    if one.is_supplement:
        return text("supplement")
    return text("whole file, version {number}", number=one.version)


def sent_files(sent: Sequence[Upload]) -> Any:
    """The files sent last by the upload page, each leading to its receipt."""
    columns = [
        text(name)
        for name in ("Receipt", "Sent", "Feed", "Area", "Period", "State", "Rows that count", "Rows sent back", "By")
    ]
    return table(
        text("Files sent by this page"),
        columns,
        [_row(one) for one in sent[:MOST]],
        kind="cards",
        empty=text("Nothing has been sent by this page."),
    )


def _row(one: Upload) -> list[Any]:
    is_settled = one.stage is not Stage.CHECKED
    return [
        html.A(str(one.upload_id), href=f"{RECEIPT}/{one.upload_id}"),
        instant(one.uploaded_at, reference.zone()),
        reference.feed(one.feed),
        reference.place(one.area),
        one.period.isoformat(),
        text(_SHORT[one.stage]),
        count(one.rows_accepted or 0) if is_settled else "–",
        count(one.rows_quarantined or 0) if is_settled else "–",
        html.Bdi(one.who.partition(":")[2]),
    ]
