"""Rows of the daily feeds: who joined, left, claimed, offered work and looked for it, before they become files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.events import Event, PersonRow
from pipelines.demo.occupation import draw_education, draw_occupations, draw_pay
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.source_events import SourceEvent, depth_of
from pipelines.demo.timeline import Timeline, random_stream

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_OPEN = np.iinfo(np.int64).max
_ROUGH = 40.0  # mean² ÷ variance of a city-wide feed's rate on a day
_POSTS_SHAPE = 1.2  # of the negative binomial number of posts beyond a vacancy's first


@dataclass(frozen=True)
class InsuredEvents:
    """Rows of insured_event by (filed day, area); ``reverses`` is the row that a reversal takes back, -1 for others."""

    row: PersonRow
    area: Ints
    is_join: Bools
    is_risk: Bools
    is_labelled: Bools
    reverses: Ints


@dataclass(frozen=True)
class Claims:
    """Rows of benefit_claim sorted by (filed day, area)."""

    row: PersonRow
    area: Ints
    is_labelled: Bools


@dataclass(frozen=True)
class Vacancies:
    """Rows of vacancy sorted by day; ``occupation``, ``education``, ``pay`` as in ``pipelines.demo.occupation``."""

    day: Ints
    employer: Ints
    posts: Ints
    valid_days: Ints
    occupation: Ints
    education: Ints
    pay: Ints


@dataclass(frozen=True)
class Seekers:
    """Rows of job_seeker sorted by day; ``industry`` is a section number, ``occupation`` a row of occupation.CODES."""

    day: Ints
    is_male: Bools
    birth_year: Ints
    area: Ints
    industry: Ints
    occupation: Ints


def closing_days(city: City, events: list[Event]) -> Ints:
    """(employers,) the day from which an employer has nobody left to join or leave; far away for most."""
    closed = np.full(len(city.size), _OPEN)
    for event in events:
        if event.employer is not None:
            closed[event.employer] = int(event.leave.effective.max()) + 1
    return closed


def draw_insured(
    city: City, timeline: Timeline, counts: dict[str, Ints], events: list[Event], seed: int
) -> InsuredEvents:
    """Joins and leaves of the ordinary days, those of the events, and the reversals of a few ordinary ones."""
    rng = random_stream(seed, "insured rows")
    closed = closing_days(city, events)
    parts, joins, risks = [], [], []
    for stream, codes in (
        ("join", frozen.JOIN_REASONS),
        ("risk", frozen.LEAVE_REASONS),
        ("neutral", frozen.NEUTRAL_REASONS),
    ):
        cell, filed = _spread(counts[stream])
        person = _people_of(city, cell, filed, closed, rng)
        employer = city.employer_of[person]
        if stream == "join":
            person = _newcomers(city, cell, person, rng)
        delay = np.minimum(45, np.floor(rng.gamma(1.1, 5.0, len(cell)))).astype(np.int64)
        reason = _codes(codes, len(cell), rng)
        parts.append(PersonRow(person, employer, filed - delay, filed, reason))
        joins.append(np.full(len(cell), stream == "join"))
        risks.append(np.full(len(cell), stream == "risk"))
    ordinary = sum(len(part.filed) for part in parts)
    parts += [event.leave for event in events]
    joins += [np.zeros(len(event.leave.filed), dtype=bool) for event in events]
    risks += [np.ones(len(event.leave.filed), dtype=bool) for event in events]
    every = _stack(parts)
    is_join, is_risk = np.concatenate(joins), np.concatenate(risks)
    is_labelled = np.arange(len(is_join)) >= ordinary
    reverses = np.full(len(is_join), -1)
    back, at = _reversals(every, ordinary, timeline, rng)
    every = _stack([every, _select(every, back, filed=at)])
    is_join, is_risk = np.concatenate([is_join, is_join[back]]), np.concatenate([is_risk, is_risk[back]])
    is_labelled = np.concatenate([is_labelled, np.zeros(len(back), dtype=bool)])
    reverses = np.concatenate([reverses, back])
    area = city.area_of(city.cell[every.employer])
    order = _file_order(every.filed, area, timeline, rng)
    place = np.full(len(area), -1)
    place[order] = np.arange(len(order))
    reverses = reverses[order]
    return InsuredEvents(
        _select(every, order),
        area[order],
        is_join[order],
        is_risk[order],
        is_labelled[order],
        np.where(reverses >= 0, place[np.maximum(reverses, 0)], -1),
    )


def draw_claims(
    city: City, timeline: Timeline, counts: dict[str, Ints], insured: InsuredEvents, events: list[Event], seed: int
) -> Claims:
    """Claims of the ordinary days, mostly of people who left the same cell some weeks before, and of the events."""
    rng = random_stream(seed, "claim rows")
    cell, filed = _spread(counts["claim"])
    closed = closing_days(city, events)
    person = _people_of(city, cell, filed, closed, rng)
    unemployed = filed - rng.integers(5, 45, len(cell))
    reason = _codes(frozen.CLAIM_REASONS, len(cell), rng)
    source = np.flatnonzero(_may_claim(insured, seed) & ~insured.is_labelled & (insured.reverses < 0))
    source_cell = city.cell[insured.row.employer[source]]
    # The last leave of the cell filed at least some days before the claim; (cell, day) in one sortable number.
    key = source_cell * len(timeline) + insured.row.filed[source]
    by_key = np.argsort(key, kind="stable")
    wanted = cell * len(timeline) + np.maximum(filed - rng.integers(3, 31, len(cell)), 0)
    found = np.searchsorted(key[by_key], wanted, side="right") - 1 - rng.integers(0, 3, len(cell))
    row = source[by_key[np.maximum(found, 0)]] if len(source) else np.zeros(len(cell), dtype=np.int64)
    fits = (found >= 0) & (len(source) > 0)
    if len(source):
        fits &= (city.cell[insured.row.employer[row]] == cell) & (filed - insured.row.effective[row] <= 120)
        person = np.where(fits, insured.row.person[row], person)
        unemployed = np.where(fits, insured.row.effective[row], unemployed)
        known = np.isin(insured.row.reason[row], np.array(list(frozen.CLAIM_REASONS), dtype="S2"))
        reason = np.where(fits, np.where(known, insured.row.reason[row], b"19"), reason).astype("S2")
    ordinary = PersonRow(person, city.employer_of[person], unemployed, filed, reason)
    every = _stack([ordinary, *[event.claim for event in events]])
    area = city.area_of(city.cell[every.employer])
    order = _file_order(every.filed, area, timeline, rng)
    return Claims(_select(every, order), area[order], (np.arange(len(area)) >= len(cell))[order])


def _may_claim(insured: InsuredEvents, seed: int) -> Bools:
    """(rows,) leavers whose reason entitles them, by the chance of it."""
    chance = np.zeros(len(insured.area))
    for code, share in frozen.CLAIMS_AFTER.items():
        chance[insured.row.reason == code.encode()] = share
    return np.asarray(insured.is_risk & (random_stream(seed, "entitled").random(len(chance)) < chance))


def filed_reasons(insured: InsuredEvents, seed: int) -> NDArray[np.bytes_]:
    """(rows,) reason codes as the offices filed them: some of risk are wrong, or name the unfinished procedure only.

    What takes a row back copies its code.
    """
    rng = random_stream(seed, "filed reasons")
    unfinished, share = frozen.UNFINISHED_REASON
    draw, other = rng.random(len(insured.area)), _codes(frozen.LEAVE_REASONS, len(insured.area), rng)
    told = np.where(draw < frozen.WRONG_REASON, other, insured.row.reason)
    told = np.where(draw >= 1 - share, unfinished.encode(), told)
    told = np.where(insured.is_risk, told, insured.row.reason).astype("S2")
    return np.where(insured.reverses >= 0, told[np.maximum(insured.reverses, 0)], told)


def weekly_posts(depth: float, insured: int) -> tuple[float, float]:
    """Posts that a drop of this depth takes from a section of so many insured in its best week, and the standard
    deviation of an ordinary week's posts."""
    rows, more = 7 * frozen.VACANCIES_PER_DAY * insured / frozen.INSURED, frozen.POSTS_PER_VACANCY - 1
    posts = rows * frozen.POSTS_PER_VACANCY
    ordinary = rows * (frozen.POSTS_PER_VACANCY**2 + more + more**2 / _POSTS_SHAPE) + posts**2 / (7 * _ROUGH)
    return depth * posts, float(np.sqrt(ordinary))


