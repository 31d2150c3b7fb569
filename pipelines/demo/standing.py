"""Figures that stand at the end of a month: registered and long-term unemployed of each area, and the city's fund."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.daily import Claims
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EMPLOYED: Final = 1.35  # urban employed per insured person
_REGISTERED: Final = (0.026, 0.036)  # of the urban employed
_SHOCK: Final = 0.30  # more registered at the height of the past shock
_LONG: Final = ((0.27, 0.32), (0.07, 0.09))  # of the registered: six months, twelve months or more
_LONG_AFTER_SHOCK: Final = 0.05
_MONTHS_ON_BENEFIT: Final = 10
_BENEFIT: Final = 1550.0  # yuan a month
_BENEFIT_SHARE: Final = 0.62  # of what the fund spends
_RESERVE_MONTHS: Final = 23.0


def standing_sheets(wording: Wording, rhythm: Rhythm, claims: Claims, seed: int) -> list[Sheet]:
    """Registered unemployment (one file of the city a month), long-term unemployment (one a unit), the fund (one)."""
    return [*_unemployed(wording, rhythm, seed), _fund(wording, claims, seed)]


def _unemployed(wording: Wording, rhythm: Rhythm, seed: int) -> list[Sheet]:
    rng = random_stream(seed, "standing")
    city, ends = wording.city, wording.arrival.month_end
    areas, months = len(city.areas), len(ends)
    insured = np.bincount(city.area_of(city.cell), weights=city.size, minlength=areas)
    employed = np.maximum(np.rint(insured * _EMPLOYED * rng.uniform(0.9, 1.1, areas)), 50).astype(np.int64)
    shock = _lagged(rhythm.shock_shape, ends, 60)
    slow = np.exp(np.cumsum(rng.normal(0.0, 0.006, (areas, months)), axis=1))
    rate = rng.uniform(*_REGISTERED, areas)[:, None] * slow * (1.0 + _SHOCK * shock)
    registered = np.minimum(np.rint(employed[:, None] * rate), employed[:, None]).astype(np.int64)
    six, twelve = (rng.uniform(*span, (areas, 1)) for span in _LONG)
    later = _lagged(rhythm.shock_shape, ends, 330)
    over_six = rng.binomial(registered, np.clip(six + _LONG_AFTER_SHOCK * shock, 0.0, 0.9) * np.ones((areas, months)))
    over_twelve = rng.binomial(over_six, np.clip((twelve + _LONG_AFTER_SHOCK * later) / six, 0.0, 1.0))
    # Two of the areas have their own monthly figure of the employed; the others write the last yearly one.
    base = ["否" if area % 6 == 0 else "是" for area in range(areas)]
    month = wording.months()
    rows = [
        f"{city.area_text[area]},{month[at]}{registered[area, at]},{employed[area]},{base[area]}"
        for at in range(months)
        for area in range(areas)
    ]
    long_rows = [
        f"{city.area_text[area]},{month[at]}{registered[area, at]},{over_six[area, at]},{over_twelve[area, at]}"
        for at in range(months)
        for area in range(areas)
    ]

    def revise(values: list[str]) -> None:
        values[2] = str(int(values[2]) + 4)

    whole = wording.line_sheet(
        "registered_unemployment",
        [(at, 0) for at in range(months)],
        np.arange(months + 1) * areas,
        rows,
        np.ones(len(rows), dtype=bool),
        revise,
        {"期末登记失业人数": lambda _: "1.5"},
    )
    files = [(at, area) for at in range(months) for area in range(areas)]
    # A file of one row is never spoilt or sent without it: it would say nothing at all.
    each = wording.line_sheet(
        "long_term_unemployment",
        files,
        np.arange(len(files) + 1),
        long_rows,
        np.zeros(len(files), dtype=bool),
        revise,
        {},
    )
    return [whole, each]


def _lagged(shape: Floats, ends: Ints, days: int) -> Floats:
    """(months,) the mean of the shock over the ``days`` up to each month's end: a stock follows a flow slowly."""
    total = np.concatenate([[0.0], np.cumsum(shape)])
    first = np.maximum(ends + 1 - days, 0)
    return np.asarray((total[ends + 1] - total[first]) / days)


def _fund(wording: Wording, claims: Claims, seed: int) -> Sheet:
    """Benefit follows the claims of the last months; income is steady and makes up for it over the years."""
    rng = random_stream(seed, "fund")
    timeline, ends = wording.timeline, wording.arrival.month_end
    if not len(ends):
        return wording.line_sheet(
            "unemployment_fund", [], np.zeros(1, dtype=np.int64), [], np.zeros(0, dtype=bool), lambda _values: None, {}
        )
    month = timeline.month[ends]
    index = timeline.month[claims.row.filed] - month[0] + _MONTHS_ON_BENEFIT
    span = _MONTHS_ON_BENEFIT + len(ends)
    filed = np.bincount(np.maximum(index, 0), minlength=span)[:span].astype(float)
    filed[:_MONTHS_ON_BENEFIT] = filed[_MONTHS_ON_BENEFIT:].mean()
    people = np.convolve(filed, np.ones(_MONTHS_ON_BENEFIT), "valid")[-len(ends) :]
    benefit = np.rint(people * _BENEFIT * 100).astype(np.int64)  # in fen, so that the balance holds to the last digit
    other = benefit.mean() * (1 / _BENEFIT_SHARE - 1) * rng.uniform(0.8, 1.2, len(ends))
    spent = benefit + np.rint(other).astype(np.int64)
    income = np.rint(spent.mean() * rng.uniform(0.94, 1.08, len(ends))).astype(np.int64)
    closing = round(_RESERVE_MONTHS * float(spent.mean())) + np.cumsum(income - spent)
    opening = closing - income + spent
    lines = [
        f"{text}{','.join(f'{value // 100}.{value % 100:02d}' for value in row)}"
        for text, row in zip(
            wording.months(), np.stack([opening, income, spent, closing, benefit], axis=1).tolist(), strict=True
        )
    ]
    return wording.line_sheet(
        "unemployment_fund",
        [(at, 0) for at in range(len(ends))],
        np.arange(len(ends) + 1),
        lines,
        np.zeros(len(ends), dtype=bool),
        lambda _values: None,
        {},
    )
