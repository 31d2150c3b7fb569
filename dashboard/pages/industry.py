"""One industry: its warnings, all its indicators in the city or an area, the course of the first of them."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import breakdown, elements, shell
from dashboard.components.form import period_choice, span_of_query, with_span
from dashboard.components.shell import Topic
from dashboard.components.table import table
from dashboard.components.tag import comparison_tag
from dashboard.components.warning import address, fill_in_progress, ranked, shortened
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, short_day, text
from dashboard.summary import headline, reference
from dashboard.summary.headline import Figure
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment
from dashboard.workflow.progress import read_progress

CHARTS = 6
PARTS = ("operation_jobs", "job_loss_reason", "vacancy_occupation", "shortage_difficulty", "insured_flow")
_COLUMNS = ("Indicator", "Value", "Verdict", "Period", "Normal range", "Against before", "Data to")


def _first_section() -> str:
    return f"/industry/{reference.sections()[0]}"


def register() -> None:
    """Add the page to the site."""
    shell.register(
        __name__,
        layout,
        "Industry · Gangshao",
        path_template="/industry/<code>",
        topic=Topic("Industries", 1, address=_first_section),
    )


@shell.page
def layout(code: str = "", area: str = "", span: str = "", **_: str) -> list[Any]:
    """The page of the industrial section or industry tag ``code``; whose figures and how far back is in its query."""
    if code not in {*reference.sections(), *reference.tags()} or (area and area not in reference.codes()):
        return shell.not_found()
    warnings, span = _warnings(code), span_of_query(span)
    fill_in_progress(warnings, read_progress(warnings))
    return [
        html.Div(_shared_head(code=code, area=area, span=span), className="parts"),
        html.Section(_shared_list(code=code)),
        html.Div(_shared_rest(code=code, area=area, span=span), className="parts"),
    ]


def _warnings(code: str) -> pd.DataFrame:
    found = data.read("open_warning")
    return found[found["industry"] == code]


def _head(code: str, area: str, span: str) -> list[Any]:
    """What the figures say in a sentence, and the choice of areas and industries."""
    shown, figures = _shown(code, area)
    said = _finding(figures, _warnings(code), reference.place(shown))
    parts = [html.H1(reference.industry(code)), html.P(said)]
    if code in reference.tags():
        parts.append(
            html.P(text("A tag of industries: the sum of some of their divisions. Tags overlap, and are in no total."))
        )
    return [html.Div(parts, className="title"), _choice(code, shown, span)]


def _list(code: str) -> list[Any]:
    caption = text("Open warnings of this industry")
    return [html.H2(caption), shortened(ranked(_warnings(code)), caption, empty=text("No warning."))]


def _rest(code: str, area: str, span: str) -> list[Any]:
    """All figures, and the course of the first of them."""
    shown, figures = _shown(code, area)
    place = reference.place(shown)
    charts = [_chart(figure, shown, code, span) for figure in figures[:CHARTS]]
    return [
        html.Section([html.H2(text("All indicators, {area}", area=place)), _table(figures)]),
        html.Section(
            [
                html.H2(text("How they ran, {area}", area=place)),
                period_choice(_path(code, shown), span),
                html.Div(charts, className="panels"),
            ]
        ),
        html.Section([html.H2(text("What is behind them, {area}", area=place)), breakdown.panels(PARTS, shown, code)]),
    ]


_shared_head = cached_fragment("industry head", _head)
_shared_list = cached_fragment("industry list", _list)
_shared_rest = cached_fragment("industry rest", _rest)


def _shown(code: str, area: str) -> tuple[str, list[Figure]]:
    """The area asked for and its figures; else the city, or where the region keeps that from an office its own area."""
    shown = area or reference.city()
    figures = _figures(shown, code)
    if not figures and not area and data.viewer().areas:
        shown = min(data.viewer().areas)
        figures = _figures(shown, code)
    return shown, figures


def _figures(area: str, code: str) -> list[Figure]:
    known = reference.ordered(list(reference.indicators().values()))
    return [one for one in (headline.of_indicator(item, area, code) for item in known) if one is not None]


def _finding(figures: list[Figure], warnings: pd.DataFrame, place: str) -> str:
    worse = [one.indicator.title for one in figures if one.verdict.tone == "worse"]
    given = {"area": place, "number": count(len(warnings))}
    if not worse:
        return text("{area}: no indicator is worse than its normal range; {number} open warnings", **given)
    return text("{area}: worse than normal: {titles}; {number} open warnings", titles=text(", ").join(worse), **given)


def _choice(code: str, shown: str, span: str) -> Any:
    areas = [
        _link(reference.places()[one].short_name, code, one, span, is_current=one == shown) for one in reference.codes()
    ]
    others = [_link(reference.industry(one), one, shown, span, is_current=one == code) for one in reference.sections()]
    tags = [_link(reference.industry(one), one, shown, span, is_current=one == code) for one in reference.tags()]
    return html.Div(
        [
            html.Nav(areas, className="choice", **elements.aria_label(text("Area"))),
            html.Details(
                [
                    html.Summary(text("Another industry")),
                    html.Nav(others, className="choice", **elements.aria_label(text("Industry"))),
                    html.Nav(tags, className="choice", **elements.aria_label(text("Industry tag"))),
                ]
            ),
        ]
    )


def _path(code: str, area: str) -> str:
    return f"/industry/{code}" if area == reference.city() else f"/industry/{code}?area={area}"


def _link(title: str, code: str, area: str, span: str, *, is_current: bool) -> Any:
    path = with_span(_path(code, area), span)
    return html.A(title, href=address(path), **(elements.ARIA_CURRENT if is_current else {}))


def _table(figures: list[Figure]) -> Any:
    rows = [
        [
            dcc.Link(one.indicator.title, href=address(f"/indicator/{one.indicator.indicator}"), className="subject"),
            _amount(one),
            comparison_tag(one.verdict),
            [one.period, html.Small(one.remark)] if one.remark else one.period,
            one.range_words or text("no normal range yet"),
            html.Div([html.Div([change.against, " ", change.words]) for change in one.changes]),
            short_day(one.data_to),
        ]
        for one in figures
    ]
    return table(
        text("All indicators"),
        [text(name) for name in _COLUMNS],
        rows,
        numeric=frozenset({1}),
        kind="rules",
        empty=text("There are no figures of this industry here."),
    )


def _chart(figure: Figure, area: str, code: str, span: str) -> Any:
    indicator = figure.indicator
    return html.Article(
        [
            html.H3([indicator.title, " ", comparison_tag(figure.verdict)]),
            html.P([html.Strong(_amount(figure)), " · ", figure.period], className="caption"),
            figure_placeholder(indicator.indicator, area, code, span=span),
        ],
        className="panel",
    )


def _amount(figure: Figure) -> str:
    """The number with its unit; words like "withheld" have none."""
    has_number = any(letter.isdigit() for letter in figure.amount)
    return f"{figure.amount} {figure.indicator.unit_word}" if has_number else figure.amount
