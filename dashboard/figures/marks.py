"""Marks in a chart and in words: early warnings as bars at its top, policy events as dotted lines and pale spans."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import aria
from dashboard.components.tag import level_tag, stored
from dashboard.components.theme import colour
from dashboard.components.warning import address
from dashboard.locale import count, text
from dashboard.summary.chart_annotations import Announced, Mark, Marks, Warned

_LANE = 0.1  # of the height of the chart: one line of labels
_CLEAR = 2  # lines of labels that have room above the data; more would press the series flat
_ROOM = 0.09  # of the width: what a label takes on a phone
_SIGNS = {Warned: "▼", Announced: "◆"}


def sign(mark: Mark) -> str:
    """What stands beside a mark in the chart and before its words: a shape for its kind, and its number."""
    return f"{_SIGNS[type(mark)]}{mark.number}"


def lanes(at: Sequence[float]) -> list[int]:
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


def drawing(marks: Marks, extent: tuple[pd.Timestamp, pd.Timestamp]) -> tuple[list[Any], list[Any]]:
    """Shapes and annotations of the marks in a chart whose axis of days is ``extent``."""
    first, at = extent[0], _places(marks, extent)
    shapes: list[Any] = []
    labels: list[Any] = []
    for one, place, lane in zip(marks.drawn, at, lanes(at), strict=True):
        top = 1 - lane * _LANE
        shapes += _bar(one, extent, top) if isinstance(one, Warned) else _span(one, extent)
        labels.append(_label(one, place, top, max(pd.Timestamp(one.first), first)))
    return shapes, labels


def _places(marks: Marks, extent: tuple[pd.Timestamp, pd.Timestamp]) -> list[float]:
    """Where the labels begin, as shares of the width; the last ones reach back from their day, or they were cut off."""
    first, last = extent
    at = [(max(pd.Timestamp(one.first), first) - first) / (last - first) for one in marks.drawn]
    return [min(place, 1 - _ROOM) for place in at]


def headroom(marks: Marks, extent: tuple[pd.Timestamp, pd.Timestamp], low: float, high: float) -> float:
    """The value that must still be on an axis from ``low`` so that the first labels stand above data up to ``high``."""
    lines = 1 + max(lanes(_places(marks, extent)), default=-1)
    return low + (high - low) / (1 - min(lines, _CLEAR) * _LANE)


def _bar(one: Warned, extent: tuple[pd.Timestamp, pd.Timestamp], top: float) -> list[Any]:
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


def _span(one: Announced, extent: tuple[pd.Timestamp, pd.Timestamp]) -> list[Any]:
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


def _label(one: Mark, place: float, top: float, day: pd.Timestamp) -> dict[str, Any]:
    side = "left" if place < 1 - _ROOM else "right"
    return {
        "text": sign(one),
        "showarrow": False,
        "xref": "x",
        "x": str(day),
        "xanchor": side,
        "yref": "y domain",
        "y": top,
        "yanchor": "top",
        "bgcolor": colour("sheet"),
        "borderpad": 1,
        "font": {"size": 11, "color": colour("worse") if isinstance(one, Warned) else colour("soft")},
    }


def told(marks: Marks) -> Any:
    """The marks in words, those of the chart first; None where there are none."""
    if not marks.drawn and not marks.others:
        return None
    parts: list[Any] = [_list(marks.drawn, text("Marks in the chart"))] if marks.drawn else []
    if marks.others:
        summary = text("{number} more, outside the view or older", number=count(len(marks.others)))
        parts.append(html.Details([html.Summary(summary), _list(marks.others, summary)]))
    return html.Div(parts, className="marks")


def _list(marks: Sequence[Mark], title: str) -> Any:
    items = [html.Li(_warned(one) if isinstance(one, Warned) else _announced(one)) for one in marks]
    return html.Ul(items, **aria.label(title))


def _head(one: Mark) -> list[Any]:
    return [html.B(sign(one)), " "] if one.number else []


def _warned(one: Warned) -> list[Any]:
    link = dcc.Link(one.title, href=address(f"/warning/{one.episode_id}"))
    return [*_head(one), level_tag(one.level), " ", link, " ", html.Small(_days(one.first, one.last, is_open=True))]


def _announced(one: Announced) -> list[Any]:
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
