"""One area: its warnings, what it owes, every indicator with its history."""

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.form import period_choice, span_of_query
from dashboard.components.tag import comparison_tag
from dashboard.components.warning import address, fill_in_progress, ranked, shortened
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, text
from dashboard.summary import headline, reference
from dashboard.summary.expected_submissions import roster
from dashboard.summary.headline import Figure
from dashboard.summary.overview import county_ranks
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment
from dashboard.workflow.progress import in_hand
from pipelines.core.domain import TOTAL_INDUSTRY

CLOSED_SINCE = timedelta(days=60)


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Area · Gangshao", path_template="/area/<code>")


@shell.page
def layout(code: str = "", span: str = "", **_: str) -> list[Any]:
    """The page of the area ``code``: a unit this viewer may name, or the city; ``span``: how far back charts reach."""
    if code not in reference.codes():
        return shell.not_found()
    warnings = _warnings(code)
    fill_in_progress(warnings, in_hand(warnings))
    return [
        html.Div(_shared_title(code=code), className="title"),
        html.Section(_shared_list(code=code)),
        html.Div(_shared_rest(code=code, span=span_of_query(span)), className="parts"),
    ]


def _title(code: str) -> list[Any]:
    place = reference.places()[code]
    residents = "" if place.residents is None else text("{number} residents", number=count(place.residents))
    return [html.H1(place.name), html.P(residents)]


def _warnings(code: str) -> pd.DataFrame:
    return data.read("area_warning", area=code, closed_since=data.edition().day - CLOSED_SINCE)


def _list(code: str) -> list[Any]:
    caption = text("Warnings of {area}", area=reference.place(code))
    return [
        html.H2([text("Warnings, open and lifted in the last 60 days")]),
        shortened(ranked(_warnings(code)), caption, empty=text("No warning.")),
    ]


def _rest(code: str, span: str) -> list[Any]:
    """What the area owes, and every indicator."""
    figures = [*headline.frequent(code), *headline.monthly(code)]
    placed = county_ranks(code)
    return [
        html.Section([html.H2(text("Files due and received")), roster(code)]),
        html.Section(
            [
                html.H2([text("Indicators"), _downloads(code)]),
                period_choice(f"/area/{code}", span),
                *_groups(code),
                html.Div([_indicator(figure, code, placed, span) for figure in figures], className="panels"),
            ]
        ),
    ]


def _groups(code: str) -> list[Any]:
    """The way to the groups of people, for those who see its exact figures."""
    if not data.may_read_scores(code):
        return []
    title = text("Groups of people, {area}", area=reference.place(code))
    return [html.P(dcc.Link(title, href=address(f"/cohort/{code}")))]


def _each_area() -> list[dict[str, str]]:
    return [{"code": code} for code in reference.codes()]


_shared_title = cached_fragment(f"{__name__} title", _title, _each_area)
_shared_list = cached_fragment(f"{__name__} list", _list, _each_area)
_shared_rest = cached_fragment(f"{__name__} rest", _rest, lambda: [one | {"span": ""} for one in _each_area()])


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
    return data.read("series", area=code, industry=TOTAL_INDUSTRY, grain=grain, since=headline.long_ago())


def _indicator(figure: Figure, code: str, placed: dict[str, str], span: str) -> Any:
    indicator = figure.indicator
    place = placed.get(indicator.indicator)
    return html.Article(
        [
            html.H3(
                [
                    dcc.Link(indicator.title, href=address(f"/indicator/{indicator.indicator}")),
                    " ",
                    comparison_tag(figure.verdict),
                ]
            ),
            html.P(
                [
                    html.Strong([figure.amount, " ", indicator.unit_word]),
                    " · ",
                    figure.period,
                    f" · {figure.range_words}" if figure.range_words else "",
                    f" · {figure.target}" if figure.target else "",
                    f" · {figure.remark}" if figure.remark else "",
                    f" · {place}" if place else "",
                ],
                className="caption",
            ),
            figure_placeholder(indicator.indicator, code, TOTAL_INDUSTRY, span=span),
        ],
        className="panel",
    )
