"""What the general file tells of a table from outside it: weeks of a month, the month of a week, bands of warnings."""

import re
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from pipelines.domain import TOTAL_INDUSTRY
from pipelines.publish.disclosure import told_bands
from pipelines.publish.protect import Figures
from pipelines.region import Region
from pipelines.warehouse.catalogue import Indicator

_BAND = re.compile(r"<(\d+)|(\d+)–(\d+)|(\d+)\+")
_WEEK = pd.Timedelta(days=6)
_SUMMED = frozenset({"spike", "exceedance", "event", "several"})  # warnings whose band is of the people in their window


def band_limits(words: str) -> tuple[float, float]:
    """The least and the largest whole number a band of a warning admits; nothing is known from other words."""
    if found := _BAND.fullmatch(words):
        below, least, most, above = found.groups()
        return (float(least or above or 0), float(below) - 1 if below else float(most or np.inf))
    return 0.0, np.inf


def with_limits(
    con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, cutoff_at: datetime, cells: pd.DataFrame
) -> pd.DataFrame:
    """Add what anybody knows of each cell: ``least``, ``most``, and ``is_wanted``: it must be hidden for its weeks.

    ``cells``: one indicator and grain; area, industry, period, numerator. A month of a count that is never negative is
    at least the weeks wholly inside it and at most those that touch it; so a hidden week could be told from its month.
    """
    cells = cells.assign(least=0.0, most=np.inf, is_wanted=False)
    grain = str(cells["grain"].iloc[0])
    if indicator.kind == "count" and not (cells["numerator"] < 0).any():
        if grain == "month" and "week" in indicator.grains:
            cells = _by_weeks(con, region, indicator, cells)
        elif grain == "week" and "month" in indicator.grains:
            cells = _by_month(con, indicator, cells)
    return _by_bands(con, region, indicator, cutoff_at, cells)


def weeks_of_months(weeks: pd.DataFrame) -> pd.DataFrame:
    """Each week once for each month it touches, with the month's first day and ``is_inside``."""
    first = weeks["period"].dt.to_period("M").dt.to_timestamp()
    last = (weeks["period"] + _WEEK).dt.to_period("M").dt.to_timestamp()
    inside = first == last
    parts = [weeks.assign(month=first, is_inside=inside), weeks.assign(month=last, is_inside=inside)[~inside]]
    return pd.concat(parts, ignore_index=True)


def _told(con: duckdb.DuckDBPyConnection, indicator: Indicator, grain: str) -> pd.DataFrame:
    """Totals over industries of one grain as the general file tells them: area, period, numerator, is_suppressed."""
    found: pd.DataFrame = con.execute(
        "select area, cast(period as timestamp) as period, numerator, is_suppressed from general.reading "
        "where indicator = $indicator and grain = $grain and industry = $total and known_to is null",
        {"indicator": indicator.name, "grain": grain, "total": TOTAL_INDUSTRY},
    ).df()
    return found


def _by_weeks(
    con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, cells: pd.DataFrame
) -> pd.DataFrame:
    weeks = weeks_of_months(_told(con, indicator, "week"))
    if weeks.empty:
        return cells
    shown = weeks["numerator"].fillna(0.0)
    summed = (
        weeks.assign(inside=shown.where(weeks["is_inside"], 0.0), touching=shown, weeks=1)
        .groupby(["area", "month"])[["inside", "touching", "weeks", "is_suppressed"]]
        .sum()
    )
    found = cells[["area", "period"]].merge(
        summed, how="left", left_on=["area", "period"], right_index=True, validate="many_to_one"
    )
    months = {month: _weeks_in(region, month) for month in cells["period"].unique()}
    is_whole = (found["weeks"] == cells["period"].map(months)).to_numpy()
    is_total = (cells["industry"] == TOTAL_INDUSTRY).to_numpy()
    value, touching = cells["numerator"].to_numpy(), found["touching"].to_numpy()
    inside, hidden = found["inside"].fillna(0.0).to_numpy(), found["is_suppressed"].fillna(0).to_numpy() > 0
    least = np.where(is_whole, np.maximum(value - touching, 0.0), 0.0)
    is_tight = value - inside - least < region.disclosure.persons - 1
    return cells.assign(
        least=np.where(is_total, inside, 0.0),
        most=np.where(is_total & is_whole & ~hidden, touching, np.inf),
        is_wanted=is_total & hidden & is_tight,
    )


