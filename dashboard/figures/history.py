"""One series over time with its expected band and lines of its rules, and the same numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import dcc, html

from dashboard.components import aria
from dashboard.components.table import scrolling, table
from dashboard.locale import month, text, value
from dashboard.reference import Indicator
from dashboard.summary import shown
from dashboard.theme import COLOURS, template

_CONFIG: Any = {"displaylogo": False, "displayModeBar": False, "responsive": True}
_TABLE_ROWS = 40
_TICKS = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "quarter": "%Y-%m"}


@dataclass(frozen=True)
class Threshold:
    """A rule's line: where, and what to call it."""

    at: float
    title: str


def history(
    name: str,
    indicator: Indicator,
    grain: str,
    readings: pd.DataFrame,
    expected: pd.DataFrame | None = None,
    thresholds: Sequence[Threshold] = (),
    highlight: tuple[date, date] | None = None,
) -> Any:
    """Chart and table of ``readings`` (period, value, is_provisional, is_suppressed) of one grain.

    ``expected``: period, expected, lo95, hi95 of the same grain. Days and weeks are columns from zero, provisional
    ones hatched; months are a line. ``name`` makes the chart's identity on the page.
    """
    if readings.empty:
        return html.P(text("No readings in this period."), className="empty")
    figure = go.Figure(layout={"template": template(), "height": 250})
    if expected is not None and not expected.empty:
        _band(figure, expected)
    _values(figure, indicator, grain, readings)
    for threshold in thresholds:
        figure.add_hline(
            y=threshold.at,
            line={"color": COLOURS["worse"], "width": 1, "dash": "dash"},
            annotation_text=threshold.title,
            annotation_position="top left",
            annotation_font={"size": 11, "color": COLOURS["worse"]},
        )
    if highlight is not None:
        figure.add_vrect(
            x0=str(highlight[0]),
            x1=f"{highlight[1]} 23:59",
            fillcolor=COLOURS["demo"],
            opacity=0.7,
            layer="below",
            line_width=0,
        )
    first, last = readings["period"].min(), readings["period"].max()
    edge = (last - first) * 0.03 + pd.Timedelta(days=1)
    figure.update_xaxes(
        tickformat=_TICKS[grain], hoverformat=_TICKS[grain], range=[str(first - edge), str(last + edge)]
    )
    if any(number < 0 for number in readings["value"].dropna()):
        figure.update_yaxes(rangemode="normal")
    summary = text("Chart of {title}; the same numbers are in the table below it.", title=indicator.title)
    return html.Div(
        [
            html.Div(
                dcc.Graph(id=f"history-{name}", figure=figure, config=_CONFIG),
                className="chart",
                role="img",
                **aria.label(summary),
            ),
            html.Details([html.Summary(text("Numbers as a table")), _as_table(indicator, grain, readings, expected)]),
        ]
    )


def _band(figure: go.Figure, expected: pd.DataFrame) -> None:
    x = [str(when.date()) for when in pd.to_datetime(expected["period"])]
    shared = {"x": x, "mode": "lines", "hoverinfo": "skip", "zorder": 0}
    figure.add_scatter(y=expected["hi95"].tolist(), line={"width": 0}, showlegend=False, **shared)
    figure.add_scatter(
        y=expected["lo95"].tolist(),
        line={"width": 0},
        fill="tonexty",
        fillcolor=COLOURS["band"],
        name=text("normal range (95%)"),
        **shared,
    )
    figure.add_scatter(
        x=x,
        y=expected["expected"].tolist(),
        mode="lines",
        name=text("expected"),
        line={"color": COLOURS["expected"], "width": 1.5, "dash": "dot"},
        hovertemplate="%{y:,.1f}",
        zorder=2,
    )


def _values(figure: go.Figure, indicator: Indicator, grain: str, readings: pd.DataFrame) -> None:
    x = [str(when.date()) for when in readings["period"]]
    y = [None if pd.isna(number) else float(number) for number in readings["value"]]
    form = "%{y:,.2f} " if indicator.is_ratio else "%{y:,.0f} "
    shared = {"x": x, "y": y, "zorder": 1, "name": indicator.title, "hovertemplate": form + indicator.unit_word}
    if grain in {"day", "week"}:
        hatch = ["/" if is_open else "" for is_open in readings["is_provisional"].fillna(False)]
        marker = {"color": COLOURS["series"], "pattern": {"shape": hatch, "fgcolor": COLOURS["sheet"], "size": 5}}
        figure.add_bar(marker=marker, **shared)
    else:
        figure.add_scatter(
            mode="lines+markers",
            line={"color": COLOURS["series"], "width": 2},
            marker={"size": 5},
            connectgaps=False,
            **shared,
        )


def _as_table(indicator: Indicator, grain: str, readings: pd.DataFrame, expected: pd.DataFrame | None) -> Any:
    ranges = {}
    if expected is not None:
        ranges = {pd.Timestamp(row.period): row for row in expected.itertuples(index=False)}
    rows = []
    for row in readings.sort_values("period", ascending=False).head(_TABLE_ROWS).itertuples(index=False):
        band = ranges.get(row.period)
        rows.append(
            [
                month(row.period.date()) if grain == "month" else row.period.date().isoformat(),
                shown(row.value, bool(row.is_suppressed), indicator),
                ""
                if band is None
                else f"{value(max(band.lo95, 0), indicator.unit)} – {value(band.hi95, indicator.unit)}",
                text("provisional") if row.is_provisional is True else "",
            ]
        )
    columns = [text("Period"), f"{indicator.title} ({indicator.unit_word})", text("Normal range (95%)"), text("Remark")]
    return scrolling(indicator.title, table(indicator.title, columns, rows, numeric=frozenset({1, 2}), kind="plain"))
