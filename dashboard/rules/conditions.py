"""Rules in words: what a row asks for and of whom, whether a warning meets it, which rules judge an indicator."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.table import table
from dashboard.components.tag import level_tag
from dashboard.locale import count, percent, text, value
from dashboard.locale.translation import worded
from dashboard.summary import reference
from dashboard.summary.reference import Indicator, code_title, region
from dashboard.web import data
from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED, LIMITS, OF_SERIES
from pipelines.core.domain import EVERY_COHORT

_SIZES = {
    (True, True): "employers of {least} to {most} staff",
    (True, False): "employers of {least} staff or more",
    (False, True): "employers of {most} staff or fewer",
}
_AHEAD = {
    "day": "as forecast {number} weeks ahead",
    "week": "as forecast {number} weeks ahead",
    "month": "as forecast {number} months ahead",
    "quarter": "as forecast {number} quarters ahead",
}
_STEPS = {
    "change": "the mean of {periods} periods is {line} worse than its best of a year",
    "deadline": "{line} people or more at employers whose deferral ends within {days} days",
    "welfare_post": "{line} people or more in posts that end within {days} days",
    "data_fault": "{line} reports or more that were due within {days} days lack or are not in order",
}


def conditions(step: Any, unit: str) -> str:
    """What one row of a rule asks for, all of it at once; ``unit`` of its findings."""
    asked = _usual(step, unit) if step.kind not in _STEPS or pd.isna(step.line) else _own(step, unit)
    return text(", ").join([*asked, *scope_words(step)])


def _own(step: Any, unit: str) -> list[str]:
    is_rate = step.kind == "change"
    asked = text(
        _STEPS["welfare_post" if _is_of_posts(step) else step.kind],
        line=value(step.line, unit) if is_rate else count(step.line),
        periods="" if pd.isna(step.window_periods) else count(step.window_periods),
        days="" if pd.isna(step.window_days) else count(step.window_days),
    )
    base = "" if pd.isna(step.min_base) else text("base of at least {base}", base=count(step.min_base))
    return [part for part in (asked, base) if part]


def _is_of_posts(step: Any) -> bool:
    return bool(step.kind == "deadline" and step.indicator == "welfare_post")


def _usual(step: Any, unit: str) -> list[str]:
    is_count = unit in {"persons", "posts"}
    parts: list[tuple[Any, Callable[[Any], str]]] = [
        (
            step.min_strength,
            lambda x: text("at least {number} standard deviations beyond the expected", number=f"{x:g}"),
        ),
        (step.max_p, lambda x: text("chance below {value}", value=f"{x:g}")),
        (step.line, lambda x: text("reaches the line {line}", line=count(x) if is_count else value(x, unit))),
        (step.margin, lambda x: text("{margin} beyond its own median", margin=value(x, unit))),
        (
            step.min_ratio,
            lambda x: (
                text("at least {ratio} times the expected", ratio=f"{x:g}")
                if step.kind in BEYOND_EXPECTED
                else text("at least {share} of the staff", share=percent(x))
            ),
        ),
        (step.min_people, lambda x: text("at least {people} people", people=count(x))),
        (step.min_base, lambda x: text("base of at least {base}", base=count(x))),
        (step.window_days, lambda x: text("within {days} days", days=count(x))),
    ]
    asked = [words(number) for number, words in parts if not pd.isna(number)]
    return [*asked, _horizon(step)] if step.kind == "exceedance" else asked


def _horizon(step: Any) -> str:
    known = reference.indicators().get(step.indicator)
    grains = frozenset({"day"}) if known is None else known.grains
    named = next(words for grain, words in _AHEAD.items() if grain in grains)
    return text(named, number=count(step.window_periods))


def scope_words(step: Any) -> list[str]:
    """Whom a rule is about, where it is not everybody: some industries, a cohort, employers of some sizes."""
    least, most = step.staff_least, step.staff_most
    named = _SIZES.get((not pd.isna(least), not pd.isna(most)))
    size = "" if named is None else text(named, least=_count(least), most=_count(most))
    return [part for part in (_industries(step.industries), _cohort(step.cohort), size) if part]


def _industries(codes: Any) -> str:
    if not isinstance(codes, str):
        return ""
    return text("only in {industries}", industries=text("; ").join(map(reference.industry, codes.split(";"))))


def _cohort(code: Any) -> str:
    if not isinstance(code, str) or code == EVERY_COHORT:
        return ""
    return text("only {cohort}", cohort=worded(code_title("cohort", code)))


def _count(number: Any) -> str:
    return "" if pd.isna(number) else count(number)


def steps_here(steps: pd.DataFrame, area: str, on: date) -> pd.DataFrame:
    """The rows of a rule as they held in an area on a day; ``until``: to when the area's own lines hold (NaT: none)."""
    told = region().rule_overrides
    stamp = pd.Timestamp(on)
    own = told[(told["area"] == area) & (told["effective_from"] <= stamp) & (told["effective_to"] >= stamp)]
    changed = steps.merge(
        own[["rule_id", "level", *LIMITS, "effective_to"]], on=["rule_id", "level"], how="left", suffixes=("", "_here")
    ).rename(columns={"effective_to_here": "until"})
    for limit in LIMITS:
        changed[limit] = changed.pop(f"{limit}_here").astype("float64").combine_first(changed[limit].astype("float64"))
    return changed


