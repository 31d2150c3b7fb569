"""The groups of people of an area, week by week: what came, what was expected of it and why, for those who may see."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboard.locale import short_day, text, value
from dashboard.locale.translation import worded
from dashboard.summary import reference
from dashboard.summary.comparison import NORMAL_RANGE_SIGMAS, Comparison, against_range, certainty_word, of_incomplete
from dashboard.summary.course import Course, since
from dashboard.summary.headline import WEEK
from dashboard.summary.reference import Indicator, code_title, region
from dashboard.web import data
from pipelines.core.domain import EVERY_COHORT

TEN = 10  # people: from here on whole numbers


@dataclass(frozen=True)
class Week:
    """The last week of a group: its first day, people, normal range in words, how that is, and why it was expected."""

    cohort: str
    first: date
    seen: str
    normal: str
    verdict: Comparison
    why: str


def title(cohort: str) -> str:
    """The name of a group of people."""
    return worded(code_title("cohort", cohort))


def is_cohort(code: str) -> bool:
    """Whether a group of people has this code."""
    codes = region().codes
    return bool(((codes["list"] == "cohort") & (codes["code"] == code)).any())


def indicators(area: str) -> list[Indicator]:
    """Indicators of which groups of people are told for an area to this viewer, in the order of the pages."""
    told = set(_weeks(area)["indicator"])
    return reference.ordered([one for one in reference.indicators().values() if one.indicator in told])


def weeks(indicator: Indicator, area: str) -> list[Week]:
    """The last judged week of each group, without judgement the last whole one; most people first."""
    rows = _of(_weeks(area), indicator)
    ended = rows[rows["period"] + pd.Timedelta(days=WEEK) <= pd.Timestamp(data.edition().day)]
    judged = {}
    if data.may_read_scores(area):
        judged = {row.cohort: row for row in _of(data.read("cohort_judgement", area=area), indicator).itertuples()}
    found = []
    for cohort, own in rows.groupby("cohort", sort=False):
        score = judged.get(cohort)
        if score is not None and (pd.isna(score.p) or pd.isna(score.data_to)):
            score = None
        if score is not None:
            shown = own[own["period"] == pd.Timestamp(score.data_to)]
        else:
            whole = ended[ended["cohort"] == cohort]
            shown = own if whole.empty else whole
        if len(shown):
            found.append((float(shown.iloc[-1].value), _week(str(cohort), shown.iloc[-1], score, indicator)))
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].cohort))]


def _week(cohort: str, row: Any, score: Any, indicator: Indicator) -> Week:
    lo = hi = None
    why = text("no normal range yet")
    if score is not None:
        spread = NORMAL_RANGE_SIGMAS * score.variance**0.5
        lo, hi = max(0.0, score.expected - spread), score.expected + spread
        why = _explain_expectation(score)
    verdict = against_range(float(row.value), lo, hi, indicator.unit, indicator.worse)
    if row.is_provisional:
        verdict = of_incomplete(verdict, indicator.worse, only_grows=True)
    if verdict.tone == "worse" and score is not None:
        sure = text("certainty: {word}", word=certainty_word(score.p, "spike"))
        why = text("{one}; {other}", one=why, other=sure)
    return Week(
        cohort,
        row.period.date(),
        value(float(row.value), indicator.unit),
        "" if lo is None or hi is None else f"{value(lo, indicator.unit)} – {value(hi, indicator.unit)}",
        verdict,
        why,
    )


def _explain_expectation(score: Any) -> str:
    """What the expectation is made of, in words, and whether its history is long enough."""
    number = value(score.level_mean, "persons") if score.level_mean >= TEN else f"{score.level_mean:.1f}"
    usual = score.level_mean * score.factor_mean
    words = text(
        "{expected} expected: before {level} a week × time of year {factor} × reports that came, {share}",
        expected=f"{score.expected:.1f}",
        level=number,
        factor=f"{score.factor_mean:.2f}",
        share=f"{score.expected / usual if usual else 0:.2f}",
    )
    if score.state == "provisional":
        words = text("{one}; {other}", one=words, other=text("provisional: its own history is too short yet"))
    return words


def course(indicator: Indicator, area: str, cohort: str, *, is_long: bool = False) -> Course:
    """The weeks of one group, and what had been forecast of each; coming weeks too."""
    first = since("week", is_long=is_long)
    rows = _of(_weeks(area, first), indicator)
    rows = rows[rows["cohort"] == cohort].drop(columns="cohort")
    expected = None
    if data.may_read_scores(area):
        told = _of(data.read("cohort_expectation", area=area, since=first), indicator)
        told = told[told["cohort"] == cohort]
        expected = None if told.empty else told.assign(period=pd.to_datetime(told["period"])).sort_values("period")
    return Course("week", 0, rows, expected)


def where(area: str, cohort: str) -> str:
    """Area and group of a series in one breath."""
    return f"{reference.place(area)} · {title(cohort)}" if cohort not in {"", EVERY_COHORT} else reference.place(area)


def span(week: Week) -> str:
    """The days of a week in words."""
    last = week.first + timedelta(days=WEEK - 1)
    return text("week of {first} to {last}", first=short_day(week.first), last=short_day(last))


def _weeks(area: str, first: date | None = None) -> pd.DataFrame:
    rows = data.read("cohort_series", area=area, since=first or since("week", is_long=False))
    return rows.assign(period=pd.to_datetime(rows["period"]))


def _of(rows: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    return rows[rows["indicator"] == indicator.indicator]
