"""Up to when the series of open warnings were judged, and how many new periods that adds."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd

from models import completeness
from models.panel import period_numbers
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging.exceedance import KIND
from pipelines.judging.lifecycle import EarlyWarning, Key

USUAL_BEFORE = timedelta(weeks=completeness.MEMORY // 5)  # so many days hold the workdays that make the usual one


def judged_to(
    con: duckdb.DuckDBPyConnection,
    current: Sequence[EarlyWarning],
    score: pd.DataFrame,
    readings: pd.DataFrame,
    spans: pd.DataFrame,
    region: Region,
    day: date,
    cutoff_at: datetime,
) -> dict[Key, tuple[date, int]]:
    """For the warnings whose data were judged: their last period and the number of new ones; the others are absent.

    ``score``, ``readings``, ``spans``: those judged by this edition; rules on layoff reports and deadlines are judged
    every day, those on data that lack once some have come: on a day off nothing is due, and nothing has come.
    """
    judged = _of_scores(con, [one for one in current if one.kind == "spike"], score, region, cutoff_at)
    judged |= _of_reports(con, [one for one in current if one.kind == "data_fault"], day, cutoff_at)
    for warning in current:
        if warning.kind in {"level", "change"}:
            answer = _of_readings(warning, readings)
        elif warning.kind == KIND:
            answer = _of_spans(warning, spans)
        elif warning.kind not in {"spike", "data_fault"}:
            answer = (day, (day - warning.judged_to).days)
        else:
            continue
        if answer is not None:
            judged[warning.key] = answer
    return judged


def evidence_of(warnings: Sequence[EarlyWarning]) -> pd.DataFrame:
    """Series and window of what spike warnings rest on, with the number of each in its list, for SQL to join.

    ``usual_from``: from when on one sees what was usual before the evidence, of counts by day.
    """
    rows = [
        (
            number,
            one.indicator,
            str(catalogue()[one.indicator].grains[0]),
            one.area,
            one.industry,
            one.window_from,
            one.data_to,
            one.judged_to,
        )
        for number, one in enumerate(warnings)
    ]
    names = ["number", "indicator", "grain", "area", "industry", "window_from", "data_to", "judged_to"]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("window_from", "data_to", "judged_to")})
    is_daily = frame["grain"] == Grain.DAY
    return frame.assign(usual_from=frame["window_from"].mask(is_daily, frame["window_from"] - USUAL_BEFORE))


def _of_scores(
    con: duckdb.DuckDBPyConnection,
    spikes: Sequence[EarlyWarning],
    score: pd.DataFrame,
    region: Region,
    cutoff_at: datetime,
) -> dict[Key, tuple[date, int]]:
    """A period is quiet when the areas that told the evidence have told it and its series' score has come to it."""
    if not spikes or score.empty:
        return {}
    until = score.groupby(["indicator", "area", "industry"])["data_to"].max().rename("until").dropna()
    evidence = evidence_of(spikes).merge(until, left_on=["indicator", "area", "industry"], right_index=True)
    if evidence.empty:
        return {}
    since = evidence["usual_from"].min()
    days = [one.date() for one in pd.date_range(since, evidence["until"].max())]
    con.register("evidence", evidence)
    told = con.execute(
        step("quiet"),
        {
            "city": region.city,
            "total": TOTAL_INDUSTRY,
            "everybody": EVERY_COHORT,
            "cutoff_at": cutoff_at,
            "since": since.date(),
            "indicators": evidence["indicator"].unique().tolist(),
            "few": completeness.LEAST_EXPECTED,
            "workdays": [one for one in days if region.is_workday(one)],
        },
    ).fetchall()
    con.unregister("evidence")
    return {spikes[number].key: (period, periods) for number, period, periods in told}


def _of_reports(
    con: duckdb.DuckDBPyConnection, lacking: Sequence[EarlyWarning], day: date, cutoff_at: datetime
) -> dict[Key, tuple[date, int]]:
    """A warning about reports that lack is judged once one of them has come since it was judged last."""
    if not lacking:
        return {}
    rows = [
        (number, list(catalogue()[one.indicator].roster_feeds), one.area, cutoff_at - (day - one.judged_to))
        for number, one in enumerate(lacking)
    ]
    con.register("lacking", pd.DataFrame(rows, columns=["number", "feeds", "area", "since"]))
    found = con.execute(step("came"), {"cutoff_at": cutoff_at}).fetchall()
    con.unregister("lacking")
    came = [lacking[number] for (number,) in found]
    return {one.key: (day, (day - one.judged_to).days) for one in came}


def _of_readings(warning: EarlyWarning, readings: pd.DataFrame) -> tuple[date, int] | None:
    if readings.empty:
        return None
    own = readings[is_of(warning, readings) & (readings["period"] > pd.Timestamp(warning.judged_to))]
    return None if own.empty else (own["period"].max().date(), len(own))


def _of_spans(warning: EarlyWarning, spans: pd.DataFrame) -> tuple[date, int] | None:
    if spans.empty:
        return None
    own = spans[is_of(warning, spans) & (spans["window_to"] > pd.Timestamp(warning.judged_to))]
    if own.empty:
        return None
    until, grain = own["window_to"].max(), catalogue()[warning.indicator].grains[0]
    before, now = period_numbers(pd.DatetimeIndex([warning.judged_to, until]), grain.value)
    return until.date(), int(now - before)


def is_of(warning: EarlyWarning, frame: pd.DataFrame) -> pd.Series:
    """Row by row whether it is of a warning's series."""
    return (
        (frame["indicator"] == warning.indicator)
        & (frame["area"] == warning.area)
        & (frame["industry"] == warning.industry)
    )
