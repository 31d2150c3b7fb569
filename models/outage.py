"""Days on which an area transmitted nothing: what lacks is exposure, not people, and the lump after it is no spike.

Counts are dated by the day an office took the case: cases that wait while its system is down are all taken on the day
it works again. (Shared method.md, step 4: "area total = 0 although > 5 expected: not reported, expected carried to the
next reporting day"; without it found .627 of the events instead of .648.)
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import Flags, Floats

EXPECTED = 5.0  # people: nobody where so many are expected is no zero but no report
LUMP = 1.5  # times what is expected of the day: less is a day like others, whatever came before
MEMORY, LEAST = 60, 5  # due days told that make the usual day, and how many there must be
MOST = 10  # due days whose cases can wait
PEERS = 3  # areas that tell what kind of day it is, for fewer it is a usual one


@dataclass(frozen=True)
class Outage:
    """Of A areas over T days. silent: (A, T) told nobody though EXPECTED were due: not a zero. days: (A, T) worth of
    how many days a told day holds: 1, up to one more for each silent due day just before it where it holds a lump."""

    silent: Flags
    days: Floats


def outages(total: Floats, due: Flags) -> Outage:
    """Where areas were silent and which days hold what had waited; a column rests on it and those before it alone.

    total: (A, T) people of each area and day, NaN where it has not reported. due: (T,) days on which offices work. A
    lump is what is LUMP times the usual day or more, measured by the areas that told the day before, too; it is worth
    as many days as people came, at most the silent ones and its own: what is beyond is judged as a rise. A day
    without a file counts as a silent one: until late files have come, a rise just after may be taken for what waited.
    """
    expected = usual(total, due) * kind_of_day(total, due)
    known = np.isfinite(expected)
    silent = (total == 0) & due & known & (np.nan_to_num(expected) > EXPECTED)
    told = np.isfinite(total) & ~silent
    missed = waiting(told & (due | (total > 0)), due)
    worth = np.where(known & told, total / np.where(known & (expected > 0), expected, np.inf), 0.0)
    days = np.where((missed > 0) & (worth >= LUMP), np.minimum(worth, 1.0 + missed), 1.0)
    return Outage(silent, days)


def usual(total: Floats, due: Flags) -> Floats:
    """(A, T) mean of the last MEMORY due days told before each, without days of nobody; NaN where too few are known."""
    people = pd.DataFrame(np.where(due & (total > 0), total, np.nan).T)
    mean = people.rolling(MEMORY, min_periods=LEAST).mean().shift(1).ffill()
    return np.asarray(mean.to_numpy().T)


def kind_of_day(total: Floats, due: Flags) -> Floats:
    """(T,) what the day brings beside a usual one: the median over the areas that told it and the due day before."""
    steady = np.isfinite(total) & (total > 0) & (waiting(np.isfinite(total) & (total > 0), due) == 0)
    ratio = pd.DataFrame(np.where(steady, total, np.nan) / usual(total, due))
    kind = ratio.median().where(ratio.notna().sum() >= PEERS, 1.0)
    return np.asarray(kind.to_numpy())


def waiting(told: Flags, due: Flags) -> Floats:
    """(A, T) due days without report just before each day, since the area first told; at most MOST."""
    missed = np.zeros(told.shape)
    count, has_begun = np.zeros(len(told)), np.zeros(len(told), dtype=bool)
    for column in range(told.shape[1]):
        missed[:, column] = count
        now = told[:, column]
        count = np.where(now, 0.0, np.minimum(count + (has_begun & due[column]), MOST))
        has_begun |= now
    return missed
