"""What the calendar says about a period, as columns for the factor: no country and no holiday is known here."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import STEP_MONTHS, Flags, Floats, Grain, Integers, Panel, period_numbers, periods_from

COLUMNS = ("date", "is_workday", "is_holiday", "is_makeup", "holiday_name", "festival_offset")
LONG_CLOSURE = 3  # days shut before a backlog shows
FESTIVAL_BUMPS = (10, 20, 30, 40, 52)  # days after the festival; width 7 (method.md, step 1)
DAY_HARMONICS, WEEK_HARMONICS = 2, 3
MONTH_PENALTY = 200.0  # short histories: the season is the pool's, not each series' own
MONTH_FESTIVAL = 20.0  # times the penalty of days: a festival falls into two or three months and comes once a year
WORKDAY_SHARE = 0.68  # of all days; only a scale
HOLIDAY_LAGS = (0, 1, 2)  # weeks: a report may speak of the week before


@dataclass(frozen=True)
class Days:
    """The calendar frame as arrays, cut to start with the panel's first day; m consecutive days."""

    first: np.datetime64
    is_workday: Flags
    is_holiday: Flags
    is_makeup: Flags
    holiday_name: tuple[str, ...]
    festival_offset: Floats

    def __len__(self) -> int:
        return len(self.is_workday)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Every day of it."""
        return pd.date_range(self.first, periods=len(self))

    def agrees(self, other: "Days") -> bool:
        """Whether both say the same of every day they share, start on the same day and know the same holidays.

        A holiday that only one of them reaches gives its features a column that those of the other lack.
        """
        m = min(len(self), len(other))
        return bool(
            self.first == other.first
            and np.array_equal(self.is_workday[:m], other.is_workday[:m])
            and np.array_equal(self.is_holiday[:m], other.is_holiday[:m])
            and np.array_equal(self.is_makeup[:m], other.is_makeup[:m])
            and self.holiday_name[:m] == other.holiday_name[:m]
            and set(self.holiday_name) == set(other.holiday_name)
            and np.array_equal(self.festival_offset[:m], other.festival_offset[:m], equal_nan=True)
        )


@dataclass(frozen=True)
class Features:
    """One row a period from the panel's first on, into the future; `part` says what each column speaks of.

    matrix: (rows, p). penalty: (p,) prior precision. part: (p,) "office", "before festival", "after festival",
    "season" or "holiday". is_workday: (rows,) for days; all true for weeks.
    """

    matrix: Floats
    penalty: Floats
    part: tuple[str, ...]
    is_workday: Flags

    def columns(self, *parts: str) -> Integers:
        """Numbers of the columns of these parts."""
        return np.flatnonzero(np.isin(np.array(self.part), parts)).astype(np.int64)


def days(calendar: pd.DataFrame, panel: Panel) -> Days:
    """Check the calendar frame and cut it to the panel's first day.

    Raises ValueError when a column is missing, days are not consecutive or the panel's periods are not covered.
    """
    missing = [name for name in COLUMNS if name not in calendar.columns]
    if missing:
        raise ValueError(f"the calendar lacks the columns {missing}")
    dates = pd.DatetimeIndex(calendar["date"]).to_numpy().astype("datetime64[D]")
    first = panel.periods[0].to_datetime64().astype("datetime64[D]")
    last = periods_from(panel.periods[-1], 2, panel.grain)[1].to_datetime64().astype("datetime64[D]") - 1
    if np.any(np.diff(dates).astype(np.int64) != 1):
        raise ValueError("the calendar's days must be consecutive")
    if dates[0] > first or dates[-1] < last:
        raise ValueError(f"the calendar covers {dates[0]} to {dates[-1]}, the panel needs {first} to {last} and more")
    cut = calendar.iloc[int((first - dates[0]).astype(np.int64)) :]
    names = cut["holiday_name"]
    return Days(
        first,
        cut["is_workday"].to_numpy(dtype=bool),
        cut["is_holiday"].to_numpy(dtype=bool),
        cut["is_makeup"].to_numpy(dtype=bool),
        tuple(names.where(names.notna(), "").astype(str)),
        cut["festival_offset"].to_numpy(dtype=np.float64),
    )


def features(facts: Days, panel: Panel) -> Features:
    """Columns of the panel's grain."""
    if panel.grain == "day":
        return day_features(facts)
    return week_features(facts) if panel.grain == "week" else month_features(facts, panel.grain)


def day_features(facts: Days) -> Features:
    """Weekday, closures and their backlog, place in the month, days around the festival, season."""
    weekday = facts.dates.day_of_week.to_numpy()
    since_start, until_end = workdays_of_month(facts)
    first_day, second_day = backlog(facts.is_workday)
    columns: list[tuple[Floats | Flags, float, str]] = [(weekday == number, 0.1, "office") for number in range(1, 7)]
    columns += [
        (facts.is_holiday, 0.01, "office"),
        (facts.is_makeup, 0.1, "office"),
        ((since_start >= 1) & (since_start <= 3), 1.0, "office"),
        ((since_start >= 4) & (since_start <= 7), 1.0, "office"),
        (since_start == 0, 1.0, "office"),
        ((until_end >= 1) & (until_end <= 3), 1.0, "office"),
        (first_day, 1.0, "office"),
        (second_day, 1.0, "office"),
    ]
    columns += festival(facts.festival_offset)
    columns += season(facts.dates, DAY_HARMONICS, 10.0)
    return stack(columns, facts.is_workday)


