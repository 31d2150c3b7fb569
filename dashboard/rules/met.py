"""Which rows of its rule a warning meets by the figures it shows, with an area's own lines in their place."""

from datetime import date
from typing import Any

import pandas as pd

from dashboard.summary.region_tables import region
from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED, LIMITS, OF_SERIES


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