def _weeks_in(region: Region, month: pd.Timestamp) -> int:
    first = region.week_start(month.date())
    return len(pd.date_range(first, month + pd.offsets.MonthEnd(0), freq="7D"))


def _by_month(con: duckdb.DuckDBPyConnection, indicator: Indicator, cells: pd.DataFrame) -> pd.DataFrame:
    """A week that is told after its month: at most what the month and its other weeks leave."""
    months = _told(con, indicator, "month")
    months = months[~months["is_suppressed"].astype(bool)].set_index(["area", "period"])["numerator"]
    weeks = weeks_of_months(_told(con, indicator, "week"))
    weeks = weeks[weeks["is_inside"] & ~weeks["is_suppressed"].astype(bool)]
    others = weeks.groupby(["area", "month"])["numerator"].sum()
    its = weeks_of_months(cells[["area", "period"]].reset_index())
    its = its[its["is_inside"]].set_index("index")
    at = pd.MultiIndex.from_frame(its[["area", "month"]])
    left = months.reindex(at).to_numpy() - others.reindex(at).fillna(0.0).to_numpy()
    most = pd.Series(left, index=its.index).reindex(cells.index)
    return cells.assign(most=most.fillna(np.inf).where(cells["industry"] == TOTAL_INDUSTRY, np.inf))


def _by_bands(
    con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator, cutoff_at: datetime, cells: pd.DataFrame
) -> pd.DataFrame:
    if (cells["numerator"] < 0).any():
        return cells
    least, most = band_limits_of(con, region, indicator, cutoff_at, cells)
    return cells.assign(least=np.maximum(cells["least"], least), most=np.minimum(cells["most"], most))


def band_limits_of(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    indicator: Indicator,
    cutoff_at: datetime | None,
    cells: pd.DataFrame,
) -> tuple[Figures, Figures]:
    """What the bands of warnings published by ``cutoff_at`` (None: all) admit of each cell: least and largest figure.

    A window inside a period brings at most what the period does, a window around it at least that; a level warning
    tells the people of its own period. ``cells``: area, industry, grain, period of one indicator.
    """
    least, most = np.zeros(len(cells)), np.full(len(cells), np.inf)
    told: pd.DataFrame = con.execute(
        "select distinct kind, area, industry, cast(window_from as timestamp) as window_from, "
        "cast(window_to as timestamp) as window_to, observed_band, people_band from restricted.episode "
        "where indicator = $indicator and ($cutoff_at is null or known_from <= $cutoff_at)",
        {"indicator": indicator.name, "cutoff_at": cutoff_at},
    ).df()
    summed = told["kind"].isin(_SUMMED)
    told = told[~summed | (indicator.kind == "count")]
    if told.empty:
        return least, most
    words = told["observed_band"].where(summed, told["people_band"]).fillna("").replace(told_bands(region.disclosure))
    limits = np.array([band_limits(word) for word in words])
    told = told.assign(low=limits[:, 0], high=limits[:, 1])
    places = cells[["area", "industry", "grain", "period"]].reset_index(drop=True).rename_axis("cell").reset_index()
    both = places.merge(told, on=["area", "industry"])
    last = period_end(both["grain"], both["period"])
    is_part = (both["window_from"] >= both["period"]) & (both["window_to"] <= last)
    is_whole = (both["window_from"] <= both["period"]) & (both["window_to"] >= last)
    np.maximum.at(least, both["cell"][is_part], both["low"][is_part])
    np.minimum.at(most, both["cell"][is_whole], both["high"][is_whole])
    return least, most


def period_end(grain: "pd.Series[str]", period: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """Last day of each period."""
    months = grain.map({"month": 1, "quarter": 3}).fillna(0).astype(int)
    index = (period.dt.year * 12 + period.dt.month - 1 + months).to_numpy()
    after = pd.to_datetime({"year": index // 12, "month": index % 12 + 1, "day": 1})
    after.index = period.index
    return after.where(months > 0, period + _WEEK + pd.Timedelta(days=1)) - pd.Timedelta(days=1)
