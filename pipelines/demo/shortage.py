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

_SAMPLE: Final = 20  # employers of a unit
_LEAST_STAFF: Final = 20
_TURNOVER: Final = 0.02  # of the staff leave and are replaced in a month, beyond the change of their number
_SHORT: Final = 0.030  # posts unfilled per person employed in an ordinary month
_SPRING_RISE: Final = 2.2
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
    month = wording.months()
    lines = [
        f"{wording.employer[who]}{month[at]}{staff[row, at]},{hires[row, at]},{losses[row, at]},{unfilled[row, at]},"
        f"{before[row, at]},{names[lacking[row, at]]},{pay[row] * 100 or ''},"
        f"{'正常' if staff[row, at] else '停产'},{_DIFFICULTIES[trouble[row, at]]}"
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
