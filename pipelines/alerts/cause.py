"""The employer behind a rise, where one brought most of it: beyond what it brings anyway."""

from datetime import timedelta

import duckdb
import pandas as pd

from pipelines.warehouse.catalogue import SQL, step

CAUSE_SHARE, CAUSE_PEOPLE = 0.5, 10  # of the excess, and people: an employer is named when it brings both
HISTORY = timedelta(days=364)  # 52 weeks say what is usual of an employer; fewer where data begin later


def with_cause(con: duckdb.DuckDBPyConnection, spikes: pd.DataFrame, city: str) -> pd.DataFrame:
    """Findings of spikes, each with the employer that brought most of its excess, where there is one.

    ``con`` sees the facts in force. An employer's part is what it brought in the window less what it usually brings in
    one as long; of an indicator without ``cause_<indicator>.sql`` nobody is named.
    """
    if spikes.empty:
        return spikes
    spikes = spikes.astype({"employer": "object", "employer_name": "object"})
    for (indicator, since, until), group in spikes.groupby(["indicator", "window_from", "data_to"]):
        if not (SQL / "steps" / f"cause_{indicator}.sql").exists():
            continue
        asked = {
            "since": since.date(), "until": until.date(), "history": since.date() - HISTORY, "city": city,
            "least": CAUSE_PEOPLE,
        }  # fmt: skip
        brought = con.execute(step(f"cause_{indicator}"), asked).df()
        brought = brought.sort_values(["brought", "employer"], ascending=[False, True])
        brought = brought.drop_duplicates(["area", "industry"])
        match = group.reset_index()[["index", "area", "industry", "people"]].merge(brought, on=["area", "industry"])
        match = match[match["brought"] >= CAUSE_SHARE * match["people"]]
        spikes.loc[match["index"].to_numpy(), "employer"] = match["employer"].to_numpy(dtype=object)
    codes = spikes["employer"].dropna().unique().tolist()
    if codes:
        named = "select employer, employer_name from employer where known_to is null"
        names = dict(con.execute(f"{named} and list_contains($codes, employer)", {"codes": codes}).fetchall())
        spikes["employer_name"] = spikes["employer"].map(names)
    return spikes
