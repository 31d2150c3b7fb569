"""A breakdown as a table: a row a category, the newest period beside earlier ones, where it comes from below."""

from dataclasses import replace
from datetime import date
from typing import Any

from dash import html

from dashboard.components.table import scrolling, table
from dashboard.components.tag import stored
from dashboard.locale import count, month, percent, text, value
from dashboard.summary import reference
from dashboard.summary.breakdown import Line, Parted, categories, in_language, own_area, parted, periods_ahead, title_of
from pipelines.core.catalogue.breakdowns import breakdowns
from pipelines.core.domain import TOTAL_INDUSTRY, Grain

_UNITS = {
    "persons": "persons",
    "posts": "posts",
    "employers": "employers",
    "adverts": "adverts",
    "reports": "reports",
    "villages": "villages",
    "cases": "cases",
    "yuan": "yuan",
    "percent": "%",
}


def panel(name: str, area: str, industry: str = TOTAL_INDUSTRY, *, most: int = 0) -> Any:
    """A breakdown of an area, for who may see it; else what is missing. ``most``: the so many largest categories."""
    found = parted(name, area, industry)
    if found is not None and most:
        largest = sorted(found.lines, key=lambda one: -(one.now or 0.0))[:most]
        found = replace(found, lines=tuple(largest))
    if found is None:
        nothing = html.P(text("Nothing has been told of it yet, or not to you."), className="empty")
        return html.Article([html.H3(in_language(breakdowns()[name].title)), nothing], className="panel")
    where = reference.where(found.area, industry)
    title = text("{title}, {area}", title=in_language(found.of.title), area=where)
    return html.Article([html.H3(title), lines(title, found), _about(found)], className="panel")


def panels(names: tuple[str, ...], area: str, industry: str = TOTAL_INDUSTRY) -> Any:
    """Several breakdowns of an area side by side."""
    return html.Div([panel(name, area, industry) for name in names], className="panels")


def coming_months(name: str, area: str) -> Any:
    """A breakdown whose periods lie ahead: a row a period from the running month on, a column a category."""
    one, whose = breakdowns()[name], own_area(area)
    rows = periods_ahead(name, whose) if whose else None
    heading = in_language(one.title)
    if rows is None or rows.empty:
        nothing = html.P(text("Nothing has been told of it yet, or not to you."), className="empty")
        return html.Article([html.H3(heading), nothing], className="panel")
    title = text("{title}, {area}", title=heading, area=reference.place(str(whose)))
    shown = [code for code in categories(one) if code in rows.columns]
    cells = [[month(when.date()), *[count(line[code]) for code in shown]] for when, line in rows.iterrows()]
    columns = [text("Month"), *[title_of(one, code) for code in shown]]
    source = html.P(
        text(
            "Unit: {unit}. {formula}. Source: {source}",
            unit=text(_UNITS[one.unit]),
            formula=in_language(one.formula),
            source=in_language(one.source),
        ),
        className="source",
    )
    numeric = frozenset(range(1, len(columns)))
    return html.Article(
        [html.H3(title), scrolling(title, table(title, columns, cells, numeric=numeric, kind="plain")), source],
        className="panel",
    )


def lines(title: str, found: Parted) -> Any:
    """The table of a breakdown's categories."""
    has_share = any(one.share is not None for one in found.lines)
    earlier = {Grain.MONTH: "Month before", Grain.WEEK: "Week before"}[found.of.grain]
    columns = [
        text("Category"),
        when(found.period, found.of.grain),
        *([text("Share")] if has_share else []),
        text(earlier),
        text("A year before"),
        text("Rests on ({units})", units=text(_UNITS[found.of.units])),
    ]
    rows = [_row(one, found.of.unit, has_share) for one in found.lines]
    return scrolling(title, table(title, columns, rows, numeric=frozenset(range(1, len(columns))), kind="plain"))


def _row(one: Line, unit: str, has_share: bool) -> list[Any]:
    share = ["–" if one.share is None else percent(one.share)] if has_share else []
    said = [_number(number, unit) for number in (one.now, one.before, one.year_before)]
    units = "–" if one.units is None else count(one.units)
    return [stored(one.title) if one.is_stored else one.title, said[0], *share, *said[1:], units]


def _number(number: float | None, unit: str) -> str:
    return "–" if number is None else value(number, unit)


def when(period: date, grain: Grain) -> str:
    """A period as the head of a column."""
    return month(period) if grain is Grain.MONTH else text("Week from {day}", day=period.isoformat())


def _about(found: Parted) -> Any:
    words = text(
        "Unit: {unit}. {formula}. Source: {source}",
        unit=text(_UNITS[found.of.unit]),
        formula=in_language(found.of.formula),
        source=in_language(found.of.source),
    )
    lacking = text("So far {areas} of {usual} areas have reported.", areas=found.areas, usual=found.usual)
    return html.P([words, *([" ", lacking] if found.areas < found.usual else [])], className="source")
