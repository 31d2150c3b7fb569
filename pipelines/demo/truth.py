"""What really happened in the synthetic city: the labels that tests and benchmarks judge a detector by."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.demo import frozen
from pipelines.demo.arrival import Arrival
from pipelines.demo.city import City
from pipelines.demo.events import Event, PersonRow, best_week
from pipelines.demo.layoff import layoff_deviation
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.timeline import Timeline

Ints = NDArray[np.int64]

Row = dict[str, object]
NO_SOURCE: Row = {"source": "", "z_source": 0.0}
Drawn = tuple[City, Timeline, Rhythm, Arrival, list[Event]]

COLUMNS = (
    "event_id",
    "kind",
    "area",
    "industry",
    "employer",
    "first_effective_on",
    "first_visible_on",
    "end_on",
    "extra_people",
    "size_class",
    "z_benefit_claim",
    "z_insured_leave",
    "z_insured_net_change",
    "z_layoff",
    "source",
    "z_source",
)


def truth_frame(plan: Drawn, of_source: Sequence[Row]) -> pd.DataFrame:
    """One row an event, in the order of first days, plus the past shock (class ``none``: it is never judged) and the
    rows ``of_source`` (``pipelines.demo.source_truth``).

    ``area`` is the city's code and ``industry`` ALL where an event spans them. A z is the extra in the best 7 visible
    days (by filing day, counting only files received by the end) ÷ the standard deviation of the event-free 7-day sum
    of the same label over the same days, see ``Rhythm.deviation``. ``size_class`` is that of the largest z: large from
    4 with at least 20 people, medium from 2.5 (also from 4 with fewer people), small below; ``none``: nothing visible.
    ``first_visible_on`` is the received day of the first file that carries one of its rows; ``end_on`` the last day on
    which one of its leaves took effect. ``source`` and ``z_source`` are empty of these.
    """
    city, timeline, rhythm, arrival, events = plan
    rows = [*(_row(event, city, timeline, rhythm, arrival) for event in events), *of_source]
    if rhythm.shock_span is not None:
        rows.append(_past_shock(city, timeline, rhythm, rhythm.shock_span))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("first_effective_on", kind="stable", ignore_index=True)


def write_truth(frame: pd.DataFrame, path: Path) -> None:
    """Write the labels; empty where a day does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(frame.to_csv(index=False, float_format="%.3f", lineterminator="\n"), encoding="utf-8", newline="\n")


def size_class(strength: float, people: int, is_visible: bool) -> str:
    """Class of an event by its largest z and its people."""
    if not is_visible:
        return "none"
    if strength >= frozen.LARGE_Z and people >= frozen.LARGE_PEOPLE:
        return "large"
    return "medium" if strength >= frozen.MEDIUM_Z else "small"


def _row(event: Event, city: City, timeline: Timeline, rhythm: Rhythm, arrival: Arrival) -> dict[str, object]:
    label = (event.area, event.section)
    leaves, leave_came = _seen("insured_event", event.leave, city, timeline, arrival)
    claims, claim_came = _seen("benefit_claim", event.claim, city, timeline, arrival)
    came = [*leave_came, *claim_came]
    z = {"z_benefit_claim": 0.0, "z_insured_leave": 0.0, "z_insured_net_change": 0.0, "z_layoff": 0.0}
    if len(leaves):
        week, extra = best_week(leaves, len(timeline))
        parts = [rhythm.deviation(stream, city, *label)[week] for stream in ("risk", "neutral", "join")]
        z["z_insured_leave"] = extra / float(parts[0])
        z["z_insured_net_change"] = extra / float(np.sqrt(np.sum(np.square(parts))))
    if len(claims):
        week, extra = best_week(claims, len(timeline))
        z["z_benefit_claim"] = extra / float(rhythm.deviation("claim", city, *label)[week])
    if event.report is not None:
        home = city.area_of(city.cell[[event.report.employer]])
        day = np.array([event.report.reported])
        if arrival.visible("layoff_report", home, day, timeline.horizon)[0]:
            came.append(int(arrival.received["layoff_report"][home[0], day[0]]))
            z["z_layoff"] = event.report.planned / layoff_deviation(city, timeline, *label, day=int(day[0]))
    people = len(event.leave.person)
    return {
        "event_id": f"E{event.number + 1:04d}",
        "kind": event.kind,
        "area": city.code if event.area is None else city.areas[event.area],
        "industry": TOTAL_INDUSTRY if event.section is None else city.sections[event.section],
        "employer": "" if event.employer is None else city.credit_code[event.employer].decode(),
        "first_effective_on": timeline.date_of(int(event.leave.effective.min())),
        "first_visible_on": timeline.date_of(min(came)) if came else None,
        "end_on": timeline.date_of(int(event.leave.effective.max())),
        "extra_people": people,
        "size_class": size_class(max(z.values()), people, bool(came)),
        **z,
        **NO_SOURCE,
    }


def _seen(feed: str, rows: PersonRow, city: City, timeline: Timeline, arrival: Arrival) -> tuple[Ints, list[int]]:
    """Filing days of the rows that have come, and the earliest day one of their files was received (or nothing)."""
    area = city.area_of(city.cell[rows.employer])
    seen = arrival.visible(feed, area, rows.filed, timeline.horizon)
    if not seen.any():
        return rows.filed[:0], []
    return rows.filed[seen], [int(arrival.received[feed][area[seen], rows.filed[seen]].min())]


def _past_shock(city: City, timeline: Timeline, rhythm: Rhythm, span: tuple[int, int]) -> dict[str, object]:
    start, end = span
    z, people = {"z_layoff": 0.0}, 0
    for name, stream in (("z_benefit_claim", "claim"), ("z_insured_leave", "risk"), ("z_insured_net_change", "risk")):
        extra = rhythm.mean[stream].sum(axis=0) * (rhythm.shock[stream] - 1)
        total = np.concatenate([[0.0], np.cumsum(extra)])
        week = int(np.argmax(total[7:] - total[:-7]))
        parts = ("risk", "neutral", "join") if name == "z_insured_net_change" else (stream,)
        deviation = np.sqrt(sum(float(rhythm.deviation(s, city, None, None)[week]) ** 2 for s in parts))
        z[name] = float((total[week + 7] - total[week]) / deviation)
        people = round(float(extra.sum())) if stream == "risk" else people
    first = int(timeline.following_workday(np.array([start]))[0])
    return {
        "event_id": "P0001",
        "kind": "past_shock",
        "area": city.code,
        "industry": TOTAL_INDUSTRY,
        "employer": "",
        "first_effective_on": timeline.date_of(start),
        "first_visible_on": timeline.date_of(first + 1),
        "end_on": timeline.date_of(end - 1),
        "extra_people": people,
        "size_class": "none",
        **z,
        **NO_SOURCE,
    }
