"""When a mail that was put off is tried again: after growing pauses, and in its office's hours unless it is urgent."""

from datetime import datetime, timedelta

from pipelines.core.region.load import Region
from pipelines.core.region.office_hours import Hours
from pipelines.notifying.audience import offices

# After the first, second, … attempt; from the last on always as long. Graylisting servers let in after five minutes.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 6, 15, 60, 240))


def next_attempt(attempts: int, is_urgent: bool, office_id: str, region: Region, now: datetime) -> datetime:
    """The instant of the next attempt (UTC) when ``attempts`` have been made; ``now`` is that of the last."""
    at = now + PAUSES[min(attempts, len(PAUSES)) - 1]
    return at if is_urgent else hours_of(region, office_id).next_working(region, at)


def hours_of(region: Region, office_id: str) -> Hours:
    """The hours of an office; of who is none (auditor, administrator, duty desk) those of the city's."""
    known = offices(region)
    city = next(one for one in known if one.is_city)
    return next((one for one in known if one.office_id == office_id), city).hours
