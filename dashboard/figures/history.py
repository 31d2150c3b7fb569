"""One series over time with its expected band, lines of its rules and marks, and the same numbers as a table."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import elements
from dashboard.components.table import scrolling, table
from dashboard.components.theme import colour, template
from dashboard.locale import month, text, value
from dashboard.summary.chart_annotations import annotation_headroom, draw_annotations, list_annotations
from dashboard.summary.course import Course, Threshold
from dashboard.summary.headline import shown
from dashboard.summary.reference import Indicator

_CONFIG: Any = {"displaylogo": False, "displayModeBar": False, "responsive": True}
_TABLE_ROWS = 40
_TICKS = {"window": "%m-%d", "week": "%Y-%m", "month": "%Y-%m"}
_HOVER = {"window": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}
_SEVERAL_MONTHS = timedelta(days=250)  # so long a course is dated by the month, with its year
_FLAT = 0.5  # a line whose lowest point is above this share of its highest would be flat on an axis from zero


def history(name: str, indicator: Indicator, drawn: Course, highlight: tuple[date, date] | None = None) -> Any:
    """Chart and table of a course, one below the other; the arguments are those of ``chart``."""
    if drawn.readings.empty:
        return html.P(text("No readings in this period."), className="empty")
    table = html.Details([html.Summary(text("Numbers as a table")), numbers(indicator, drawn)])
    return html.Div([chart(name, indicator, drawn, highlight), list_annotations(drawn.marks), table])


def chart(name: str, indicator: Indicator, drawn: Course, highlight: tuple[date, date] | None = None) -> Any:
    """The chart of a course with readings. Weeks are columns from zero, provisional ones hatched; sums and months are
    a line, provisional points open. ``name`` makes the chart's identity on the page; ``highlight`` is a window set off.
    """
    figure = {"data": _traces(indicator, drawn), "layout": _layout(drawn, highlight)}
    summary = text("Chart of {title}; the same numbers are in the table beside it.", title=title_of(indicator, drawn))
    drawing = dcc.Graph(id=f"history-{name}", figure=figure, config=_CONFIG)
    failed: Any = {"data-failed": text("The figure did not come. Reload the page to try again.")}
    return html.Div(drawing, className="chart", role="img", **elements.aria_label(summary), **failed)


def title_of(indicator: Indicator, drawn: Course) -> str:
    """What the chart shows: the indicator, and that it is summed where it is."""
    if drawn.grain == "window":
        return text("{title}, sums of {days} days", title=indicator.title, days=drawn.days)
    if drawn.grain == "week":
        return text("{title}, by week", title=indicator.title)
    return text("{title}, by month", title=indicator.title)


def _layout(drawn: Course, highlight: tuple[date, date] | None) -> dict[str, Any]:
    """Plotly's layout as plain values: its own classes check each, which takes longer than all else on a page."""
    extent = _extent(drawn)
    days = {"range": [str(one) for one in extent], "hoverformat": _HOVER[drawn.grain]}
    layout: dict[str, Any] = {
        "template": template(),
        "height": 250,
        "xaxis": {"tickformat": "%Y-%m" if extent[1] - extent[0] > _SEVERAL_MONTHS else _TICKS[drawn.grain], **days},
    }
    if axis := _upright(drawn, extent):
        layout["yaxis"] = axis
    shapes, labels = draw_annotations(drawn.marks, extent)
    shapes += [_line(threshold) for threshold in drawn.thresholds]
    labels += [_line_title(threshold) for threshold in drawn.thresholds]
    if highlight is not None:
        shapes.append(
            {
                "type": "rect",
                "xref": "x",
                "x0": str(highlight[0]),
                "x1": f"{highlight[1]} 23:59",
                "yref": "y domain",
                "y0": 0,
                "y1": 1,
                "fillcolor": colour("demo"),
                "layer": "below",
                "line": {"width": 0},
            }
        )
    if shapes:
        layout["shapes"] = shapes
    if labels:
        layout["annotations"] = labels
    return layout


def _line(threshold: Threshold) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x domain",
        "x0": 0,
        "x1": 1,
        "yref": "y",
        "y0": threshold.at,
        "y1": threshold.at,
        "line": {"color": colour("worse"), "width": 1, "dash": "dash"},
    }


def _line_title(threshold: Threshold) -> dict[str, Any]:
    return {
        "text": threshold.title,
        "showarrow": False,
        "xref": "x domain",
        "x": 0,
        "xanchor": "left",
        "yref": "y",
        "y": threshold.at,
        "yanchor": "bottom",
        "font": {"size": 11, "color": colour("worse")},
    }