def is_met(step: Any, row: Any, worse: str, staff: float | None) -> bool:
    """Whether the figures of a warning meet a row of its rule, as far as they are shown; without any, none is met.

    ``staff``: of the employer that reported, None where it is not known. What no figure is shown of (standard
    deviations, the base of a rate) is taken as met: the machine has asked for it.
    """
    if pd.isna(row.observed):
        return False
    sign = -1.0 if worse == "lower" and row.kind in OF_SERIES else 1.0
    more, less = (row.observed, row.expected) if sign > 0 else (row.expected, row.observed)
    beyond = sign * (row.observed - row.expected) if not pd.isna(row.expected) else None
    legs = [_least(step.min_people, row.people)]
    if row.kind in BEYOND_EXPECTED:
        legs.append(pd.isna(step.min_ratio) or pd.isna(row.expected) or more >= step.min_ratio * less)
    elif row.kind == "event":
        legs += [_least(step.line, row.people), _least(step.min_base, staff)]
        legs.append(_least(step.min_ratio, None if not staff else row.people / staff))
    elif row.kind == "change":
        legs.append(_least(step.line, beyond))
    else:
        legs.append(pd.isna(step.line) or sign * row.observed >= sign * step.line)
        legs.append(_least(step.margin, beyond))
    return all(legs)


def _least(limit: float, figure: float | None) -> bool:
    return bool(pd.isna(limit) or figure is None or pd.isna(figure) or figure >= limit)


def rules_in_force(indicator: str) -> pd.DataFrame:
    """Rows of the rules that judge an indicator on the day of the edition, the mildest level first."""
    rows = data.read_indicator("rule", indicator)
    day = pd.Timestamp(data.edition().day)
    began = pd.to_datetime(rows["effective_from"]).fillna(day) <= day
    lasts = pd.to_datetime(rows["effective_to"]).fillna(day) >= day
    return rows[began & lasts & rows["is_enabled"].fillna(False).astype(bool) & (rows["status"] == "enabled")]


def rules_table(indicator: Indicator) -> Any:
    """The rules in force as a table with their legal ground; several rows of a level mean *or*."""
    rows = rules_in_force(indicator.indicator)
    cells = [
        [
            [title, html.Small(" ".join(dict.fromkeys(part["basis"])))],
            html.Ul([_line(row, indicator) for row in part.itertuples()]),
        ]
        for title, part in rows.groupby("title", sort=False)
    ]
    columns = [text(name) for name in ("Rule and legal basis", "Warns from")]
    return table(text("Rules in force"), columns, cells, kind="rules", empty=text("No rule judges this indicator."))


def _line(row: Any, indicator: Indicator) -> Any:
    unit = (reference.judged_in(indicator, row.kind) or indicator).unit
    return html.Li([level_tag(int(row.level)), " ", conditions(row, unit)])
