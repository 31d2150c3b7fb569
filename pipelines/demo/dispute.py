"""Labour disputes by area, industry and type: more when the year ends, and where many are dismissed."""

from collections import Counter
from typing import Final

import numpy as np

from pipelines.demo.events import Event
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.service import city_sheet, shock_of
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

_LEVEL: Final = 4.5e-4  # cases per insured person and month
_SEASON: Final = (1.35, 0.65, 1.0, 1.0, 0.95, 0.95, 0.95, 0.95, 0.95, 0.9, 1.05, 1.4)
_SHOCK: Final = 0.6
_OF_DISMISSED: Final = 0.05  # who leave in a labelled event bring a case, in its month
_COLLECTIVE: Final = 0.08  # of the cases concern several people
_KINDS: Final = {"劳动报酬": 0.44, "解除终止": 0.26, "社会保险": 0.12, "工伤待遇": 0.13, "其他": 0.05}
_YUAN: Final = {"劳动报酬": 14000, "解除终止": 26000, "社会保险": 9000, "工伤待遇": 52000, "其他": 8000}


def dispute_sheet(wording: Wording, rhythm: Rhythm, events: list[Event], seed: int) -> Sheet:
    """One file of the city a month, a row for each area, industry and type that had a case."""
    rng = random_stream(seed, "dispute")
    city, ends, month = wording.city, wording.arrival.month_end, wording.timeline.month
    level = city.insured * _LEVEL * rng.lognormal(0.0, 0.25, city.cells)
    shock = shock_of(rhythm, ends)
    dismissed: Counter[tuple[int, int]] = Counter()
    for event in events:
        left_in = np.searchsorted(ends, event.leave.effective)
        dismissed.update(zip(left_in.tolist(), city.cell[event.leave.employer].tolist(), strict=True))
    lines = []
    for at, text in enumerate(wording.months()):
        mean = level * _SEASON[int(month[ends[at]]) % 12] * (1.0 + _SHOCK * shock[at])
        rows = []
        for cell in range(city.cells):
            usual = rng.poisson(mean[cell] * np.array(list(_KINDS.values())))
            usual[1] += rng.binomial(dismissed[at, cell], _OF_DISMISSED)
            where, sector = divmod(cell, len(city.sections))
            for kind, cases in zip(_KINDS, usual.tolist(), strict=True):
                if cases:
                    persons = cases + int(rng.binomial(cases, _COLLECTIVE)) * int(rng.integers(2, 12))
                    amount = persons * _YUAN[kind] * float(rng.lognormal(0.0, 0.3))
                    rows.append(
                        f"{city.area_text[where]},{city.sections[sector]},{text}{kind},{cases},{persons},{amount:.2f}"
                    )
        lines.append(rows)
    return city_sheet(wording, "labour_dispute", lines, 5, {"案件数": lambda _: "0"})
