"""What happened while a series ran: its own early warnings, and the policies and shutdowns that touch it.

Of each kind the newest few are numbered for the chart; the others are told in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import elements
from dashboard.components.tag import level_tag, stored
from dashboard.components.theme import colour
from dashboard.components.warning import address
from dashboard.locale import count, text
from dashboard.summary import reference
from dashboard.web import data

MOST = 3
"""So many marks of a kind in one chart: on a phone more would hide the series."""


@dataclass(frozen=True)
class WarningAnnotation:
    """An early warning of the series: opened on ``first``, lifted on ``last`` (None: it is open)."""

    first: date
    last: date | None
    level: int
    title: str
    episode_id: str
    number: int = 0


@dataclass(frozen=True)
class EventAnnotation:
    """A policy or shutdown (notice, item 24): begins on ``first``, ends on ``last`` (None: no end is known).

    ``jobs`` and ``employers`` are those of the announced plan, None where they are not told.
    """

    first: date
    last: date | None
    kind: str
    title: str
    where: str
    source: str
    jobs: int | None
    employers: int | None
    number: int = 0


Annotation = WarningAnnotation | EventAnnotation


@dataclass(frozen=True)
class Annotations:
    """``drawn``: numbered from 1 by the day they begin. ``others``: outside the view or older, the newest first."""

    drawn: tuple[Annotation, ...] = ()
    others: tuple[Annotation, ...] = ()


NO_ANNOTATIONS = Annotations()


def find_annotations(indicator: str, area: str, industry: str, since: date, until: date) -> Annotations:
    """The marks of a series as they are known in the edition shown; ``since`` and ``until``: the days in view."""
    warned, announced = _warned(indicator, area, industry, since), _announced(area, industry, since)
    chosen: list[Annotation] = [*_in_view(warned, since, until)[:MOST], *_in_view(announced, since, until)[:MOST]]
    found: list[Annotation] = [*warned, *announced]
    others = [one for one in found if one not in chosen]
    numbered = [
        replace(one, number=place) for place, one in enumerate(sorted(chosen, key=attrgetter("first")), start=1)
    ]
    return Annotations(tuple(numbered), tuple(sorted(others, key=attrgetter("first"), reverse=True)))


def _in_view(found: Sequence[Annotation], since: date, until: date) -> list[Annotation]:
    """Those that begin or end in view."""
    return [
        one for one in found if since <= one.first <= until or (one.last is not None and since <= one.last <= until)
    ]


def _warned(indicator: str, area: str, industry: str, since: date) -> list[WarningAnnotation]:
    rows = data.read_indicator("warning_of_series", indicator, area=area, industry=industry, since=since)
    return [
        WarningAnnotation(
            row.opened_on.date(), reference.as_day(row.closed_on), int(row.level), row.rule_title, row.episode_id
        )
        for row in rows.itertuples(index=False)
    ]


def _announced(area: str, industry: str, since: date) -> list[EventAnnotation]:
    rows = data.read("event_of_series", area=area, industry=industry, city=reference.city(), since=since)
    return [
        EventAnnotation(
            row.from_on.date(),
            reference.as_day(row.to_on),
            row.kind,
            row.title,
            reference.where(row.area, row.industry),
            row.source,
            _known(row.jobs),
            _known(row.employers),
        )
        for row in rows.itertuples(index=False)
    ]


def _known(number: Any) -> int | None:
    return None if pd.isna(number) else int(number)


_LANE = 0.1  # of the height of the chart: one line of labels
_CLEAR = 2  # lines of labels that have room above the data; more would press the series flat
_ROOM = 0.09  # of the width: what a label takes on a phone
_SIGNS = {WarningAnnotation: "▼", EventAnnotation: "◆"}


def annotation_sign(mark: Annotation) -> str:
    """What stands beside a mark in the chart and before its words: a shape for its kind, and its number."""
    return f"{_SIGNS[type(mark)]}{mark.number}"


def annotation_lanes(at: Sequence[float]) -> list[int]:
    """The line, from the top, on which each label stands so that no two of one line touch.

    ``at``: where the labels begin as shares of the width, rising.
    """
    ends: list[float] = []
    found = []
    for place in at:
        lane = next((lane for lane, end in enumerate(ends) if place - end >= _ROOM), len(ends))
        if lane == len(ends):
            ends.append(place)
        ends[lane] = place
        found.append(lane)
    return found


def draw_annotations(marks: Annotations, extent: tuple[pd.Timestamp, pd.Timestamp]) -> tuple[list[Any], list[Any]]:
    """Shapes and annotations of the marks in a chart whose axis of days is ``extent``."""
    first, at = extent[0], _places(marks, extent)
    shapes: list[Any] = []
    labels: list[Any] = []
    for one, place, lane in zip(marks.drawn, at, annotation_lanes(at), strict=True):
        top = 1 - lane * _LANE
        shapes += _bar(one, extent, top) if isinstance(one, WarningAnnotation) else _span(one, extent)
        labels.append(_label(one, place, top, max(pd.Timestamp(one.first), first)))
    return shapes, labels


def _places(marks: Annotations, extent: tuple[pd.Timestamp, pd.Timestamp]) -> list[float]:
    """Where the labels begin, as shares of the width; the last ones reach back from their day, or they were cut off."""
    first, last = extent
    at = [(max(pd.Timestamp(one.first), first) - first) / (last - first) for one in marks.drawn]
    return [min(place, 1 - _ROOM) for place in at]


def annotation_headroom(
    marks: Annotations, extent: tuple[pd.Timestamp, pd.Timestamp], low: float, high: float
) -> float:
    """The value that must still be on an axis from ``low`` so that the first labels stand above data up to ``high``."""
    lines = 1 + max(annotation_lanes(_places(marks, extent)), default=-1)
    return low + (high - low) / (1 - min(lines, _CLEAR) * _LANE)


def _bar(one: WarningAnnotation, extent: tuple[pd.Timestamp, pd.Timestamp], top: float) -> list[Any]:
    """A bar from the day it opened to the day it was lifted, where a tick ends it; an open one runs on."""
    begin = max(pd.Timestamp(one.first), extent[0])
    end = extent[1] if one.last is None else min(pd.Timestamp(one.last), extent[1])
    red = colour("worse")
    found = [_line(begin, end, top, top, red, 3)]
    if one.first >= extent[0].date():
        found.append(_line(begin, begin, 0, top, red, 1))
    if one.last is not None:
        found.append(_line(end, end, top - _LANE, top, red, 1))
    return found


def _span(one: EventAnnotation, extent: tuple[pd.Timestamp, pd.Timestamp]) -> list[Any]:
    """A dotted line where it begins; a pale span to its end and a line there, where that is in view."""
    found = []
    begin = max(pd.Timestamp(one.first), extent[0])
    if one.last is not None and one.last <= extent[1].date():
        found.append(
            {
                "type": "rect",
                "xref": "x",
                "x0": str(begin),
                "x1": f"{one.last} 23:59",
                "yref": "y domain",
                "y0": 0,
                "y1": 1,
                "fillcolor": colour("faint"),
                "layer": "below",
                "line": {"width": 0},
            }
        )
        found.append(_line(pd.Timestamp(one.last), pd.Timestamp(one.last), 0, 1, colour("soft"), 1, "dot"))
    if one.first >= extent[0].date():
        found.append(_line(begin, begin, 0, 1, colour("soft"), 1, "dot"))
    return found


def _line(
    begin: pd.Timestamp, end: pd.Timestamp, low: float, high: float, ink: str, width: int, dash: str = "solid"
) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "x0": str(begin),
        "x1": str(end),
        "yref": "y domain",
        "y0": low,
        "y1": high,
        "line": {"color": ink, "width": width, "dash": dash},
    }


def _label(one: Annotation, place: float, top: float, day: pd.Timestamp) -> dict[str, Any]:
    side = "left" if place < 1 - _ROOM else "right"
    return {
        "text": annotation_sign(one),
        "showarrow": False,
        "xref": "x",
        "x": str(day),
        "xanchor": side,
        "yref": "y domain",
        "y": top,
        "yanchor": "top",
        "bgcolor": colour("sheet"),
        "borderpad": 1,
        "font": {"size": 11, "color": colour("worse") if isinstance(one, WarningAnnotation) else colour("soft")},
    }


def list_annotations(marks: Annotations) -> Any:
    """The marks in words, those of the chart first; None where there are none."""
    if not marks.drawn and not marks.others:
        return None
    parts: list[Any] = [_list(marks.drawn, text("Marks in the chart"))] if marks.drawn else []
    if marks.others:
        summary = text("{number} more, outside the view or older", number=count(len(marks.others)))
        parts.append(html.Details([html.Summary(summary), _list(marks.others, summary)]))
    return html.Div(parts, className="marks")


def _list(marks: Sequence[Annotation], title: str) -> Any:
    items = [
        html.Li(_describe_warning(one) if isinstance(one, WarningAnnotation) else _describe_announcement(one))
        for one in marks
    ]
    return html.Ul(items, **elements.aria_label(title))


def _head(one: Annotation) -> list[Any]:
    return [html.B(annotation_sign(one)), " "] if one.number else []


def _describe_warning(one: WarningAnnotation) -> list[Any]:
    link = dcc.Link(one.title, href=address(f"/warning/{one.episode_id}"))
    return [*_head(one), level_tag(one.level), " ", link, " ", html.Small(_days(one.first, one.last, is_open=True))]


def _describe_announcement(one: EventAnnotation) -> list[Any]:
    size = [
        text(words, number=count(number))
        for words, number in (("{number} jobs", one.jobs), ("{number} employers", one.employers))
        if number is not None
    ]
    parts = [_days(one.first, one.last, is_open=False), one.where, *size, text("Source")]
    name = stored(f"{one.kind} · {one.title}")
    return [*_head(one), name, " ", html.Small([" · ".join(parts), " ", stored(one.source)])]


def _days(first: date, last: date | None, *, is_open: bool) -> str:
    """From when to when; a warning without an end is open, a policy without one has none that is known."""
    if last is not None:
        return text("{first} to {last}", first=first.isoformat(), last=last.isoformat())
    words = "since {first}, still open" if is_open else "from {first}, no end known"
    return text(words, first=first.isoformat())
