"""What the employment service and the insurance office report of a month, one file of the city each."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.demo.daily import Claims
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEW, _AGAIN, _DIFFICULTY = "urban_new_employment", "reemployment", "difficulty_employment"
_WITHOUT_TARGET: Final = {_NEW: 0.04, _AGAIN: 0.009, _DIFFICULTY: 0.0024}  # of the insured in a year
_MONTH: Final = (0.72, 0.62, 1.18, 1.14, 1.08, 1.10, 1.26, 1.20, 1.08, 0.98, 0.90, 0.74)  # of a year's mean month
_REACHED: Final = (0.92, 1.12)  # of the year's target, without a shock
_LOST_IN_SHOCK: Final = 0.45  # of those newly employed
_GRANTED: Final = 0.93  # of the claims are paid, in the month in which they were filed
_EXPIRING, _OTHER, _EMPLOYED = (0.035, 0.055), (0.006, 0.012), 0.055  # of the recipients a month
_USUAL_DAYS: Final = (9.0, 16.0)
_SLOW: Final = 0.7  # a month as quiet as that of the Spring Festival takes longer
_BENEFIT, _RISE = 1550.0, 0.04  # yuan a month on the first day, and how it rises in a year
_NOISE: Final = 40.0  # shape of the gamma: the larger, the steadier


def service_sheets(wording: Wording, rhythm: Rhythm, claims: Claims, target: pd.DataFrame, seed: int) -> list[Sheet]:
    """Employment results, at the size of the region's targets whatever the size of the city; benefit as it is paid."""
    return [_results(wording, rhythm, target, seed), _payments(wording, claims, seed)]


def _results(wording: Wording, rhythm: Rhythm, target: pd.DataFrame, seed: int) -> Sheet:
    rng = random_stream(seed, "employment result")
    city, ends = wording.city, wording.arrival.month_end
    insured = np.bincount(city.area_of(city.cell), weights=city.size, minlength=len(city.areas))
    reached = rng.uniform(*_REACHED, (len(city.areas), 1))
    season = np.array(_MONTH)[wording.timeline.month[ends] % 12] * (1.0 - _LOST_IN_SHOCK * shock_of(rhythm, ends))
    figures = []
    for indicator, share in _WITHOUT_TARGET.items():
        goal = np.stack(
            [_goal(wording, target, area, indicator, insured[at] * share) for at, area in enumerate(city.areas)]
        )
        figures.append(noisy(rng, goal / 12 * reached * season))
    lines = area_lines(wording, lambda area, at: ",".join(str(figure[area, at]) for figure in figures))
    return city_sheet(wording, "employment_result", lines, 2, {"城镇新增就业人数": lambda value: f"约{value}"})


def _goal(wording: Wording, target: pd.DataFrame, area: str, indicator: str, otherwise: float) -> Floats:
    """(months,) the target of each month's year, that of the nearest year where there is none."""
    own = target[(target["area"] == area) & (target["indicator"] == indicator)]
    years = wording.timeline.month[wording.arrival.month_end] // 12
    if own.empty:
        return np.full(len(years), otherwise)
    nearest = np.abs(own["year"].to_numpy()[None, :] - years[:, None]).argmin(axis=1)
    return np.asarray(own["target"].to_numpy(dtype=float)[nearest])


def _payments(wording: Wording, claims: Claims, seed: int) -> Sheet:
    """The stock of recipients follows the claims; a part of them leaves it each month, for work most in spring."""
    rng = random_stream(seed, "benefit payment")
    timeline, ends, areas = wording.timeline, wording.arrival.month_end, len(wording.city.areas)
    at = np.searchsorted(ends, claims.row.filed)
    inside = at < len(ends)
    filed = np.zeros((areas, len(ends)), dtype=np.int64)
    np.add.at(filed, (claims.area[inside], at[inside]), 1)
    new = rng.binomial(filed, _GRANTED)
    expiring, other = rng.uniform(*_EXPIRING, areas), rng.uniform(*_OTHER, areas)
    usual_days = rng.uniform(*_USUAL_DAYS, areas)
    receiving = np.rint(new.mean(axis=1) / (expiring + _EMPLOYED + other)).astype(np.int64) if len(ends) else filed
    told: list[list[str]] = []
    for month, day in enumerate(ends.tolist()):
        season = _MONTH[int(timeline.month[day]) % 12]
        expired = rng.binomial(receiving, expiring)
        employed = rng.binomial(receiving - expired, _EMPLOYED * season)
        others = rng.binomial(receiving - expired - employed, other)
        receiving = receiving - expired - employed - others + new[:, month]
        yuan = _BENEFIT * (1.0 + _RISE) ** (day / 365) * rng.normal(1.0, 0.01, areas)
        days = np.rint(usual_days * rng.lognormal(0.0, 0.12, areas) * (1.3 if season < _SLOW else 1.0)).astype(np.int64)
        told.append(
            [
                f"{receiving[area]},{new[area, month]},{expired[area]},{employed[area]},{others[area]},"
                f"{receiving[area] * yuan[area]:.2f},{days[area] if new[area, month] else ''}"
                for area in range(areas)
            ]
        )
    lines = area_lines(wording, lambda area, month: told[month][area])
    return city_sheet(wording, "benefit_payment", lines, 2, {"领取人数": lambda value: f"约{value}"})


def shock_of(rhythm: Rhythm, ends: Ints) -> Floats:
    """(months,) the mean of the past shock over the 30 days up to each month's end."""
    total = np.concatenate([[0.0], np.cumsum(rhythm.shock_shape)])
    return np.asarray((total[ends + 1] - total[np.maximum(ends - 29, 0)]) / 30)


def noisy(rng: np.random.Generator, mean: Floats) -> Ints:
    """Counts around a mean, with more than Poisson noise."""
    return np.asarray(rng.poisson(rng.gamma(_NOISE, mean / _NOISE)), dtype=np.int64)


def area_lines(wording: Wording, figures: Callable[[int, int], str]) -> list[list[str]]:
    """Of each month the lines of all areas: area, month, and what ``figures`` says of area and month."""
    month, areas = wording.months(), wording.city.area_text
    return [[f"{area},{text}{figures(row, at)}" for row, area in enumerate(areas)] for at, text in enumerate(month)]


def city_sheet(
    wording: Wording, feed: str, lines: list[list[str]], revised: int | None, spoil: dict[str, Callable[[str], str]]
) -> Sheet:
    """One file of the city a month; in a first version a figure may be one higher, that of column ``revised``."""

    def revise(values: list[str]) -> None:
        if revised is not None:
            values[revised] = str(int(values[revised]) + 1)

    rows = [line for month in lines for line in month]
    edge = np.concatenate([[0], np.cumsum([len(month) for month in lines])]).astype(np.int64)
    files = [(at, 0) for at in range(len(lines))]
    return wording.line_sheet(feed, files, edge, rows, np.ones(len(rows), dtype=bool), revise, spoil)
