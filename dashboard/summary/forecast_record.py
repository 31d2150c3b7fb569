"""What was forecast for an area and what came: coverage, error beside the seasonal baseline, what is expected next."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from dashboard.locale import month, short_day, text
from dashboard.summary import headline, reference
from dashboard.summary.course import Course, course
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY

LOOK_BACK = timedelta(days=400)
FEWEST = 10  # forecasts: a share of fewer says nothing
_KEY = ["indicator", "grain", "horizon", "period"]
_AHEAD = {"week": "{number} weeks ahead", "month": "{number} months ahead", "quarter": "{number} quarters ahead"}


@dataclass(frozen=True)
class Score:
    """How good an indicator's forecasts of one reach were: shares within the intervals, mean errors in its unit."""

    indicator: str
    grain: str
    horizon: int
    forecasts: int
    within_80: float
    within_95: float
    error: float
    baseline: float
    compared: int

    @property
    def horizon_words(self) -> str:
        """How far ahead, in words."""
        return text(_AHEAD[self.grain], number=self.horizon // headline.WEEK if self._is_daily else self.horizon)

    @property
    def _is_daily(self) -> bool:
        """Of daily figures sums of seven days are forecast, and horizons are days."""
        return self.grain == "week" and "day" in reference.indicators()[self.indicator].grains


def offered(area: str) -> list[Indicator]:
    """Indicators that are forecast for an area, or will be once there is history enough, in the order of the pages;
    ratios as people, as they are forecast."""
    names = set(data.read("ahead", area=area, industry=TOTAL_INDUSTRY)["indicator"])
    names |= set(came(area)["indicator"]) | too_short(area)
    known = reference.indicators()
    return [as_forecast(one) for one in reference.ordered([known[name] for name in names if name in known])]


def too_short(area: str) -> set[str]:
    """Names of the indicators whose history in an area is too short yet to expect anything."""
    rows = data.read("score_of_area", area=area, industry=TOTAL_INDUSTRY)
    return set(rows.loc[rows["state"] == headline.TOO_SHORT, "indicator"])


def as_forecast(indicator: Indicator) -> Indicator:
    """An indicator in the unit of its forecasts: of a ratio the people, or posts, of its numerator."""
    if not indicator.is_ratio:
        return indicator
    unit = reference.counted_in(indicator)
    title = text("{title}, posts counted" if unit == "posts" else "{title}, people counted", title=indicator.title)
    return replace(indicator, title=title, unit=unit, is_ratio=False)


def came(area: str) -> pd.DataFrame:
    """Forecasts of an area's totals with what came and what the year before had brought, one a reach and period."""
    rows = data.read("forecast_came", area=area, since=data.edition().day - LOOK_BACK)
    return rows.sort_values("made_on").drop_duplicates(_KEY, keep="last").sort_values(_KEY)


def scores(rows: pd.DataFrame) -> list[Score]:
    """The scores of each indicator and reach."""
    known = rows.assign(
        in_80=(rows["came"] >= rows["lo80"]) & (rows["came"] <= rows["hi80"]),
        in_95=(rows["came"] >= rows["lo95"]) & (rows["came"] <= rows["hi95"]),
        is_compared=rows["before"].notna(),
        error=(rows["came"] - rows["expected"]).abs().where(rows["before"].notna()),
        baseline=(rows["came"] - rows["before"]).abs(),
    )
    told = known.groupby(["indicator", "grain", "horizon"], sort=False).agg(
        forecasts=("came", "size"),
        within_80=("in_80", "mean"),
        within_95=("in_95", "mean"),
        error=("error", "mean"),
        baseline=("baseline", "mean"),
        compared=("is_compared", "sum"),
    )
    return [Score(*key, *row) for key, row in zip(told.index, told.itertuples(index=False), strict=True)]


def finding(rows: pd.DataFrame) -> str:
    """The sentence above the scores: how often the intervals held, how the error compares with the baseline."""
    if len(rows) < FEWEST:
        return text("Too few forecasts are over to judge them.")
    within = [
        float(np.mean((rows["came"] >= rows[lo]) & (rows["came"] <= rows[hi])))
        for lo, hi in (("lo80", "hi80"), ("lo95", "hi95"))
    ]
    return text(
        "Of {number} forecasts that are over, {eighty} came within the 80% interval and {ninety} within the 95% one.",
        number=len(rows),
        eighty=f"{within[0]:.0%}",
        ninety=f"{within[1]:.0%}",
    )


def forecasts_ahead(area: str, indicator: str) -> pd.DataFrame:
    """What is expected of the coming periods: period, expected, limits, made_on; empty where nothing is forecast."""
    rows = data.read_indicator("ahead", indicator, area=area, industry=TOTAL_INDUSTRY)
    return rows.sort_values("period")


def drawn(indicator: Indicator, area: str) -> Course:
    """The course of a forecast indicator with what had been forecast of its periods and what is of the coming ones."""
    shown = course(reference.indicators()[indicator.indicator], area, TOTAL_INDUSTRY)
    if shown.grain != "month" or shown.readings.empty:
        return shown
    since = data.edition().day - LOOK_BACK
    rows = data.read_indicator(
        "expectation", indicator.indicator, area=area, industry=TOTAL_INDUSTRY, grain="month", since=since
    )
    expected = rows.assign(period=pd.to_datetime(rows["period"])).sort_values("period")
    readings = shown.readings.assign(value=shown.readings["numerator"])
    return Course("month", 0, readings, None if expected.empty else expected)


def period_words(grain: str, period: pd.Timestamp) -> str:
    """A forecast's period in words."""
    if grain == "month":
        return month(period.date())
    if grain == "quarter":
        last = period + pd.DateOffset(months=2)
        return text("{first} to {last}", first=month(period.date()), last=month(last.date()))
    last = period + pd.Timedelta(days=headline.WEEK - 1)
    return text("{first} to {last}", first=short_day(period.date()), last=short_day(last.date()))
