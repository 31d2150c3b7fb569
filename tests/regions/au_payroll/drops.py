"""The stored payroll index (state × industry or age group × week) as files of the feed aggregate_series."""

from pathlib import Path

import pandas as pd

from tests.regions.release import raw, write_release

SENDER = "AU4"


def read_index(source: Path) -> pd.DataFrame:
    """The index as rows of the feed, in the order of ``source`` (payroll_index.csv.gz); values as they are written.

    ``H-Accommodation & food services`` is sent as its division letter H, ``All ages`` as the cohort ``all``.
    """
    index = raw(source)
    is_total = index["industry"] == "All industries"
    return pd.DataFrame(
        {
            "indicator": "payroll_" + index["series"],
            "area": index["state"],
            "industry": index["industry"].str.split("-").str[0].mask(is_total, "ALL"),
            "cohort": index["age"].mask(index["age"] == "All ages", "all"),
            "occupation": "",
            "period": index["date"],
            "grain": "week",
            "adjustment": "original",
            "value": index["value"],
            "unit": "index",
        }
    )


def write_drops(source: Path, into: Path) -> int:
    """Write a file a week, lying in the folder of the Saturday that ends it; returns the number of files."""
    return write_release(read_index(source), into, SENDER, pd.DateOffset(days=0))
