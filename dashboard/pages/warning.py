"""One early warning: what was seen, what was expected, how sure, on which rule and law, and how it came about."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import shell
from dashboard.components.table import scrolling, table
from dashboard.components.tag import level_tag, level_word
from dashboard.components.warning import address, data_until, industry_link, last_day, people, rule_name, subject
from dashboard.figures.tabbed import figure_placeholder, span_of
from dashboard.locale import day, instant, month, percent, short_day, text, value
from dashboard.rules.conditions import conditions, is_met, steps_here
from dashboard.summary import cohort as groups
from dashboard.summary import reference
from dashboard.summary.comparison import certainty_word, odds
from dashboard.summary.evidence import contributors, kind_evidence, kind_sentence, other_sources, sources_in_short
from dashboard.summary.reference import Indicator, region
from dashboard.web import data
from dashboard.web.fragment_cache import cached_fragment
from dashboard.workflow.history import workflow_history
from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED
from pipelines.core.domain import EVERY_COHORT
from pipelines.core.region.rule_version import hashes_on

_REASONS = {
    "evidence": "figures are back in their normal range",
    "window_passed": "the rule's window has passed without a further report",
    "revision": "corrected figures no longer meet the rule",
    "rule_ended": "its rule has ended or is switched off",
}
_MADE_BEFORE_ASKED = 40  # so many open warnings, the worst, have their pages made with each edition
_PARTS_OF_COUNT = "level before {level} a report × {factor} × reports that came, {share}"
_PARTS_OF_RATIO = "level before {level} × {factor} × size of what was reported, first reports being 1: {share}"
_CALENDAR = {
    "office": "number of workdays",
    "holiday": "holidays",
    "before_festival": "before Spring Festival",
    "after_festival": "after Spring Festival",
    "season": "time of the year",
}
_PLAIN = 0.02  # a factor this near to 1 has no reason
TEN = 10  # people: from here on whole numbers


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Warning · Gangshao", path_template="/warning/<episode_id>")


@shell.page
def layout(episode_id: str = "", **_: str) -> list[Any]:
    """The page of one warning, if this viewer may see it: what the edition says, and what people do about it."""
    row = _row(episode_id)
    if row is None:
        return shell.not_found()
    return [
        html.Div(_shared_title(episode_id=episode_id), className="title"),
        workflow_history(row),
        html.Div(_shared_explanation(episode_id=episode_id), className="parts"),
    ]


def _row(episode_id: str) -> Any:
    found = data.read("warning", episode_id=episode_id)
    return None if found.empty else next(found.itertuples(index=False))


def _title(episode_id: str) -> list[Any]:
    row = _row(episode_id)
    if row is None:
        return shell.not_found()
    indicator = reference.judged_in(reference.indicators().get(row.indicator), row.kind)
    gone = html.Span(text("no longer shown by the data"), className="tag state lifted")
    return [
        html.H1([level_tag(int(row.level)), " ", subject(row)]),
        html.P([_sentence(row, indicator), " ", gone if row.status != "open" else None]),
        sources_in_short(row),
    ]


def _explain(episode_id: str) -> list[Any]:
    """Why: what was seen and expected, the rule and its law, the series, its parts, what each edition said."""
    row = _row(episode_id)
    if row is None:
        return shell.not_found()
    shown = reference.indicators().get(row.indicator)
    indicator = reference.judged_in(shown, row.kind)
    return [
        html.Div(
            [
                html.Section([html.H2(text("What was seen")), _evidence(row, indicator)]),
                html.Section([html.H2(text("The rule")), *_rule(row, indicator)]),
            ],
            className="halves",
        ),
        _chart(row, shown),
        contributors(row, indicator),
        other_sources(row.episode_id),
        html.Section([html.H2(text("How it came about")), _history(row, indicator)]),
    ]


def _most_important() -> list[dict[str, str]]:
    worst = data.read("open_warning").head(_MADE_BEFORE_ASKED)
    return [{"episode_id": str(one)} for one in worst["episode_id"]]


_shared_title = cached_fragment(f"{__name__} title", _title, _most_important)
_shared_explanation = cached_fragment(f"{__name__} grounds", _explain, _most_important)


def _sentence(row: Any, indicator: Indicator | None) -> str:
    """The finding in one sentence of numbers."""
    title = rule_name(row)
    if pd.isna(row.observed):
        return text("{title}: {band}", title=title, band=row.observed_band) if row.observed_band else title
    if own := kind_sentence(row, indicator, title):
        return own
    unit, word = _unit(indicator)
    seen = text("{title}: {observed} {unit}", title=title, observed=value(row.observed, unit), unit=word)
    if row.kind != "spike":
        return seen if pd.isna(row.line) else text(", ").join([seen, text("line {line}", line=value(row.line, unit))])
    if pd.isna(row.expected) or row.expected <= 0:
        return seen
    return text(
        "{seen}, {ratio} times the expected {expected}",
        seen=seen,
        ratio=f"{row.observed / row.expected:.1f}",
        expected=value(row.expected, unit),
    )


def _unit(indicator: Indicator | None) -> tuple[str, str]:
    return ("persons", text("persons")) if indicator is None else (indicator.unit, indicator.unit_word)


def _amount(number: float | None, indicator: Indicator | None) -> str:
    unit, word = _unit(indicator)
    return "" if number is None or pd.isna(number) else f"{value(number, unit)} {word}"


def _evidence(row: Any, indicator: Indicator | None) -> Any:
    unit, word = _unit(indicator)
    interval = "" if pd.isna(row.lo) else f"{value(row.lo, unit)} – {value(row.hi, unit)} {word}"
    ratio = "" if pd.isna(row.expected) or not row.expected else percent(row.observed / row.expected)
    if not pd.isna(row.expected) and row.kind == "level":
        ratio = ""
    band = row.observed_band if pd.isna(row.observed) and isinstance(row.observed_band, str) else ""
    chance = odds(row.p)
    return kind_evidence(
        row,
        [
            (text("Seen"), _amount(row.observed, indicator) or band),
            (text("Expected") if row.kind in BEYOND_EXPECTED else text("Own median"), _amount(row.expected, indicator)),
            (text("How it is expected"), _reasons(row) if row.kind == "spike" else ""),
            (text("Normal range (95%)"), interval),
            (text("Share of the expected"), ratio),
            (text("Line"), "" if row.kind in BEYOND_EXPECTED else _amount(row.line, indicator)),
            (text("People affected"), people(row)),
            (
                text("Certainty"),
                [certainty_word(row.p, row.kind), html.Small(text("by chance {odds}", odds=chance)) if chance else ""],
            ),
            (text("Window"), "" if row.kind == "level" else _window(row)),
            (text("Data to"), data_until(row) if _is_by_month(row) else day(last_day(row, row.data_to.date()))),
            (text("Area"), dcc.Link(reference.place(row.area), href=address(f"/area/{row.area}"))),
            (text("Industry"), industry_link(row.industry)),
            (text("Employer"), _employer(row)),
            (text("Open since"), day(row.opened_on.date())),
            (text("Level since"), "" if pd.isna(row.changed_on) else day(row.changed_on.date())),
            (
                text("Judged to"),
                "" if pd.isna(row.judged_to) or _is_by_month(row) else day(last_day(row, row.judged_to.date())),
            ),
            (text("Quiet since"), _quiet(row)),
            (text("No longer shown since"), "" if pd.isna(row.closed_on) else day(row.closed_on.date())),
            (text("Why no longer shown"), _reason(row.close_reason)),
        ],
    )


def _reasons(row: Any) -> str:
    """The parts the expectation is made of, and whether its history is long enough."""
    if pd.isna(row.window_from) or not data.may_read_scores(row.area):
        return ""
    key = {"indicator": row.indicator, "area": row.area, "industry": row.industry}
    key["cohort"] = reference.cohort_of(row.rule_id)
    found = data.read("judgement", **key, window_from=row.window_from.date(), data_to=row.data_to.date())
    if found.empty or found.iloc[0][["level_mean", "factor_mean"]].isna().any():
        return ""
    judged = found.iloc[0]
    usual = judged.level_mean * judged.factor_mean
    known = reference.indicators().get(row.indicator)
    words = text(
        _PARTS_OF_RATIO if known is not None and known.is_ratio else _PARTS_OF_COUNT,
        level=value(judged.level_mean, "persons") if judged.level_mean >= TEN else f"{judged.level_mean:.1f}",
        factor=_factor(judged),
        share=f"{judged.expected / usual if usual else 0:.2f}",
    )
    if judged.state == "provisional":
        words = text("; ").join([words, text("provisional: its own history is too short yet")])
    return words


def _factor(judged: Any) -> str:
    """What the usual level is multiplied by, and why; of what has no calendar in it the change that is usual."""
    factor = f"{judged.factor_mean:.2f}"
    if judged.reason == "":
        return text("usual change {factor}", factor=factor)
    if judged.reason not in _CALENDAR or abs(judged.factor_mean - 1) <= _PLAIN:
        return text("calendar factor {factor}", factor=factor)
    return text("calendar factor {factor} ({reason})", factor=factor, reason=text(_CALENDAR[judged.reason]))


def _is_by_month(row: Any) -> bool:
    return bool(row.kind in {"level", "change"} or reference.is_monthly_spike(row.indicator, row.kind))


def _window(row: Any) -> str:
    if pd.isna(row.window_from) or pd.isna(row.window_to):
        return ""
    if _is_by_month(row):
        months = [month(row.window_from.date()), month(row.window_to.date())]
        return months[0] if months[0] == months[1] else " – ".join(months)
    first, last = row.window_from.date(), last_day(row, row.window_to.date())
    return text(
        "{first} to {last}, {days} days", first=short_day(first), last=short_day(last), days=(last - first).days + 1
    )


def _quiet(row: Any) -> str:
    """For how many periods in a row the rule has not been met any more."""
    if row.status != "open" or pd.isna(row.quiet_periods) or row.quiet_periods < 1:
        return ""
    return text("{periods} periods in a row", periods=int(row.quiet_periods))


def _employer(row: Any) -> str:
    if not isinstance(row.employer_name, str):
        return ""
    return text("{employer} ({code})", employer=row.employer_name, code=row.employer)


def _reason(reason: Any) -> str:
    return text(_REASONS.get(reason, reason)) if isinstance(reason, str) and reason else ""


def _rule(row: Any, indicator: Indicator | None) -> list[Any]:
    """The rule's steps and the law they stand on."""
    rules = data.read("rule")
    own = rules[(rules["rule_id"] == row.rule_id) & (pd.to_datetime(rules["effective_from"]) <= row.opened_on)]
    own = own[own["effective_to"].isna() | (pd.to_datetime(own["effective_to"]) >= row.opened_on)].sort_values(
        "level", ascending=False
    )
    if own.empty:
        return [html.P(text("The rule is no longer in the list."), className="empty")]
    here = steps_here(own, row.area, (row.opened_on if pd.isna(row.changed_on) else row.changed_on).date())
    worse, staff = "higher" if indicator is None else indicator.worse, _staff(row)
    met = [step.level >= row.level and is_met(step, row, worse, staff) for step in here.itertuples()]
    steps = [
        [
            level_tag(int(step.level)),
            [conditions(step, _unit(indicator)[0]), _of_this_area(step.until)],
            text("met") if one else "",
        ]
        for step, one in zip(here.itertuples(), met, strict=True)
    ]
    law = sorted(set(own[own["level"] == row.level]["basis"].dropna()) or set(own["basis"].dropna()))
    return [
        html.P(own.iloc[0].title, className="lead"),
        _wide(
            text("Steps of the rule"),
            [text("Level"), text("Conditions, all of them"), text("This warning")],
            steps,
            frozenset(),
            kind="plain prose",
        ),
        html.P(_not_met_now(row, here, met), className="source"),
        html.H3(text("Basis")),
        *[html.P(basis, className="source") for basis in law],
        html.P(text("Lifted after {periods} quiet periods", periods=int(own.iloc[0].leave_after)), className="source")
        if not pd.isna(own.iloc[0].leave_after)
        else "",
        _version(row),
    ]


