"""People across the borders of the areas, day by day, as operators add them up: no person, no device, counts."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.rhythm import Rhythm, hump
from pipelines.demo.sheet import Sheet
from pipelines.demo.source_events import SourceEvent, depth_of
from pipelines.demo.timeline import Timeline, random_stream
from pipelines.demo.wording import Wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DIRECTIONS: Final = ("流入", "流出")
# Per insured person and day, and how strongly the Spring Festival moves it: home before it, away after it.
_TELECOM: Final = {"本市其他县": (0.030, 0.15), "本省其他市": (0.012, 0.6), "外省": (0.007, 1.6)}
_TRANSPORT: Final = {
    "本市其他县,公路": (0.0040, 0.2),
    "本省其他市,公路": (0.0022, 0.6),
    "本省其他市,铁路": (0.0020, 0.7),
    "外省,公路": (0.0007, 1.2),
    "外省,铁路": (0.0015, 1.8),
}
_WEEKDAY: Final = (1.00, 0.94, 0.93, 0.96, 1.10, 1.06, 1.02)
_HOLIDAY: Final = 1.25  # of days off that are no weekend
_ROUGH: Final = 60.0  # mean² ÷ variance of a flow's rate on a day
_KEPT_AWAY: Final = 0.5  # who does not come for each share that leaves in an outflow
_SHOCK: Final = 0.35  # of the journeys do not take place at the height of the past shock


_NEAR: Final = "本市其他县"
_FLOWS: Final = {"telecom_mobility": _TELECOM, "transport_mobility": _TRANSPORT}


def weekly_outflow(feed: str, depth: float, insured: int) -> tuple[float, float]:
    """People whom an outflow of this depth takes from a unit in its best week beyond those who come, and the standard
    deviation of an ordinary week's balance."""
    level = np.array([level for level, _ in _FLOWS[feed].values()]) * insured
    is_far = np.array([not name.startswith(_NEAR) for name in _FLOWS[feed]])
    ordinary = 7 * 2 * (level + level**2 / _ROUGH).sum()
    return 7 * (1 + _KEPT_AWAY) * depth * float(level[is_far].sum()), float(np.sqrt(ordinary))


def mobility_sheets(wording: Wording, rhythm: Rhythm, events: list[SourceEvent], seed: int) -> list[Sheet]:
    """The city's two files a calendar day: telecom counts by other place, passengers by other place and way."""
    return [_sheet(feed, wording, rhythm, events, seed) for feed in _FLOWS]


def _sheet(feed: str, wording: Wording, rhythm: Rhythm, events: list[SourceEvent], seed: int) -> Sheet:
    flows = _FLOWS[feed]
    rng = random_stream(seed, feed)
    city, timeline = wording.city, wording.timeline
    insured = np.bincount(city.area_of(city.cell), weights=city.size, minlength=len(city.areas))
    level = np.array([level for level, _ in flows.values()])
    own = insured[:, None] * level * rng.lognormal(0.0, 0.2, (len(insured), len(flows)))
    days = _days(timeline, rhythm) * rng.lognormal(0.0, 0.03, timeline.days)
    pull = np.array([pull for _, pull in flows.values()])
    tide = np.exp(pull[:, None] * _tide(timeline)[None])
    # (days, areas, directions, flows): a tide of one direction is the other's ebb.
    mean = np.stack([own[None] * tide.T[:, None], own[None] / tide.T[:, None]], axis=2) * days[:, None, None, None]
    is_far = np.array([not name.startswith(_NEAR) for name in flows])
    depth = depth_of(events, feed, len(city.areas), timeline.days).T[:, :, None] * is_far
    mean[:, :, 0] *= np.maximum(1.0 - _KEPT_AWAY * depth, 0.0)
    mean[:, :, 1] *= 1.0 + depth
    persons = rng.poisson(rng.gamma(_ROUGH, mean / _ROUGH))
    heads = [(area, f"{to},{flow}") for area in city.area_text for to in _DIRECTIONS for flow in flows]
    lines: list[str] = []
    for day, row in enumerate(persons.reshape(timeline.days, -1).tolist()):
        on = timeline.date_of(day).isoformat()
        lines += [f"{area},{on},{flow},{number}" for (area, flow), number in zip(heads, row, strict=True)]

    def revise(values: list[str]) -> None:
        values[-1] = str(int(values[-1]) + 7)

    files = [(day, 0) for day in range(timeline.days)]
    edge = np.arange(timeline.days + 1) * len(heads)
    spoil = {"人数": lambda _: "-9", "方向": lambda _: "往返"}
    return wording.line_sheet(feed, files, edge, lines, np.ones(len(lines), dtype=bool), revise, spoil)


def _days(timeline: Timeline, rhythm: Rhythm) -> Floats:
    """(days,) how much is travelled: weekday, days off, and less in the past shock."""
    days = timeline.days
    off = ~timeline.is_workday[:days] & (timeline.weekday[:days] < 5)
    level = np.array(_WEEKDAY)[timeline.weekday[:days]] * np.where(off, _HOLIDAY, 1.0)
    return np.asarray(level * (1.0 - _SHOCK * rhythm.shock_shape[:days]))


def _tide(timeline: Timeline) -> Floats:
    """(days,) positive while people come home for the Spring Festival, negative while they leave after it."""
    offset = np.nan_to_num(timeline.festival_offset[: timeline.days], nan=150.0)
    return hump(offset, -24.0, -3.0, 0.0) - hump(offset, 2.0, 7.0, 30.0)
