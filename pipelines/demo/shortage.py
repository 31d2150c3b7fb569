"""The form of employers short of labour: a sample of larger employers, short of people when the year begins."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.city import City
from pipelines.demo.monthly import Headcount
from pipelines.demo.occupation import CODES, draw_occupations, draw_pay
from pipelines.demo.rhythm import Rhythm, hump
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_SAMPLE: Final = 20  # employers of a unit
_LEAST_STAFF: Final = 20
_TURNOVER: Final = 0.02  # of the staff leave and are replaced in a month, beyond the change of their number
_SHORT: Final = 0.030  # posts unfilled per person employed in an ordinary month
_SPRING_RISE: Final = 2.2
_RESTS: Final = 0.12  # of the employers around the Spring Festival
_REST_DAYS: Final = (-3.0, 14.0)  # of a month's end from the festival: they rest in that month
_RESUMES: Final = (1, 12)  # days into the month after
_GROWTH: Final = 0.02  # standard deviation of the change of staff expected for the next month
_DIFFICULTIES: Final = ("", "招工难", "招工难、用工成本高", "订单不足", "资金紧张、订单不足", "原材料价格上涨")


def shortage_sheet(wording: Wording, drawn: Headcount, rhythm: Rhythm, seed: int) -> Sheet:
    """One file a unit and month; last month's staff plus hires minus losses is this month's staff."""
    rng = random_stream(seed, "shortage")
    city, ends = wording.city, wording.arrival.month_end
    employer, edge = _sample(city, rng)
    months, areas = len(ends), len(city.areas)
    staff = drawn.insured[employer]
    before = np.concatenate([city.size[employer][:, None], staff[:, :-1]], axis=1)[:, :months]
    losses = rng.poisson(_TURNOVER * before) + np.maximum(before - staff, 0)
    losses = np.minimum(losses, before)
    hires = staff - before + losses
    offset = np.nan_to_num(wording.timeline.festival_offset[ends], nan=150.0)
    season = 1.0 + _SPRING_RISE * hump(offset, -20.0, 18.0, 80.0) - 0.6 * rhythm.shock_shape[ends]
    wanting = _SHORT * rng.lognormal(0.0, 0.6, len(employer))
    unfilled = np.minimum(rng.poisson(staff * wanting[:, None] * season), staff)
    trouble = np.where(unfilled > 0.05 * staff, rng.integers(1, 3, staff.shape), 0)
    trouble = np.where(rng.random(staff.shape) < 0.1, rng.integers(3, len(_DIFFICULTIES), staff.shape), trouble)
    work = random_stream(seed, "shortage work")
    kind = draw_occupations(list(city.sections), city.cell[employer] % len(city.sections), work)
    lacking = np.where(unfilled > 0, kind[:, None], len(CODES))
    names = (*CODES, "")
    pay = draw_pay(kind, work)
    beside = random_stream(seed, "shortage beside")
    expected = np.maximum(np.rint(staff * (1.0 + beside.normal(0.0, _GROWTH, staff.shape))), 0).astype(np.int64)
    is_festival = (offset >= _REST_DAYS[0]) & (offset <= _REST_DAYS[1])
    rests = (beside.random(len(employer)) < _RESTS)[:, None] & is_festival
    resumed = _resumed(wording, rests, beside)
    state = np.where(rests, "季节性停产", np.where(staff > 0, "正常", "停产"))
    month = wording.months()
    lines = [
        f"{wording.employer[who]}{month[at]}{staff[row, at]},{hires[row, at]},{losses[row, at]},{unfilled[row, at]},"
        f"{before[row, at]},{names[lacking[row, at]]},{pay[row] * 100 or ''},"
        f"{state[row, at]},{_DIFFICULTIES[trouble[row, at]]},"
        f"{expected[row, at]},{resumed[row][at]}"
        for at in range(months)
        for row, who in enumerate(employer.tolist())
    ]
    files = [(at, area) for at in range(months) for area in range(areas)]
    edges = (np.arange(months)[:, None] * len(employer) + edge[None, :-1]).ravel()

    def revise(values: list[str]) -> None:
        values[8] = str(int(values[8]) + 1)

    return wording.line_sheet(
        "labour_shortage",
        files,
        np.append(edges, months * len(employer)),
        lines,
        np.ones(len(lines), dtype=bool),
        revise,
        {"期末用工人数": lambda value: str(int(value) + 11), "缺工人数": lambda _: "约5人"},
    )


def _resumed(wording: Wording, rests: Bools, rng: np.random.Generator) -> list[list[str]]:
    """(employers, months) the day on which work was resumed, in the month after one of rest; empty in others."""
    ends = wording.arrival.month_end
    later = rng.integers(*_RESUMES, rests.shape)
    again = rests[:, :-1] & ~rests[:, 1:]
    days = [[""] * rests.shape[1] for _ in range(len(rests))]
    for row, before in zip(*(at.tolist() for at in np.nonzero(again)), strict=True):
        day = int(ends[before]) + int(later[row, before])
        days[row][before + 1] = wording.timeline.date_of(day).isoformat()
    return days


def _sample(city: City, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Employers sorted by unit, and where each unit's begin (units + 1)."""
    home = city.area_of(city.cell)
    chosen = []
    for area in range(len(city.areas)):
        own = np.flatnonzero((home == area) & (city.size >= _LEAST_STAFF))
        own = own if len(own) else np.flatnonzero(home == area)
        chosen.append(np.sort(rng.permutation(own)[:_SAMPLE]))
    edge = np.concatenate([[0], np.cumsum([len(own) for own in chosen])])
    return np.concatenate(chosen), edge
