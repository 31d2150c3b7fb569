"""The days of the synthetic city: workdays, Spring Festival, days as text; and the random streams drawn by name."""

import zlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.core.region.load import Region

_BEFORE = 400  # days that may be named before the first data day (effective days, hiring of earlier months)
_AFTER = 120  # days that may be named after the last data day (planned layoffs, vacancies valid until)
BEYOND = 45  # days drawn past the last data day, so that an event near the end is cut off and not squeezed
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Timeline:
    """Day 0 is the first data day; arrays have ``days + BEYOND`` entries, of which the first ``days`` are data days."""

    first: date
    days: int
    is_workday: Bools
    festival_offset: Floats
    weekday: Ints
    month: Ints  # 12 * year + month - 1
    next_workday: Ints  # the first workday on or after the day; len(self) where there is none
    compact: NDArray[np.bytes_]  # 'YYYYMMDD' of day -_BEFORE …
    dashed: NDArray[np.bytes_]  # 'YYYY-MM-DD'

    def __len__(self) -> int:
        return len(self.is_workday)

    @property
    def workdays(self) -> Ints:
        """Data days that are workdays, ascending."""
        return np.flatnonzero(self.is_workday[: self.days])

    @property
    def horizon(self) -> int:
        """The last day on which a file may be received: the day after the last data day."""
        return self.days

    def date_of(self, day: int) -> date:
        """The calendar date of a day index."""
        return self.first + timedelta(days=int(day))

    def text_row(self, day: Ints) -> Ints:
        """Rows of ``compact`` and ``dashed`` for day indices."""
        return day + _BEFORE

    def following_workday(self, day: Ints) -> Ints:
        """The first workday on or after each day; ``len(self)`` where it lies beyond the drawn days."""
        inside = np.clip(day, 0, len(self) - 1)
        return np.where(day >= len(self), len(self), self.next_workday[inside])


def build_timeline(region: Region, days: int, last_day: date) -> Timeline:
    """The ``days`` calendar days that end on ``last_day``, with the region's holidays and make-up workdays."""
    first = last_day - timedelta(days=days - 1)
    frame = region.calendar_frame(first, last_day + timedelta(days=BEYOND))
    is_workday = frame["is_workday"].to_numpy(dtype=bool)
    count = len(is_workday)
    every = np.arange(np.datetime64(first) - _BEFORE, np.datetime64(first) + count + _AFTER)
    dashed = np.datetime_as_string(every, unit="D").astype("S10")
    axis = every[_BEFORE : _BEFORE + count]
    next_workday = np.full(count, count, dtype=np.int64)
    following = count
    for day in range(count - 1, -1, -1):
        following = day if is_workday[day] else following
        next_workday[day] = following
    return Timeline(
        first=first,
        days=days,
        is_workday=is_workday,
        festival_offset=frame["festival_offset"].to_numpy(dtype=float, na_value=np.nan),
        weekday=(axis.astype("int64") + 3) % 7,
        month=axis.astype("datetime64[M]").astype("int64") + 12 * 1970,
        next_workday=next_workday,
        compact=np.char.replace(dashed, b"-", b"").astype("S8"),
        dashed=dashed,
    )


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose of one city: same seed and purpose, same numbers."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
