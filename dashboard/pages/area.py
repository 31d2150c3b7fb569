"""One area: its warnings, what it owes, every indicator with its history."""

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard import data, reference, shell, summary
from dashboard.components.roster import roster
from dashboard.components.tag import verdict_tag
from dashboard.components.warning import address, ranked, warning_table
from dashboard.figures.history import Threshold, history
from dashboard.locale import count, text, value
from dashboard.reference import Indicator
from dashboard.summary import Figure
from pipelines.domain import TOTAL_INDUSTRY

SHOWN = {"day": timedelta(days=84), "week": timedelta(days=7 * 60), "month": timedelta(days=770)}
CLOSED_SINCE = timedelta(days=60)
_LEVEL_TITLES = {4: "blue line", 3: "yellow line", 2: "orange line", 1: "red line"}
_LINES = 2  # thresholds drawn: those next to the values, not a ladder


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, text("Area · Gangshao"), path_template="/area/<code>")


@shell.page
def layout(code: str = "", **_: str) -> list[Any]:
    """The page of the area ``code``: a unit this viewer may name, or the city."""
    allowed = {reference.city(), *[unit.code for unit in reference.units()]}
    if code not in allowed:
        return shell.not_found()
    place = reference.places()[code]
    figures = [*summary.frequent(code), *summary.monthly(code)]
    warnings = data.read("area_warning", area=code, closed_since=data.edition().day - CLOSED_SINCE)
    residents = "" if place.residents is None else text("{number} residents", number=count(place.residents))
    return [
        html.Div([html.H1(place.name), html.P(residents)], className="title"),
        html.Section(
            [
                html.H2([text("Warnings, open and lifted in the last 60 days")]),
                warning_table(ranked(warnings), text("Warnings of {area}", area=place.name), empty=text("No warning.")),
            ]
        ),
        html.Section([html.H2(text("Files due and received")), roster(code)]),
        html.Section(
            [
                html.H2([text("Indicators"), _downloads(code)]),
                html.Div([_indicator(figure, code) for figure in figures], className="panels"),
            ]
        ),
    ]


def _downloads(code: str) -> Any:
    grains = [grain for grain in ("day", "week", "month") if not _readings(code, grain).empty]
    titles = {"day": "Download days", "week": "Download weeks", "month": "Download months"}
    links = [
        html.A(
            text(titles[grain]), href=address(f"/download/readings.csv?area={code}&grain={grain}"), className="download"
        )
        for grain in grains
    ]
    return html.Span(links)


def _readings(code: str, grain: str) -> pd.DataFrame:
    return data.read("series", area=code, industry=TOTAL_INDUSTRY, grain=grain, since=summary.long_ago())


def _indicator(figure: Figure, code: str) -> Any:
    indicator = figure.indicator
    grain, rows = finest(indicator, code, TOTAL_INDUSTRY)
    thresholds = lines(indicator, rows) if grain == "month" else []
    return html.Article(
        [
            html.H3([indicator.title, " ", verdict_tag(figure.verdict)]),
            html.P(
                [
                    html.Strong([figure.amount, " ", indicator.unit_word]),
                    " · ",
                    figure.period,
                    f" · {figure.range_words}" if figure.range_words else "",
                    f" · {figure.remark}" if figure.remark else "",
                ],
                className="caption",
            ),
            history(
                f"{indicator.indicator}",
                indicator,
                grain,
                rows,
                expected(indicator, code, TOTAL_INDUSTRY, grain),
                thresholds,
            ),
            html.P(
                text("Formula: {formula}. Source: {source}", formula=indicator.formula, source=indicator.source),
                className="source",
            ),
        ],
        className="panel",
    )


def finest(indicator: Indicator, code: str, industry: str) -> tuple[str, pd.DataFrame]:
    """The finest grain this viewer has readings of, and its recent readings."""
    for grain in ("day", "week", "month"):
        if grain in indicator.grains:
            since = data.edition().day - SHOWN[grain]
            rows = summary.series(code, industry, grain, since, indicator.indicator)
            if not rows.empty:
                return grain, rows
    return "month", pd.DataFrame(columns=["period", "value", "is_provisional", "is_suppressed"])


def expected(indicator: Indicator, code: str, industry: str, grain: str) -> pd.DataFrame | None:
    """What had been forecast for each period before it came; None for those who may not see forecasts."""
    if not summary.may_read_scores(code):
        return None
    since = data.edition().day - SHOWN[grain]
    rows = data.read("expectation", area=code, industry=industry, grain=grain, since=since)
    rows = rows[rows["indicator"] == indicator.indicator]
    return None if rows.empty else rows.sort_values("period")


def lines(indicator: Indicator, rows: pd.DataFrame) -> list[Threshold]:
    """Lines of the level rules on an indicator: the ones nearest above (or below) what is drawn."""
    rules = data.read("rule")
    rules = rules[
        (rules["indicator"] == indicator.indicator) & (rules["kind"] == "level") & rules["is_enabled"].fillna(False)
    ]
    found = rules.dropna(subset=["line"]).sort_values("level", ascending=False)
    values = rows["value"].dropna()
    if found.empty or values.empty:
        return []
    far = float(values.min() if indicator.worse == "lower" else values.max())
    kept: list[Threshold] = []
    for rule in found.itertuples(index=False):
        title = text(
            "{line} {value}",
            line=text(_LEVEL_TITLES.get(int(rule.level), "line")),
            value=value(rule.line, indicator.unit),
        )
        is_passed = far <= rule.line if indicator.worse == "lower" else far >= rule.line
        kept.append(Threshold(float(rule.line), title))
        if not is_passed:
            break
    return kept[-_LINES:]
