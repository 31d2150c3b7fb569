"""Who the people of the city are beyond age and sex: schooling, household and the groups their offices put them in."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_EDUCATION: Final = ("小学及以下", "初中", "高中", "中专中职", "大学专科", "大学本科", "研究生")
_OLDER: Final = (0.14, 0.44, 0.16, 0.09, 0.10, 0.06, 0.01)
_YOUNGER: Final = (0.01, 0.17, 0.16, 0.16, 0.26, 0.22, 0.02)
_HOUSEHOLD: Final = ("本市城镇", "本市农村", "外地城镇", "外地农村")
_HOUSEHOLD_SHARE: Final = (0.31, 0.55, 0.05, 0.09)
_GROUPS: Final = ("高校毕业生", "农民工", "就业困难人员", "退役军人", "残疾人", "其他")
_COLLEGE, _RURAL = 4, (1, 3)
_YOUNG_FOR = 38  # years: those born later than this had the newer schools
_FIRST_JOB, _LEAST_PAID, _PAID = 20, 12, (1.2, 3.0)
_WORKING_LIFE = (22, 24)  # a graduate is found between these ages


@dataclass(frozen=True)
class Background:
    """One row a person: rows of ``_EDUCATION`` and ``_HOUSEHOLD``, and the groups as bits of ``groups``."""

    education: Ints
    household: Ints
    groups: Ints

    def select(self, rows: Ints) -> "Background":
        """The background of some of the people."""
        return Background(self.education[rows], self.household[rows], self.groups[rows])

    @property
    def row(self) -> Ints:
        """Row of each person in ``texts``."""
        return (self.groups * len(_EDUCATION) + self.education) * len(_HOUSEHOLD) + self.household


def texts(has_household: bool) -> list[str]:
    """The end of a form: groups joined by 、, schooling and, where the form asks for it, household; no line end."""
    lines = []
    for bits in range(1 << len(_GROUPS)):
        groups = "、".join(group for place, group in enumerate(_GROUPS) if bits >> place & 1)
        for education in _EDUCATION:
            lines += [f"{groups},{education}" + (f",{household}" if has_household else "") for household in _HOUSEHOLD]
    return lines


def birth_and_sex(identity: NDArray[np.bytes_]) -> tuple[Ints, Bools]:
    """Year of birth and whether male, read from identity numbers (GB 11643)."""
    characters = np.ascontiguousarray(identity).view(np.uint8).reshape(len(identity), 18).astype(np.int64) - ord("0")
    return characters[:, 6:10] @ np.array([1000, 100, 10, 1]), characters[:, 16] % 2 == 1


def draw_background(birth: Ints, is_male: Bools, year: int, rng: np.random.Generator) -> Background:
    """Draw schooling by age, household, and groups that follow from both; people in no group say so or say nothing."""
    count = len(birth)
    age = year - birth
    chance = rng.random(count)
    young = np.searchsorted(np.cumsum(_YOUNGER[:-1]), chance)
    education = np.where(age < _YOUNG_FOR, young, np.searchsorted(np.cumsum(_OLDER[:-1]), chance)).astype(np.int64)
    household = np.searchsorted(np.cumsum(_HOUSEHOLD_SHARE[:-1]), rng.random(count)).astype(np.int64)
    first, last = _WORKING_LIFE
    is_old = age >= np.where(is_male, 50, 40)
    odds = rng.random((5, count))
    member = np.stack(
        [
            (education >= _COLLEGE) & (age >= first - 2) & (age <= last) & (odds[0] < 0.85),
            np.isin(household, _RURAL) & (education < _COLLEGE) & (odds[1] < 0.65),
            odds[2] < np.where(is_old, 0.24, 0.015),
            is_male & (odds[3] < 0.03),
            odds[4] < 0.015,
        ]
    )
    groups = (member * (1 << np.arange(5))[:, None]).sum(axis=0)
    says_other = rng.random(count) < 0.5
    return Background(education, household, np.where((groups == 0) & says_other, 1 << 5, groups))


def draw_paid_months(birth: Ints, year: int, rng: np.random.Generator) -> Ints:
    """(people,) months of contributions paid: a year at least, which a claim needs, and a part of the working life."""
    years = np.maximum(year - birth - _FIRST_JOB, 1)
    return (_LEAST_PAID + np.rint(12 * years * rng.beta(*_PAID, len(birth)))).astype(np.int64)
