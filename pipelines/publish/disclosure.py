"""Disclosure control of the general file: which cells rest on too few; what is hidden has no number in it at all.

Statistics Law of the PRC (2024), art. 28: no publication from which a single respondent can be inferred. The bounds are
the region's (``pipelines.secrecy``).
"""

import hashlib

from pipelines.domain import TOTAL_INDUSTRY
from pipelines.secrecy import Bounds
from pipelines.warehouse.catalogue import Indicator, catalogue

RESPONDENTS = frozenset({"employers", "villages"})
# No daily readings, weekly ones for totals over industries only: overlapping windows would give small cells away.
IS_GENERAL = f"grain <> 'day' and (grain = 'month' or industry = '{TOTAL_INDUSTRY}')"


def is_small(indicator: Indicator, bounds: Bounds) -> str:
    """SQL predicate over ``reading``: this cell rests on too few persons or respondents, or on one that dominates it.

    The largest respondent of a ratio is the largest of its numerator.
    """
    if indicator.units == "persons":
        return f"units < {bounds.persons}"
    if indicator.units in RESPONDENTS:
        return (
            f"(units < {bounds.respondents} or abs(numerator) < {bounds.persons} "
            f"or largest_unit >= {bounds.dominance} * abs(numerator))"
        )
    return "false"


def general_readings(bounds: Bounds) -> str:
    """SQL that reads ``restricted.reading`` and yields the rows of ``general.reading``.

    Each row is decided by itself, so that what the file says already need not be derived again. A hidden row keeps its
    key and its completeness. How many stand behind a cell, and the figure of the largest of them, are never said.
    """
    small = " or ".join(f"(indicator = '{name}' and {is_small(item, bounds)})" for name, item in catalogue().items())
    hidden = ", ".join(
        f"case when is_small then null else {column} end as {column}"
        for column in ("numerator", "denominator", "value")
    )
    return f"""
        select indicator, area, industry, cohort, grain, period, {hidden}, null as units, null as largest_unit,
            reporting, due, is_provisional, is_small as is_suppressed, known_from, known_to
        from (select *, coalesce({small}, false) as is_small from restricted.reading) as cell
        where {IS_GENERAL}"""


def fingerprint(bounds: Bounds) -> str:
    """Of all that decides what the general file says of a reading; another one when a bound or an indicator changed."""
    return hashlib.sha256(general_readings(bounds).encode()).hexdigest()[:16]


GENERAL_EPISODE = """
    select episode_id, rule_id, kind, indicator, area, industry, null as employer, null as employer_name, level, status,
        opened_on, changed_on, closed_on, close_reason, window_from, window_to, data_to, null as observed,
        null as expected, null as lo, null as hi, null as p, null as people, line, observed_band, people_band,
        quiet_periods, judged_to, known_from, known_to
    from restricted.episode"""
