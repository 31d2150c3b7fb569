"""Why a warning is there: the words of its kind, the parts of the figure that brought it, what other sources say."""

from datetime import date
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import facts, scrolling, table
from dashboard.components.tag import comparison_tag, stored
from dashboard.locale import listed, percent, short_day, signed, text, value
from dashboard.summary import reference
from dashboard.summary.comparison import agreement
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import EVERY_COHORT

_ENDS = {
    "insured_deferring": (
        "{title}: {observed} {unit} at employers whose deferral ends between {first} and {last}",
        "Deferrals end",
    ),
    "welfare_post": ("{title}: {observed} {unit} in posts that end between {first} and {last}", "Posts end"),
}
"""By indicator of a deadline: the sentence, and what its window is called."""


def kind_sentence(row: Any, indicator: Indicator | None, title: str) -> str | None:
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


def kind_evidence(row: Any, terms: list[tuple[str, Any]]) -> Any:
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


_KINDS = {"employer": ("Employers", "Employer"), "township": ("Townships", "Township")}
_USUALLY = "Usually: on average in as long a window of the 52 weeks before. Share: of all that is more. Confidential."
_OF_ALL = "Share: of all that was seen. Nothing is known of what is usual. Confidential."
_WHOLE = 10  # people: from here on whole numbers


def contributors(row: Any, indicator: Indicator | None) -> Any:
    """The section of one warning, for those who read the exact figures of its area; None where nothing stands out."""
    if indicator is None or not data.may_read_scores(row.area) or pd.isna(row.window_from):
        return None
    tables = [one for one in (_parts(row, indicator), _members(row)) if one is not None]
    return html.Section([html.H2(text("Where it comes from")), *tables]) if tables else None


def _parts(row: Any, indicator: Indicator) -> Any:
    if row.kind != "spike" or reference.cohort_of(row.rule_id) != EVERY_COHORT:
        return None
    found = data.read(
        "contributor",
        indicator=row.indicator,
        window_periods=reference.periods(row.window_from.date(), row.window_to.date(), row.indicator),
        area=row.area,
        industry=row.industry,
        city=reference.city(),
    )
    rows = [
        [
            reference.where(part.area, part.industry),
            value(part.observed, indicator.unit),
            value(part.expected, indicator.unit),
            f"+{value(part.observed - part.expected, indicator.unit)}",
        ]
        for part in found.itertuples(index=False)
    ]
    columns = [text(name) for name in ("Part", "Seen", "Expected", "More than expected")]
    return _wide(text("Parts of the series in the same window"), columns, rows) if rows else None


def _members(row: Any) -> Any:
    """Employers or townships, each beside its own usual, and what all others brought together."""
    found = data.read("contributor_of_warning", episode_id=row.episode_id)
    if found.empty:
        return None
    title, head = _KINDS[str(found["kind"].iloc[0])]
    is_usual_known = bool(found["expected"].notna().any())
    columns = [head, "Seen", "Usually", "More", "Share"] if is_usual_known else [head, "Seen", "Share"]
    return html.Div(
        [
            html.H3(text(title)),
            _wide(text(title), [text(name) for name in columns], contributor_lines(found)),
            html.P(text(_USUALLY if is_usual_known else _OF_ALL), className="source"),
        ],
        className="members",
    )


def contributor_lines(found: pd.DataFrame) -> list[list[Any]]:
    """The cells of members (rows of ``contributor_of_warning``): name, seen, usual, more, share of all that is more.

    Where nothing is known of what is usual of any: name, seen, share of all that was seen. No shares where the usual of
    one is not known.
    """
    if found["expected"].isna().all():
        seen = found["observed"].sum()
        return [
            [_name(one), _people(one.observed), percent(one.observed / seen)] for one in found.itertuples(index=False)
        ]
    found = found.assign(more=found["observed"] - found["expected"])
    rise = found["more"].sum(skipna=False)
    return [
        [
            _name(one),
            _people(one.observed),
            _people(one.expected),
            _more(one.more),
            percent(one.more / rise) if rise > 0 else "",
        ]
        for one in found.itertuples(index=False)
    ]


def _name(one: Any) -> Any:
    if one.place == 0:
        return text("all others together")
    name = stored(one.member_name) if isinstance(one.member_name, str) else ""
    code = text("and its township, {code}", code=one.member) if one.kind == "township" else one.member
    return [name, html.Small(code)]


def _people(number: float) -> str:
    if pd.isna(number):
        return ""
    return value(number, "persons") if number >= _WHOLE or number == round(number) else f"{number:.1f}"


def _more(number: float) -> str:
    if pd.isna(number):
        return text("not known")
    return signed(number) if abs(number) >= _WHOLE else f"{number:+.1f}".replace("-", "−")


def _wide(caption: str, columns: list[str], rows: list[list[Any]]) -> Any:
    numeric = frozenset(range(1, len(columns)))
    return scrolling(caption, table(caption, columns, rows, numeric=numeric, kind="plain"))


_SOURCES = {
    "insurance": "social insurance",
    "claims": "claims and registrations",
    "recruitment": "recruitment",
    "monitored": "monitored employers",
    "layoff_reports": "layoff reports",
    "telecom": "telecom",
    "transport": "transport",
    "villages": "monitored villages",
    "arrears": "insurance arrears",
    "wages": "unpaid wages",
    "disputes": "labour disputes",
}
_SAYS = {
    "agrees": "agrees: clearly worse than usual",
    "disagrees": "disagrees: no worse than usual",
    "unclear": "unclear: worse, within what is usual",
    "silent": "says nothing of this series",
}
_TONES = {"agrees": "tone-worse", "disagrees": "tone-normal", "unclear": "tone-unknown", "silent": "tone-unknown"}


def sources_in_short(row: Any) -> Any:
    """What the sources together say of a warning, with those named that agree and that do not; None where nothing."""
    if (said := agreement(row)) is None:
        return None
    found = data.read("corroboration", episode_id=row.episode_id)
    agree, disagree = (
        listed([text(_SOURCES.get(source, source)) for source in found.loc[found["says"] == says, "source"]])
        for says in ("agrees", "disagrees")
    )
    words = ""
    if agree and disagree:
        words = text("agree: {agree}; disagree: {disagree}", agree=agree, disagree=disagree)
    elif agree:
        words = text("agree: {agree}", agree=agree)
    elif disagree:
        words = text("disagree: {disagree}", disagree=disagree)
    return html.P([comparison_tag(said), " ", words])


def other_sources(episode_id: str) -> Any:
    """The section of one warning; nothing where the edition compared nothing."""
    found = data.read("corroboration", episode_id=episode_id)
    if found.empty:
        return None
    rows = [
        [
            text(_SOURCES.get(row.source, row.source)),
            html.Span(text(_SAYS[row.says]), className=f"tag {_TONES[row.says]}"),
            _series(row),
            "" if pd.isna(row.strength) else f"{row.strength:+.1f}",
            "" if pd.isna(row.data_to) else short_day(row.data_to.date()),
        ]
        for row in found.itertuples(index=False)
    ]
    names = ("Source", "What it says", "By its series", "Standard deviations from its usual", "Data to")
    return html.Section(
        [
            html.H2(text("What other sources say")),
            table(
                text("What other sources say"),
                [text(name) for name in names],
                rows,
                numeric=frozenset({3}),
                kind="cards",
            ),
        ]
    )


def _series(row: Any) -> str:
    known = reference.indicators().get(row.by_indicator) if isinstance(row.by_indicator, str) else None
    return "" if known is None else f"{known.title} · {reference.industry(row.by_industry)}"
