"""The monitored villages: away for work, home for the Spring Festival, away again, and home early in bad times."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.rhythm import Rhythm, hump
from pipelines.demo.sheet import Sheet
from pipelines.demo.source_events import SourceEvent, depth_of
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_VILLAGES: Final = 5  # monitored villages of a unit, the last of them 重点 and not 定点
_OF_TOWNSHIP: Final = 2  # monitored villages of a township, whose codes begin alike
_LABOUR: Final = (260, 1400)
_AWAY: Final = (0.34, 0.52)  # of a village's labour in an ordinary week
_HOME_FOR_FESTIVAL: Final = 0.55  # of those away
_HOME_IN_SHOCK: Final = 0.12
_DESTINATIONS: Final = (0.15, 0.20, 0.30, 0.345, 0.005)
_AT_HOME: Final = (0.42, 0.44, 0.14)  # local jobs, farming, idle
_NOISE: Final = 0.004  # of the number of those away, a week
_STOPPED_IN_WAVE: Final = 0.7  # of the villages name a stopped employer as the reason
_CHURN: Final = 0.004  # of those away leave or return in an ordinary week beyond the change of their number
_REASONS: Final = ("家庭", "农忙", "失业", "创业", "其他")
_FESTIVAL, _STOPPED = "节日", "企业停产"
_STARTS_BUSINESS: Final = 0.03  # of those who return and had not lost their work
_STAYS_IDLE: Final = 0.3  # of the others
_WAGE: Final = (42, 62)  # hundreds of yuan a month of those away, by village
_UNPAID: Final = 0.03  # cases a village and week


def weekly_returns(depth: float, rise_days: float) -> tuple[float, float]:
    """People whom a wave of this depth brings home in its best week, and the standard deviation of those of an ordinary
    week, in the villages of one unit."""
    away = _VILLAGES * float(np.mean(_LABOUR)) * float(np.mean(_AWAY))
    ordinary = _CHURN * away + _VILLAGES * (_NOISE * away / _VILLAGES) ** 2 * (1 - 1 / np.pi) / 2
    return depth * away * min(1.0, 7.0 / rise_days), float(np.sqrt(ordinary))


def village_sheet(wording: Wording, rhythm: Rhythm, events: list[SourceEvent], seed: int) -> Sheet:
    """One file a unit and week, a row a village; the balances of the form hold in every row."""
    rng = random_stream(seed, "village")
    areas, friday = wording.city.areas, wording.arrival.friday
    weeks, count = len(friday), _VILLAGES * len(areas)
    labour = rng.integers(*_LABOUR, count)
    level = labour * rng.uniform(*_AWAY, count)
    days = np.concatenate([friday[:1], friday])
    depth = np.repeat(depth_of(events, "monitored_village", len(areas), wording.timeline.days), _VILLAGES, axis=0)
    present = _present(wording, rhythm) * (1.0 - depth[:, days])
    noise = np.exp(np.cumsum(rng.normal(0.0, _NOISE, (count, weeks + 1)), axis=1) - 0.002)
    away = np.minimum(np.rint(level[:, None] * present * noise), labour[:, None]).astype(np.int64)
    change = np.diff(away, axis=1)
    before, away = away[:, :-1], away[:, 1:]
    returned = rng.poisson(_CHURN * before) + np.maximum(-change, 0)
    returned = np.minimum(returned, before)
    departed = change + returned
    places = _split(away, rng.dirichlet(np.array(_DESTINATIONS) * 60, count))
    at_home = _split(labour[:, None] - away, rng.dirichlet(np.array(_AT_HOME) * 60, count))
    offset = np.nan_to_num(wording.timeline.festival_offset[friday], nan=150.0)
    stopped = np.maximum(rhythm.shock_shape[friday], np.where(depth[:, friday] > 0, _STOPPED_IN_WAVE, 0.0))
    reason = rng.choice(_REASONS, (count, weeks), p=(0.4, 0.2, 0.2, 0.1, 0.1))
    reason = np.where(rng.random((count, weeks)) < stopped, _STOPPED, reason)
    reason = np.where((offset > -35) & (offset < 8), _FESTIVAL, reason)
    reason = np.where(returned == 0, "", reason)
    jobless = rng.binomial(returned, np.where(reason == _STOPPED, 0.6, np.where(reason == _FESTIVAL, 0.02, 0.2)))
    business = rng.binomial(returned - jobless, _STARTS_BUSINESS)
    beside = random_stream(seed, "village beside")
    idle = beside.binomial(returned - business, _STAYS_IDLE)
    wage = beside.integers(*_WAGE, count)
    unpaid = beside.poisson(_UNPAID, (count, weeks))
    lines = []
    for week in range(weeks):
        day = wording.timeline.date_of(int(friday[week])).isoformat()
        for village in range(count):
            area, number = divmod(village, _VILLAGES)
            figures = [
                labour[village],
                away[village, week],
                *places[:, village, week],
                *at_home[:, village, week],
                before[village, week],
                departed[village, week],
                returned[village, week],
            ]
            lines.append(
                f"{_code(areas[area])}9{number // _OF_TOWNSHIP + 1:02d}{number + 1:03d},"
                f"示例{area * _VILLAGES + number + 1}村,"
                f"{wording.city.area_text[area]},{'重点' if number == _VILLAGES - 1 else '定点'},{day},"
                f"{labour[village] // 2},{','.join(map(str, figures))},{reason[village, week]},"
                f"{jobless[village, week]},{business[village, week]},{idle[village, week]},{wage[village]}00,"
                f"{unpaid[village, week]}"
            )
    files = [(week, area) for week in range(weeks) for area in range(len(areas))]

    def revise(values: list[str]) -> None:
        values[5] = str(int(values[5]) + 1)

    return wording.line_sheet(
        "monitored_village",
        files,
        np.arange(len(files) + 1) * _VILLAGES,
        lines,
        np.ones(len(lines), dtype=bool),
        revise,
        {"外出务工人数": lambda value: str(int(value) + 3)},
    )


def _present(wording: Wording, rhythm: Rhythm) -> Floats:
    """(weeks + 1,) those away as a share of the ordinary number, the week before the first one included."""
    friday = wording.arrival.friday
    days = np.concatenate([friday[:1], friday])
    offset = np.nan_to_num(wording.timeline.festival_offset[days], nan=150.0)
    home = _HOME_FOR_FESTIVAL * hump(offset, -32.0, -3.0, 34.0)
    return np.asarray(1.0 - home - _HOME_IN_SHOCK * rhythm.shock_shape[days] * (1.0 - home))


def _split(total: Ints, share: Floats) -> Ints:
    """(parts, villages, weeks): whole numbers in these shares (villages, parts) that add up to ``total``."""
    upto = np.rint(np.cumsum(share, axis=1).T[:, :, None] * total[None]).astype(np.int64)
    upto[-1] = total
    return np.diff(upto, axis=0, prepend=0)


def _code(area: str) -> str:
    """The six digits a village code begins with; the zones have no code of their own and write the city's."""
    return area if area.isdigit() and len(area) == 6 else f"{area[:4]}99"[:6].ljust(6, "9")
