"""The employer behind a rise, where one brought most of it: beyond what it brings anyway."""

import duckdb
import pandas as pd

from pipelines.judging.contributor import MEMBERS, brought, employer_names

CAUSE_SHARE, CAUSE_PEOPLE = 0.5, 10  # of the excess, and people: an employer is named when it brings both


def with_cause(con: duckdb.DuckDBPyConnection, spikes: pd.DataFrame, city: str) -> pd.DataFrame:
    """Findings of spikes each with the employer that brought most of its excess, where there is one.

    ``con`` sees the facts in force. An employer's part is what it brought in the window less what it usually brings in
    one as long; of an indicator whose rows name no employers nobody is named.
    """
    if spikes.empty:
        return spikes
    spikes = spikes.astype({"employer": "object", "employer_name": "object"})
    for indicator, group in spikes.groupby("indicator"):
        if indicator not in MEMBERS or MEMBERS[str(indicator)].kind != "employer":
            continue
        wanted = group.rename_axis("number").reset_index()
        wanted = wanted.assign(until=wanted["data_to"])
        first = brought(con, str(indicator), wanted, city, CAUSE_PEOPLE, most=1).query("place == 1")
        match = wanted[["number", "people"]].merge(first, on="number")
        match = match[match["observed"] - match["expected"] >= CAUSE_SHARE * match["people"]]
        spikes.loc[match["number"].to_numpy(), "employer"] = match["member"].to_numpy(dtype=object)
    codes = sorted(set(spikes["employer"].dropna()))
    if codes:
        spikes["employer_name"] = spikes["employer"].map(employer_names(con, codes))
    return spikes
