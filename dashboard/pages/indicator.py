"""One indicator: what it means, how it runs, when it comes, how far it is revised, from when on it warns."""

from typing import Any

from dash import dcc, html

from dashboard.components import shell
from dashboard.components.table import facts, table
from dashboard.components.tag import comparison_tag
from dashboard.components.warning import address
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, percent, text
from dashboard.rules.conditions import rules_table
from dashboard.summary import headline, reference, settling_times
from dashboard.summary.reference import Indicator, region
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError

_WORSE = {"higher": "a higher figure is worse", "lower": "a lower figure is worse"}
_CLOCKS = {
    "filed": "by the day on which the office took the case",
    "effective": "by the day on which it happened; incomplete until what is filed late has come",
}
_DIMENSIONS = {
    "area, industry, cohort": "areas, industries and both crossed, and groups of people by area",
    "area, industry": "areas, industries and both crossed",
    "area": "areas",
    "city": "the whole city only",
}
_WHY = {"recomputed": "computed anew", "reread": "files read anew"}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Indicator · Gangshao", path_template="/indicator/<indicator>")


@shell.cached_page
def layout(indicator: str = "", **_: str) -> list[Any]:
    """The page of one indicator of the catalogue."""
    shown = reference.indicators().get(indicator)
    if shown is None:
        return shell.not_found()
    said = text(", ").join(
        part
        for part in (
            shown.unit_word,
            text(_WORSE[shown.worse]) if shown.worse in _WORSE else "",
            settling_times.grains_words(shown),
        )
        if part
    )
    back = dcc.Link(text("All indicators"), href=address("/indicators"))
    return [
        html.Div([html.H1(shown.title), html.P(said), html.P(back)], className="title"),
        _course(shown),
        _section("What it measures", _meaning(shown)),
        _section("When it comes", settling_times.arrival_section(shown)),
        _section("How far it is revised", settling_times.revision_section(shown)),
        _section("From when on it warns", rules_table(shown)),
        _section("What the public is not told", html.P(_bounds()), settling_times.hidden_section(shown)),
        _section("Changes of its definition", _changes(shown)),
    ]


def _section(title: str, *parts: Any) -> Any:
    return html.Section([html.H2(text(title)), *parts])


def _course(indicator: Indicator) -> Any:
    """How it runs where the viewer may look first: the city, else its own area."""
    newest = data.read("newest_of_indicator", area=reference.city())
    has_city = (newest["indicator"] == indicator.indicator).any()
    area = reference.city() if has_city or not data.viewer().areas else min(data.viewer().areas)
    heading = html.H2(text("{title}, {area}", title=indicator.title, area=reference.place(area)))
    return html.Section(
        [heading, _newest(indicator, area), figure_placeholder(indicator.indicator, area, TOTAL_INDUSTRY)],
        className="panel",
    )


def _newest(indicator: Indicator, area: str) -> Any:
    """The last figure in words, for whoever does not see the drawing."""
    figure = headline.of_indicator(indicator, area)
    if figure is None:
        return html.P(text("There are no figures of it yet."), className="empty")
    parts = [part for part in (figure.period, figure.range_words, figure.remark) if part]
    return html.P(
        [
            html.Strong([figure.amount, " ", indicator.unit_word]),
            " ",
            comparison_tag(figure.verdict),
            *[f" · {part}" for part in parts],
        ],
        className="caption",
    )


def _meaning(indicator: Indicator) -> Any:
    rows = data.read("indicator")
    row = rows[rows["indicator"] == indicator.indicator].iloc[0]
    by = next(
        name for name in _DIMENSIONS if set(name.split(", ")) <= set(row.by_dims.replace(" × ", ", ").split(", "))
    )
    feeds = [reference.feed(feed.strip()) for feed in indicator.feed.split(",")]
    return facts(
        [
            (text("Formula"), settling_times.formula_words(indicator.formula)),
            (text("Basis"), indicator.source),
            (text("From the files"), text("; ").join(feeds)),
            (text("Counted"), text(_CLOCKS.get(row.clock, row.clock))),
            (text("There are figures of"), text(_DIMENSIONS[by])),
        ]
    )


def _bounds() -> str:
    said = region().disclosure
    return text(
        "A cell is hidden where fewer than {persons} persons or {respondents} employers or villages stand behind it, "
        "where one of them brings {share} of it or more, where the second largest of them could estimate the largest "
        "to {close}, and where one could otherwise compute a hidden one. "
        "Weeks of most counts are told of the city alone.",
        persons=said.persons,
        respondents=said.respondents,
        share=percent(said.dominance),
        close=percent(said.p_percent / 100),
    )


def _changes(indicator: Indicator) -> Any:
    """Editions in which figures moved without a new file; what a changed definition does to the past is seen there."""
    nothing = text("No edition so far has computed its figures anew.")
    if data.viewer().audience is Audience.GENERAL:
        return html.P(text("Revisions with their reasons are for the bureau and for the office concerned."))
    try:
        found = data.read("computed_anew", indicator=indicator.indicator)
    except UserError:  # files published before there was such a table
        return html.P(nothing)
    rows = [
        [row.day.date().isoformat(), text(_WHY[row.reason]), count(row.figures)]
        for row in found.itertuples(index=False)
    ]
    columns = [text(name) for name in ("Edition", "Why", "Figures changed")]
    return table(text("Changes of its definition"), columns, rows, numeric=frozenset({2}), kind="rules", empty=nothing)
