"""What an incomplete figure will probably be once everybody has reported: learnt from how past ones were completed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import Flags, Floats

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


def project_final(value: Floats, share: Floats, known: Completion) -> tuple[Floats, Floats, Floats]:
    """Likely final value with its low and high end, arrays of the length of ``value``; NaN where nothing has come, or
    nobody was counted yet by those who have reported: no share of it says how many the others will bring.

    What has been counted cannot go away by being completed: no end lies below ``value``.
    """
    tells = (share > 0) & ((value > 0) | (share >= 1))
    grown = np.where(tells, value / np.where(tells, share, 1.0), np.nan)
    ends = (grown / known.middle, grown / known.high, grown / known.low)
    middle, low, high = (np.maximum(end, value) for end in ends)
    return middle, low, high


LEAST_EXPECTED = 5.0  # people: nobody where so many are expected is no zero but no report
LUMP_RATIO = 1.5  # times what is expected of the day: less is a day like others, whatever came before
MEMORY, LEAST = 60, 5  # due days told that make the usual day, and how many there must be
MOST_WAITING = 10  # due days whose cases can wait
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
    expected = usual_days(total, due) * kind_of_day(total, due)
    known = np.isfinite(expected)
    silent = (total == 0) & due & known & (np.nan_to_num(expected) > LEAST_EXPECTED)
    told = np.isfinite(total) & ~silent
    missed = days_without_report(told & (due | (total > 0)), due)
    worth = np.where(known & told, total / np.where(known & (expected > 0), expected, np.inf), 0.0)
    days = np.where((missed > 0) & (worth >= LUMP_RATIO), np.minimum(worth, 1.0 + missed), 1.0)
    return Outage(silent, days)


def usual_days(total: Floats, due: Flags) -> Floats:
    """(A, T) mean of the last MEMORY due days told before each, without days of nobody; NaN where too few are known."""
    people = pd.DataFrame(np.where(due & (total > 0), total, np.nan).T)
    mean = people.rolling(MEMORY, min_periods=LEAST).mean().shift(1).ffill()
    return np.asarray(mean.to_numpy().T)


def kind_of_day(total: Floats, due: Flags) -> Floats:
    """(T,) what the day brings beside a usual one: the median over the areas that told it and the due day before."""
    steady = np.isfinite(total) & (total > 0) & (days_without_report(np.isfinite(total) & (total > 0), due) == 0)
    ratio = pd.DataFrame(np.where(steady, total, np.nan) / usual_days(total, due))
    kind = ratio.median().where(ratio.notna().sum() >= PEERS, 1.0)
    return np.asarray(kind.to_numpy())


def days_without_report(told: Flags, due: Flags) -> Floats:
    """(A, T) due days without report just before each day, since the area first told; at most MOST."""
    missed = np.zeros(told.shape)
    count, has_begun = np.zeros(len(told)), np.zeros(len(told), dtype=bool)
    for column in range(told.shape[1]):
        missed[:, column] = count
        now = told[:, column]
        count = np.where(now, 0.0, np.minimum(count + (has_begun & due[column]), MOST_WAITING))
        has_begun |= now
    return missed
