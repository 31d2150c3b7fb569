"""Forecasts: what was forecast and what came, coverage and error by indicator, and what is expected next."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html

from dashboard.components import elements, shell
from dashboard.components.shell import Topic
from dashboard.components.table import scrolling, table
from dashboard.components.warning import address
from dashboard.figures.history import history
from dashboard.locale import count, percent, short_day, text, value
from dashboard.summary import forecast_record, reference
from dashboard.summary.course import marked
from dashboard.summary.forecast_record import Score
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError

PATH = "/forecasts"
_FIGURES = {
    "coverage_80": "share within the 80% interval",
    "coverage_95": "share within the 95% interval",
    "p_below_0.05": "share of judgements with a chance below 5%",
}
_SHOWN = 26  # periods that are over


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Forecasts · Gangshao", path=PATH, topic=Topic("Forecasts", 3))


@shell.cached_page
def layout(area: str = "", indicator: str = "", **_: str) -> list[Any]:
    """The page; area and indicator are the query of its address."""
    areas = [code for code in reference.codes() if data.may_read_scores(code)]
    heading = html.H1(text("Forecasts"))
    if not areas:
        why = text(
            "Forecasts are exact figures of single series, unsuppressed: they are for the bureau and, of its own area, "
            "for an office. The public file has none."
        )
        return [html.Div([heading], className="title"), html.P(why, className="empty")]
    shown = area or areas[0]
    if shown not in areas or (indicator and indicator not in reference.indicators()):
        return shell.not_found()
    rows = forecast_record.came(shown)
    offered = forecast_record.offered(shown)
    chosen = next((one for one in offered if one.indicator == indicator), offered[0] if offered else None)
    said = text(
        "{area}; what editions forecast in the last {days} days",
        area=reference.place(shown),
        days=forecast_record.LOOK_BACK.days,
    )
    return [
        html.Div([heading, html.P(said)], className="title"),
        _areas(areas, shown, indicator),
        *([] if chosen is None else _chosen(chosen, offered, shown)),
        html.Section([html.H2(forecast_record.finding(rows)), _scores(forecast_record.scores(rows))]),
        None if chosen is None else _past(chosen, rows[rows["indicator"] == chosen.indicator]),
        _watched(),
    ]


def _areas(areas: list[str], shown: str, indicator: str) -> Any:
    if len(areas) < 2:
        return None
    links = [_link(reference.places()[code].short_name, code, indicator, is_current=code == shown) for code in areas]
    return html.Nav(links, className="choice", **elements.aria_label(text("Area")))


def _link(title: str, area: str, indicator: str, *, is_current: bool) -> Any:
    query = urlencode({"area": area, "indicator": indicator} if indicator else {"area": area})
    return html.A(title, href=address(f"{PATH}?{query}"), **(elements.ARIA_CURRENT if is_current else {}))


def _chosen(chosen: Indicator, offered: list[Indicator], area: str) -> list[Any]:
    links = [_link(one.title, area, one.indicator, is_current=one.indicator == chosen.indicator) for one in offered]
    coming = forecast_record.forecasts_ahead(area, chosen.indicator)
    drawn = marked(forecast_record.drawn(chosen, area), chosen, area, TOTAL_INDUSTRY)
    return [
        html.Nav(links, className="choice", **elements.aria_label(text("Indicator"))),
        html.Section([html.H2(_next(chosen, coming, area)), history("forecast", chosen, drawn)], className="panel"),
        html.Section([html.H2(text("What is expected next")), _coming(chosen, coming)]),
    ]


def _next(indicator: Indicator, coming: pd.DataFrame, area: str) -> str:
    """The title states the finding: what is expected of the nearest period."""
    if coming.empty and indicator.indicator in forecast_record.too_short(area):
        return text("{title}: its history is too short yet to forecast", title=indicator.title)
    if coming.empty:
        return text("{title}: nothing is forecast", title=indicator.title)
    row = coming.iloc[0]
    return text(
        "{title}: {expected} {unit} expected for {period}, {lo} to {hi} in 95 of 100 cases",
        title=indicator.title,
        expected=value(row.expected, indicator.unit),
        unit=indicator.unit_word,
        period=forecast_record.period_words(row.grain, pd.Timestamp(row.period)),
        lo=value(row.lo95, indicator.unit),
        hi=value(row.hi95, indicator.unit),
    )


def _coming(indicator: Indicator, coming: pd.DataFrame) -> Any:
    rows = [
        [
            forecast_record.period_words(row.grain, row.period),
            value(row.expected, indicator.unit),
            _interval(row.lo80, row.hi80, indicator),
            _interval(row.lo95, row.hi95, indicator),
            short_day(row.made_on.date()),
        ]
        for row in coming.itertuples(index=False)
    ]
    names = [
        text("Period"),
        text("Expected ({unit})", unit=indicator.unit_word),
        text("80% interval"),
        text("95% interval"),
        text("Made on"),
    ]
    return table(text("What is expected next"), names, rows, numeric=frozenset({1, 2, 3}), kind="rules")


def _interval(lo: float, hi: float, indicator: Indicator) -> str:
    return f"{value(lo, indicator.unit)} – {value(hi, indicator.unit)}"


def _past(indicator: Indicator, rows: pd.DataFrame) -> Any:
    """The nearest forecast of each period that is over, newest first."""
    nearest = rows[rows["horizon"] == rows["horizon"].min()].sort_values("period", ascending=False).head(_SHOWN)
    cells = [
        [
            forecast_record.period_words(row.grain, row.period),
            value(row.expected, indicator.unit),
            _interval(row.lo80, row.hi80, indicator),
            _interval(row.lo95, row.hi95, indicator),
            value(row.came, indicator.unit),
            _compare_with_interval(row),
            text("not known") if pd.isna(row.before) else value(row.before, indicator.unit),
        ]
        for row in nearest.itertuples(index=False)
    ]
    names = ("Period", "Forecast", "80% interval", "95% interval", "Came", "Verdict", "A year before")
    caption = text("What was forecast and what came: {title}", title=indicator.title)
    shown = table(
        caption,
        [text(name) for name in names],
        cells,
        numeric=frozenset({1, 2, 3, 4, 6}),
        kind="plain",
        empty=text("No forecast of it is over yet."),
    )
    return html.Section([html.H2(caption), scrolling(caption, shown)])


def _compare_with_interval(row: Any) -> Any:
    if row.lo80 <= row.came <= row.hi80:
        return html.Span(text("within 80%"), className="tag tone-normal")
    if row.lo95 <= row.came <= row.hi95:
        return html.Span(text("within 95%"), className="tag tone-normal")
    words = text("above the interval") if row.came > row.hi95 else text("below the interval")
    return html.Span(words, className="tag tone-worse")


def _scores(found: list[Score]) -> Any:
    known = reference.indicators()
    rows = []
    for one in found:
        if one.indicator not in known:  # forecast by an edition that still had it
            continue
        indicator = forecast_record.as_forecast(known[one.indicator])
        is_enough = one.forecasts >= forecast_record.FEWEST
        shares = [percent(one.within_80), percent(one.within_95)] if is_enough else [text("too few")] * 2
        rows.append([indicator.title, one.horizon_words, count(one.forecasts), *shares, *_errors(one, indicator)])
    names = (
        "Indicator",
        "Reach",
        "Forecasts over",
        "Within 80%",
        "Within 95%",
        "Mean error",
        "Seasonal baseline",
        "Verdict",
    )
    caption = text(
        "Scores of forecasts; the baseline says what the same period of the year before brought; sums of days overlap"
    )
    shown = table(
        caption,
        [text(name) for name in names],
        rows,
        numeric=frozenset({2, 3, 4, 5, 6}),
        kind="plain",
        empty=text("No forecast is over yet."),
    )
    return html.Div([scrolling(caption, shown), html.P(caption, className="source")])


def _errors(one: Score, indicator: Indicator) -> list[Any]:
    if one.compared < forecast_record.FEWEST:
        return [text("too few"), text("too few"), ""]
    is_better = one.error <= one.baseline
    ratio = value(one.error / one.baseline, "ratio") if one.baseline else "–"
    words = text("{ratio} times the baseline's error", ratio=ratio)
    tag = html.Span(words, className="tag tone-better" if is_better else "tag tone-worse")
    shown = [f"{value(number, indicator.unit)} {indicator.unit_word}" for number in (one.error, one.baseline)]
    return [*shown, tag]


def _watched() -> Any:
    """What the monthly watch over the models found, for the bureau."""
    if data.viewer().audience is not Audience.BUREAU:
        return None
    try:
        found = data.read("model_quality")
    except UserError:  # files published before there was such a table
        return None
    known = reference.indicators()
    rows = [
        [
            known[row.indicator].title if row.indicator in known else row.indicator,
            text(_FIGURES.get(row.figure, row.figure)),
            percent(row.value),
            text("not known") if pd.isna(row.before) else percent(row.before),
            percent(row.expected),
            count(row.sums),
            html.Span(text("drifts"), className="tag late") if row.is_drift else text("as it should be"),
        ]
        for row in found.itertuples(index=False)
    ]
    names = ("Indicator", "Figure", "Last 91 days", "Year before", "Should be", "Sums", "Verdict")
    caption = text("The monthly watch over the models: whole city, its areas and industries")
    return html.Section(
        [
            html.H2(caption),
            table(
                caption,
                [text(name) for name in names],
                rows,
                numeric=frozenset({2, 3, 4, 5}),
                kind="rules",
                empty=text("The watch looks in the first edition of each month; it has not looked yet."),
            ),
        ]
    )