def week_features(facts: Days) -> Features:
    """Week of the year (interpolated), season, weeks with a holiday and the weeks after, weeks around the festival."""
    weeks = len(facts) // 7
    starts = facts.dates[: 7 * weeks : 7]
    columns = season(starts, WEEK_HARMONICS, 4.0) + week_of_year(starts)
    names = np.array(facts.holiday_name[: 7 * weeks]).reshape(weeks, 7)
    for name in sorted(set(names.ravel()) - {""}):
        has = (names == name).any(axis=1).astype(np.float64)
        for lag in HOLIDAY_LAGS:
            columns.append((np.concatenate([np.zeros(lag), has])[:weeks], 20.0, "holiday"))
    for column, penalty, part in festival(facts.festival_offset[: 7 * weeks]):
        columns.append((np.asarray(column, dtype=np.float64).reshape(weeks, 7).mean(axis=1), penalty, part))
    return stack(columns, np.ones(weeks, dtype=bool))


def month_features(facts: Days, grain: Grain) -> Features:
    """Month of the year (or quarter), how many workdays it has, how much of the festival's weeks falls into it."""
    number = period_numbers(facts.dates, grain)
    number -= number[0]
    last_whole = int(number[-1]) + (facts.dates[-1].is_month_end and grain == "month")
    inside = number < last_whole
    days_in = np.bincount(number[inside])

    def mean_of(daily: Floats | Flags) -> Floats:
        return np.bincount(number[inside], np.asarray(daily, dtype=np.float64)[inside]) / days_in

    starts = periods_from(facts.dates[0], last_whole, grain)
    place = (starts.month.to_numpy() - 1) // STEP_MONTHS[grain]
    columns: list[tuple[Floats | Flags, float, str]] = [
        (place == each, MONTH_PENALTY, "season") for each in range(12 // STEP_MONTHS[grain])
    ]
    columns.append((np.log(np.maximum(mean_of(facts.is_workday), 0.1) / WORKDAY_SHARE), 1.0, "office"))
    around = festival(facts.festival_offset)
    columns += [(mean_of(column), MONTH_FESTIVAL * penalty, part) for column, penalty, part in around]
    return stack(columns, np.ones(last_whole, dtype=bool))


def stack(columns: Iterable[tuple[Floats | Flags, float, str]], is_workday: Flags) -> Features:
    """Columns, their penalties and parts as one object."""
    kept = list(columns)
    matrix = np.column_stack([np.asarray(column, dtype=np.float64) for column, _, _ in kept])
    return Features(matrix, np.array([p for _, p, _ in kept]), tuple(part for _, _, part in kept), is_workday)


def season(dates: pd.DatetimeIndex, harmonics: int, penalty: float) -> list[tuple[Floats | Flags, float, str]]:
    """Yearly harmonics; higher ones are shrunk more."""
    angle = 2 * np.pi * dates.day_of_year.to_numpy() / 365.25
    waves: list[tuple[Floats | Flags, float, str]] = []
    for j in range(1, harmonics + 1):
        waves += [(np.cos(j * angle), penalty * j, "season"), (np.sin(j * angle), penalty * j, "season")]
    return waves


def week_of_year(starts: pd.DatetimeIndex) -> list[tuple[Floats | Flags, float, str]]:
    """53 effects; a week that starts between two of them takes a share of both."""
    place = (starts.day_of_year.to_numpy() - 1) / 7.0
    whole = np.floor(place).astype(np.int64)
    share = place - whole
    return [
        ((whole % 53 == j) * (1 - share) + ((whole + 1) % 53 == j) * share, 40.0, "week of year") for j in range(53)
    ]


def festival(offset: Floats) -> list[tuple[Floats | Flags, float, str]]:
    """A ramp down before the moving festival, bumps of returning people after it; all zero where there is none."""
    days_off = np.nan_to_num(offset, nan=-1e6)
    ramp = np.where((days_off >= -18) & (days_off < -1), (days_off + 18) / 16, 0.0)
    after = (days_off >= 5) & (days_off < 65)
    bumps: list[tuple[Floats | Flags, float, str]] = [
        (np.where(after, np.exp(-0.5 * ((days_off - centre) / 7.0) ** 2), 0.0), 4.0, "after festival")
        for centre in FESTIVAL_BUMPS
    ]
    return [(ramp, 1.0, "before festival"), *bumps]


def workdays_of_month(facts: Days) -> tuple[Integers, Integers]:
    """(m,) how many workdays the month has had up to and with this day, and how many are left from it on.

    0 left means the month's last workday is over (or this day is none and none follows).
    """
    dates = facts.dates
    month = dates.year.to_numpy() * 12 + dates.month.to_numpy()
    total = np.cumsum(facts.is_workday)
    start = np.flatnonzero(np.diff(month, prepend=month[0] - 1))
    before = np.repeat(np.concatenate([[0], total[start[1:] - 1]]), np.diff(np.append(start, len(month))))
    through = np.repeat(np.append(total[start[1:] - 1], total[-1]), np.diff(np.append(start, len(month))))
    since = (total - before).astype(np.int64)
    return since, (through - total + facts.is_workday).astype(np.int64)


def backlog(is_workday: Flags) -> tuple[Floats, Floats]:
    """(m,) the first day open after a long closure, sized by its length (7 days at most); and the day after that."""
    place = np.arange(len(is_workday))
    last_open = np.maximum.accumulate(np.where(is_workday, place, -1))
    closed = place - np.concatenate([[-1], last_open[:-1]]) - 1
    reopened = is_workday & (closed >= LONG_CLOSURE)
    second = np.concatenate([[False], reopened[:-1]]).astype(np.float64)
    return np.where(reopened, np.minimum(closed, 7) / 3.5, 0.0), second
