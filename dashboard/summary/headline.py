"""Computes the headline figures of an area: last period, change, normal range, verdict; pages only show them."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

import pandas as pd

from dashboard.locale import month, short_day, text, value
from dashboard.summary import completeness, reference
from dashboard.summary.comparison import (
    NORMAL_RANGE_SIGMAS,
    Comparison,
    against_range,
    change_words,
    of_change,
    of_incomplete,
    prediction_range_words,
)
from dashboard.summary.completeness import alike, is_short, only_grows, remark_of, sum_of, values_of, within
from dashboard.summary.reference import Indicator
from dashboard.summary.target import progress_words
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY

WEEK = 7  # days a daily card sums up: one working week with its week-end, whatever the day of the edition
YEAR_OF_WEEKS = 364  # days back to the same weekday a year ago
SPARK_WEEKS = 12
SHOWN_MONTHS = 24
TOO_SHORT = "insufficient"  # what a score says of a history by which nothing can be expected
COMMON_SHARE = 0.8  # the share of past months that a month's common range covers


@dataclass(frozen=True)
class Change:
    """A comparison: with what, by how much, and whether that is good."""

    against: str
    words: str
    verdict: Comparison


@dataclass(frozen=True)
class Figure:
    """A headline figure, ready to be shown."""

    indicator: Indicator
    grain: str
    amount: str
    period: str
    data_to: date
    verdict: Comparison
    range_words: str
    changes: tuple[Change, ...] = ()
    remark: str = ""
    spark: tuple[float | None, ...] = field(default=())
    normal: tuple[float, float] | None = None
    target: str = ""
    """How far the year's target has been reached; empty where there is none."""


def frequent(area: str, most: int | None = None) -> list[Figure]:
    """Figures of the daily indicators: the last seven days, or the last whole week where days are not shown.

    ``most``: only so many, the most important first.
    """
    kept = [item for item in reference.indicators().values() if item.grains & {"day", "week"} and not item.is_ratio]
    figures = (figure(item, area) for item in reference.ordered(kept))
    return list(islice((one for one in figures if one is not None), most))


def monthly(area: str, most: int | None = None) -> list[Figure]:
    """Figures of the indicators that come by the month; ``most`` as above."""
    kept = [item for item in reference.indicators().values() if not item.grains & {"day", "week"}]
    figures = (_of_months(item, area) for item in reference.ordered(kept))
    return list(islice((figure for figure in figures if figure is not None), most))


def figure(indicator: Indicator, area: str) -> Figure | None:
    """The figure of one daily or weekly indicator; None where nothing of it is shown."""
    return _of_days(indicator, area) or _of_weeks(indicator, area)


def of_indicator(item: Indicator, area: str, industry: str = TOTAL_INDUSTRY) -> Figure | None:
    """The figure of one series, of the shortest period that this viewer may see; None without any."""
    return _of_days(item, area, industry) or _of_weeks(item, area, industry) or _of_months(item, area, industry)


def series(area: str, industry: str, grain: str, since: date, indicator: str) -> pd.DataFrame:
    """Readings of one series since a day, by period; ``value`` is missing where none was published."""
    rows = data.read_indicator("series", indicator, area=area, industry=industry, grain=grain, since=since)
    return rows.assign(period=pd.to_datetime(rows["period"]))


def long_ago() -> date:
    """From when series are read: two years and a month before the edition's day."""
    return data.edition().day - timedelta(days=770)


def _of_days(indicator: Indicator, area: str, industry: str = TOTAL_INDUSTRY) -> Figure | None:
    rows = series(area, industry, "day", long_ago(), indicator.indicator)
    counts = values_of(rows)
    if counts.empty:
        return None
    score = _window(indicator.indicator, area, industry)
    data_to = counts.index.max() if score is None else pd.Timestamp(score.data_to)
    since = data_to - pd.Timedelta(days=WEEK - 1) if score is None else pd.Timestamp(score.window_from)
    last = since + pd.Timedelta(days=WEEK - 1)  # a window may end after the data of whoever is late
    now = sum_of(counts, since, data_to)
    if now is None:
        return None
    lo, hi = _normal(score)
    recent = rows[(rows["period"] >= since) & (rows["period"] <= data_to)]
    whole, remark = alike(indicator, area, industry, rows, recent, long_ago())
    compared = _compared(indicator, whole, since, data_to)
    if remark and compared:
        remark = text("{remark}; compared alike", remark=remark)
    remark = _joined(remark or _lacking(score, last), prediction_range_words(indicator, area, industry, "day", recent))
    verdict = against_range(now, lo, hi, indicator.unit, indicator.worse)
    if remark:
        verdict = of_incomplete(verdict, indicator.worse, only_grows=only_grows(indicator, counts))
    if score is not None:
        verdict, remark = _as_known(score.state, verdict, remark)
    spark = [
        sum_of(counts, since - pd.Timedelta(days=WEEK * k), data_to - pd.Timedelta(days=WEEK * k))
        for k in range(SPARK_WEEKS)
    ]
    return Figure(
        indicator,
        "day",
        value(now, indicator.unit),
        text("7 days, {first} to {last}", first=short_day(since.date()), last=short_day(last.date())),
        data_to.date(),
        verdict,
        _range(lo, hi, indicator, text("normal range")),
        compared,
        remark,
        tuple(reversed(spark)),
        None if lo is None or hi is None else (lo, hi),
    )


