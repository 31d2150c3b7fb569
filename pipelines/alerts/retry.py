"""When a mail that was put off is tried again: after growing pauses, and by day on working days unless it is urgent."""

from datetime import datetime, timedelta

from pipelines.region import Region

# After the first, second, … attempt; from the last on always as long. Graylisting servers let in after five minutes.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 6, 15, 60, 240))


def next_attempt(attempts: int, is_urgent: bool, region: Region, now: datetime) -> datetime:
    """The instant of the next attempt (UTC) when ``attempts`` have been made; ``now`` is that of the last."""
    at = now + PAUSES[min(attempts, len(PAUSES)) - 1]
    return at if is_urgent else in_working_time(region, at)


def in_working_time(region: Region, at: datetime) -> datetime:
    """The instant itself when offices work then, else the start of the next working day's or this day's hours."""
    hours, day = region.timetable, region.local_day(at)
    if region.is_workday(day):
        if at < (start := region.instant(day, hours.work_from)):
            return start
        if at < region.instant(day, hours.work_to):
            return at
    day += timedelta(days=1)
    while not region.is_workday(day):
        day += timedelta(days=1)
    return region.instant(day, hours.work_from)
