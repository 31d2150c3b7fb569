"""Layoff reports: the few small ones of ordinary days and those of closing factories."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.events import Event, LayoffReport
from pipelines.demo.timeline import Timeline, random_stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LAYOFF: Final = "裁员"
_GROUNDS: Final = (0.05, 0.65, 0.15, 0.15)  # of article 41 of the Labour Contract Law
_OWES, _OWES_CLOSING = 0.1, 0.6  # of the employers
_OWED_MONTHS, _COMPENSATED_MONTHS = (1, 4), (1, 7)
_PAY, _CONTRIBUTION = 4800, 460  # yuan a month and person
_SETTLEMENTS: Final = ("内部转岗", "推荐就业", "转岗培训", "协商解除", "内部退养")


def draw_layoffs(city: City, timeline: Timeline, events: list[Event], seed: int) -> list[LayoffReport]:
    """All reports filed on data days: about one on every second workday at scale 1, and those of the events."""
    rng = random_stream(seed, "layoff")
    employers, odds = _reporting(city)
    rate = frozen.LAYOFFS_PER_WORKDAY * city.insured.sum() / frozen.INSURED
    reports = []
    for day in np.repeat(timeline.workdays, rng.poisson(rate, len(timeline.workdays))):
        employer = int(rng.choice(employers, p=odds))
        told, ahead = int(rng.integers(0, 4)), int(rng.integers(20, 41))
        reports.append(
            LayoffReport(
                employer,
                int(city.size[employer]),
                int(_planned(city.size[[employer]])[0]),
                _LAYOFF,
                int(day) - told,
                int(day),
                int(day) + ahead,
            )
        )
    reports += [e.report for e in events if e.report is not None and e.report.reported < timeline.days]
    return sorted(reports, key=lambda report: (report.reported, report.employer))


def draw_terms(reports: list[LayoffReport], seed: int) -> list[str]:
    """The end of each report's line: legal ground, wages and contributions owed, compensation and how people are
    placed; an employer that closes names no ground and more often owes."""
    rng = random_stream(seed, "layoff terms")
    return [_terms(report, rng) for report in reports]


def _terms(report: LayoffReport, rng: np.random.Generator) -> str:
    is_layoff = report.kind == _LAYOFF
    ground = int(rng.choice(4, p=_GROUNDS)) + 1
    months, owes = rng.integers(*_OWED_MONTHS, 2), rng.random(2) < (_OWES if is_layoff else _OWES_CLOSING)
    wages, contributions = np.where(owes, months, 0) * report.planned * np.array([_PAY, _CONTRIBUTION])
    compensation = report.planned * _PAY * int(rng.integers(*_COMPENSATED_MONTHS))
    ways = "、".join(rng.choice(_SETTLEMENTS if is_layoff else _SETTLEMENTS[1:4], 2, replace=False).tolist())
    return f"{ground if is_layoff else ''},{wages},{contributions},{compensation},{ways}"


def layoff_deviation(city: City, timeline: Timeline, area: int | None, section: int | None, day: int) -> float:
    """Standard deviation of the event-free 7-day sum of planned layoffs of one label around a day.

    A compound Poisson sum: variance = reports expected × mean of their squared size.
    """
    employers, odds = _reporting(city)
    cell = city.cell[employers]
    hit = np.ones(len(cell), dtype=bool)
    if area is not None:
        hit &= city.area_of(cell) == area
    if section is not None:
        hit &= cell % len(city.sections) == section
    first = max(0, day - 6)
    workdays = int(timeline.is_workday[first : first + 7].sum())
    rate = frozen.LAYOFFS_PER_WORKDAY * city.insured.sum() / frozen.INSURED * workdays
    return float(np.sqrt(max(rate * (odds * _planned(city.size[employers]) ** 2 * hit).sum(), 1e-12)))


def _reporting(city: City) -> tuple[Ints, Floats]:
    """Employers of the size that files small reports, and how often each does (by its people)."""
    low, high = frozen.LAYOFF_SIZES
    employers = np.flatnonzero((city.size >= low) & (city.size <= high))
    weight = city.size[employers].astype(float)
    return employers, weight / weight.sum()


def _planned(size: Ints) -> Ints:
    return np.asarray(np.clip(np.rint(size * frozen.LAYOFF_SHARE), 2, frozen.LAYOFF_CAP), dtype=np.int64)
