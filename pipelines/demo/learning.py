"""Graduates in the register and people in vocational training, one file of the city a month each."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.rhythm import Rhythm
from pipelines.demo.service import city_sheet, noisy, shock_of
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CLASS: Final = 0.02  # graduates of a year per insured person
_JULY: Final = 6  # month of the year, from 0, in which a class enters the register
_CLASSES: Final = 2  # that stand in the register at a time
_STUDY: Final = 0.17  # of the placed
_SHOCK: Final = 0.15  # fewer are placed at the height of the past shock

_TRAINED: Final = 0.0011  # of the insured in a month
_SEASON: Final = (0.5, 0.35, 0.9, 1.1, 1.15, 1.1, 0.9, 0.95, 1.15, 1.3, 1.4, 1.2)
_OCCUPATIONS: Final = {"6": 0.46, "4": 0.34, "5": 0.12, "2": 0.08}
_COHORTS: Final = {"migrant": 0.55, "laid_off": 0.2, "graduate": 0.1, "difficulty": 0.15}
_ONLINE: Final = (0.12, 0.6)  # of the trained: usually, and at the height of the past shock
_PASSED: Final = (0.86, 0.96)
_SUBSIDY: Final = {"6": 1100, "4": 900, "5": 700, "2": 1300}  # yuan a person


def learning_sheets(wording: Wording, rhythm: Rhythm, seed: int) -> list[Sheet]:
    """The register of graduates and the training."""
    return [_graduates(wording, rhythm, seed), _training(wording, rhythm, seed)]


def _insured(wording: Wording) -> Floats:
    city = wording.city
    return np.bincount(city.area_of(city.cell), weights=city.size, minlength=len(city.areas)).astype(float)


def _graduates(wording: Wording, rhythm: Rhythm, seed: int) -> Sheet:
    """The class of a year enters in July; most are placed within months, the rest slowly."""
    rng = random_stream(seed, "graduates")
    ends, areas = wording.arrival.month_end, wording.city.area_text
    size = np.maximum(_insured(wording) * _CLASS * rng.uniform(0.9, 1.1, len(areas)), 8.0)
    ease = rng.normal(0.0, 0.025, len(areas))
    shock, lines = shock_of(rhythm, ends), list[list[str]]()
    for at, text in enumerate(wording.months()):
        month = int(wording.timeline.month[ends[at]])
        first = (month - _JULY) // 12
        lines.append(
            [
                f"{areas[area]},{text}{year},{_state(rng, size[area], ease[area], age, shock[at])}"
                for area in range(len(areas))
                for year in range(first, first - _CLASSES, -1)
                for age in [month - 12 * year - _JULY]
            ]
        )
    return city_sheet(wording, "graduate_register", lines, 3, {"登记人数": lambda value: f"约{value}"})


def _state(rng: np.random.Generator, size: float, ease: float, age: int, shock: float) -> str:
    """What became of a class ``age`` months after its July: registered, contacted, employed, studying, and so on."""
    registered = round(size * (1.0 - 0.6 * np.exp(-(age + 1) / 1.2)))
    contacted = int(rng.binomial(registered, 1.0 - 0.45 * np.exp(-(age + 1) / 2.0)))
    placed = round(registered * np.clip((0.90 - 0.38 * np.exp(-age / 4.0) + ease) * (1.0 - _SHOCK * shock), 0.0, 1.0))
    study = int(rng.binomial(placed, _STUDY))
    interning = int(rng.binomial(registered - placed, 0.22 * np.exp(-age / 10.0)))
    unemployed = int(rng.binomial(registered - placed - interning, 0.85))
    return f"{registered},{contacted},{placed - study},{study},{interning},{unemployed}"


def _training(wording: Wording, rhythm: Rhythm, seed: int) -> Sheet:
    """Courses follow the working year; in the past shock fewer were held, and those online."""
    rng = random_stream(seed, "training")
    ends, areas = wording.arrival.month_end, wording.city.area_text
    level = _insured(wording) * _TRAINED * rng.uniform(0.8, 1.2, len(areas))
    passed = rng.uniform(*_PASSED, len(areas))
    shock, lines = shock_of(rhythm, ends), list[list[str]]()
    mix = [(job, group, a * b) for job, a in _OCCUPATIONS.items() for group, b in _COHORTS.items()]
    for at, text in enumerate(wording.months()):
        held = _SEASON[int(wording.timeline.month[ends[at]]) % 12] * (1.0 - 0.5 * shock[at])
        online = _ONLINE[0] + (_ONLINE[1] - _ONLINE[0]) * shock[at]
        month = []
        for area, where in enumerate(areas):
            persons = noisy(rng, level[area] * held * np.array([share for *_, share in mix]))
            for (job, group, _), many in zip(mix, persons.tolist(), strict=True):
                if many:
                    well, away = rng.binomial(many, passed[area]), rng.binomial(many, online)
                    month.append(f"{where},{text}{job},{group},{many},{well},{away},{well * _SUBSIDY[job]}.00")
        lines.append(month)
    return city_sheet(wording, "training", lines, 4, {"培训人数": lambda _: "0"})