def _extent(drawn: Course) -> tuple[pd.Timestamp, pd.Timestamp]:
    first, last = drawn.periods
    last = max([last, *(pd.Timestamp(one.first) for one in drawn.marks.drawn)])
    edge = (last - first) * 0.03 + pd.Timedelta(days=1)
    return first - edge, last + edge


def _upright(drawn: Course, extent: tuple[pd.Timestamp, pd.Timestamp]) -> dict[str, Any]:
    """The axis of values: from zero where that does not make the series flat, with room for marks above the data."""
    known = drawn.readings["value"].dropna()
    is_flat = drawn.grain == "month" and not drawn.thresholds and known.min() > _FLAT * known.max()
    axis: dict[str, Any] = {"rangemode": "normal"} if is_flat or (known < 0).any() else {}
    if drawn.marks.drawn and len(known):
        limits = [] if drawn.expected is None else [drawn.expected["lo95"], drawn.expected["hi95"]]
        every = pd.concat([known, *limits, pd.Series([one.at for one in drawn.thresholds], dtype=float)])
        low = float(every.min()) if axis else 0.0
        axis["autorangeoptions"] = {"include": annotation_headroom(drawn.marks, extent, low, float(every.max()))}
    return axis


def _traces(indicator: Indicator, drawn: Course) -> list[dict[str, Any]]:
    band = [] if drawn.expected is None else _band(drawn.expected)
    return [*band, _values(indicator, drawn)]


def _band(expected: pd.DataFrame) -> list[dict[str, Any]]:
    shared = {"type": "scatter", "x": _days(expected), "mode": "lines", "zorder": 0}
    upper = {"y": expected["hi95"].tolist(), "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    lower = {
        "y": expected["lo95"].tolist(),
        "line": {"width": 0},
        "fill": "tonexty",
        "fillcolor": colour("band"),
        "name": text("normal range (95%)"),
        "hoverinfo": "skip",
    }
    middle = {
        "y": expected["expected"].tolist(),
        "name": text("expected"),
        "line": {"color": colour("expected"), "width": 1.5, "dash": "dot"},
        "hovertemplate": "%{y:,.1f}",
    }
    return [shared | one for one in (upper, lower, middle)]


def _values(indicator: Indicator, drawn: Course) -> dict[str, Any]:
    readings = drawn.readings
    y = [None if pd.isna(number) else float(number) for number in readings["value"]]
    form = "%{y:,.2f} " if indicator.is_ratio else "%{y:,.0f} "
    is_open = readings["is_provisional"].fillna(False).astype(bool)
    shared = {
        "x": _days(readings),
        "y": y,
        "zorder": 1,
        "name": text("seen"),
        "hovertemplate": form + indicator.unit_word,
    }
    if drawn.grain == "week":
        pattern = {"shape": ["/" if one else "" for one in is_open], "fgcolor": colour("sheet"), "size": 5}
        return shared | {"type": "bar", "marker": {"color": colour("series"), "pattern": pattern}}
    marker = {"size": 5, "symbol": ["circle-open" if one else "circle" for one in is_open]}
    line = {"color": colour("series"), "width": 2}
    return shared | {"type": "scatter", "mode": "lines+markers", "line": line, "marker": marker, "connectgaps": False}


def _days(rows: pd.DataFrame) -> list[str]:
    return list(rows["period"].dt.strftime("%Y-%m-%d"))


def numbers(indicator: Indicator, drawn: Course) -> Any:
    """The newest numbers of a course as a table."""
    bands = () if drawn.expected is None else drawn.expected.dropna(subset=["lo95", "hi95"]).itertuples(index=False)
    ranges = {row.period: row for row in bands}
    rows = []
    for row in drawn.readings.sort_values("period", ascending=False).head(_TABLE_ROWS).itertuples(index=False):
        band = ranges.get(row.period)
        limits = "" if band is None else [value(number, indicator.unit) for number in (band.lo95, band.hi95)]
        rows.append(
            [
                month(row.period.date()) if drawn.grain == "month" else row.period.date().isoformat(),
                shown(row.value, bool(row.is_suppressed), indicator),
                " – ".join(limits),
                text("provisional") if row.is_provisional is True else "",
            ]
        )
    first = text("Last day") if drawn.grain == "window" else text("Period")
    columns = [first, f"{indicator.title} ({indicator.unit_word})", text("Normal range (95%)"), text("Remark")]
    caption = title_of(indicator, drawn)
    return scrolling(caption, table(caption, columns, rows, numeric=frozenset({1, 2}), kind="plain"))
