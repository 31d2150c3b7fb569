"""Bars of the last weeks or months, of table cells: shown by every mail reader, made without a browser, bands only."""

from dataclasses import dataclass

import pandas as pd

from pipelines.judging.lifecycle import BANDS, band
from pipelines.notifying.wording import band_words

PERIODS = 8
_STEPS = [words for _, words in BANDS] + ["500+"]


@dataclass(frozen=True)
class Bar:
    """A week or month: when it was, its band in words, how far the bar reaches (per cent of the widest; 0: no bar)."""

    when: str
    words: str
    width: int
    is_weekly: bool = True


def bars(trend: pd.DataFrame, indicator: str, area: str, unit: str) -> list[Bar]:
    """The last weeks of one series, oldest first, or its months where no week is told (of most counts, below the city).

    None where nothing was released or what is measured has no bands. ``trend`` has the columns of mail_trend.sql. A
    period in between without a row was not reported; it is no zero.
    """
    if unit not in {"persons", "posts"}:
        return []
    told = trend[(trend["indicator"] == indicator) & (trend["area"] == area)]
    weeks = told[told["grain"] == "week"]
    is_weekly = not weeks["is_suppressed"].astype(bool).all()
    rows = (weeks if is_weekly else told[told["grain"] == "month"]).sort_values("period").tail(PERIODS)
    if len(rows) < 2:
        return []
    by_period = {pd.Timestamp(row.period): row for row in rows.itertuples()}
    periods = pd.date_range(end=max(by_period), periods=PERIODS, freq="7D" if is_weekly else "MS")
    return [_bar(one, by_period.get(one), unit, is_weekly) for one in periods if one >= min(by_period)]


def _bar(period: pd.Timestamp, row: object, unit: str, is_weekly: bool) -> Bar:
    when = f"{period:%m-%d} 起" if is_weekly else f"{period:%Y-%m}"
    if row is None:
        return Bar(when, "未报齐", 0, is_weekly)
    value = getattr(row, "value", None)
    if getattr(row, "is_suppressed", False) is True or value is None or pd.isna(value):
        return Bar(when, "不公开", 0, is_weekly)
    if value < 0:
        return Bar(when, "为负", 0, is_weekly)
    shown = band(float(value))
    width = round(100 * (_STEPS.index(shown) + 1) / len(_STEPS))
    return Bar(when, band_words(shown, unit), width, is_weekly)