def _version(row: Any) -> Any:
    """Which version of the rule judged what is shown; of a warning published before versions were kept, nothing."""
    if not isinstance(row.rule_hash, str):
        return ""
    is_as_it_stands = hashes_on(region(), data.edition().day).get(row.rule_id) == row.rule_hash
    said = "Judged by version {hash} of the rule."
    changed = "Judged by version {hash} of the rule, which has been changed since."
    return html.P(text(said if is_as_it_stands else changed, hash=row.rule_hash), className="source")


def _staff(row: Any) -> float | None:
    """The staff of the employer that reported, where this viewer may read its report."""
    if row.kind != "event" or not isinstance(row.employer, str):
        return None
    reports = data.read("filed_report", since=row.window_from.date())
    own = reports[(reports["employer"] == row.employer) & (reports["reported_on"] <= row.data_to)]
    return None if own.empty or pd.isna(own.iloc[0].staff) else float(own.iloc[0].staff)


def _of_this_area(until: Any) -> Any:
    return "" if pd.isna(until) else html.Small(text("this area's own line until {day}", day=day(until.date())))


def _not_met_now(row: Any, steps: pd.DataFrame, met: list[bool]) -> str:
    """Why the warning's level stands though the figures it shows meet none of its rows."""
    if pd.isna(row.observed) or any(met[place] for place, level in enumerate(steps["level"]) if level == row.level):
        return ""
    if steps["raise_by"].notna().any():
        return text("By its figures alone it would be milder: other sources agree, or it was worse before.")
    return text("The level was reached before; by its newest figures alone it would be milder.")


