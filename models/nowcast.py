"""What an incomplete figure will probably be once everybody has reported: learnt from how past ones were completed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_SAMPLES = 10
RANGE = (0.1, 0.9)  # the likely value lies in this range in eight of ten past cases


@dataclass(frozen=True)
class Completion:
    """How past incomplete figures related to their final ones, relative to the share that had reported.

    A figure v of which the share s had reported ended at v ÷ (s · c); ``low``, ``middle``, ``high`` are quantiles of c
    and ``samples`` how many past figures they rest on. c is 1 where those who are late are like those who are not.
    """

    low: float
    middle: float
    high: float
    samples: int


def completion(value: Floats, final: Floats, share: Floats) -> Completion | None:
    """Learn from past figures (three arrays of one length): as told, as they ended, and the share reported (0 to 1].

    None when fewer than ten can be used: where the final figure is 0 or nothing had come nothing is learnt. The idea is
    the chain ladder's (Mack 1993, ASTIN Bulletin 23), with the roster's share in the place of the age.
    """
    usable = (final > 0) & (value > 0) & (share > 0)
    if usable.sum() < LEAST_SAMPLES:
        return None
    factor = value[usable] / final[usable] / share[usable]
    low, middle, high = np.quantile(factor, [RANGE[0], 0.5, RANGE[1]])
    return Completion(float(low), float(middle), float(high), int(usable.sum()))


def likely(value: Floats, share: Floats, known: Completion) -> tuple[Floats, Floats, Floats]:
    """Likely final value with its low and high end, arrays of the length of ``value``; NaN where nothing has come, or
    nobody was counted yet by those who have reported: no share of it says how many the others will bring.

    What has been counted cannot go away by being completed: no end lies below ``value``.
    """
    tells = (share > 0) & ((value > 0) | (share >= 1))
    grown = np.where(tells, value / np.where(tells, share, 1.0), np.nan)
    ends = (grown / known.middle, grown / known.high, grown / known.low)
    middle, low, high = (np.maximum(end, value) for end in ends)
    return middle, low, high
