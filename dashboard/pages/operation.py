"""Operation of employers: jobs at a standstill by county and industry, why jobs are lost, what is hard for them."""

from typing import Any

import pandas as pd
from dash import html

from dashboard.components import breakdown, shell
from dashboard.components.employer_lists import section
from dashboard.components.form import area_choice
from dashboard.components.shell import Topic
from dashboard.components.table import scrolling, table
from dashboard.components.tag import stored
from dashboard.locale import count, month, percent, text
from dashboard.summary import reference
from dashboard.summary.breakdown import Parted, categories, parted, title_of
from dashboard.summary.reference import codes_of_class
from dashboard.web import data

PATH = "/operation"
JOBS, STAFF, REASONS = "operation_jobs", "shortage_operation", "job_loss_reason"
TOP = 5
_REST = ("job_loss_type", "job_flow", "job_change_size", "job_change_ownership", "unpaid_operation")
_BY_AREA = ("Area", "Jobs", "Not as usual", "Share", "States of operation")
_BY_INDUSTRY = ("Industry", "Jobs", "Not as usual", "Share", "States of operation")
_STRUGGLE = ("shortage_difficulty", "staff_flow")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Operation · Gangshao", path=PATH, topic=Topic("Operation of employers", 7))


@shell.cached_page
def layout(area: str = "", **_: str) -> list[Any]:
    """The page; which area's figures it shows is the query of its address."""
    shown = area or reference.city()
    if shown not in reference.codes():
        return shell.not_found()
    found = next((one for one in (parted(JOBS, shown), parted(STAFF, shown)) if one and _says_states(one)), None)
    return [
        html.Div([html.H1(text("Operation of employers")), html.P(_finding(found))], className="title"),
        area_choice(PATH, shown),
        html.Div(
            [breakdown.panel(JOBS, shown), breakdown.panel(STAFF, shown), breakdown.panel(REASONS, shown, most=TOP)],
            className="panels",
        ),
        *(_crossed(found) if found else []),
        html.Section(
            [html.H2(text("Jobs gained and lost, by type, size and ownership")), breakdown.panels(_REST, shown)]
        ),
        html.Section([html.H2(text("What employers struggle with")), breakdown.panels(_STRUGGLE, shown)]),
        section("operation"),
    ]


def _says_states(found: Parted) -> bool:
    """Whether any employer has told its state of operation."""
    return any(one.category for one in found.lines)


def _finding(found: Parted | None) -> str:
    """How many jobs are with employers that do not work as usual."""
    if found is None:
        return text("No employer has told its state of operation yet.")
    known = [one for one in found.lines if one.category]
    usual = codes_of_class("operation", "open")
    every = sum(one.now or 0.0 for one in known)
    other = sum(one.now or 0.0 for one in known if one.category not in usual)
    if not every:
        return text("No employer has told its state of operation yet.")
    return text(
        "{area}, {month}: {jobs} jobs ({share}) with employers that do not work as usual",
        area=reference.place(found.area),
        month=month(found.period),
        jobs=count(other),
        share=percent(other / every),
    )


def _crossed(found: Parted) -> list[Any]:
    """Jobs by state of operation, area by area and industry by industry."""
    rows = data.read("breakdown_by_area", breakdown=found.of.name, period=found.period)
    own = rows if found.area == reference.city() else rows[rows["area"] == found.area]
    when = month(found.period)
    return [
        _of_each(rows, "area", text("By area, {month}", month=when), [text(name) for name in _BY_AREA], found),
        _of_each(
            own, "industry", text("By industry, {month}", month=when), [text(name) for name in _BY_INDUSTRY], found
        ),
    ]


def _of_each(rows: pd.DataFrame, column: str, caption: str, heads: list[str], found: Parted) -> Any:
    """Of each area or industry the jobs, those not as usual, and the states that these are in."""
    usual = codes_of_class("operation", "open")
    named = reference.place if column == "area" else reference.industry
    cells = []
    for code, part in rows.groupby(column, sort=True):
        states = part.groupby("category")["numerator"].sum()
        states = states[states.index != ""]
        other = states[~states.index.isin(usual)]
        every = float(states.sum())
        share = percent(float(other.sum()) / every) if every else "–"
        words = [
            html.Div([stored(title_of(found.of, state)), " ", count(other[state])])
            for state in categories(found.of)
            if state in other.index
        ]
        cells.append([named(str(code)), count(every), count(float(other.sum())), share, words or "–"])
    shown = table(caption, heads, cells, numeric=frozenset({1, 2, 3}), kind="rules")
    return html.Section([html.H2(caption), scrolling(caption, shown)])
