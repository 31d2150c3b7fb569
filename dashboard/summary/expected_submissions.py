"""What should have come and whether it did: period by period, with uploads no edition knows yet, as matrices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html

from dashboard.components import elements
from dashboard.components.table import scrolling
from dashboard.components.tag import hidden
from dashboard.components.warning import address
from dashboard.locale import count, month, short_day, text
from dashboard.summary import reference
from dashboard.web import data
from dashboard.web.security import trail
from pipelines.core.domain import Audience
from pipelines.ledger.uploads import upload as ledger_uploads
from pipelines.ledger.uploads.upload import Stage, Upload

SHOWN = timedelta(days=400)  # a quarter's file is shown for a year
PERIODS = 12
OPEN_STATES = frozenset({"missing", "overdue", "held", "refused", "withdrawn", "not_due"})
"""States in which a file is still wanted."""
# What an upload makes of a slot until the next edition tells it itself; keys of components.arrival.WORDS.
_OVERLAID = {
    Stage.CHECKED: "waiting",
    Stage.ACCEPTED: "counts_next",
    Stage.HELD: "held",
    Stage.REFUSED: "refused",
    Stage.WITHDRAWN: "withdrawn",
}
_SAYS_LITTLE = frozenset({Stage.REFUSED, Stage.WITHDRAWN})


@dataclass(frozen=True)
class ExpectedSubmission:
    """One file that should have come: ``state`` as people see it now, ``upload`` what was sent since the edition."""

    feed: str
    area: str
    period: date
    grain: str
    state: str
    rows_back: int
    place: int
    upload: Upload | None

    @property
    def is_wanted(self) -> bool:
        """Whether a file is still to be sent."""
        return self.state in OPEN_STATES


def find_expected() -> list[ExpectedSubmission]:
    """The last periods of all feeds this viewer may see; by feed, area, newest first."""
    return data.once(_read_expected)


def _read_expected() -> list[ExpectedSubmission]:
    since = data.edition().day - SHOWN
    rows = data.read("last_slots", since=since, most=PERIODS)
    laid = overlay_uploads(sent_since()) if data.looks_back_to() is None else {}
    found = []
    for row in rows.itertuples(index=False):
        period = row.period.date()
        upload = laid.get((row.feed, row.area, period))
        state = submission_state(row)
        if upload is not None and (upload.stage not in _SAYS_LITTLE or state in OPEN_STATES):
            state = _OVERLAID[upload.stage]
        back = 0 if pd.isna(row.rows_quarantined) else int(row.rows_quarantined)
        found.append(ExpectedSubmission(row.feed, row.area, period, row.grain, state, back, int(row.place), upload))
    return found


def sent_since() -> Sequence[Upload]:
    """Uploads for the periods shown, of the viewer's areas, newest first; a page that looks back sees none later."""
    return data.once(_sent)


def _sent() -> Sequence[Upload]:
    who = data.viewer()
    if who.audience is Audience.GENERAL:
        return []
    areas = who.areas if who.audience is Audience.OFFICE else None
    with trail().ledger.reading() as connection:
        found = ledger_uploads.uploads(connection, areas, since=data.edition().day - SHOWN)
    if data.looks_back_to() is not None:
        found = [one for one in found if one.uploaded_at <= data.edition().cutoff_at]
    if who.audience is Audience.BUREAU and any(0 < one.rows_total < data.least_persons() for one in found):
        data.note_seen(data.AuditedContent(has_small_cell=True))
    return found


def overlay_uploads(sent: Sequence[Upload]) -> Mapping[tuple[str, str, date], Upload]:
    """The newest upload of each slice that the edition on this page does not know, by feed, area and period."""
    cutoff = data.edition().cutoff_at
    fresh = [one for one in sent if one.settled_at is None or one.settled_at > cutoff]
    return {(one.feed, one.area, one.period): one for one in reversed(fresh)}


