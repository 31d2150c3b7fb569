"""What has been told of a series so far: what of it is whole, what can be compared, and how to say what lacks."""

from datetime import date

import pandas as pd

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY


def alike(
    indicator: Indicator, area: str, industry: str, rows: pd.DataFrame, recent: pd.DataFrame, since: date
) -> tuple["pd.Series[float]", str]:
    """Days told in full, to compare, and a remark on what lacks: while a unit is late, the total of those that are not,
    on both sides; empty where nobody can tell it. ``rows``: daily readings from ``since`` on, ``recent``: the shown.
    """
    remark, whole = remark_of(recent), values_of(rows[~is_short(rows)])
    if not remark:
        return whole, remark
    if (area, industry) != (reference.city(), TOTAL_INDUSTRY):
        return whole.iloc[:0], remark
    days = set(recent["period"])
    units = data.read("unit_series", indicator=indicator.indicator, grain="day", since=since, city=reference.city())
    units = units.assign(period=pd.to_datetime(units["period"]))
    is_here = units["period"].isin(days)
    here = units[is_here].groupby("area")["period"].nunique()
    on_time = units[units["area"].isin(here[here == len(days)].index)]
    if on_time.empty:
        return whole.iloc[:0], remark
    told = on_time.groupby("period")["value"].agg(["sum", "count"])
    return told.loc[told["count"] == told["count"].max(), "sum"], remark


def is_open(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether something of each reading has not come yet and is still waited for."""
    return rows["is_provisional"].fillna(False).astype(bool)


def is_short(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether something of each reading has not come, be it waited for or not."""
    return is_open(rows) | (rows["reporting"] < rows["due"]).fillna(False).astype(bool)


def values_of(rows: pd.DataFrame) -> "pd.Series[float]":
    """What was told, by period."""
    return rows.set_index("period")["value"].dropna()


def within(counts: "pd.Series[float]", first: pd.Timestamp, last: pd.Timestamp) -> "pd.Series[float]":
    """Those of the days between, both included."""
    return counts[(counts.index >= first) & (counts.index <= last)]


def sum_of(counts: "pd.Series[float]", first: pd.Timestamp, last: pd.Timestamp) -> float | None:
    """Their sum; None where no day was told."""
    part = within(counts, first, last)
    return None if part.empty else float(part.sum())


def only_grows(indicator: Indicator, values: "pd.Series[float]") -> bool:
    """Whether what has not come can but add to a figure: people that are counted, neither a ratio nor a net change."""
    return not indicator.is_ratio and not (values < 0).any()


def remark_of(rows: pd.DataFrame) -> str:
    """What is to be known of a figure whose senders have not all reported: what lacks, and whether it is waited for."""
    if not is_short(rows).any():
        return ""
    is_waiting = bool(is_open(rows).any())
    short = rows[is_open(rows) if is_waiting else is_short(rows)].iloc[-1]
    if is_waiting and (pd.isna(short.due) or short.due <= 1):
        return text("provisional")
    files = {"reporting": int(short.reporting), "due": int(short.due)}
    if is_waiting:
        return text("provisional: {reporting} of {due} files", **files)
    return text("final: {reporting} of {due} files came", **files)