def draw_vacancies(
    city: City, timeline: Timeline, rhythm: Rhythm, happened: tuple[list[Event], list[SourceEvent]], seed: int
) -> Vacancies:
    """Posts offered, on every calendar day, mostly by large employers; fewer where what happened takes them."""
    rng = random_stream(seed, "vacancy rows")
    day = _days(rng, timeline, rhythm.vacancy, frozen.VACANCIES_PER_DAY * city.insured.sum() / frozen.INSURED)
    person = rng.integers(0, len(city.employer_of), len(day))
    closed = closing_days(city, happened[0])
    for _ in range(5):
        gone = np.flatnonzero(closed[city.employer_of[person]] <= day)
        person[gone] = rng.integers(0, len(city.employer_of), len(gone))
    more = frozen.POSTS_PER_VACANCY - 1
    posts = 1 + rng.negative_binomial(_POSTS_SHAPE, _POSTS_SHAPE / (_POSTS_SHAPE + more), len(day))
    employer = city.employer_of[person]
    section = city.cell[employer] % len(city.sections)
    work = random_stream(seed, "vacancy work")
    kinds = draw_occupations(list(city.sections), section, work)
    offer = (kinds, draw_education(kinds, work), draw_pay(kinds, work))
    drawn = Vacancies(day, employer, posts, rng.choice([15, 30, 60], len(day)), *offer)
    depth = depth_of(happened[1], "vacancy", len(city.sections), timeline.days)[section, day]
    is_offered = random_stream(seed, "vacancies not offered").random(len(day)) >= depth
    return Vacancies(*(getattr(drawn, name)[is_offered] for name in Vacancies.__annotations__))


