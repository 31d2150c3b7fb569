"""The completeness matrix: feed × area × period, each cell a mark with its word, never colour alone."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import html

from dashboard.components import aria
from dashboard.components.roster import STATES
from dashboard.components.table import scrolling
from dashboard.components.tag import hidden
from dashboard.components.warning import address
from dashboard.locale import count, month, short_day, text
from dashboard.summary import reference
from dashboard.summary.expected_submissions import PERIODS, Slot

PATH = "/data"
WORDS = STATES | {
    "waiting": ("sent, not yet taken in", "▸"),
    "counts_next": ("taken in, counts from the next edition", "✓"),
}
_STYLES = {"waiting": "waiting", "counts_next": "waiting"}
_MONTHLY = frozenset({"month", "quarter"})


def newest_of_all(slots: Sequence[Slot], areas: Sequence[str], can_send: Callable[[Slot], bool]) -> Any:
    """Feed × area, the newest due period of each; for feeds that areas send themselves."""
    units = [code for code in areas if code != reference.city()]
    shown = [slot for slot in slots if slot.area in units]
    head = [reference.places()[code].short_name for code in units]
    newest = _newest_due(shown)
    rows = []
    for feed in _feeds(shown):
        period = newest.get(feed)
        if period is None:
            continue
        of_area = {slot.area: slot for slot in shown if slot.feed == feed and slot.period == period.period}
        title = html.A(reference.feed(feed), href=address(f"{PATH}?feed={feed}#matrix"))
        rows.append(([title, html.Small(when(period))], [_cell(of_area.get(code), can_send) for code in units]))
    return _matrix(text("The newest due file of each feed and area"), text("Feed"), head, rows)


def of_one_feed(slots: Sequence[Slot], feed: str, areas: Sequence[str], can_send: Callable[[Slot], bool]) -> Any:
    """Area × the last periods of one feed, the newest at the right."""
    shown = [slot for slot in slots if slot.feed == feed]
    periods = sorted({slot.period: slot for slot in shown}.items())[-PERIODS:]
    rows = []
    for code in areas:
        of_period = {slot.period: slot for slot in shown if slot.area == code}
        if of_period:
            rows.append((reference.place(code), [_cell(of_period.get(at), can_send) for at, _ in periods]))
    return _matrix(reference.feed(feed), text("Area"), [when(slot) for _, slot in periods], rows)


def of_one_area(slots: Sequence[Slot], area: str, can_send: Callable[[Slot], bool]) -> Any:
    """Feed × its own last periods of one area; each cell says its period."""
    shown = [slot for slot in slots if slot.area == area]
    rows = []
    for feed in _feeds(shown):
        own = [slot for slot in shown if slot.feed == feed][:PERIODS][::-1]
        cells = [html.Td("")] * (PERIODS - len(own)) + [_cell(slot, can_send, is_dated=True) for slot in own]
        rows.append((html.A(reference.feed(feed), href=address(f"{PATH}?feed={feed}#matrix")), cells))
    head = [text("Last periods, newest at the right")]
    return _matrix(text("Files due and received: {area}", area=reference.place(area)), text("Feed"), head, rows)


def legend() -> Any:
    """What the marks mean."""
    shown = [pair for name, pair in WORDS.items() if name != "overdue"]
    return html.Ul(
        [html.Li([html.B(mark, **aria.SILENT), " ", text(word)]) for word, mark in shown], className="legend"
    )


def when(slot: Slot) -> str:
    """The period of a slot in short."""
    return month(slot.period) if slot.grain in _MONTHLY else short_day(slot.period)


def sending(slot: Slot) -> str:
    """Address of the form that sends a file for a slot."""
    asked = {"feed": slot.feed, "area": slot.area, "period": slot.period.isoformat()}
    return f"{PATH}?{urlencode(asked)}#send"


def state_words(slot: Slot) -> str:
    """The state of a slot in words."""
    return text(WORDS[slot.state][0]) if slot.state in WORDS else slot.state


def _newest_due(slots: Sequence[Slot]) -> dict[str, Slot]:
    found: dict[str, Slot] = {}
    for slot in slots:
        if slot.state != "not_due" and (slot.feed not in found or slot.period > found[slot.feed].period):
            found[slot.feed] = slot
    return found


def _feeds(slots: Sequence[Slot]) -> list[str]:
    return list(dict.fromkeys(slot.feed for slot in slots))


def _matrix(caption: str, corner: str, head: Sequence[str], rows: Sequence[tuple[Any, list[Any]]]) -> Any:
    if not rows:
        return html.P(text("Nothing is due here."), className="empty")
    width = max(len(cells) for _, cells in rows)
    span: dict[str, Any] = {"colSpan": width} if len(head) == 1 and width > 1 else {}
    body = [html.Tr([html.Th(title, scope="row"), *cells]) for title, cells in rows]
    full = html.Table(
        [
            html.Caption(caption),
            html.Thead(html.Tr([html.Th(corner, scope="col"), *[html.Th(one, scope="col", **span) for one in head]])),
            html.Tbody(body),
        ],
        className="grid roster arrivals",
    )
    return scrolling(caption, full)


def _cell(slot: Slot | None, can_send: Callable[[Slot], bool], *, is_dated: bool = False) -> Any:
    if slot is None:
        return html.Td(["–", hidden(text("nothing is due"))])
    mark = WORDS.get(slot.state, ("", "?"))[1]
    words: list[Any] = [html.Small(when(slot))] if is_dated else []
    words += [html.B(mark, **aria.SILENT), html.Small(state_words(slot))]
    back = slot.upload.rows_quarantined if slot.upload is not None else slot.rows_back
    if back:
        words.append(html.Small(text("{number} rows sent back", number=count(back))))
    shown = html.A(words, href=sending(slot)) if slot.is_wanted and can_send(slot) else words
    return html.Td(shown, className=f"roster-{_STYLES.get(slot.state, slot.state)}")
