"""The groups of people of one area: who registers and claims more than usual, and how each group's weeks run."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.form import file_links
from dashboard.components.shell import Topic
from dashboard.components.table import scrolling, table
from dashboard.components.tag import comparison_tag
from dashboard.components.warning import address, fill_in_progress, ranked, shortened
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import text
from dashboard.summary import cohort, reference
from dashboard.summary.reference import Indicator
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment
from dashboard.workflow.progress import read_progress
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Audience

_COLUMNS = ("Group", "Last week", "Seen", "Normal range (95%)", "Judgement", "How it was expected")


def register() -> None:
    """Add the page to the site."""
    shell.register(
        __name__,
        layout,
        "Groups of people · Gangshao",
        path_template="/cohort/<code>",
        topic=Topic("Groups of people", 2, address=_own),
    )


def _own() -> str:
    """The page of the first area whose groups the viewer may see, the city before others; empty: there is none."""
    viewer = data.viewer()
    areas = sorted(viewer.areas) if viewer.audience is Audience.OFFICE else [reference.city()]
    return next((f"/cohort/{area}" for area in areas if data.may_read_scores(area)), "")


@shell.page
def layout(code: str = "", **_: str) -> list[Any]:
    """The page of the groups of the area ``code``: a unit this viewer may name, or the city."""
    if code not in reference.codes():
        return shell.not_found()
    warnings = _warnings(code)
    fill_in_progress(warnings, read_progress(warnings))
    listed = [] if warnings.empty else [html.Section(_shared_list(code=code))]
    return [
        html.Div(_shared_title(code=code), className="title"),
        *listed,
        html.Div(_shared_groups(code=code), className="parts"),
    ]


def _title(code: str) -> list[Any]:
    place = reference.place(code)
    said = text(
        "By the sender's coding, women, the young and older workers by sex and year of birth; several groups a person: "
        "they overlap, and no sum is made of them. Rules of their own warn of a group that is large enough."
    )
    files = file_links("groups", f"?area={code}") if cohort.indicators(code) else []
    back = dcc.Link(place, href=address(f"/area/{code}"))
    return [html.H1(text("Groups of people, {area}", area=place)), html.P(said), html.P([back, *files])]


def _warnings(code: str) -> pd.DataFrame:
    """Open warnings of the area by rules on one group."""
    rows = data.read("open_warning")
    rules = data.read("rule")
    of_groups = rules.loc[rules["cohort"].fillna(EVERY_COHORT) != EVERY_COHORT, "rule_id"]
    return rows[(rows["area"] == code) & rows["rule_id"].isin(of_groups)]


def _list(code: str) -> list[Any]:
    caption = text("Warnings on groups of people, {area}", area=reference.place(code))
    return [html.H2(text("Open warnings on groups")), shortened(ranked(_warnings(code)), caption, empty="")]


def _groups(code: str) -> list[Any]:
    shown = cohort.indicators(code)
    if shown:
        return [_section(indicator, code) for indicator in shown]
    nothing = text(
        "Nothing is told of groups of people here: no file names any, or their figures are for the bureau and the "
        "office concerned."
    )
    return [html.P(nothing, className="empty")]


_shared_title = cached_fragment(f"{__name__} title", _title)
_shared_list = cached_fragment(f"{__name__} list", _list)
_shared_groups = cached_fragment(f"{__name__} groups", _groups)


def _section(indicator: Indicator, area: str) -> Any:
    rows = cohort.weeks(indicator, area)
    caption = text("Groups of people: {title}", title=indicator.title)
    cells = [
        [
            cohort.title(one.cohort),
            cohort.span(one),
            f"{one.seen} {indicator.unit_word}",
            one.normal,
            comparison_tag(one.verdict),
            one.why,
        ]
        for one in rows
    ]
    columns = [text(name) for name in _COLUMNS]
    return html.Section(
        [
            html.H2(dcc.Link(indicator.title, href=address(f"/indicator/{indicator.indicator}"))),
            scrolling(caption, table(caption, columns, cells, numeric=frozenset({2, 3}), kind="plain")),
            html.Div([_chart(indicator, area, one.cohort) for one in rows], className="panels"),
        ]
    )


def _chart(indicator: Indicator, area: str, of: str) -> Any:
    figure = figure_placeholder(indicator.indicator, area, TOTAL_INDUSTRY, cohort=of)
    return html.Article([html.H3(cohort.title(of)), figure], className="panel")
