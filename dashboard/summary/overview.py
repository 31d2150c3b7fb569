"""What Today says of the whole: what is new since the edition before, and each area beside the others."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components.elements import spark
from dashboard.components.table import scrolling, table
from dashboard.components.tag import comparison_tag, level_tag, level_word
from dashboard.components.warning import address
from dashboard.locale import count, month, short_day, text
from dashboard.summary import completeness, headline, reference
from dashboard.summary.headline import Figure
from dashboard.web import data
from pipelines.published.scope import RefusedError

_NAMED = 3
_SENTENCES = {
    "new": "{number} new: {named}",
    "raised": "{number} raised: {named}",
    "lowered": "{number} lowered: {named}",
    "lifted": "{number} lifted: {named}",
}


def since_last_edition() -> tuple[str, list[str]]:
    """Heading and sentences: warnings new, raised, lowered, lifted; senders late or come after all."""
    editions = data.read("edition")
    if len(editions) < 2:
        return text("Since the edition before"), [text("This is the first edition; there is nothing to compare with.")]
    before = editions.iloc[1]
    heading = text("Since the edition of {day}", day=short_day(before.day.date()))
    rows = data.read("warning_change", since=before.cutoff_at.to_pydatetime())
    sentences = []
    for change, sentence in _SENTENCES.items():
        some = rows[rows["change"] == change]
        if not some.empty:
            sentences.append(
                text(sentence, number=len(some), named=_listed([_named(row) for row in some.itertuples(index=False)]))
            )
    late, here = completeness.newly_late(before.cutoff_at)
    if late:
        sentences.append(text("Newly late: {named}", named=_listed(late)))
    if here:
        sentences.append(text("Has come after all: {named}", named=_listed(here)))
    return heading, sentences or [text("No change: no warning new, raised, lowered or lifted, nobody newly late.")]


def _named(row: object) -> str:
    """One warning in a sentence: its cause or place, and its level."""
    fields = row._asdict()  # type: ignore[attr-defined]
    place = reference.where_in_short(fields["area"], fields["industry"])
    employer = fields["employer_name"]
    who = (
        text("{employer} ({place})", employer=employer, place=place)
        if isinstance(employer, str) and employer
        else place
    )
    level, past = fields["level"], fields["past_level"]
    indicator = reference.indicators().get(fields["indicator"])
    what = "" if indicator is None else text(" {title}", title=indicator.title)
    if pd.isna(level):
        return text("{who}{what} (was {past})", who=who, what=what, past=level_word(int(past)))
    if pd.isna(past):
        return text("{who}{what} ({level})", who=who, what=what, level=level_word(int(level)))
    moved = (
        "{who}{what} (raised from {past} to {level})"
        if level < past
        else "{who}{what} (lowered from {past} to {level})"
    )
    return text(moved, who=who, what=what, past=level_word(int(past)), level=level_word(int(level)))


def _listed(names: list[str]) -> str:
    shown = text("; ").join(names[:_NAMED])
    more = len(names) - _NAMED
    return text("{shown}; and {more} more", shown=shown, more=more) if more > 0 else shown


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
    figures = {one.indicator: headline.figure(one, area) for one in reference.shown_in("counties")}
    return dict([(name, one) for name, one in figures.items() if one is not None][:_MOST])


def county_table(shown: list[County]) -> Any:
    """The units as a table with a small course of each figure."""
    columns = list(dict.fromkeys(name for one in shown for name in one.figures))
    known = reference.indicators()
    caption = text("Areas: open warnings, and the newest week")
    rows = [[_name(one), _warnings(one), *(_figure(one.figures.get(name)) for name in columns)] for one in shown]
    titles = [known[name].short_title for name in columns]
    told = _periods_shown(shown, columns)
    listed = table(caption, [text("Area"), text("Open warnings"), *titles], rows, kind="counties")
    return html.Div([scrolling(caption, listed), html.P(told, className="source")])


def _periods_shown(shown: list[County], columns: list[str]) -> str:
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
