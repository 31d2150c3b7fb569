"""The course of one series as it is drawn: its values, what was expected of them, the lines of its rules."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from dashboard.locale import text, value
from dashboard.summary import headline
from dashboard.summary.chart_annotations import NO_ANNOTATIONS, Annotations, find_annotations
from dashboard.summary.comparison import NORMAL_RANGE_SIGMAS
from dashboard.summary.headline import WEEK
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import EVERY_COHORT

LONG = "long"
"""What ``span`` in an address says of charts that reach further back; else it is empty."""
LONGER = 3  # times as far back, where a reader asks for more
SHOWN = {"window": timedelta(days=120), "week": timedelta(days=7 * 60), "month": timedelta(days=770)}
_LEVEL_TITLES = {4: "blue line", 3: "yellow line", 2: "orange line", 1: "red line"}
_LINES = 2  # thresholds drawn: those next to the values, not a ladder
_NOTHING = pd.DataFrame(columns=["period", "value", "is_provisional", "is_suppressed"])


@dataclass(frozen=True)
class Threshold:
    """A rule's line: where, and what to call it."""

    at: float
    title: str


@dataclass(frozen=True)
class Course:
    """What a chart shows. ``grain`` is week, month, or window: sums of the last ``days`` days, by their last day.

    ``readings``: period, value, is_provisional, is_suppressed. ``expected``: period, expected, lo95, hi95 (or None).
    """

    grain: str
    days: int
    readings: pd.DataFrame
    expected: pd.DataFrame | None
    thresholds: tuple[Threshold, ...] = ()
    marks: Annotations = NO_ANNOTATIONS

    @property
    def periods(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first and the last period in view, of readings or of what is expected."""
        both = [self.readings["period"]] + ([] if self.expected is None else [self.expected["period"]])
        return min(one.min() for one in both), max(one.max() for one in both)


def since(grain: str, *, is_long: bool) -> date:
    """The first day in view of a course of this grain."""
    return data.edition().day - SHOWN[grain] * (LONGER if is_long else 1)


def course(indicator: Indicator, area: str, industry: str, days: int = WEEK, *, is_long: bool = False) -> Course:
    """The finest course this viewer may see: sums of ``days`` days as detection judges them; weeks; months.

    ``is_long``: LONGER times as far back.
    """
    if "day" in indicator.grains and data.may_read_scores(area):
        first = since("window", is_long=is_long)
        readings = _windows(indicator, area, industry, days, first)
        if not readings.empty:
            return Course("window", days, readings, _expected_of_windows(indicator, area, industry, days, first))
    for grain in ("week", "month"):
        if grain in indicator.grains:
            first = since(grain, is_long=is_long)
            readings = headline.series(area, industry, grain, first, indicator.indicator)
            if readings.empty:
                continue
            expected = _expected_of_weeks(indicator, area, industry, first) if grain == "week" else None
            if grain == "month":
                readings = _with_gaps(readings)
            return Course(grain, 0, readings, expected, tuple(_lines(indicator, readings)) if grain == "month" else ())
    return Course("month", 0, _NOTHING, None)


def marked(drawn: Course, indicator: Indicator, area: str, industry: str) -> Course:
    """The course with what happened while it ran, as far as its last period or the day of the edition."""
    if drawn.readings.empty:
        return drawn
    first, last = (one.date() for one in drawn.periods)
    until = max(last, data.edition().day)
    return replace(drawn, marks=find_annotations(indicator.indicator, area, industry, first, until))


def _windows(indicator: Indicator, area: str, industry: str, days: int, first: date) -> pd.DataFrame:
    rows = headline.series(area, industry, "day", first - timedelta(days=days), indicator.indicator).set_index("period")
    if rows.empty:
        return _NOTHING
    span = f"{days}D"
    open_days = rows["is_provisional"].fillna(False).astype(float).rolling(span).max()
    summed = pd.DataFrame({"value": rows["value"].rolling(span).sum(), "is_provisional": open_days > 0})
    summed["is_suppressed"] = False
    return summed[summed.index >= pd.Timestamp(first)].reset_index()


def _expected_of_windows(indicator: Indicator, area: str, industry: str, days: int, first: date) -> pd.DataFrame | None:
    """What the editions expected of the windows they judged; for a week, also what is expected of the coming ones."""
    judged = data.read_indicator(
        "window_expectation", indicator.indicator, area=area, industry=industry, window_periods=days, since=first
    )
    spread = NORMAL_RANGE_SIGMAS * judged["variance"] ** 0.5
    past = pd.DataFrame(
        {
            "period": pd.to_datetime(judged["data_to"]),
            "expected": judged["expected"],
            "lo95": (judged["expected"] - spread).clip(lower=0),
            "hi95": judged["expected"] + spread,
        }
    )
    if days == WEEK:
        coming = data.read_indicator("ahead", indicator.indicator, area=area, industry=industry)
        coming = coming[coming["grain"] == "week"]
        ends = pd.to_datetime(coming["period"]) + pd.Timedelta(days=WEEK - 1)
        past = pd.concat([past, coming.assign(period=ends)[["period", "expected", "lo95", "hi95"]]], ignore_index=True)
    return None if past.empty else past.drop_duplicates("period").sort_values("period")


def _expected_of_weeks(indicator: Indicator, area: str, industry: str, first: date) -> pd.DataFrame | None:
    """What was forecast for each week before it came; None for those who may not see forecasts."""
    if not data.may_read_scores(area):
        return None
    rows = data.read_indicator(
        "expectation", indicator.indicator, area=area, industry=industry, grain="week", since=first
    )
    return None if rows.empty else rows.assign(period=pd.to_datetime(rows["period"])).sort_values("period")


def _with_gaps(readings: pd.DataFrame) -> pd.DataFrame:
    """Months without a reading as rows without a value, so that a line breaks there."""
    months = pd.date_range(readings["period"].min(), readings["period"].max(), freq="MS")
    flags = ["is_provisional", "is_suppressed"]
    if len(months) == len(readings) and not readings[flags].isna().any(axis=None):
        return readings.astype(dict.fromkeys(flags, bool))
    whole = readings.set_index("period").reindex(months).rename_axis("period").reset_index()
    whole[flags] = whole[flags].astype(object).where(whole[flags].notna(), False).astype(bool)
    return whole


def _lines(indicator: Indicator, readings: pd.DataFrame) -> list[Threshold]:
    """Lines of the level rules on an indicator: the ones nearest above (or below) what is drawn."""
    rules = data.read_indicator("rule", indicator.indicator)
    if rules.empty:
        return []
    is_own = (rules["kind"] == "level") & (rules["cohort"] == EVERY_COHORT)
    rules = rules[is_own & rules["is_enabled"].fillna(False)]
    found = rules.dropna(subset=["line"]).sort_values("level", ascending=False)
    values = readings["value"].dropna()
    if found.empty or values.empty:
        return []
    far = float(values.min() if indicator.worse == "lower" else values.max())
    kept: list[Threshold] = []
    for rule in found.itertuples(index=False):
        title = text(
            "{line} {value}",
            line=text(_LEVEL_TITLES.get(int(rule.level), "line")),
            value=value(rule.line, indicator.unit),
        )
        is_passed = far <= rule.line if indicator.worse == "lower" else far >= rule.line
        kept.append(Threshold(float(rule.line), title))
        if not is_passed:
            break
    return kept[-_LINES:]
