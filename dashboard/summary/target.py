"""How far an area has come towards the year's target of an indicator, beside the share of the year that has passed."""

from datetime import date

from dashboard.locale import count, percent, text
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data

_MONTHS = 12


def progress_words(indicator: Indicator, area: str, last: date) -> str:
    """A sentence on the year up to the month that begins on ``last``; empty where the year has no target.

    Months of which nothing is published are named by their number, for the sum is too small by them.
    """
    targets = reference.region().target
    own = targets[
        (targets["indicator"] == indicator.indicator) & (targets["area"] == area) & (targets["year"] == last.year)
    ]
    if own.empty:
        return ""
    rows = data.read_indicator(
        "series", indicator.indicator, area=area, industry="ALL", grain="month", since=date(last.year, 1, 1)
    )
    known = [row.value for row in rows.itertuples() if row.period.month <= last.month and row.value == row.value]
    reached, lacking = sum(known) / float(own["target"].iloc[0]), last.month - len(known)
    said = text(
        "{reached} of the year's target of {target}, {passed} of the year gone",
        reached=percent(reached),
        target=count(float(own["target"].iloc[0])),
        passed=percent(last.month / _MONTHS),
    )
    return text("{said}; {number} months lacking", said=said, number=count(lacking)) if lacking else said