def draw_seekers(city: City, timeline: Timeline, rhythm: Rhythm, seed: int) -> Seekers:
    """People who registered as looking for work, on every calendar day."""
    rng = random_stream(seed, "seeker rows")
    day = _days(rng, timeline, rhythm.seeker, frozen.SEEKERS_PER_DAY * city.insured.sum() / frozen.INSURED)
    cell = city.cell[city.employer_of[rng.integers(0, len(city.employer_of), len(day))]]
    age = 18 + np.floor(41 * rng.beta(1.3, 1.9, len(day))).astype(np.int64)
    wish = np.where(
        rng.random(len(day)) < 0.7, cell % len(city.sections), rng.integers(0, len(city.sections), len(day))
    )
    year = np.array([timeline.date_of(d).year for d in range(timeline.days)], dtype=np.int64)
    is_male = rng.random(len(day)) < 0.53
    work = draw_occupations(list(city.sections), wish, random_stream(seed, "seeker work"))
    return Seekers(day, is_male, year[day] - age, city.area_of(cell), wish, work)


def _spread(count: Ints) -> tuple[Ints, Ints]:
    """Cell and day of each row, from counts (cells, days)."""
    at = np.repeat(np.arange(count.size), count.ravel())
    return at // count.shape[1], at % count.shape[1]


def _people_of(city: City, cell: Ints, day: Ints, closed: Ints, rng: np.random.Generator) -> Ints:
    """An insured person of each cell, hence an employer by its size; not of an employer that has closed."""
    first, many = city.cell_first[cell], city.insured[cell]
    person = first + (rng.random(len(cell)) * many).astype(np.int64)
    for _ in range(6):
        gone = np.flatnonzero(closed[city.employer_of[person]] <= day)
        if not len(gone):
            break
        person[gone] = first[gone] + (rng.random(len(gone)) * many[gone]).astype(np.int64)
    return person


def _newcomers(city: City, cell: Ints, insured: Ints, rng: np.random.Generator) -> Ints:
    """Who joins: people known in the area for the greater part, otherwise people without an employer so far."""
    per_area = len(city.sections)
    low = city.cell_first[(cell // per_area) * per_area]
    high = city.cell_first[(cell // per_area + 1) * per_area]
    known = low + (rng.random(len(cell)) * (high - low)).astype(np.int64)
    outside = rng.integers(len(city.employer_of), len(city.identity), len(cell))
    share = rng.random(len(cell))
    return np.where(share < 0.55, known, np.where(share < 0.65, insured, outside))


def _codes(codes: dict[str, float], count: int, rng: np.random.Generator) -> NDArray[np.bytes_]:
    upto = np.cumsum(list(codes.values()))
    return np.array(list(codes), dtype="S2")[np.searchsorted(upto / upto[-1], rng.random(count), side="right")]


def _reversals(rows: PersonRow, ordinary: int, timeline: Timeline, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Ordinary rows taken back one to three weeks later, and the day on which that is filed."""
    back = np.flatnonzero(rng.random(ordinary) < frozen.REVERSED)
    at = timeline.following_workday(rows.filed[back] + rng.integers(5, 22, len(back)))
    return back[at < timeline.days], at[at < timeline.days]


def _stack(parts: list[PersonRow]) -> PersonRow:
    return PersonRow(*(np.concatenate([getattr(part, name) for part in parts]) for name in PersonRow.__annotations__))


def _select(rows: PersonRow, order: Ints, filed: Ints | None = None) -> PersonRow:
    at = rows.filed[order] if filed is None else filed
    return PersonRow(rows.person[order], rows.employer[order], rows.effective[order], at, rows.reason[order])


def _file_order(filed: Ints, area: Ints, timeline: Timeline, rng: np.random.Generator) -> Ints:
    """Rows of data days, file by file, in no order within a file: nothing marks the rows of an event."""
    inside = np.flatnonzero(filed < timeline.days)
    key = (filed[inside] * (int(area.max(initial=0)) + 1) + area[inside]) << 24 | rng.integers(0, 1 << 24, len(inside))
    return inside[np.argsort(key, kind="stable")]


def _days(rng: np.random.Generator, timeline: Timeline, shape: NDArray[np.float64], level: float) -> Ints:
    """Day of each row of a city-wide feed, overdispersed."""
    rate = rng.gamma(_ROUGH, level * shape[: timeline.days] / _ROUGH)
    return np.repeat(np.arange(timeline.days), rng.poisson(rate))
