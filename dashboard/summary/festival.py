"""Which day of the year before a day is compared with: at the same distance from Spring Festival, or the same week."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from dashboard.summary.region_tables import region

BEFORE, AFTER = 30, 60  # days around the festival within which its distance counts, not the date
YEAR_OF_WEEKS = timedelta(days=364)


def festivals() -> list[date]:
    """First days of the first moon that the region's calendar knows, in order."""
    calendar = region().calendar
    return sorted(pd.to_datetime(calendar.loc[calendar["kind"] == "spring_festival", "date"]).dt.date)


def nearest(day: date, known: Sequence[date]) -> tuple[date, int] | None:
    """The festival nearest to a day and the day's distance from it, below zero before; None without any."""
    if not known:
        return None
    own = min(known, key=lambda one: abs(day - one))
    return own, (day - own).days


def counterpart(day: date, known: Sequence[date]) -> date:
    """The day of the year before to compare with: from 30 days before to 60 after a festival the one at the same
    distance from the festival before it, else, or where that one is not known, the same weekday 52 weeks ago."""
    found = nearest(day, known)
    if found is not None and -BEFORE <= found[1] <= AFTER:
        earlier = [one for one in known if one < found[0]]
        if earlier:
            return max(earlier) + timedelta(days=found[1])
    return day - YEAR_OF_WEEKS


def counterpart_week(monday: date, known: Sequence[date]) -> date:
    """The Monday nearest to the counterpart of a Monday."""
    day = counterpart(monday, known)
    weekday = day.weekday()
    return day - timedelta(days=weekday) if weekday <= 3 else day + timedelta(days=7 - weekday)