def _compared(
    indicator: Indicator, whole: "pd.Series[float]", since: pd.Timestamp, data_to: pd.Timestamp
) -> tuple[Change, ...]:
    """Days told in full beside as many before and a year ago."""
    changes = []
    for against, back in ((text("on the 7 days before"), WEEK), (text("on a year ago"), YEAR_OF_WEEKS)):
        step = pd.Timedelta(days=back)
        same, then = within(whole, since, data_to), within(whole, since - step, data_to - step)
        if len(same) == len(then) > 0:  # a day that nobody told is none that brought nobody
            changes.append(_change(indicator, against, float(same.sum()), float(then.sum())))
    return tuple(changes)


def _of_weeks(indicator: Indicator, area: str, industry: str = TOTAL_INDUSTRY) -> Figure | None:
    rows = series(area, industry, "week", long_ago(), indicator.indicator)
    is_weekly = completeness.grain_of(indicator.feed) == "week"  # then a week is whole as soon as it is there
    whole = rows if is_weekly else rows[rows["period"] + pd.Timedelta(days=WEEK) <= pd.Timestamp(data.edition().day)]
    shown = whole if not whole.empty else rows
    if shown.empty:
        return None
    last = shown.iloc[-1]
    end = last.period + pd.Timedelta(days=WEEK - 1)
    shape = _Periods(
        "week",
        shown,
        text("week of {first} to {last}", first=short_day(last.period.date()), last=short_day(end.date())),
        end.date(),
        _expected_week(indicator.indicator, area, industry, last.period) or (None, None),
        text("normal range"),
        (
            (text("on the week before"), pd.Timedelta(days=WEEK)),
            (text("on a year ago"), pd.Timedelta(days=YEAR_OF_WEEKS)),
        ),
        SPARK_WEEKS,
    )
    return _of_periods(indicator, area, industry, shape)


def _of_months(indicator: Indicator, area: str, industry: str = TOTAL_INDUSTRY) -> Figure | None:
    rows = series(area, industry, "month", long_ago(), indicator.indicator)
    known = rows[rows["value"].notna() | rows["is_suppressed"].fillna(False)]
    if known.empty:
        return None
    ended = pd.Timestamp(data.edition().day).to_period("M").to_timestamp() - pd.DateOffset(months=1)
    whole = known[known["period"] <= ended]  # a month that still runs says little
    known = known if whole.empty else whole
    if known.iloc[-1].period < ended and completeness.grain_of(indicator.feed) is None:
        return Figure(
            indicator,
            "month",
            text("none"),
            month(ended.date()),
            (ended + pd.offsets.MonthEnd(0)).date(),
            Comparison(text("nothing reported"), "normal"),
            "",
        )
    past = known["value"].iloc[-1 - SHOWN_MONTHS : -1].dropna()
    common: tuple[float, float] | tuple[None, None] = (None, None)
    if len(past) >= 6:
        common = float(past.quantile((1 - COMMON_SHARE) / 2)), float(past.quantile((1 + COMMON_SHARE) / 2))
    last = known.iloc[-1].period
    steps = [(text("on the month before"), pd.DateOffset(months=1))]
    if last.month > 2:  # January and February swap the Spring Festival between years
        steps.append((text("on a year ago"), pd.DateOffset(years=1)))
    shape = _Periods(
        "month",
        known,
        month(last.date()),
        (last + pd.offsets.MonthEnd(0)).date(),
        common,
        text("usual in {months} months", months=len(past)),
        tuple(steps),
        13,
    )
    found = _of_periods(indicator, area, industry, shape)
    return replace(found, target=progress_words(indicator, area, last.date())) if industry == TOTAL_INDUSTRY else found


@dataclass(frozen=True)
class _Periods:
    """Weeks or months of a series, of which the last is shown, and with which it is compared."""

    grain: str
    rows: pd.DataFrame
    period: str
    """The last one, in words."""
    data_to: date
    limits: tuple[float, float] | tuple[None, None]
    range_title: str
    steps: tuple[tuple[str, object], ...]
    """How far back what it is compared with lies, each with its words."""
    spark: int


