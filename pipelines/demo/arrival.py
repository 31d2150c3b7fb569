"""When files arrive: mostly the next day, some late, some never, some corrected; now and then a unit falls silent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.timeline import Timeline, random_stream

Ints = NDArray[np.int64]

NEVER = -1
UNIT_DAILY = ("insured_event", "benefit_claim", "layoff_report", "unemployment_registration")
CITY_DAILY = ("vacancy", "job_seeker", "telecom_mobility", "transport_mobility", "policy_event")
WEEKLY = ("monitored_village",)
MONTHLY = (
    "insured_headcount",
    "monitored_employer",
    "labour_shortage",
    "long_term_unemployment",
    "wage_arrears_lead",
    "key_employer",
    "welfare_post",
)
CITY_MONTHLY = (
    "registered_unemployment",
    "unemployment_fund",
    "employment_result",
    "benefit_payment",
    "graduate_register",
    "labour_dispute",
    "training",
    "unemployment_contribution",
)
_FRIDAY = 4


@dataclass(frozen=True)
class Arrival:
    """Day index on which the file of a sender and period is received; ``NEVER`` where it is lost.

    Shapes: daily unit feeds (areas, days), city feeds (1, days), monthly feeds (areas, months) or (1, months), weekly
    feeds (areas, weeks). ``corrected`` is the day on which a second version follows, ``NEVER`` for most. Days beyond
    the timeline's horizon have not come yet.
    """

    received: dict[str, Ints]
    corrected: dict[str, Ints]
    month_end: Ints  # (months,) last day of each month that ends within the data days
    friday: Ints  # (weeks,) the day on which the week's forms are filled in

    def visible(self, feed: str, area: Ints, day: Ints, horizon: int) -> NDArray[np.bool_]:
        """Whether rows filed by an area on a day are in a file that has come by the horizon."""
        inside = day < self.received[feed].shape[1]
        at = self.received[feed][area, np.where(inside, day, 0)]
        return np.asarray(inside & (at != NEVER) & (at <= horizon))


def build_arrival(city: City, timeline: Timeline, seed: int) -> Arrival:
    """Draw the fate of every file of the city."""
    areas, days = len(city.areas), timeline.days
    silent_until = _silences(areas, timeline, seed)
    received, corrected = {}, {}
    for feed in UNIT_DAILY:
        rng = random_stream(seed, f"arrival {feed}")
        came = np.arange(1, days + 1) + _late(rng, (areas, days))
        came = np.maximum(came, silent_until)
        received[feed], corrected[feed] = _fate(rng, came)
    for feed in CITY_DAILY:
        rng = random_stream(seed, f"arrival {feed}")
        received[feed], corrected[feed] = _fate(rng, np.arange(1, days + 1) + _late(rng, (1, days)))
    month_end = _month_ends(timeline)
    for feed in MONTHLY:
        rng = random_stream(seed, f"arrival {feed}")
        due = rng.integers(5, 11, (areas, len(month_end)))
        received[feed], corrected[feed] = _fate(rng, month_end + due + _late(rng, due.shape))
    for feed in CITY_MONTHLY:
        rng = random_stream(seed, f"arrival {feed}")
        due = rng.integers(9, 15, (1, len(month_end)))
        received[feed], corrected[feed] = _fate(rng, month_end + due + _late(rng, due.shape))
    friday = np.flatnonzero(timeline.weekday[:days] == _FRIDAY)
    for feed in WEEKLY:
        rng = random_stream(seed, f"arrival {feed}")
        received[feed], corrected[feed] = _fate(rng, friday + _late(rng, (areas, len(friday))))
    return Arrival(received, corrected, month_end, friday)


def _late(rng: np.random.Generator, shape: tuple[int, ...]) -> Ints:
    return np.asarray((rng.random(shape) < frozen.LATE) * rng.integers(1, 4, shape), dtype=np.int64)


def _fate(rng: np.random.Generator, came: Ints) -> tuple[Ints, Ints]:
    lost = rng.random(came.shape) < frozen.LOST
    again = (rng.random(came.shape) < frozen.CORRECTED) & ~lost
    follows = came + rng.integers(1, 6, came.shape)
    return np.where(lost, NEVER, came), np.where(again, follows, NEVER)


def _silences(areas: int, timeline: Timeline, seed: int) -> Ints:
    """(areas, days): the earliest day a file of that day can come, because its unit was silent; 0 elsewhere."""
    rng = random_stream(seed, "silence")
    until = np.zeros((areas, timeline.days), dtype=np.int64)
    workdays = timeline.workdays
    for area in range(areas):
        for _ in range(rng.poisson(frozen.SILENCES_PER_YEAR * timeline.days / 365)):
            first = int(rng.integers(0, max(1, len(workdays) - 5)))
            silent = workdays[first : first + int(rng.integers(2, 5))]
            until[area, silent] = silent[-1] + 2
    return until


def _month_ends(timeline: Timeline) -> Ints:
    """Last days of the months that end within the data days."""
    month = timeline.month[: timeline.days + 1]
    return np.flatnonzero(np.diff(month) != 0)
