"""The units of the city beside each other: what is open there, the newest week of two indicators, who is late."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from dashboard.components.elements import spark
from dashboard.components.table import scrolling, table
from dashboard.components.tag import comparison_tag, level_tag
from dashboard.components.warning import address
from dashboard.locale import count, month, text
from dashboard.summary import completeness, headline, reference
from dashboard.summary.headline import Figure
from dashboard.web import data
from pipelines.published.scope import RefusedError

SHOWN = ("benefit_claim", "insured_leave", "weekly_claims")
_MOST = 2
_NONE = 9  # a level below all levels


@dataclass(frozen=True)
class County:
    """One unit: the worst level that is open (None: none) and how many are, its figures by indicator, whether late."""

    code: str
    level: int | None
    open_warnings: int
    figures: dict[str, Figure]
    is_late: bool


def open_levels() -> dict[str, int]:
    """The worst level that is open in each area that has an open warning."""
    worst = data.read("open_warning").groupby("area")["level"].min()
    return {str(area): int(level) for area, level in worst.items()}


def counties() -> list[County]:
    """The units this viewer may name, the worst first: by level, then by open warnings, then in the region's order."""
    levels, number = open_levels(), data.read("open_warning")["area"].value_counts()
    late = {gap.area for gap in completeness.state().gaps}
    found = [
        County(code, levels.get(code), int(number.get(code, 0)), _figures(code), code in late)
        for code in (unit.code for unit in reference.units())
    ]
    return sorted(found, key=lambda one: (one.level or _NONE, -one.open_warnings))


def _figures(area: str) -> dict[str, Figure]:
    known = reference.indicators()
    figures = {name: headline.figure(known[name], area) for name in SHOWN if name in known}
    return dict([(name, one) for name, one in figures.items() if one is not None][:_MOST])


def county_table(shown: list[County]) -> Any:
    """The units as a table with a small course of each figure."""
    columns = list(dict.fromkeys(name for one in shown for name in one.figures))
    known = reference.indicators()
    caption = text("Areas: open warnings, and the newest week")
    rows = [[_name(one), _warnings(one), *(_figure(one.figures.get(name)) for name in columns)] for one in shown]
    titles = [known[name].short_title for name in columns]
    told = _told(shown, columns)
    listed = table(caption, [text("Area"), text("Open warnings"), *titles], rows, kind="counties")
    return html.Div([scrolling(caption, listed), html.P(told, className="source")])


def _told(shown: list[County], columns: list[str]) -> str:
    known = reference.indicators()
    periods = {name: Counter(one.figures[name].period for one in shown if name in one.figures) for name in columns}
    parts = [
        text(
            "{title} ({unit}): {period}",
            title=known[name].title,
            unit=known[name].unit_word,
            period=found.most_common(1)[0][0],
        )
        for name, found in periods.items()
    ]
    return text("; ").join(parts)


def _name(one: County) -> Any:
    link = dcc.Link(reference.places()[one.code].short_name, href=address(f"/area/{one.code}"))
    return [link, " ", html.Span(text("late"), className="tag late")] if one.is_late else link


def _warnings(one: County) -> Any:
    if one.level is None:
        return text("none")
    return [level_tag(one.level), " ", count(one.open_warnings)]


def _figure(figure: Figure | None) -> Any:
    if figure is None:
        return text("not reported")
    title = text("{title}, course of the last periods", title=figure.indicator.title)
    drawn = spark(figure.spark, figure.normal, title)
    verdict = comparison_tag(figure.verdict) if figure.verdict.tone in {"worse", "better"} else None
    return html.Div([html.Strong(figure.amount), verdict, drawn], className="cell")


def county_ranks(area: str) -> dict[str, str]:
    """Indicator → a sentence on the area's place in its newest complete month; empty where it is not to be seen."""
    if area == reference.city() or not data.may_read_scores(area):
        return {}
    try:
        found = data.read("area_rank", area=area)
    except RefusedError:
        return {}
    return {
        row.indicator: text(
            "place {place} of {areas} units in {month} (1 is worst)",
            place=row.place,
            areas=row.areas,
            month=month(row.period),
        )
        for row in found.itertuples()
        if row.areas > 1
    }
