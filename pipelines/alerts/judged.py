"""Up to when the series of open warnings were judged, and how many new periods that adds."""

from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd

from pipelines.alerts.lifecycle import EarlyWarning, Key

Reported = Callable[[str, str, str, date], tuple[date, int] | None]
"""Indicator, area, industry and a day: last period that reported, and how many did after that day; None: not scored."""


def judged_to(
    current: Iterable[EarlyWarning], readings: pd.DataFrame, day: date, reported_since: Reported
) -> dict[Key, tuple[date, int]]:
    """For the warnings whose data were judged: their last period and the number of new ones; the others are absent.

    ``readings``: those judged by this edition; rules on reports and deadlines are judged every day.
    """
    judged: dict[Key, tuple[date, int]] = {}
    for warning in current:
        if warning.kind == "spike":
            answer = reported_since(warning.indicator, warning.area, warning.industry, warning.judged_to)
        elif warning.kind in {"level", "change"}:
            answer = _of_readings(warning, readings)
        else:
            answer = (day, (day - warning.judged_to).days)
        if answer is not None:
            judged[warning.key] = answer
    return judged


def _of_readings(warning: EarlyWarning, readings: pd.DataFrame) -> tuple[date, int] | None:
    if readings.empty:
        return None
    own = readings[
        (readings["indicator"] == warning.indicator)
        & (readings["area"] == warning.area)
        & (readings["industry"] == warning.industry)
        & (readings["period"] > pd.Timestamp(warning.judged_to))
    ]
    return None if own.empty else (own["period"].max().date(), len(own))
