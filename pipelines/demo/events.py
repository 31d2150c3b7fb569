"""The labelled events of the city: what happens, where, to whom, and which rows of which feed will say so."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.timeline import Timeline, random_stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_TRIAL = 500  # imagined people from whom the shape of an event over the days is read


@dataclass(frozen=True)
class PersonRow:
    """Person rows of one feed, column by column, all of one length. ``reason`` holds two-byte codes."""

    person: Ints
    employer: Ints
    effective: Ints
    filed: Ints
    reason: NDArray[np.bytes_]


@dataclass(frozen=True)
class LayoffReport:
    """One report of one employer."""

    employer: int
    staff: int
    planned: int
    kind: str
    told: int
    reported: int
    effective: int


@dataclass(frozen=True)
class _Cause:
    """What makes an event before it is known whom it hits: its kind, first day and length in days."""

    kind: str
    start: int
    length: int


@dataclass(frozen=True)
class _Setting:
    """The city an event is drawn in."""

    city: City
    timeline: Timeline
    rhythm: Rhythm
    rng: np.random.Generator


@dataclass(frozen=True)
class Event:
    """One labelled event; ``area`` and ``section`` are numbers of the city, None where the event spans all of them."""

    number: int
    kind: str
    area: int | None
    section: int | None
    employer: int | None
    start: int
    leave: PersonRow
    claim: PersonRow
    report: LayoffReport | None


def draw_events(city: City, timeline: Timeline, rhythm: Rhythm, seed: int) -> list[Event]:
    """All labelled events of the city, in the order of their first day."""
    rng = random_stream(seed, "events")
    starts = _starts(timeline, rng)
    kinds = _kinds(len(starts), timeline.days, rng)
    # Stratified within each kind: the sizes of one city follow the log-normal closely, only their order is chance.
    quantile = np.empty(len(starts))
    for kind in dict.fromkeys(kinds):
        of_kind = np.flatnonzero(np.array(kinds) == kind)
        quantile[of_kind] = (rng.permutation(len(of_kind)) + rng.random(len(of_kind))) / len(of_kind)
    strength = frozen.STRENGTH_MEDIAN * np.exp(frozen.STRENGTH_SIGMA * ndtri(quantile))
    setting = _Setting(city, timeline, rhythm, rng)
    closed: set[int] = set()
    events = []
    for number, (start, kind) in enumerate(zip(starts, kinds, strict=True)):
        event = _draw(number, kind, int(start), float(strength[number]), setting, closed)
        if event.employer is not None:
            closed.add(event.employer)
        events.append(event)
    return events


def _starts(timeline: Timeline, rng: np.random.Generator) -> Ints:
    """First days, spread evenly over the days that are not near a Spring Festival."""
    first, last = frozen.FESTIVAL_QUIET
    offset = np.nan_to_num(timeline.festival_offset[: timeline.days], nan=999.0)
    allowed = np.flatnonzero((offset < first) | (offset > last))
    allowed = allowed[(allowed >= min(40, timeline.days // 4)) & (allowed < timeline.days - 3)]
    count = int(np.ceil(frozen.EVENTS_PER_YEAR * timeline.days / 365))
    at = (np.arange(count) + rng.random(count)) / count
    return allowed[(at * len(allowed)).astype(np.int64)]


def _kinds(count: int, days: int, rng: np.random.Generator) -> list[str]:
    whole = round(days / frozen.DAYS_PER_REGION_SHOCK)
    share = np.array(list(frozen.KIND_SHARE.values()))
    edges = np.rint(np.cumsum(share) * (count - whole)).astype(np.int64)
    kinds = ["region_shock"] * whole
    for kind, number in zip(frozen.KIND_SHARE, np.diff(edges, prepend=0), strict=True):
        kinds += [kind] * int(number)
    return [kinds[i] for i in rng.permutation(count)]


def _draw(number: int, kind: str, start: int, strength: float, setting: _Setting, closed: set[int]) -> Event:
    city, timeline, rhythm, rng = setting.city, setting.timeline, setting.rhythm, setting.rng
    area, section, cells, weight = _place(kind, city, rhythm, rng)
    length = int(rng.integers(frozen.EVENT_DAYS[kind][0], frozen.EVENT_DAYS[kind][1] + 1))
    cause = _Cause(kind, start, length)
    people = _people_for(strength, cause, area, section, setting)
    employer = None
    if kind == "factory_closing":
        employer = _employer_for(people, int(cells[0]), city, closed)
        staff = int(city.size[employer])
        people = max(min(round(0.92 * staff), round(1.25 * people)), min(frozen.LEAST_PEOPLE, staff))
        first = int(city.first_person[employer])
        person = first + rng.permutation(staff)[:people]
    else:
        # Twice as many as needed, each person once, in the order drawn: whoever loses a job does so once.
        cell = rng.choice(cells, 2 * people + 20, p=weight)
        drawn = city.cell_first[cell] + (rng.random(len(cell)) * city.insured[cell]).astype(np.int64)
        _, position = np.unique(drawn, return_index=True)
        person = drawn[np.sort(position)][:people]
    leave = _leave(cause, person, city, timeline, rng)
    claim = _claim(kind, leave, timeline, rng)
    report = _report(employer, len(person), start, city, timeline, rng)
    return Event(number, kind, area, section, employer, start, leave, claim, report)


def _place(
    kind: str, city: City, rhythm: Rhythm, rng: np.random.Generator
) -> tuple[int | None, int | None, Ints, Floats]:
    """Label (area, section) and the cells hit with their weights."""
    level = rhythm.mean["risk"].mean(axis=1)
    count = len(city.sections)
    grid = level.reshape(len(city.areas), count)
    if kind == "factory_closing":
        private = np.array([{"C": 3.0, "E": 1.3}.get(s, 0.0 if s in "OPQRST" else 0.8) for s in city.sections])
        largest = np.zeros(city.cells)
        np.maximum.at(largest, city.cell, city.size)
        odds = (grid * private).ravel() * (largest >= 2 * frozen.LEAST_PEOPLE)
        cell = int(rng.choice(city.cells, p=odds / odds.sum()))
        return cell // count, cell % count, np.array([cell]), np.ones(1)
    if kind == "industry_slide":
        odds = np.sqrt(grid.sum(axis=0)) * (city.insured.reshape(grid.shape).sum(axis=0) >= 50)
        section = int(rng.choice(count, p=odds / odds.sum()))
        hit = np.arange(len(city.areas)) * count + section
        return None, section, hit, _odds(level[hit] * rng.lognormal(0.0, 0.4, len(hit)))
    if kind == "county_shock":
        odds = np.sqrt(grid.sum(axis=1))
        area = int(rng.choice(len(city.areas), p=odds / odds.sum()))
        some = int(rng.integers(3, 7))
        busy = np.flatnonzero(grid[area] > 0)
        chosen = rng.choice(busy, min(some, len(busy)), replace=False, p=_odds(grid[area][busy] ** 0.7))
        hit = area * count + np.sort(chosen)
        return area, None, hit, _odds(level[hit] * rng.lognormal(0.0, 0.4, len(hit)))
    return None, None, np.arange(city.cells), _odds(level * rng.lognormal(0.0, 0.3, city.cells))


def _odds(weight: Floats) -> Floats:
    return np.asarray(weight / weight.sum())


def _people_for(strength: float, cause: _Cause, area: int | None, section: int | None, setting: _Setting) -> int:
    """How many people make an event of this strength: the largest of its signals is then about ``strength``."""
    nobody, timeline, rng = np.zeros(_TRIAL, dtype=np.int64), setting.timeline, setting.rng
    leave = _leave(cause, nobody, setting.city, timeline, rng)
    claim = cause.start + (leave.effective - cause.start) + _claim_lag(cause.kind, _TRIAL, rng)
    per_person = 0.0
    for stream, filed, share in (
        ("risk", leave.filed, 1.0),
        ("claim", timeline.following_workday(claim), frozen.CLAIM_SHARE[cause.kind]),
    ):
        extra = best_week(filed, len(timeline))
        deviation = setting.rhythm.deviation(stream, setting.city, area, section)[extra[0]]
        per_person = max(per_person, share * extra[1] / _TRIAL / float(deviation))
    return max(frozen.LEAST_PEOPLE, round(strength / per_person))


def best_week(day: Ints, days: int, weight: Ints | None = None) -> tuple[int, int]:
    """First day of the 7-day window that holds most of the rows (or of their weight), and how much it holds."""
    count = np.bincount(day[day < days], weights=None if weight is None else weight[day < days], minlength=days)
    total = np.concatenate([[0], np.cumsum(count)])
    window = total[7:] - total[:-7]
    first = int(np.argmax(window))
    return first, int(window[first])


def _employer_for(people: int, cell: int, city: City, closed: set[int]) -> int:
    """The employer of the cell whose closing sets nearest to this many people free; none closes twice."""
    first, last = np.searchsorted(city.cell, [cell, cell + 1])
    off = np.abs(np.log(0.92 * city.size[first:last] / people))
    off[[e - first for e in closed if first <= e < last]] = np.inf
    return int(first + np.argmin(off))


def _leave(cause: _Cause, person: Ints, city: City, timeline: Timeline, rng: np.random.Generator) -> PersonRow:
    kind, count = cause.kind, len(person)
    rise, fall = {
        "factory_closing": (1.0, 1.0),
        "industry_slide": (1.8, 1.4),
        "county_shock": (1.4, 2.2),
        "region_shock": (1.5, 2.0),
    }[kind]
    effective = cause.start + np.floor(rng.beta(rise, fall, count) * cause.length).astype(np.int64)
    if kind == "factory_closing":
        delay = rng.integers(0, 4, count)
    else:
        delay = np.minimum(45, np.floor(rng.gamma(1.2, 4.0, count))).astype(np.int64)
    codes = frozen.EVENT_REASONS[kind]
    reason = rng.choice(np.array(list(codes), dtype="S2"), count, p=list(codes.values()))
    return PersonRow(person, city.employer_of[person], effective, timeline.following_workday(effective + delay), reason)


def _claim_lag(kind: str, count: int, rng: np.random.Generator) -> Ints:
    if kind == "factory_closing":
        return rng.integers(4, 22, count)
    return 3 + np.minimum(42, np.floor(rng.gamma(1.5, 6.0, count))).astype(np.int64)


def _claim(kind: str, leave: PersonRow, timeline: Timeline, rng: np.random.Generator) -> PersonRow:
    """Some of the leavers claim, days to weeks after their last day."""
    who = np.flatnonzero(rng.random(len(leave.person)) < frozen.CLAIM_SHARE[kind])
    filed = timeline.following_workday(leave.effective[who] + _claim_lag(kind, len(who), rng))
    reason = np.where(np.isin(leave.reason[who], [b"11", b"12", b"13", b"14"]), leave.reason[who], b"19").astype("S2")
    return PersonRow(leave.person[who], leave.employer[who], leave.effective[who], filed, reason)


def _report(
    employer: int | None, people: int, start: int, city: City, timeline: Timeline, rng: np.random.Generator
) -> LayoffReport | None:
    chance, shift, close, ahead = rng.random(), int(rng.integers(-5, 6)), rng.random(), int(rng.integers(0, 4))
    share = max(share for least, share in frozen.REPORT_SHARE if people >= least)
    if employer is None or chance >= share:
        return None
    reported = int(timeline.following_workday(np.array([max(0, start + shift)]))[0])
    kind = "关闭" if close < 0.6 else "裁员"
    return LayoffReport(employer, int(city.size[employer]), people, kind, reported - ahead, reported, start)
