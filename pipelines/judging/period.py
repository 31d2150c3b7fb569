"""Periods of a grain: their last day, how many before, their name in a mail: a month is 2026年10月."""

from datetime import date, timedelta

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region

_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3}


def last_day(grain: Grain, first: date) -> date:
    """Last day of the period of this grain that begins on ``first``."""
    if grain in _MONTHS:
        months = first.year * 12 + first.month - 1 + _MONTHS[grain]
        return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)
    return first + timedelta(days=6) if grain is Grain.WEEK else first


def name_period(grain: Grain, first: date) -> str:
    """The period that begins on ``first``, in Chinese."""
    if grain is Grain.MONTH:
        return f"{first.year}年{first.month}月"
    if grain is Grain.QUARTER:
        return f"{first.year}年第{(first.month + 2) // 3}季度"
    if grain is Grain.WEEK:
        return f"{first.isoformat()} 至 {last_day(grain, first).isoformat()} 一周"
    return first.isoformat()


def periods_before(region: Region, grain: Grain, at: date, periods: int) -> date:
    """The day ``periods`` periods before: workdays where the grain is a day, else first days of periods."""
    for _ in range(periods):
        at = region.period_start(grain, at - timedelta(days=1))
        while grain is Grain.DAY and not region.is_workday(at):
            at -= timedelta(days=1)
    return at