def find_owed(found: Sequence[ExpectedSubmission]) -> list[ExpectedSubmission]:
    """The slots whose file was due and has not come, or came and does not count, newest period first."""
    late = [slot for slot in found if slot.is_wanted and slot.state != "not_due"]
    return sorted(late, key=lambda slot: (-slot.period.toordinal(), slot.feed, slot.area))


def own_areas() -> list[str]:
    """Codes of the areas in the rows of the matrix: an office's own units, for all others every unit, then the city."""
    codes = [place.code for place in reference.units()]
    return codes if data.viewer().audience is Audience.OFFICE else [*codes, reference.city()]


_SHOWN = timedelta(days=120)
_PERIODS = 12
STATE_WORDS = {
    "reported": ("reported", "✓"),
    "late": ("came late", "◐"),
    "overdue": ("late", "✕"),
    "missing": ("not reported", "✕"),
    "held": ("held for confirmation", "‖"),
    "refused": ("refused", "⊘"),
    "withdrawn": ("withdrawn", "↩"),
    "partly": ("partly sent back", "◔"),
    "not_due": ("not yet due", "·"),
}


def roster(area: str) -> Any:
    """A table feed × last periods of one area, each cell a mark with its word."""
    rows = data.read("area_roster", area=area, since=data.edition().day - _SHOWN)
    if rows.empty:
        return html.P(text("Nothing is due from this area itself."), className="empty")
    body = []
    for feed, own in rows.groupby("feed", sort=True):
        last = own.head(_PERIODS).iloc[::-1]
        cells = [_roster_cell(row) for row in last.itertuples(index=False)]
        blanks = [html.Td("") for _ in range(_PERIODS - len(cells))]
        body.append(html.Tr([html.Th(reference.feed(str(feed)), scope="row"), *blanks, *cells]))
    head = html.Tr(
        [
            html.Th(text("Feed"), scope="col"),
            html.Th(text("Last periods, newest at the right"), scope="col", colSpan=_PERIODS),
        ]
    )
    full = html.Table(
        [html.Caption(text("Files due and received"), className="unseen"), html.Thead(head), html.Tbody(body)],
        className="grid roster",
    )
    legend = html.Ul([html.Li([html.B(mark), " ", text(word)]) for word, mark in _unique_states()], className="legend")
    return html.Div([scrolling(text("Files due and received"), full), legend])


def _unique_states() -> list[tuple[str, str]]:
    return [state for name, state in STATE_WORDS.items() if name != "overdue"]


def submission_state(row: Any) -> str:
    """The state of a slot of the roster, a key of ``STATES``: what is late without having come is overdue."""
    return "overdue" if row.status == "late" and pd.isna(row.received_at) else str(row.status)


def _roster_cell(row: Any) -> Any:
    status = submission_state(row)
    word, mark = STATE_WORDS.get(status, (status, "?"))
    told = text(word)
    if pd.notna(row.rows_quarantined) and row.rows_quarantined > 0:  # not told by files of the first form
        mark = STATE_WORDS["partly"][1]
        told += text(", ") + text("{number} rows sent back", number=int(row.rows_quarantined))
    when = month(row.period.date()) if row.grain in {"month", "quarter"} else short_day(row.period.date())
    return html.Td(
        [html.Small(when), html.B(mark, **elements.ARIA_HIDDEN), hidden(told)], className=f"roster-{status}", title=told
    )


PATH = "/data"
MATRIX_WORDS = STATE_WORDS | {
    "waiting": ("sent, not yet taken in", "▸"),
    "counts_next": ("taken in, counts from the next edition", "✓"),
}
_STYLES = {"waiting": "waiting", "counts_next": "waiting"}
_MONTHLY = frozenset({"month", "quarter"})


def matrix_of_all(
    slots: Sequence[ExpectedSubmission], areas: Sequence[str], can_send: Callable[[ExpectedSubmission], bool]
) -> Any:
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
        rows.append(
            ([title, html.Small(slot_period(period))], [_matrix_cell(of_area.get(code), can_send) for code in units])
        )
    return _matrix(text("The newest due file of each feed and area"), text("Feed"), head, rows)


