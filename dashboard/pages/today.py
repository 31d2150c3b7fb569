"""The page a bureau chief opens every morning: is anything wrong, where, since when, how sure, how old are the data."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.card import block
from dashboard.components.form import file_links
from dashboard.components.table import tabs
from dashboard.components.tag import level_word
from dashboard.components.warning import address, fill_in_progress, ranked, shortened
from dashboard.figures.city_map import city_map, tiles
from dashboard.locale import Language, count, language, text
from dashboard.summary import headline, overview, reference
from dashboard.summary import matrix as model
from dashboard.summary.matrix import grid
from dashboard.summary.overview import counties, county_table, open_levels
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment
from dashboard.workflow.progress import WorkflowProgress, closed_by_data, read_progress
from pipelines.core.domain import Audience

_CARDS = 3
"""So many headline figures a block: what a chief reads in twenty seconds; the area's page shows all."""
_IN_SIGHT = {Language.CHINESE: 6, Language.ENGLISH: 3}  # warnings: what one screen holds when people are on them


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Today · Gangshao", path="/")


@shell.page
def layout(matrix: str = "", **_: str) -> list[Any]:
    """The page; ``matrix`` names the indicator of the matrix. Who is on a warning is as of now, all else published."""
    warnings, events = data.read("open_warning"), closed_by_data().events
    brought = read_progress(warnings)
    fill_in_progress(warnings, brought)
    is_open = [one for one in brought.values() if not one.is_ended] + list(read_progress(events).values())
    chosen = {one.indicator for one in reference.shown_in("matrix")}
    panels = [
        (text("Warnings and areas"), _first()),
        (text("Areas and industries"), html.Div(_shared_matrix(matrix=matrix if matrix in chosen else ""))),
    ]
    if data.viewer().audience is not Audience.OFFICE:  # an office would take what is not its own for quiet
        panels.append((text("Map"), html.Div(_shared_map(), className="beside")))
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H1(_headline(is_open)),
                        html.P([*_levels(is_open), *_count_overdue(is_open, events)], className="levels"),
                    ]
                ),
                html.Div(_shared_changes(), className="changes-list"),
            ],
            className="answer",
        ),
        html.Div(_shared_cards(), className="blocks"),
        html.Div(tabs("today", text("What to look at"), panels, 1 if matrix else 0), className="tabbed today"),
        html.Div(_shared_further_cards(), className="blocks"),
    ]


def _changes() -> list[Any]:
    heading, sentences = overview.since_last_edition()
    return [html.H2(heading), html.Ul([html.Li(one) for one in sentences])]


def _cards() -> list[Any]:
    area = _home()
    frequent, monthly = _by_rhythm(_figures(area))
    rhythm = "{area}, daily data" if any(figure.grain == "day" for figure in frequent) else "{area}, weekly data"
    return [
        block(text(rhythm, area=_name(area)), frequent),
        block(text("{area}, monthly data", area=_name(area)), monthly[:_CARDS]),
    ]


def _further_cards() -> list[Any]:
    """Below the warnings and the areas, which are to be seen without scrolling."""
    area = _home()
    _, monthly = _by_rhythm(_figures(area))
    return [block(text("{area}, further monthly data", area=_name(area)), monthly[_CARDS:], is_wide=True)]


def _by_rhythm(figures: list[headline.Figure]) -> tuple[list[headline.Figure], list[headline.Figure]]:
    """Those of days and weeks, and those of months."""
    return [one for one in figures if one.grain != "month"], [one for one in figures if one.grain == "month"]


def _figures(area: str) -> list[headline.Figure]:
    """The figures that the region chose for cards; else the first of each rhythm and those that ask for a card."""
    known, chosen = reference.indicators(), reference.region().today_cards
    if not chosen:
        first = [*headline.frequent(area, _CARDS), *headline.monthly(area, _CARDS)]
        names = {one.indicator.indicator for one in first}
        others = [headline.of_indicator(one, area) for one in reference.shown_in("today") if one.indicator not in names]
        return [*first, *(one for one in others if one is not None)]
    found = (headline.of_indicator(known[name], area) for name in chosen if name in known)
    return [one for one in found if one is not None]


def _list() -> list[Any]:
    caption = text("Open warnings, ranked by people × certainty")
    return [
        html.H2([text("Open warnings"), html.Small(text("ranked by people × certainty")), *file_links("warnings")]),
        shortened(
            ranked(data.read("open_warning")),
            caption,
            empty=text("No open warning."),
            in_sight=_IN_SIGHT[language()],
            with_sources=False,
        ),
    ]


def _first() -> Any:
    listed = html.Section(_shared_list(), id="warnings")
    if len(reference.units()) < 2:
        return listed
    beside = html.Section([html.H2(text("Areas")), html.Div(_shared_counties())])
    return html.Div([listed, beside], className="beside")


def _counties() -> Any:
    return county_table(counties())


def _matrix(matrix: str) -> Any:
    shown = model.matrix(matrix)
    return grid(shown) if shown is not None else html.P(text("No matrix: nothing has been judged yet."))


def _map() -> list[Any]:
    levels = open_levels()
    drawn = city_map(levels) or html.P(text("The region's folder has no boundaries."), className="empty")
    return [drawn, tiles(levels)]


def _choices() -> list[dict[str, str]]:
    return [{"matrix": name} for name in ("", *(one.indicator for one in model.choices()))]


def _once() -> list[dict[str, str]]:
    return [{}]


_shared_changes = cached_fragment(f"{__name__} changes", _changes, _once)
_shared_cards = cached_fragment(f"{__name__} cards", _cards, _once)
_shared_further_cards = cached_fragment(f"{__name__} further cards", _further_cards, _once)
_shared_list = cached_fragment(f"{__name__} list", _list, _once)
_shared_counties = cached_fragment(f"{__name__} counties", _counties, _once)
_shared_map = cached_fragment(
    f"{__name__} map", _map, lambda: _once() if data.viewer().audience is not Audience.OFFICE else []
)
_shared_matrix = cached_fragment(f"{__name__} matrix", _matrix, _choices)


def _home() -> str:
    """Whose headline figures: the city's, or for an office with one area its own."""
    viewer = data.viewer()
    if viewer.audience is Audience.OFFICE and len(viewer.areas) == 1:
        return next(iter(viewer.areas))
    return reference.city()


def _name(area: str) -> str:
    return text("Whole city") if area == reference.city() else reference.place(area)


def _headline(is_open: Sequence[WorkflowProgress]) -> str:
    """The answer in one sentence: how many warnings are open."""
    if not is_open:
        return text("No open warning")
    return text("{number} open warnings", number=count(len(is_open)))


def _levels(is_open: Sequence[WorkflowProgress]) -> list[Any]:
    """How many of each level, the most severe first."""
    levels = sorted(int(one.level) for one in is_open)
    return [
        html.Span([level_word(level), " ", count(levels.count(level))], className=f"tag level level-{level}")
        for level in dict.fromkeys(levels)
    ]


def _count_overdue(is_open: Sequence[WorkflowProgress], events: pd.DataFrame) -> list[Any]:
    """How many steps are overdue, and which events the list does not show because their data are over."""
    late = sum(one.is_over for one in is_open)
    said = [text("{late} with a step overdue", late=count(late))] if late else []
    if len(events):
        said.append(text("{number} events not verified, no longer shown by the data", number=count(len(events))))
    return [" ", dcc.Link(text("; ").join(said), href=address("/warnings"))] if said else []
