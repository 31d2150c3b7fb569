"""The nowcast stage: the likely final value of every provisional total, from how past ones were completed."""

from datetime import timedelta

import duckdb
import pandas as pd

from models.completeness import completion, project_final
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.tables import append_frame

_PAST = timedelta(days=400)
_RECENT = timedelta(days=70)
_LEAST_PERIODS = 4  # the vintages of one period are alike: many of them are still one case


def nowcast(con: duckdb.DuckDBPyConnection, region: Region, edition: Edition) -> int:
    """Write table ``nowcast`` for this edition; returns how many readings got a likely value.

    Counts and stocks only, of areas and the city over all industries: a ratio, or a net change with its sign, does not
    grow by being completed. Learnt apart for the city and for areas, by indicator and grain; where too little is known
    there is no row.
    """
    summed = [name for name, item in catalogue().items() if item.kind in ("count", "stock")]
    past = con.execute(step("completed"), {"city": region.city, "since": edition.day - _PAST}).df()
    now = con.execute(step("provisional"), {"city": region.city, "since": edition.day - _RECENT}).df()
    now = now[now["indicator"].isin(summed)]
    groups = dict(list(past.groupby(["indicator", "grain", "is_city"])))
    told: list[pd.DataFrame] = []
    for key, rows in now.groupby(["indicator", "grain", "is_city"]):
        seen = groups.get(key)
        if seen is None or seen["period"].nunique() < _LEAST_PERIODS or (seen["value"] < 0).any():
            continue
        known = completion(*(seen[name].to_numpy(float) for name in ("value", "final", "share")))
        if known is None:
            continue
        value, share = rows["value"].to_numpy(float), (rows["reporting"] / rows["due"]).to_numpy(float)
        middle, low, high = project_final(value, share, known)
        told.append(rows.assign(likely=middle, lo=low, hi=high, samples=known.samples))
    if not told:
        return 0
    frame = pd.concat(told).dropna(subset=["likely"])
    frame = frame.assign(edition_id=edition.edition_id, made_on=pd.Timestamp(edition.day))
    append_frame(con, "nowcast", frame)
    return len(frame)