def _chart(row: Any, indicator: Indicator | None) -> Any:
    """The series the warning is about, summed over the same number of days as the rule did."""
    if indicator is None:
        return None
    of = reference.cohort_of(row.rule_id)
    if of == EVERY_COHORT:
        days, window = span_of(row)
        where = reference.where(row.area, row.industry)
        figure = figure_placeholder(row.indicator, row.area, row.industry, days, window)
    else:
        where = groups.where(row.area, of)
        figure = figure_placeholder(row.indicator, row.area, row.industry, cohort=of)
    return html.Section([html.H2([indicator.title, html.Small(where)]), html.Div(figure, className="panel")])


def _history(row: Any, indicator: Indicator | None) -> Any:
    """What each edition said of it, as it was published then."""
    rows = []
    for past in data.read("warning_history", episode_id=row.episode_id).itertuples(index=False):
        seen = _amount(past.observed, indicator) or (past.observed_band if isinstance(past.observed_band, str) else "")
        rows.append(
            [
                instant(past.known_from.tz_localize("UTC").to_pydatetime(), reference.zone()),
                level_word(int(past.level)),
                seen,
                _amount(past.expected, indicator),
                people(row._replace(people=past.people, people_band=past.people_band)),
                data_until(row._replace(data_to=past.data_to)),
                text("suspected, to be verified") if past.status == "open" else text("lifted"),
            ]
        )
    columns = [text(name) for name in ("Said on", "Level", "Seen", "Expected", "People", "Data to", "State")]
    return _wide(text("What each edition said"), columns, rows, frozenset({2, 3, 4}))


def _wide(caption: str, columns: list[str], rows: list[list[Any]], numeric: frozenset[int], kind: str = "plain") -> Any:
    return scrolling(caption, table(caption, columns, rows, numeric=numeric, kind=kind))
