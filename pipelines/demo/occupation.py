"""What work the sections of industry offer, and the schooling and pay that go with it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

CODES: Final = ("1", "2", "3", "4", "5", "6", "8")  # of the code list ``occupation``; nobody hires soldiers
_FARM = (0.02, 0.08, 0.06, 0.10, 0.66, 0.06, 0.02)
_FACTORY = (0.03, 0.13, 0.08, 0.10, 0.01, 0.62, 0.03)
_SERVICE = (0.03, 0.10, 0.14, 0.62, 0.01, 0.07, 0.03)
_OFFICE = (0.04, 0.52, 0.22, 0.16, 0.01, 0.03, 0.02)
_WORK_OF: Final = {**dict.fromkeys("A", _FARM), **dict.fromkeys("BCDEF", _FACTORY), **dict.fromkeys("GHLORS", _SERVICE)}
_PAY: Final = np.array([7200.0, 6300.0, 4600.0, 4100.0, 3800.0, 5200.0, 4000.0])  # yuan a month, middle of the range
_SPREAD: Final = 0.18  # log-sd of a post's pay around its occupation's
_AGREED: Final = 0.15  # of the adverts name no pay
EDUCATION: Final = ("", "初中", "高中", "中专中职", "大学专科", "大学本科")
_SCHOOLING: Final = np.array(
    [
        [0.10, 0.00, 0.05, 0.05, 0.30, 0.50],
        [0.05, 0.00, 0.03, 0.12, 0.35, 0.45],
        [0.15, 0.03, 0.17, 0.15, 0.35, 0.15],
        [0.45, 0.20, 0.20, 0.10, 0.05, 0.00],
        [0.55, 0.25, 0.12, 0.06, 0.02, 0.00],
        [0.30, 0.20, 0.20, 0.22, 0.08, 0.00],
        [0.60, 0.20, 0.15, 0.05, 0.00, 0.00],
    ]
)


def draw_occupations(sections: list[str], section: Ints, rng: np.random.Generator) -> Ints:
    """(rows,) row of ``CODES`` by the number of each row's section."""
    share = np.array([_WORK_OF.get(code, _OFFICE) for code in sections])
    return _drawn(share[section], rng)


def draw_education(occupation: Ints, rng: np.random.Generator) -> Ints:
    """(rows,) row of ``EDUCATION`` that each asks for at least."""
    return _drawn(_SCHOOLING[occupation], rng)


def draw_pay(occupation: Ints, rng: np.random.Generator) -> Ints:
    """(rows,) middle of the monthly pay in whole hundreds of yuan; 0 where none is named."""
    pay = _PAY[occupation] * rng.lognormal(0.0, _SPREAD, len(occupation))
    return np.where(rng.random(len(occupation)) < _AGREED, 0, np.rint(pay / 100)).astype(np.int64)


def _drawn(share: NDArray[np.float64], rng: np.random.Generator) -> Ints:
    upto = np.cumsum(share, axis=1)[:, :-1]
    return np.asarray((rng.random(len(share))[:, None] >= upto).sum(axis=1), dtype=np.int64)
