"""Data: what should have come and what came, rows sent back, last files, revisions; and where files are sent."""

from typing import Any

from dash import html

from dashboard.components import elements, shell
from dashboard.components.warning import address
from dashboard.locale import text
from dashboard.summary import received, reference
from dashboard.summary.expected_submissions import (
    PATH,
    ExpectedSubmission,
    find_expected,
    find_owed,
    matrix_legend,
    matrix_of_all,
    matrix_of_area,
    matrix_of_feed,
    own_areas,
    sent_since,
)
from dashboard.upload.choice import areas_to_send, feeds_to_send, sends_anything
from dashboard.upload.form import sent_files, upload_form
from dashboard.web import data
from pipelines.core.domain import Audience


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Data · Gangshao", path=PATH)


@shell.page
def layout(feed: str = "", area: str = "", period: str = "", **_: str) -> list[Any]:
    """The page; a feed in its address limits the lists to it, area and period fill in the form for sending."""
    areas = own_areas()
    found = [slot for slot in find_expected() if slot.area in areas]
    known = list(dict.fromkeys(slot.feed for slot in found))
    chosen = feed if feed in known else ""
    is_office = data.viewer().audience is Audience.OFFICE
    sending = [upload_form(feed, area, period)] if sends_anything() else []
    parts: list[Any] = [
        html.Div(
            [html.H1(text("Data")), html.P(text("What should have come, what came, and what became of it."))],
            className="title",
        ),
        *(sending if is_office else []),
        _matrix(found, areas, known, chosen),
        *([] if is_office else sending),
    ]
    if data.viewer().audience is not Audience.GENERAL:
        parts.append(_section("sent", "Files sent by this page", sent_files(sent_since())))
    parts.append(_section("fresh", "How fresh each feed is", received.freshness(frozenset(known))))
    if data.viewer().audience is not Audience.GENERAL:
        parts += [
            _section("back", "Rows that were sent back", received.quarantine(chosen)),
            _section("drops", "The last files", received.newest_submissions(chosen)),
            _section("revisions", "Revisions of the last edition", received.revisions()),
        ]
    return parts


def _section(name: str, title: str, content: Any) -> Any:
    return html.Section([html.H2(text(title)), content], id=name)


def _matrix(found: list[ExpectedSubmission], areas: list[str], known: list[str], feed: str) -> Any:
    late = len(find_owed(found))
    lead = text("{number} files are owed in the periods shown.", number=late) if late else text("Nothing is owed.")
    if feed:
        content = matrix_of_feed(found, feed, areas, _sends())
    elif len(areas) == 1:
        content = matrix_of_area(found, areas[0], _sends())
    else:
        content = matrix_of_all(found, areas, _sends())
    return html.Section(
        [html.H2(text("Completeness")), html.P(lead, className="lead"), _feeds(known, feed), content, matrix_legend()],
        id="matrix",
    )


def _sends() -> Any:
    """Whether this viewer sends the file of a slot."""
    if not sends_anything():
        return lambda _slot: False
    areas = {feed: frozenset(areas_to_send(feed)) for feed in feeds_to_send()}
    return lambda slot: slot.area in areas.get(slot.feed, ())


def _feeds(known: list[str], current: str) -> Any:
    choices = [("", text("All feeds")), *[(feed, reference.feed(feed)) for feed in known]]
    links = [
        html.A(
            title,
            href=address(f"{PATH}?feed={feed}#matrix" if feed else f"{PATH}#matrix"),
            **(elements.ARIA_CURRENT if feed == current else {}),
        )
        for feed, title in choices
    ]
    return html.Nav(links, className="choice", **elements.aria_label(text("Feed")))
