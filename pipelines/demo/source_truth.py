"""The labels of events that one source alone tells, in the columns of ``pipelines.demo.truth``."""

import numpy as np

from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.demo.arrival import NEVER, Arrival
from pipelines.demo.city import City
from pipelines.demo.daily import weekly_posts
from pipelines.demo.mobility import weekly_outflow
from pipelines.demo.source_events import SourceEvent
from pipelines.demo.timeline import Timeline
from pipelines.demo.truth import Row, size_class
from pipelines.demo.village import weekly_returns


def source_rows(city: City, timeline: Timeline, arrival: Arrival, events: list[SourceEvent]) -> list[Row]:
    """One row an event and feed. ``z_source``: people (of vacancies posts) of its best week ÷ the standard deviation of
    an ordinary week's figure of the same place; ``first_visible_on``: the first file that carries a day or week of it
    was received; ``end_on``: its last day."""
    return [_row(event, feed, city, timeline, arrival) for event in events for feed in event.feeds]


def _row(event: SourceEvent, feed: str, city: City, timeline: Timeline, arrival: Arrival) -> Row:
    grid = city.insured.reshape(len(city.areas), len(city.sections))
    insured = int((grid[event.area] if event.section is None else grid[:, event.section]).sum())
    if feed == "monitored_village":
        people, usual = weekly_returns(event.depth, event.length / 4)
    elif feed == "vacancy":
        people, usual = weekly_posts(event.depth, insured)
    else:
        people, usual = weekly_outflow(feed, event.depth, insured)
    came = _first_came(event, feed, timeline, arrival)
    strength = people / usual if usual else 0.0
    return {
        "event_id": f"S{event.number + 1:04d}",
        "kind": event.kind,
        "area": city.code if event.area is None else city.areas[event.area],
        "industry": TOTAL_INDUSTRY if event.section is None else city.sections[event.section],
        "employer": "",
        "first_effective_on": timeline.date_of(event.start),
        "first_visible_on": None if came is None else timeline.date_of(came),
        "end_on": timeline.date_of(event.start + event.length - 1),
        "extra_people": round(people),
        "size_class": size_class(strength, round(people), came is not None),
        "z_benefit_claim": 0.0,
        "z_insured_leave": 0.0,
        "z_insured_net_change": 0.0,
        "z_layoff": 0.0,
        "source": feed,
        "z_source": strength,
    }


def _first_came(event: SourceEvent, feed: str, timeline: Timeline, arrival: Arrival) -> int | None:
    """The day on which the first file with a day or week of the event came."""
    received = arrival.received[feed]
    row = received[event.area if received.shape[0] > 1 and event.area is not None else 0]
    days = arrival.friday if feed == "monitored_village" else np.arange(timeline.days)
    its = row[(days >= event.start) & (days < event.start + event.length)]
    its = its[(its != NEVER) & (its <= timeline.horizon)]
    return int(its.min()) if len(its) else None
