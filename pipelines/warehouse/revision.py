"""The revision report of an edition: which readings moved after they had been told, by how much, and why."""

from datetime import timedelta

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, Edition, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.transform import Change

_KEY = ["indicator", "area", "industry", "cohort", "grain", "period"]
_MONTH = timedelta(days=31)


def revise(con: duckdb.DuckDBPyConnection, region: Region, edition: Edition, change: Change) -> int:
    """Write table ``revision`` for this edition; returns how many readings moved.

    Counted are readings of periods that had ended before the day of the edition before and that were told then. The
    transform has left ``drop_change`` (drops that began or ceased to be in force, with the reason) on the connection.
    """
    before = con.execute("select max(day) from edition where day < ?", [edition.day]).fetchall()[0][0]
    if before is None or change.gone.empty:
        return 0
    over = {str(grain): pd.Timestamp(region.period_start(grain, before)) for grain in Grain}
    gone = change.gone[change.gone["cohort"] == EVERY_COHORT]  # those of a cohort move with everybody's
    gone = gone[gone["period"] < gone["grain"].map(over)]
    now = change.fresh[[*_KEY, "value", "is_provisional"]]
    moved = gone[[*_KEY, "value"]].rename(columns={"value": "value_before"}).merge(now, on=_KEY, how="left")
    moved = moved[moved["value_before"].fillna(float("nan")) != moved["value"]]
    moved = moved[~(moved["value_before"].isna() & moved["value"].isna())]
    if moved.empty:
        return 0
    spans = moved[["indicator", "grain", "period"]].drop_duplicates()
    several = {name for name, item in catalogue().items() if len(item.tables) > 1}
    spans["since"] = [
        period - _MONTH if name in several else period
        for name, period in zip(spans["indicator"], spans["period"], strict=True)
    ]
    spans["until"] = [
        pd.Timestamp(region.period_end(Grain(grain), period.date()))
        for grain, period in zip(spans["grain"], spans["period"], strict=True)
    ]
    events = {name for name, item in catalogue().items() if "insured_event" in item.tables}
    moved = moved.merge(spans, on=["indicator", "grain", "period"])
    moved["otherwise"] = moved["indicator"].map(lambda name: "reversed" if name in events else "recomputed")
    con.register("moved", moved)
    con.register("feed_read", _feeds_read())
    con.execute(step("revision"), {"edition_id": edition.edition_id, "day": edition.day, "city": region.city})
    con.unregister("moved")
    con.unregister("feed_read")
    return len(moved)


def _feeds_read() -> pd.DataFrame:
    pairs = [(name, table) for name, item in catalogue().items() for table in item.tables]
    return pd.DataFrame(pairs, columns=["indicator", "feed"])
