"""Bars of the last weeks, drawn by table cells: shown by every mail reader, made without a browser, bands only."""

from dataclasses import dataclass

import pandas as pd

from pipelines.alerts.lifecycle import BANDS, band
from pipelines.alerts.wording import band_words

WEEKS = 8
_STEPS = [words for _, words in BANDS] + ["500+"]


@dataclass(frozen=True)
class Bar:
    """One week: its days, its band in words, and how far the bar reaches (per cent of the widest; 0: no bar)."""

    when: str
    words: str
    width: int


def bars(trend: pd.DataFrame, indicator: str, area: str, unit: str) -> list[Bar]:
    """The last weeks of one series, oldest first; none where nothing was released or what is measured has no bands.

    ``trend`` has the columns of mail_trend.sql. A week in between without a row was not reported; it is no zero.
    """
    if unit not in {"persons", "posts"}:
        return []
    rows = trend[(trend["indicator"] == indicator) & (trend["area"] == area)].tail(WEEKS)
    if len(rows) < 2:
        return []
    by_week = {pd.Timestamp(row.period): row for row in rows.itertuples()}
    weeks = pd.date_range(max(min(by_week), max(by_week) - pd.Timedelta(weeks=WEEKS - 1)), max(by_week), freq="7D")
    return [_bar(week, by_week.get(week), unit) for week in weeks]


def _bar(week: pd.Timestamp, row: object, unit: str) -> Bar:
    when = f"{week:%m-%d} 起"
    if row is None:
        return Bar(when, "未报齐", 0)
    value = getattr(row, "value", None)
    if getattr(row, "is_suppressed", False) is True or value is None or pd.isna(value):
        return Bar(when, "不公开", 0)
    if value < 0:
        return Bar(when, "为负", 0)
    shown = band(float(value))
    return Bar(when, band_words(shown, unit), round(100 * (_STEPS.index(shown) + 1) / len(_STEPS)))
