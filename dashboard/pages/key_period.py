"""A key period of the notice (Spring Festival, graduates, shutdowns, sessions) beside that of the year before."""

from typing import Any

from dash import dcc, html

from dashboard.components import elements, shell
from dashboard.components.shell import Topic
from dashboard.components.table import scrolling, table
from dashboard.components.tag import comparison_tag
from dashboard.components.warning import address
from dashboard.locale import month, short_day, text, value
from dashboard.summary import key_period, reference
from dashboard.summary.key_period import Compared, KeyPeriod

PATH = "/period"
COURSES = 4  # indicators whose weeks are shown one by one
_COLUMNS = ("Indicator", "This time", "The year before", "Change", "Verdict", "Compared")


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Key periods · Gangshao", path=PATH, topic=Topic("Key periods", 7))


@shell.cached_page
def layout(name: str = "", area: str = "", **_: str) -> list[Any]:
    """The page; which period and whose figures is the query of its address."""
    offered = {one.code: one for one in key_period.choices()}
    shown_area = area or reference.city()
    if shown_area not in reference.codes() or (name and name not in offered):
        return shell.not_found()
    heading = html.H1(text("Key periods"))
    if not offered:
        nothing = html.P(text("The region names no key period that has begun."), className="empty")
        return [html.Div([heading], className="title"), nothing]
    running = key_period.running()
    chosen = offered[name] if name else (running[0] if running else next(iter(offered.values())))
    found = key_period.compare(chosen, shown_area)
    return [
        html.Div([heading, html.P(_finding(chosen, found, shown_area))], className="title"),
        _choice(list(offered.values()), chosen, shown_area),
        html.Section([html.H2(text("What is asked then")), _asked(chosen)]),
        html.Section(
            [html.H2(text("Beside the year before, {area}", area=reference.place(shown_area))), _table(found)]
        ),
        *_courses(found),
    ]


def _finding(chosen: KeyPeriod, found: list[Compared], area: str) -> str:
    worse = [one.indicator.title for one in found if one.verdict.tone == "worse"]
    given = {"title": chosen.title, "days": _days(chosen), "area": reference.place(area)}
    if not found:
        return text("{title}, {days}: nothing of {area} can be compared yet", **given)
    if not worse:
        return text("{title}, {days}: {area} is worse than the year before in nothing", **given)
    return text(
        "{title}, {days}: {area} is worse than the year before in {titles}", titles=text(", ").join(worse), **given
    )


def _days(one: KeyPeriod) -> str:
    return text("{first} to {last}", first=one.first.isoformat(), last=one.last.isoformat())


def _choice(offered: list[KeyPeriod], chosen: KeyPeriod, area: str) -> Any:
    periods = [_link(one.title, one.code, area, is_current=one == chosen) for one in offered]
    areas = [
        _link(reference.places()[code].short_name, chosen.code, code, is_current=code == area)
        for code in reference.codes()
    ]
    return html.Div(
        [
            html.Nav(periods, className="choice", **elements.aria_label(text("Key periods"))),
            html.Nav(areas, className="choice", **elements.aria_label(text("Area"))),
        ]
    )


def _link(title: str, code: str, area: str, *, is_current: bool) -> Any:
    path = address(f"{PATH}?name={code}&area={area}")
    return html.A(title, href=path, **(elements.ARIA_CURRENT if is_current else {}))


def _asked(chosen: KeyPeriod) -> Any:
    wanted = text(", ").join(reference.feed(feed) for feed in chosen.feeds) or text("none")
    stricter = text(", ").join(chosen.rules) or text("none")
    return html.Ul(
        [
            html.Li(text("Reports wanted more often: {feeds}", feeds=wanted)),
            html.Li(text("Rules that are stricter: {rules}", rules=stricter)),
            html.Li(text("Basis: {basis}", basis=chosen.basis)),
        ]
    )


def _table(found: list[Compared]) -> Any:
    rows = [
        [
            dcc.Link(one.indicator.title, href=address(f"/indicator/{one.indicator.indicator}"), className="subject"),
            f"{value(one.now, one.indicator.unit)} {one.indicator.unit_word}",
            f"{value(one.before, one.indicator.unit)} {one.indicator.unit_word}",
            one.words,
            comparison_tag(one.verdict),
            _compared_words(one),
        ]
        for one in found
    ]
    return table(
        text("Key periods"),
        [text(name) for name in _COLUMNS],
        rows,
        numeric=frozenset({1, 2, 3}),
        kind="rules",
        empty=text("Nothing was told both in this period and in that of the year before."),
    )


def _compared_words(one: Compared) -> str:
    """What stands beside what: weeks by their distance from the festival where one is near, else 52 weeks apart."""
    if one.grain == "month":
        last = text("{month} and the same month", month=month(one.rows[-1][0]))
        return text("{number} months, added up", number=one.periods) if key_period.is_summed(one.indicator) else last
    if key_period.is_summed(one.indicator):
        return text("{number} weeks, added up", number=one.periods)
    return text("week from {day}", day=short_day(one.rows[-1][0]))


def _courses(found: list[Compared]) -> list[Any]:
    weekly = [one for one in found if one.grain == "week"][:COURSES]
    if not weekly:
        return []
    panels = [html.Article([html.H3(one.indicator.title), _course(one)], className="panel") for one in weekly]
    said = text("Weeks near Spring Festival stand beside those at the same distance from it, others 52 weeks apart.")
    return [html.Section([html.H2(text("Week by week")), html.P(said), html.Div(panels, className="panels")])]


def _course(one: Compared) -> Any:
    caption = text("{title}, week by week", title=one.indicator.title)
    rows = [
        [short_day(first), value(now, one.indicator.unit), value(before, one.indicator.unit)]
        for first, now, before in one.rows
    ]
    columns = [text(name) for name in ("Week from", "This time", "The year before")]
    return scrolling(caption, table(caption, columns, rows, numeric=frozenset({1, 2}), kind="plain"))
