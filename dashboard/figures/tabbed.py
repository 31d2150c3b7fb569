"""A figure as pages show it: chart, table, download, about, each behind its tab; it is sent when it comes into view."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html
from flask import Flask, Response, abort, request

from dashboard.components.table import facts, tabs
from dashboard.components.warning import address
from dashboard.figures.history import chart, numbers, title_of
from dashboard.locale import instant, text
from dashboard.summary import cohort as groups
from dashboard.summary import reference
from dashboard.summary.chart_annotations import list_annotations
from dashboard.summary.course import LONG, Course, course, marked
from dashboard.summary.headline import WEEK
from dashboard.summary.reference import Indicator
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment, leads_to
from dashboard.web.security import at_page, trail
from pipelines.core.domain import UserError

Window = tuple[date, date]
FIGURE = "figure"  # name of the part
QUESTION = ("indicator", "area", "industry", "days", "first", "last", "cohort", "span")  # what it depends on
_MOST_DAYS = 400


def span_of(warning: Any) -> tuple[int, Window | None]:
    """Over how many days a warning's figure sums up, and the days it sets off: those its rule looked at."""
    if pd.isna(warning.window_from):
        return WEEK, None
    window = (warning.window_from.date(), warning.window_to.date())
    return (window[1] - window[0]).days + 1 if warning.kind == "spike" else WEEK, window


def figure_placeholder(
    indicator: str,
    area: str,
    industry: str,
    days: int = WEEK,
    window: Window | None = None,
    cohort: str = "",
    span: str = "",
) -> Any:
    """The place of a figure; assets/figure.js asks for it when it comes near the reader's view.

    ``days``: how many days a point of a daily series sums up; ``window``: days to be set off, both included;
    ``cohort``: a group of people, whose course is by the week; ``span``: LONG or how far back it reaches by itself.
    """
    first, last = ("", "") if window is None else (one.isoformat() for one in window)
    asked = {
        "indicator": indicator,
        "area": area,
        "industry": industry,
        "days": str(days),
        "first": first,
        "last": last,
        "cohort": cohort,
        "span": span,
    }
    leads_to(FIGURE, **asked)
    own: Any = {"data-figure": address("/figure?" + urlencode({name: one for name, one in asked.items() if one}))}
    name = "-".join(one for one in asked.values() if one)
    own["data-waiting"] = text("The figure comes when it is in view.")
    own["data-failed"] = text("The figure did not come. Reload the page to try again.")
    return html.Div(id=f"figure-{name}", className="figure", **own)


def add_figures(server: Flask) -> None:
    """Add ``/figure`` to the server: a figure's parts as JSON, by the rights of whoever asks."""

    @server.get("/figure")
    def figure() -> Response:
        asked = {name: request.args.get(name, "") for name in QUESTION}
        at_page(f"/figure/{asked['indicator']}/{asked['area']}/{asked['industry']}")
        try:
            data.look_back(request.args.get("as_of"))
            check(asked)
        except UserError:
            trail().refuse("not_found")
            abort(404)
        return Response(f'"{_given(**_in_one_spelling(asked))}"', mimetype="application/json")


def check(asked: Mapping[str, str]) -> None:
    """Raise UserError for what is not among the figures this viewer may see."""
    try:
        days = int(asked["days"])
        for name in ("first", "last"):
            if asked.get(name):
                date.fromisoformat(asked[name])
    except ValueError:
        days = 0
    known = asked["indicator"] in reference.indicators() and asked["area"] in reference.codes()
    known &= not asked.get("cohort") or groups.is_cohort(asked["cohort"])
    known &= asked.get("span", "") in {"", LONG}
    if not known or not reference.is_industry(asked["industry"]) or not 1 <= days <= _MOST_DAYS:
        raise UserError(text("The address may be wrong, or what it names is not among what you may see."))


def _in_one_spelling(asked: Mapping[str, str]) -> dict[str, str]:
    """The same question as pages write it, whatever the spelling of its number and days; half a window is none."""
    first, last = ("", "") if (window := _window(asked["first"], asked["last"])) is None else map(str, window)
    return {**asked, "days": str(int(asked["days"])), "first": first, "last": last}


