"""Labelled events that one source alone tells: workers who come home, people who move away, posts that are not offered.

They are drawn apart from the events of jobs (``pipelines.demo.events``) and change rows of their own feed only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.city import City
from pipelines.demo.timeline import Timeline, random_stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Kind:
    """A kind of event: its feeds, how many a year, days it lasts, median and log-sd of its depth, where it happens."""

    feeds: tuple[str, ...]
    per_year: float
    days: tuple[int, int]
    depth: tuple[float, float]
    is_of_section: bool = False


KINDS: Final = {
    "returning_wave": _Kind(("monitored_village",), 4.0, (56, 112), (0.05, 0.5)),
    "outflow": _Kind(("telecom_mobility", "transport_mobility"), 4.0, (14, 35), (0.22, 0.5)),
    "vacancy_drop": _Kind(("vacancy",), 3.0, (42, 98), (0.55, 0.25), is_of_section=True),
}
_TO_LARGE: Final = 0.8  # power of the insured by which places are drawn
_MOST: Final = 0.9  # of what there is
_RISE: Final = 0.25  # of the days pass until the event is at its height, as many until it is over
_FESTIVAL: Final = (-40, 35)  # days around the Spring Festival in which none begins


@dataclass(frozen=True)
class SourceEvent:
    """One event; ``area`` and ``section`` are numbers of the city, None where it spans all of them; ``depth``: share of
    what is usual that it takes away or adds at its height."""

    number: int
    kind: str
    area: int | None
    section: int | None
    start: int
    length: int
    depth: float

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that tell of it."""
        return KINDS[self.kind].feeds

    def shape(self, days: int) -> Floats:
        """(days,) its depth on each day: rising, level, falling."""
        rise = max(1.0, _RISE * self.length)
        since = np.arange(days) - self.start
        height = np.minimum((since + 1) / rise, (self.length - since) / rise)
        return np.asarray(self.depth * np.clip(height, 0.0, 1.0))


def draw_source_events(city: City, timeline: Timeline, seed: int) -> list[SourceEvent]:
    """All events of the city that one source alone tells, kind by kind in the order of their first day."""
    offset = np.nan_to_num(timeline.festival_offset[: timeline.days], nan=999.0)
    allowed = np.flatnonzero((offset < _FESTIVAL[0]) | (offset > _FESTIVAL[1]))
    allowed = allowed[(allowed >= min(40, timeline.days // 4)) & (allowed < timeline.days - 3)]
    events: list[SourceEvent] = []
    for name, kind in KINDS.items():
        rng = random_stream(seed, f"events {name}")
        count = int(np.ceil(kind.per_year * timeline.days / 365))
        starts = allowed[((np.arange(count) + rng.random(count)) / count * len(allowed)).astype(np.int64)]
        for start in starts.tolist():
            weight = city.insured.reshape(len(city.areas), len(city.sections)).sum(axis=0 if kind.is_of_section else 1)
            place = int(rng.choice(len(weight), p=weight**_TO_LARGE / (weight**_TO_LARGE).sum()))
            events.append(
                SourceEvent(
                    len(events),
                    name,
                    None if kind.is_of_section else place,
                    place if kind.is_of_section else None,
                    start,
                    int(rng.integers(kind.days[0], kind.days[1] + 1)),
                    min(_MOST, float(kind.depth[0] * np.exp(kind.depth[1] * rng.standard_normal()))),
                )
            )
    return events


def depth_of(events: list[SourceEvent], feed: str, places: int, days: int) -> Floats:
    """(places, days) share taken away or added by the feed's events, by area or section; those at once add up."""
    depth = np.zeros((places, days))
    for event in events:
        if feed in event.feeds:
            place = event.section if event.area is None else event.area
            depth[place] += event.shape(days)
    return np.minimum(depth, _MOST)
