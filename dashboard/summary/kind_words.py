"""What a warning of a change, a forecast, a deadline or a fault of data says in words of its own."""

from datetime import date
from typing import Any

import pandas as pd

from dashboard.components.table import facts
from dashboard.locale import short_day, text, value
from dashboard.summary.reference import Indicator

_ENDS = {
    "insured_deferring": (
        "{title}: {observed} {unit} at employers whose deferral ends between {first} and {last}",
        "Deferrals end",
    ),
    "welfare_post": ("{title}: {observed} {unit} in posts that end between {first} and {last}", "Posts end"),
}
"""By indicator of a deadline: the sentence, and what its window is called."""


def sentence(row: Any, indicator: Indicator | None, title: str) -> str | None:
    """What was found in one sentence; None for the kinds that speak of readings beside a line or an expectation."""
    if pd.isna(row.observed):
        return None
    unit, word = ("persons", text("persons")) if indicator is None else (indicator.unit, indicator.unit_word)
    seen = {"title": title, "observed": value(row.observed, unit), "unit": word}
    if row.kind == "change" and not pd.isna(row.expected):
        worse = "{title}: on average {observed} {unit}, {change} worse than its best of the year before ({best})"
        change = value(abs(row.observed - row.expected), unit)
        return text(worse, **seen, change=change, best=value(row.expected, unit))
    if row.kind == "exceedance" and not pd.isna(row.expected):
        beyond = "{title}: {observed} {unit}, beyond what had been forecast: {expected}, between {lo} and {hi}"
        ends = {"lo": value(row.lo, unit), "hi": value(row.hi, unit)}
        return text(beyond, **seen, expected=value(row.expected, unit), **ends)
    if row.kind == "deadline":
        return text(_ENDS[row.indicator][0], **seen, **_days(row))
    if row.kind == "data_fault":
        lacks = "{title}: {observed} reports due between {first} and {last} lack or are not in order"
        return text(lacks, **seen, **_days(row))
    return None


def evidence(row: Any, terms: list[tuple[str, Any]]) -> Any:
    """The terms and values of a warning's page, with those that mean something else for its kind put right."""
    other: dict[str, tuple[str, Any] | None] = {}
    if row.kind == "change":
        own = dict(terms)
        other = {
            text("Own median"): (text("Best of the year before"), own.get(text("Own median"), "")),
            text("Line"): (text("Worse by at least"), own.get(text("Line"), "")),
            text("Share of the expected"): None,
            text("Window"): None,
        }
    if row.kind == "exceedance":
        own = dict(terms)
        usual, normal = text("Expected"), text("Normal range (95%)")
        other = {
            usual: (text("Forecast"), own.get(usual, "")),
            normal: (text("Forecast range (95%)"), own.get(normal, "")),
        }
    if row.kind == "deadline" and not pd.isna(row.window_from):
        ends = text("{first} to {last}", **_days(row))
        other = {text("Window"): (text(_ENDS[row.indicator][1]), ends), text("Certainty"): None}
    if row.kind == "data_fault" and not pd.isna(row.window_from):
        due = text("{first} to {last}", **_days(row))
        other = {
            text("Seen"): (text("Reports that lack"), dict(terms).get(text("Seen"), "")),
            text("Window"): (text("They were due"), due),
            text("People affected"): None,
            text("Certainty"): None,
            text("Industry"): None,
        }
    put_right = [other.get(term, (term, shown)) for term, shown in terms]
    return facts([pair for pair in put_right if pair is not None])


def _days(row: Any) -> dict[str, str]:
    return {"first": short_day(_day(row.window_from)), "last": short_day(_day(row.window_to))}


def _day(value_: Any) -> date:
    found: date = pd.Timestamp(value_).date()
    return found
