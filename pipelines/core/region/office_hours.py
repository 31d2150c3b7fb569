"""When an office is at work, may be told and has to verify: its hours on the region's workdays."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd

from pipelines.core.region.load import Region

_LONGEST_HOLIDAY = 60  # days within which a workday must come


@dataclass(frozen=True)
class Hours:
    """Local times of day: work from and to, quiet from and to (over midnight when from is later)."""

    work_from: time
    work_to: time
    quiet_from: time
    quiet_to: time

    def is_working(self, region: Region, at: datetime) -> bool:
        """Whether somebody is at the desk at this instant."""
        local = at.astimezone(region.time_zone)
        return region.is_workday(local.date()) and self.work_from <= local.time() < self.work_to

    def is_over(self, region: Region, at: datetime) -> bool:
        """Whether nobody comes to the desk any more on this day: no workday, or after its hours."""
        local = at.astimezone(region.time_zone)
        return not region.is_workday(local.date()) or local.time() >= self.work_to

    def next_working(self, region: Region, at: datetime) -> datetime:
        """The first instant from ``at`` on within working hours (UTC)."""
        if self.is_working(region, at):
            return at
        day = region.local_day(at)
        if self.is_over(region, at):
            day += timedelta(days=1)
        for _ in range(_LONGEST_HOLIDAY):
            if region.is_workday(day):
                return region.instant(day, self.work_from)
            day += timedelta(days=1)
        raise ValueError(f"no workday within {_LONGEST_HOLIDAY} days of {at:%Y-%m-%d}")

    def after_quiet(self, region: Region, at: datetime) -> datetime:
        """The first instant from ``at`` on outside the quiet hours (UTC)."""
        local = at.astimezone(region.time_zone)
        is_over_midnight = self.quiet_from > self.quiet_to
        is_late = local.time() >= self.quiet_from
        is_early = local.time() < self.quiet_to
        if not ((is_late or is_early) if is_over_midnight else (is_late and is_early)):
            return at
        day = local.date() + timedelta(days=1 if is_over_midnight and is_late else 0)
        return region.instant(day, self.quiet_to)

    def later(self, region: Region, at: datetime, working: timedelta) -> datetime:
        """The instant at which so much working time has passed since ``at`` (UTC)."""
        here, left = self.next_working(region, at), working
        while True:
            closes = region.instant(region.local_day(here), self.work_to)
            if here + left <= closes:
                return here + left
            left -= closes - here
            here = self.next_working(region, closes)


@lru_cache(maxsize=256)
def hours_of_area(region: Region, area: str) -> Hours:
    """The hours of the first office that answers for an area. Raises KeyError where none does."""
    for row in region.offices.itertuples(index=False):
        if area in str(row.areas).split(";"):
            return Hours(row.work_from, row.work_to, row.quiet_from, row.quiet_to)
    raise KeyError(area)


def suspected_at(region: Region, row: Any) -> datetime:
    """From when a warning is to be verified at its level (UTC): the first working instant of its area's office after
    the edition that opened it, or that gave it its level.

    ``row`` has area, opened_on and changed_on of ``episode``, and closed_on where the data may have closed it: that
    changed no level.
    """
    opened, changed, closed = (
        pd.Timestamp(getattr(row, name, None)) for name in ("opened_on", "changed_on", "closed_on")
    )
    day = opened if pd.isna(changed) or changed == closed else changed
    return hours_of_area(region, str(row.area)).next_working(region, region.cutoff_at(day.date()))
