"""Unemployment insurance that employers pay: larger ones every month, small ones twice a year, some late."""

from typing import Final

import numpy as np

from pipelines.demo.monthly import Headcount
from pipelines.demo.service import city_sheet
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

_RATE: Final = 0.01  # of wages, employer and employee together
_WAGE: Final = (3600.0, 6800.0)  # yuan a month
_RISE: Final = 0.05  # of wages in a year
_MONTHLY_FROM: Final = 30  # insured people from which on an employer pays every month
_TURN: Final = 6  # months for which smaller ones pay at once
_UNSTEADY: Final = 0.01


def contribution_sheet(wording: Wording, drawn: Headcount, seed: int) -> Sheet:
    """One file of the city a month, a row for each employer that pays; who falls in arrears pays nothing then."""
    rng = random_stream(seed, "contribution")
    city, ends = wording.city, wording.arrival.month_end
    employers = np.arange(len(city.size))
    wage = rng.uniform(*_WAGE, len(employers))
    lines = []
    for at, text in enumerate(wording.months()):
        is_turn = (city.size >= _MONTHLY_FROM) | ((employers + at) % _TURN == 0)
        months = np.where(city.size >= _MONTHLY_FROM, 1, _TURN)
        before = drawn.arrears[:, at - 1] if at else drawn.arrears[:, 0]
        is_behind = drawn.arrears[:, at] > before
        due = drawn.insured[:, at] * wage * _RATE * months * (1.0 + _RISE) ** (int(ends[at]) / 365)
        paid = due * rng.normal(1.0, _UNSTEADY, len(employers))
        payers = np.flatnonzero(is_turn & ~is_behind & (drawn.insured[:, at] > 0))
        lines.append([f"{wording.employer_unnamed[who]}{text}{paid[who]:.2f}" for who in payers.tolist()])

    return city_sheet(wording, "unemployment_contribution", lines, None, {"实缴金额": lambda value: f"-{value}"})