def matrix_of_feed(
    slots: Sequence[ExpectedSubmission], feed: str, areas: Sequence[str], can_send: Callable[[ExpectedSubmission], bool]
) -> Any:
    """Area × the last periods of one feed, the newest at the right."""
    shown = [slot for slot in slots if slot.feed == feed]
    periods = sorted({slot.period: slot for slot in shown}.items())[-PERIODS:]
    rows = []
    for code in areas:
        of_period = {slot.period: slot for slot in shown if slot.area == code}
        if of_period:
            rows.append((reference.place(code), [_matrix_cell(of_period.get(at), can_send) for at, _ in periods]))
    return _matrix(reference.feed(feed), text("Area"), [slot_period(slot) for _, slot in periods], rows)


def matrix_of_area(
    slots: Sequence[ExpectedSubmission], area: str, can_send: Callable[[ExpectedSubmission], bool]
) -> Any:
    """Feed × its own last periods of one area; each cell says its period."""
    shown = [slot for slot in slots if slot.area == area]
    rows = []
    for feed in _feeds(shown):
        own = [slot for slot in shown if slot.feed == feed][:PERIODS][::-1]
        cells = [html.Td("")] * (PERIODS - len(own)) + [_matrix_cell(slot, can_send, is_dated=True) for slot in own]
        rows.append((html.A(reference.feed(feed), href=address(f"{PATH}?feed={feed}#matrix")), cells))
    head = [text("Last periods, newest at the right")]
    return _matrix(text("Files due and received: {area}", area=reference.place(area)), text("Feed"), head, rows)


def matrix_legend() -> Any:
    """What the marks mean."""
    shown = [pair for name, pair in MATRIX_WORDS.items() if name != "overdue"]
    return html.Ul(
        [html.Li([html.B(mark, **elements.ARIA_HIDDEN), " ", text(word)]) for word, mark in shown], className="legend"
    )


def slot_period(slot: ExpectedSubmission) -> str:
    """The period of a slot in short."""
    return month(slot.period) if slot.grain in _MONTHLY else short_day(slot.period)


def sending_address(slot: ExpectedSubmission) -> str:
    """Address of the form that sends a file for a slot."""
    asked = {"feed": slot.feed, "area": slot.area, "period": slot.period.isoformat()}
    return f"{PATH}?{urlencode(asked)}#send"


def state_words(slot: ExpectedSubmission) -> str:
    """The state of a slot in words."""
    return text(MATRIX_WORDS[slot.state][0]) if slot.state in MATRIX_WORDS else slot.state


def _newest_due(slots: Sequence[ExpectedSubmission]) -> dict[str, ExpectedSubmission]:
    found: dict[str, ExpectedSubmission] = {}
    for slot in slots:
        if slot.state != "not_due" and (slot.feed not in found or slot.period > found[slot.feed].period):
            found[slot.feed] = slot
    return found


def _feeds(slots: Sequence[ExpectedSubmission]) -> list[str]:
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


def _matrix_cell(
    slot: ExpectedSubmission | None, can_send: Callable[[ExpectedSubmission], bool], *, is_dated: bool = False
) -> Any:
    if slot is None:
        return html.Td(["–", hidden(text("nothing is due"))])
    mark = MATRIX_WORDS.get(slot.state, ("", "?"))[1]
    words: list[Any] = [html.Small(slot_period(slot))] if is_dated else []
    words += [html.B(mark, **elements.ARIA_HIDDEN), html.Small(state_words(slot))]
    back = slot.upload.rows_quarantined if slot.upload is not None else slot.rows_back
    if back:
        words.append(html.Small(text("{number} rows sent back", number=count(back))))
    shown = html.A(words, href=sending_address(slot)) if slot.is_wanted and can_send(slot) else words
    return html.Td(shown, className=f"roster-{_STYLES.get(slot.state, slot.state)}")