def _of_periods(indicator: Indicator, area: str, industry: str, shape: _Periods) -> Figure:
    """The figure of the last week or month."""
    grain, rows, period, data_to = shape.grain, shape.rows, shape.period, shape.data_to
    last = rows.iloc[-1]
    values = rows.set_index("period")["value"]
    lo, hi = shape.limits
    if pd.isna(last.value):
        return Figure(
            indicator,
            grain,
            shown(last.value, bool(last.is_suppressed), indicator),
            period,
            data_to,
            Comparison(text("withheld"), "unknown"),
            "",
            remark=remark_of(rows.tail(1)),
        )
    changes = []
    whole = values_of(rows[~is_short(rows)])
    for against, step in shape.steps:
        then = whole.get(last.period - step)
        if last.period in whole.index and then is not None:
            changes.append(_change(indicator, against, float(last.value), float(then)))
    verdict = against_range(float(last.value), lo, hi, indicator.unit, indicator.worse)
    if last.period not in whole.index:
        verdict = of_incomplete(verdict, indicator.worse, only_grows=only_grows(indicator, values))
    verdict, remark = _as_known(
        _state(indicator.indicator, area, industry, grain, last.period),
        verdict,
        _joined(remark_of(rows.tail(1)), prediction_range_words(indicator, area, industry, grain, rows.tail(1))),
    )
    return Figure(
        indicator,
        grain,
        value(float(last.value), indicator.unit),
        period,
        data_to,
        verdict,
        _range(lo, hi, indicator, shape.range_title),
        tuple(changes),
        remark,
        tuple(None if pd.isna(one) else float(one) for one in values.tail(shape.spark)),
        None if lo is None or hi is None else (lo, hi),
    )


def shown(number: float | None, is_suppressed: bool, indicator: Indicator) -> str:
    """A published value in words: the number, the code and word of a withheld one, or "not reported"."""
    if is_suppressed:
        return text("C withheld")
    if number is None or pd.isna(number):
        return text("not reported")
    return value(float(number), indicator.unit)


def _window(indicator: str, area: str, industry: str) -> "pd.Series[float] | None":
    """The score of the last seven days, for those who may read scores."""
    if not data.may_read_scores(area):
        return None
    rows = data.read_indicator("score_of_area", indicator, area=area, industry=industry)
    rows = rows[(rows["grain"] == "day") & (rows["window_periods"] == WEEK)]
    return None if rows.empty else rows.iloc[0]


def _normal(score: "pd.Series[float] | None") -> tuple[float, float] | tuple[None, None]:
    """The normal range of a window; none of it without a score or with too short a history."""
    if score is None or pd.isna(score.expected) or score.state == TOO_SHORT:
        return None, None
    spread = NORMAL_RANGE_SIGMAS * score.variance**0.5
    lo, hi = score.expected - spread, score.expected + spread
    return max(0.0, lo) if score.expected >= 0 else lo, hi


def _state(indicator: str, area: str, industry: str, grain: str, period: pd.Timestamp) -> str:
    """How well the history of a series is known by which a week or month is judged; empty where nobody says."""
    if not data.may_read_scores(area):
        return ""
    rows = data.read_indicator("score_of_area", indicator, area=area, industry=industry)
    rows = rows[(rows["grain"] == grain) & (pd.to_datetime(rows["data_to"]) == period)]
    return "" if rows.empty else str(rows.iloc[0].state)


def _as_known(state: str, verdict: Comparison, remark: str) -> tuple[Comparison, str]:
    """A verdict and remark as far as the history of the series allows them."""
    if state == TOO_SHORT:
        return Comparison(text("history too short"), "unknown"), remark
    if state == "provisional":
        return verdict, _joined(remark, text("provisional: its own history is too short yet"))
    return verdict, remark


def _lacking(score: "pd.Series[float] | None", last: pd.Timestamp) -> str:
    """What a window up to ``last`` lacks of a unit, of which a day that has not come is no reading at all."""
    if score is None:
        return ""
    data_to = pd.Timestamp(score.data_to)
    if data_to < last:
        return text("data to {day}", day=short_day(data_to.date()))
    return text("provisional") if pd.notna(score.is_provisional) and score.is_provisional else ""


def _expected_week(indicator: str, area: str, industry: str, period: pd.Timestamp) -> tuple[float, float] | None:
    if not data.may_read_scores(area):
        return None
    rows = data.read_indicator("expectation", indicator, area=area, industry=industry, grain="week", since=long_ago())
    rows = rows[pd.to_datetime(rows["period"]) == period]
    return None if rows.empty else (float(rows.iloc[0].lo95), float(rows.iloc[0].hi95))


def _change(indicator: Indicator, against: str, now: float, then: float) -> Change:
    words = change_words(now, then, indicator.unit, is_ratio=indicator.is_ratio)
    return Change(against, words, of_change(words, now - then, indicator.worse))


def _range(lo: float | None, hi: float | None, indicator: Indicator, title: str) -> str:
    if lo is None or hi is None:
        return ""
    return text("{title} {lo} to {hi}", title=title, lo=value(lo, indicator.unit), hi=value(hi, indicator.unit))


def _joined(*remarks: str) -> str:
    return text("; ").join(remark for remark in remarks if remark)
