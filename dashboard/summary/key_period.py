"""Key periods: which run on the edition's day, and how what was told in one compares with the year before, aligned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dashboard.locale.translation import worded
from dashboard.summary import headline, reference
from dashboard.summary.comparison import Comparison, change_words, of_change
from dashboard.summary.reference import Indicator, region
from dashboard.summary.villages import counterpart_week, festivals
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.key_period import key_periods_on
from pipelines.core.sql import read_header

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class KeyPeriod:
    """One spell of a key period of the region: its code, title, days, stricter rules and feeds wanted more often."""

    code: str
    title: str
    first: date
    last: date
    rules: tuple[str, ...]
    feeds: tuple[str, ...]
    basis: str


@dataclass(frozen=True)
class Compared:
    """An indicator in a key period and in the same weeks, or months, of the year before.

    ``now`` and ``before``: the sum of a count over the periods told in both years, else the last one's value.
    """

    indicator: Indicator
    grain: str
    periods: int
    now: float
    before: float
    words: str
    verdict: Comparison
    rows: tuple[tuple[date, float, float], ...]


def running() -> list[KeyPeriod]:
    """The key periods in which the edition's day lies."""
    return [_spell(row) for row in key_periods_on(region().key_period, data.edition().day).itertuples(index=False)]


def choices() -> list[KeyPeriod]:
    """Of each key period the spell that runs, else the last one that began before the edition's day; newest first."""
    table = region().key_period
    begun = table[table["from_on"] <= pd.Timestamp(data.edition().day)].sort_values("from_on")
    last = begun.drop_duplicates("key_period", keep="last")
    return [_spell(row) for row in last[::-1].itertuples(index=False)]


def _spell(row: object) -> KeyPeriod:
    def listed(text: object) -> tuple[str, ...]:
        return tuple(text.split(";")) if isinstance(text, str) else ()

    return KeyPeriod(
        row.key_period,  # type: ignore[attr-defined]
        worded(row.title),  # type: ignore[attr-defined]
        row.from_on.date(),  # type: ignore[attr-defined]
        row.to_on.date(),  # type: ignore[attr-defined]
        listed(row.rules),  # type: ignore[attr-defined]
        listed(row.feeds),  # type: ignore[attr-defined]
        worded(row.basis),  # type: ignore[attr-defined]
    )


def compare(period: KeyPeriod, area: str) -> list[Compared]:
    """Every indicator that was told of the area in the period and the year before, in the order of the pages."""
    known = reference.ordered(list(reference.indicators().values()))
    found = (_compare(indicator, period, area) for indicator in known)
    return [one for one in found if one is not None]


def _compare(indicator: Indicator, period: KeyPeriod, area: str) -> Compared | None:
    """By weeks where there are any: those that lie in the period and are over, each with its counterpart."""
    for grain in ("week", "month"):
        rows = headline.series(area, TOTAL_INDUSTRY, grain, period.first - timedelta(days=430), indicator.indicator)
        values = rows.dropna(subset=["value"]).set_index("period")["value"]
        pairs = _pairs(values, period, grain)
        if pairs:
            return _compared(indicator, grain, pairs)
    return None


def _pairs(values: "pd.Series[float]", period: KeyPeriod, grain: str) -> list[tuple[date, float, float]]:
    known = festivals()
    told: dict[date, float] = {pd.Timestamp(str(day)).date(): float(value) for day, value in values.items()}
    until = min(period.last, data.edition().day)
    pairs = []
    for first in sorted(told):
        end = first + WEEK if grain == "week" else (pd.Timestamp(first) + pd.offsets.MonthBegin(1)).date()
        before = counterpart_week(first, known) if grain == "week" else first.replace(year=first.year - 1)
        if period.first <= first and end - timedelta(days=1) <= until and before in told:
            pairs.append((first, told[first], told[before]))
    return pairs


def is_summed(indicator: Indicator) -> bool:
    """Whether periods of an indicator add up: a count of what happened in each."""
    return read_header(indicator.indicator).get("kind") == "count"


def _compared(indicator: Indicator, grain: str, pairs: Sequence[tuple[date, float, float]]) -> Compared:
    now, before = pairs[-1][1:]
    if is_summed(indicator):
        now, before = sum(this for _, this, _ in pairs), sum(that for _, _, that in pairs)
    words = change_words(now, before, indicator.unit, is_ratio=indicator.is_ratio)
    verdict = of_change(words, now - before, indicator.worse)
    return Compared(indicator, grain, len(pairs), now, before, words, verdict, tuple(pairs))
