"""What came and what became of it: how fresh each feed is, rows sent back with reasons, last files, revisions."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import scrolling, table
from dashboard.components.tag import stored
from dashboard.components.warning import address
from dashboard.locale import Language, count, instant, language, month, short_day, text, value
from dashboard.summary import reference
from dashboard.summary.expected_submissions import PATH, SHOWN
from dashboard.web import data

IN_SIGHT = 12  # files shown at once; the rest is one key away
COUNTED = timedelta(days=90)  # rows sent back are counted so far back
_MONTHLY = frozenset({"month", "quarter"})
_STATUS = {"accepted": "accepted", "held": "held for confirmation", "refused": "refused"}
_GRAINS = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly"}
# Why a reading changed (revision in core/catalogue/tables).
_CAUSES = {
    "arrived": "arrived in time",
    "late": "arrived late",
    "corrected": "corrected by the sender",
    "supplemented": "supplemented",
    "withdrawn": "file withdrawn",
    "confirmed": "held file confirmed",
    "reread": "read again",
    "reversed": "reversed by the sender",
    "recomputed": "computed anew",
}


def freshness(feeds: Collection[str]) -> Any:
    """Each of these feeds: the last data day, the last file, what is due, who is late; then feeds without due times."""
    rows = data.read("freshness", since=data.edition().day - SHOWN)
    known = set(rows["feed"])
    rows = rows[rows["feed"].isin(list(feeds))]
    columns = [
        text(name) for name in ("Feed", "Rhythm", "Data to", "Last file", "Newest period due", "Late", "Next due")
    ]
    shown = [
        [
            html.A(reference.feed(row.feed), href=address(f"{PATH}?feed={row.feed}#matrix")),
            text(_GRAINS.get(row.grain, row.grain)),
            _period(row.reported_to, row.grain),
            _instant(row.received_at),
            _period(row.due_to, row.grain),
            text("{owing} of {senders}", owing=int(row.owing), senders=int(row.senders))
            if row.owing
            else text("nobody"),
            _instant(row.next_due_at),
        ]
        for row in rows.itertuples(index=False)
    ]
    return table(text("How fresh each feed is"), columns, [*shown, *_events(known)], kind="cards")


def _events(known: set[str]) -> list[list[Any]]:
    """Feeds that report events: nothing is due, but the last file is known to those who may see files."""
    if data.viewer().audience == "general":
        return []
    rows = data.read("last_drop", since=_since(SHOWN))
    return [
        [
            reference.feed(row.feed),
            text("as things happen"),
            _period(row.period, "day"),
            _instant(row.received_at),
            "–",
            "–",
            "–",
        ]
        for row in rows.itertuples(index=False)
        if row.feed not in known
    ]


def quarantine(feed: str) -> Any:
    """Rows sent back in the last 90 days: by feed, area and reason; of one feed the rows themselves, masked."""
    rows = data.read("quarantine_count", since=_since(COUNTED))
    if feed:
        rows = rows[rows["feed"] == feed]
    is_chinese = language() is Language.CHINESE
    columns = [text(name) for name in ("Feed", "Area", "Column", "Rows sent back", "Files", "Last", "An example")]
    shown = [
        [
            html.A(reference.feed(row.feed), href=address(f"{PATH}?feed={row.feed}#back")),
            reference.place(row.sender) if isinstance(row.sender, str) else "–",
            stored(row.column_name) if isinstance(row.column_name, str) else text("the row as a whole"),
            count(row.refused),
            count(row.files),
            _instant(row.received_at),
            html.Small(row.reason if is_chinese else row.reason_en),
        ]
        for row in rows.itertuples(index=False)
    ]
    caption = text("Rows sent back in the last {days} days", days=COUNTED.days)
    empty = text("No row was sent back in the last {days} days.", days=COUNTED.days)
    parts = [table(caption, columns, shown, kind="cards quarantine", numeric=frozenset({3, 4}), empty=empty)]
    if feed and shown:
        parts.append(_rows_of(feed, is_chinese))
    return html.Div(parts)


def _rows_of(feed: str, is_chinese: bool) -> Any:
    rows = data.read("quarantined_row", feed=feed, since=_since(COUNTED))
    columns = [text(name) for name in ("Received", "Area", "Period", "File", "Line", "Reason and what to do")]
    shown = [
        [
            _instant(row.received_at),
            reference.place(row.sender) if isinstance(row.sender, str) else "–",
            _period(row.period, row.grain),
            html.Code(row.file_name),
            str(row.line_number),
            row.reason if is_chinese else row.reason_en,
        ]
        for row in rows.itertuples(index=False)
    ]
    caption = text("The rows themselves; identity numbers and names are masked")
    return html.Details(
        [
            html.Summary(text("{number} rows with their reasons", number=count(len(rows)))),
            scrolling(caption, table(caption, columns, shown, kind="cards drops")),
        ],
        className="more",
    )


def newest_submissions(feed: str) -> Any:
    """The last files: who sent them, when, how many rows were taken and sent back."""
    rows = data.read("newest_drop", feed=feed)
    is_chinese = language() is Language.CHINESE
    columns = [
        text(name)
        for name in ("Received", "Feed", "Area", "Period", "File", "State", "Rows", "Rows that count", "Rows sent back")
    ]
    shown = [_submission_row(row, is_chinese) for row in rows.itertuples(index=False)]
    caption, empty = text("The last files"), text("No file has come.")

    def listed(some: Sequence[list[Any]]) -> Any:
        return table(caption, columns, some, kind="cards drops", numeric=frozenset({6, 7, 8}), empty=empty)

    first, rest = listed(shown[:IN_SIGHT]), shown[IN_SIGHT:]
    if not rest:
        return first
    summary = html.Summary(text("{number} more files", number=count(len(rest))))
    return html.Div([first, html.Details([summary, listed(rest)], className="more")])


def _submission_row(row: Any, is_chinese: bool) -> list[Any]:
    reason = row.reason if is_chinese else row.reason_en
    version = (
        [] if row.version in (None, 1) or pd.isna(row.version) else [text("version {number}", number=int(row.version))]
    )
    if row.is_supplement is True:
        version.append(text("supplement"))
    return [
        _instant(row.received_at),
        reference.feed(row.feed),
        reference.place(row.sender) if isinstance(row.sender, str) else "–",
        [_period(row.period, row.grain), html.Small(text(", ").join(version))]
        if version
        else _period(row.period, row.grain),
        html.Code(row.file_name),
        [text(_STATUS.get(row.status, row.status)), html.Small(reason if isinstance(reason, str) else "")],
        count(row.rows_total),
        count(row.rows_accepted),
        count(row.rows_quarantined),
    ]


def revisions() -> Any:
    """What this edition says otherwise of periods told before, and by how much."""
    rows = data.read("newest_revision")
    known = reference.indicators()
    columns = [text(name) for name in ("Indicator", "Area", "Period", "Before", "Now", "Change", "Why")]
    shown = []
    for row in rows.itertuples(index=False):
        indicator = known.get(row.indicator)
        unit = indicator.unit if indicator else ""
        shown.append(
            [
                indicator.title if indicator else row.indicator,
                reference.place(row.area),
                [_period(row.period, row.grain), html.Small(text("provisional")) if row.is_provisional else ""],
                _figure(row.value_before, unit),
                _figure(row.value, unit),
                _change(row.value_before, row.value, unit),
                _cause(row.reason),
            ]
        )
    total = int(rows["changes"].iloc[0]) if len(rows) else 0
    more = total - len(rows)
    empty = text("The last edition changed no figure told before.")
    listed = table(
        text("Revisions of the last edition"), columns, shown, kind="cards", numeric=frozenset({3, 4, 5}), empty=empty
    )
    rest = html.P(text("and {number} more", number=count(more)), className="source") if more > 0 else None
    return html.Div([listed, rest])


def _cause(reason: object) -> str:
    words: Sequence[str] = str(reason).split(",") if isinstance(reason, str) else ()
    return text(", ").join(text(_CAUSES.get(word, word)) for word in words)


def _figure(number: float | None, unit: str) -> str:
    return text("no figure") if number is None or pd.isna(number) else value(number, unit)


def _change(before: float | None, now: float | None, unit: str) -> str:
    if before is None or now is None or pd.isna(before) or pd.isna(now):
        return "–"
    difference = value(abs(now - before), unit)
    share = f"{100 * abs(now - before) / abs(before):.1f}%" if before else ""
    sign = "+" if now >= before else "−"
    return f"{sign}{difference} ({sign}{share})" if share else f"{sign}{difference}"


def _period(at: Any, grain: str) -> str:
    day: date | None = reference.as_day(at)
    if day is None:
        return "–"
    return month(day) if grain in _MONTHLY else short_day(day)


def _instant(at: Any) -> str:
    return "–" if pd.isna(at) else instant(pd.Timestamp(at).tz_localize("UTC").to_pydatetime(), reference.zone())


def _since(span: timedelta) -> Any:
    """The instant so long before the edition, as published files write it: UTC without zone."""
    return (data.edition().cutoff_at - span).replace(tzinfo=None)