def _is_on_a_page(**asked: str) -> bool:
    """Whether a page has this figure: the usual one of the series, or that of an open warning about it."""
    if (asked["days"], asked["first"], asked["last"]) == (str(WEEK), "", ""):
        return True
    warnings = data.read("open_warning")
    of_series = warnings[
        (asked["cohort"] == "" and asked["span"] == "")
        & (warnings["indicator"] == asked["indicator"])
        & (warnings["area"] == asked["area"])
        & (warnings["industry"] == asked["industry"])
    ]
    wanted = (int(asked["days"]), _window(asked["first"], asked["last"]))
    return any(span_of(row) == wanted for row in of_series.itertuples(index=False))


def _window(first: str, last: str) -> Window | None:
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def _make_tabs(**asked: str) -> list[Any]:
    """The figure's tabs and what is behind them; ``asked``: the values of ``QUESTION``."""
    area, industry, days, cohort = (asked[name] for name in ("area", "industry", "days", "cohort"))
    known, is_long = reference.indicators()[asked["indicator"]], asked["span"] == LONG
    drawn = (
        groups.course(known, area, cohort, is_long=is_long)
        if cohort
        else marked(course(known, area, industry, int(days), is_long=is_long), known, area, industry)
    )
    if drawn.readings.empty:
        return [html.P(text("No readings in this period."), className="empty")]
    window = _window(asked["first"], asked["last"])
    name = "-".join(filter(None, (asked["indicator"], area, industry, days, cohort, asked["span"])))
    parts = (
        (
            text("Chart"),
            [chart(name, known, drawn, window if drawn.grain == "window" else None), list_annotations(drawn.marks)],
        ),
        (text("Table"), numbers(known, drawn)),
        (text("Download"), _downloads(known, drawn, asked)),
        (text("About the figure"), _about(known, drawn)),
    )
    where = groups.where(area, cohort) if cohort else reference.where(area, industry)
    title = f"{title_of(known, drawn)} · {where}"
    own: Any = {"data-title": title, "data-source": _told_below(known)}
    return [html.Div(tabs(name, text("Ways to see {title}", title=title), parts), className="tabbed", **own)]


_given = cached_fragment(FIGURE, _make_tabs, is_worth_keeping=_is_on_a_page)


def _downloads(indicator: Indicator, drawn: Course, asked: Mapping[str, str]) -> Any:
    """Files of what the figure shows and of all that may be seen of the area, and the figure as a picture."""
    grain = "day" if drawn.grain == "window" else drawn.grain
    own_query = {
        "indicator": indicator.indicator,
        "area": asked["area"],
        "industry": asked["industry"],
        "days": drawn.days or WEEK,
        "cohort": asked["cohort"],
        "span": asked["span"],
    }
    own = urlencode({name: one for name, one in own_query.items() if one})
    everything = urlencode({"area": asked["area"], "grain": grain})
    links = [
        (f"/download/series.{form}?{own}", text("This series ({form})", form=form.upper())) for form in ("csv", "xlsx")
    ] + [
        (f"/download/readings.{form}?{everything}", text("All series of the area ({form})", form=form.upper()))
        for form in ("csv", "xlsx")
    ]
    pictures: list[Any] = []
    for form in ("png", "svg"):
        kind: Any = {"data-picture": form}
        pictures.append(html.Button(text("The chart as a picture ({form})", form=form.upper()), type="button", **kind))
    return html.Ul([html.Li(html.A(title, href=address(path))) for path, title in links] + [html.Li(pictures)])


def _about(indicator: Indicator, drawn: Course) -> Any:
    shown = {
        "window": text("Each point is the sum of {days} days, up to its day.", days=drawn.days),
        "week": text("Each column is a week; hatched ones are provisional."),
        "month": text("Each point is a month; open ones are provisional."),
    }
    better = text("Higher is worse.") if indicator.worse == "higher" else text("Lower is worse.")
    return facts(
        [
            (text("What is drawn"), shown[drawn.grain]),
            (
                text("Marks"),
                text("▼ early warnings, ◆ policies and shutdowns; they are told below the chart.")
                if drawn.marks.drawn
                else "",
            ),
            (text("Unit"), indicator.unit_word),
            (text("Good or bad"), better if indicator.worse in {"higher", "lower"} else ""),
            (text("Formula"), indicator.formula),
            (text("Source"), indicator.source),
            (text("As of"), instant(data.edition().cutoff_at, reference.zone())),
        ]
    )


def _told_below(indicator: Indicator) -> str:
    """The line under a picture that leaves the page: source, edition, and that data are invented where they are."""
    edition = data.edition()
    said = text("Source: {source}. Edition {edition}.", source=indicator.source, edition=edition.edition_id)
    return f"{said} {text('Demonstration data: everything is invented')}" if reference.is_demonstration() else said
