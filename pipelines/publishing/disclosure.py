"""Disclosure control of the general file: which cells rest on too few; what is hidden has no number in it at all.

Statistics Law of the PRC (2024), art. 28: no publication from which a single respondent can be inferred. The bounds are
the region's (``pipelines.core.region.disclosure_policy``).
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY
from pipelines.core.region.disclosure_policy import DisclosureThresholds
from pipelines.core.sql import Sql, literal, literals, name, step
from pipelines.judging.lifecycle import BANDS
from pipelines.publishing.lp_bounds import Figures
from pipelines.publishing.suppression import Mask

METHOD = 3  # of release and secondary suppression; another number derives the whole general file anew
OF_EMPLOYER = "event"  # kind of the warnings that rest on one employer's report
NOT_IN_GENERAL = {"roster": frozenset({"rows_quarantined"})}
"""Columns of tables that are NULL for everybody: how many rows of a day's file were sent back may be one person's."""
RESPONDENTS = frozenset({"employers", "villages"})
OF_CITY = tuple(item.name for item in catalogue().values() if item.kind == "count" and item.units == "employers")
"""What employers reported one by one: of the city alone, else a row would say that there was a report, and of whom."""
IS_GENERAL = step(
    "is_general", every_cohort=literal(EVERY_COHORT), every_industry=literal(TOTAL_INDUSTRY), of_city=literals(OF_CITY)
)
"""Condition over ``reading``: the general file may tell the cell."""


_SECOND = "coalesce(second_unit, least(largest_unit, abs(numerator) - largest_unit))"


def is_small(indicator: Indicator, bounds: DisclosureThresholds) -> str:
    """SQL predicate over ``reading``: this cell rests on too few persons or respondents, or on one that dominates it.

    A respondent dominates that brings ``dominance`` of it, or that the second largest could estimate to ``p_percent``
    from the cell and its own figure (p%-rule; where the second is not known it may be as large as the first). The
    largest respondents of a ratio are those of its numerator.
    """
    if indicator.units == "persons":
        return f"units < {bounds.persons}"
    if indicator.units in RESPONDENTS:
        return (
            f"(units < {bounds.respondents} or abs(numerator) < {bounds.persons} "
            f"or largest_unit >= {bounds.dominance} * abs(numerator) "
            f"or abs(numerator) - largest_unit - {_SECOND} < {bounds.p_percent / 100} * largest_unit)"
        )
    return "false"


def is_weekly_of_city(indicator: Indicator) -> bool:
    """Whether a week's figure is told of the city alone, because months are told of every area.

    Weeks on the border of two months have a part in each, so months and weeks of one area would together give hidden
    ones of them away. Where no week of an area is told they leave all room that the months do (docs/explain).
    """
    is_secret = indicator.units == "persons" or indicator.units in RESPONDENTS
    return is_secret and indicator.kind == "count" and {"week", "month"} <= set(indicator.grains)


WEEKLY_OF_CITY = tuple(item.name for item in catalogue().values() if is_weekly_of_city(item))


def small_cells(indicators: Iterable[Indicator], bounds: DisclosureThresholds) -> Sql:
    """SQL predicate over ``reading``: the cell of one of these indicators rests on too few."""
    each = (f"(indicator = {literal(item.name)} and {is_small(item, bounds)})" for item in indicators)
    return Sql(" or ".join(each) or "false")


def needed(indicator: Indicator, bounds: DisclosureThresholds, value: Figures, is_small: Mask) -> Figures:
    """How far apart the least and the largest possible figure of a hidden cell must be, so that it is protected.

    At least so many whole numbers must remain possible as persons are needed to be told: with 10, as much as "fewer
    than ten" or a warning's band "10 to 19" leaves open. A cell of few respondents, or of one that dominates it, must
    stay open by what would take it out of that dominance: with a share of 0.8 a quarter of its figure.
    """
    need = np.full(value.shape, bounds.persons - 1.0)
    if indicator.units in RESPONDENTS:
        return np.where(is_small, np.maximum(need, (1 / bounds.dominance - 1) * np.abs(value)), need)
    return need


def fingerprint(bounds: DisclosureThresholds) -> str:
    """Of all that decides what the general file says of a reading; another one when a bound or an indicator changed."""
    said = f"{METHOD} {bounds} {small_cells(catalogue().values(), bounds)}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def told_bands(bounds: DisclosureThresholds) -> dict[str, str]:
    """The bands of warnings that leave fewer numbers open than a hidden cell must, and the wider one told instead."""
    edges = [0, *(limit for limit, _ in BANDS)]
    narrow = [index for index in range(len(BANDS)) if edges[index + 1] - edges[index] < bounds.persons]
    wide = next(index for index, (limit, _) in enumerate(BANDS) if limit >= bounds.persons)
    joined = BANDS[: max(narrow[-1], wide) + 1] if narrow else ()
    return {words: f"<{joined[-1][0]}" for _, words in joined}


def general_band(column: str, bounds: DisclosureThresholds) -> Sql:
    """SQL for a column of bands as everybody is told them."""
    wider = " ".join(f"when {literal(words)} then {literal(told)}" for words, told in told_bands(bounds).items())
    return Sql(f"case {name(column)} {wider} else {name(column)} end") if wider else name(column)
