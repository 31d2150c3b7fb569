"""All indicators: what each measures, in which unit, how often, from which files, to when there are figures."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.shell import Topic
from dashboard.components.table import table
from dashboard.components.warning import address
from dashboard.locale import count, month, short_day, text
from dashboard.rules import conditions
from dashboard.summary import reference, settling_times
from dashboard.summary.reference import Indicator
from dashboard.web import data

PATH = "/indicators"
_COLUMNS = ("Indicator", "Unit", "Worse when", "Periods", "From the files", "Figures to", "Rules in force")
_WORSE = {"higher": "higher", "lower": "lower"}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Indicators · Gangshao", path=PATH, topic=Topic("Indicators", 2))


@shell.cached_page
def layout(**_: str) -> list[Any]:
    """The catalogue: first those that have figures, in the order of the pages."""
    newest = data.read("newest_of_indicator", area=_area()).groupby("indicator")["period"].max()
    known = reference.ordered(list(reference.indicators().values()))
    known.sort(key=lambda one: one.indicator not in newest.index)
    said = text(
        "{number} indicators, {with_figures} with figures",
        number=count(len(known)),
        with_figures=count(sum(one.indicator in newest.index for one in known)),
    )
    return [
        html.Div([html.H1(text("Indicators")), html.P(said)], className="title"),
        table(
            text("Indicators"),
            [text(name) for name in _COLUMNS],
            [_row(one, newest) for one in known],
            numeric=frozenset({6}),
            kind="rules catalogue",
        ),
    ]


def _area() -> str:
    """The city; an office whose region does not let it see that, its first area."""
    rows = data.read("newest_of_indicator", area=reference.city())
    own = sorted(data.viewer().areas)
    return own[0] if rows.empty and own else reference.city()


def _row(indicator: Indicator, newest: "pd.Series[Any]") -> list[Any]:
    rules = conditions.rules_in_force(indicator.indicator)["rule_id"].nunique()
    return [
        [
            dcc.Link(indicator.title, href=address(f"/indicator/{indicator.indicator}"), className="subject"),
            html.Small(settling_times.formula_words(indicator.formula)),
        ],
        indicator.unit_word,
        text(_WORSE[indicator.worse]) if indicator.worse in _WORSE else "–",
        settling_times.grains_words(indicator),
        text("; ").join(reference.feed(feed.strip()) for feed in indicator.feed.split(",")),
        _newest(indicator, newest),
        count(rules) if rules else "–",
    ]


def _newest(indicator: Indicator, newest: "pd.Series[Any]") -> str:
    if indicator.indicator not in newest.index:
        return text("no figures yet")
    when = newest[indicator.indicator].date()
    if "day" in indicator.grains:
        return short_day(when)
    return text("week from {day}", day=short_day(when)) if "week" in indicator.grains else month(when)
