"""Leads: employers that law rules on layoffs name to an analyst to look at, never a warning (劳动合同法 41)."""

import pandas as pd

LEAD = [
    "rule_id",
    "kind",
    "employer",
    "employer_name",
    "area",
    "industry",
    "window_from",
    "window_to",
    "people",
    "reported",
    "staff",
    "ratio",
    "expected",
    "p",
    "told_on",
    "effective_on",
    "returned",
]


def leads_of_reports(met: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """The leads of reports beside rules they meet; ``people``: how many each is about."""
    return met.assign(
        people=people.astype(float),
        reported=met["planned"].astype(float),
        staff=met["staff"].astype(float),
        window_from=met["reported_on"],
        window_to=met["reported_on"],
    ).reindex(columns=LEAD)
