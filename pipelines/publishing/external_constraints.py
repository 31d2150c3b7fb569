"""What the general file tells of a table from outside it: weeks and their months, bands of warnings."""

import re
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.catalogue.indicators import Indicator
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.region.load import Region
from pipelines.publishing.disclosure import is_weekly_of_city, told_bands
from pipelines.publishing.lp_bounds import Figures

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
    """Add what anybody knows of each cell: ``least``, ``most``, ``by_weeks``: its weeks tell it, and ``is_wanted``: it
    must be hidden for its weeks.

    ``cells``: one indicator and grain; area, industry, period, numerator. A week of an area is hidden where its months
    are told (``is_weekly_of_city``). A month's total of the city is hidden when a week that ends in it is, and has room
    above its figure, by which that week can be larger than it is, whatever else is told; else its weeks tell it.
    """
    cells = cells.assign(least=0.0, most=np.inf, is_wanted=False, by_weeks=False)
    if is_weekly_of_city(indicator):
        is_total = (cells["area"] == region.city) & (cells["industry"] == TOTAL_INDUSTRY)
        if cells["grain"].iloc[0] == "week":
            cells["is_wanted"] = ~is_total
        else:
            is_hidden = cells["period"].map(_weeks_hidden(con, region, indicator))
            cells["is_wanted"] = is_total & is_hidden.eq(True)
            cells["by_weeks"] = is_total & is_hidden.eq(False)
            cells["least"] = cells["numerator"].where(cells["is_wanted"], 0.0).fillna(0.0)
    return _by_bands(con, region, indicator, cutoff_at, cells)


def _weeks_hidden(con: duckdb.DuckDBPyConnection, region: Region, indicator: Indicator) -> "pd.Series[bool]":
    """Whether a week's figure of the city is hidden, by the first day of the month in which the week ends."""
    found: pd.DataFrame = con.execute(
        "select cast(date_trunc('month', period + interval 6 day) as timestamp) as month, "
        "bool_or(is_suppressed) as is_hidden from general.reading where indicator = $indicator and grain = 'week' "
        "and area = $city and industry = $total group by month",
        {"indicator": indicator.name, "city": region.city, "total": TOTAL_INDUSTRY},
    ).df()
    return found.set_index("month")["is_hidden"]


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
