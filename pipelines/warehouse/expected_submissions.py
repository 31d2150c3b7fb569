"""What should have come: every slice the feeds owe, with the instant it is due; absence is judged against this list."""

from datetime import date, time, timedelta
from typing import Any

import pandas as pd

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region

_COLUMNS = ("feed", "area", "period", "grain", "until", "due_at")
_GRAIN = {"workday": Grain.DAY} | {str(grain): grain for grain in Grain}


def roster(region: Region, start: date, end: date) -> pd.DataFrame:
    """Every slice whose period begins between ``start`` and ``end`` (both included), also when it is due later.

    Columns: feed, area (the sender: a reporting unit, or the city), period and until (datetime64, first and last day),
    grain, due_at (datetime64, UTC without zone, as in the warehouse). Feeds that report events owe nothing; a unit owes
    the periods on whose last day it is one.
    """
    parts = [_slices(region, feed, start, end) for feed in region.feeds.itertuples() if feed.cadence != "event"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))
    return frame.astype(
        {
            "feed": "str",
            "area": "str",
            "period": "datetime64[us]",
            "grain": "str",
            "until": "datetime64[us]",
            "due_at": "datetime64[us]",
        }
    )


def due_periods(region: Region, feed: str, through: date, since: date | None = None) -> pd.DataFrame:
    """The slices of one feed that were due by the cut-off of day ``through``; columns as in :func:`roster`.

    ``since`` is the earliest first day of a period, by default 366 days before ``through``.
    """
    owed = roster(region, since or through - timedelta(days=366), through)
    cutoff = pd.Timestamp(region.cutoff_at(through)).tz_localize(None)
    return owed[(owed["feed"] == feed) & (owed["due_at"] <= cutoff)].reset_index(drop=True)


def _slices(region: Region, feed: Any, start: date, end: date) -> pd.DataFrame:
    grain = _GRAIN[feed.cadence]
    periods = _periods(region, feed.cadence, start, end)
    last = [region.period_end(grain, first) for first in periods]
    due = [_due_at(region, day + timedelta(days=int(feed.due_days)), feed.due_time) for day in last]
    owed = pd.DataFrame(
        {
            "period": pd.to_datetime(pd.Series(periods, dtype="object")),
            "until": pd.to_datetime(pd.Series(last, dtype="object")),
            "due_at": due,
        }
    )
    senders = region.places[region.places["level"] == ("city" if feed.sender_level == "city" else "unit")]
    rows = owed.merge(senders[["code", "valid_from", "valid_to"]], how="cross")
    is_valid = (rows["valid_from"] <= rows["until"]) & (rows["valid_to"].isna() | (rows["valid_to"] >= rows["until"]))
    return rows[is_valid].rename(columns={"code": "area"}).assign(feed=feed.feed, grain=str(grain))[list(_COLUMNS)]


def _periods(region: Region, cadence: str, start: date, end: date) -> list[date]:
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    if cadence == "workday":
        return [at for at in days if region.is_workday(at)]
    return [at for at in days if region.period_start(_GRAIN[cadence], at) == at]


def _due_at(region: Region, at: date, due_time: time) -> pd.Timestamp:
    return pd.Timestamp(region.instant(at, due_time)).tz_localize(None)
