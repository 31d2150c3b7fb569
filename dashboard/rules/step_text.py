"""What one row of a rule asks for, in words: its legs, and whom it is about."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from dashboard.locale import count, percent, text, value
from dashboard.summary import reference
from dashboard.summary.region_tables import code_title
from dashboard.summary.wording import worded
from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED
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
    return text(", ").join([*asked, *reach_words(step)])


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
    return [*asked, _ahead(step)] if step.kind == "exceedance" else asked


def _ahead(step: Any) -> str:
    known = reference.indicators().get(step.indicator)
    grains = frozenset({"day"}) if known is None else known.grains
    named = next(words for grain, words in _AHEAD.items() if grain in grains)
    return text(named, number=count(step.window_periods))


def reach_words(step: Any) -> list[str]:
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
