"""The stored benefit counts (area × month, two code vintages) as files of the feed aggregate_series."""

from pathlib import Path

import pandas as pd

from tests.regions.release import raw, write_release
from tests.regions.small_area import CITY, write_region


def read_counts(source: Path) -> pd.DataFrame:
    """The counts as rows of the feed, in the order of ``source``: areas by the code written, the payment as cohort."""
    counts = raw(source)
    return pd.DataFrame(
        {
            "indicator": "benefit_recipients",
            "area": counts["sa2_code"],
            "industry": "ALL",
            "cohort": counts["indicator"].map(
                {"Jobseeker payment": "jobseeker", "Youth allowance other": "youth_allowance"}
            ),
            "occupation": "",
            "period": counts["date"],
            "grain": "month",
            "adjustment": "original",
            "value": counts["value"],
            "unit": "count",
        }
    )


def region_folder(source: Path, folder: Path) -> Path:
    """The region folder of these areas in both vintages, written to ``folder``."""
    return write_region(Path(__file__).parent, folder, raw(source), pd.DateOffset(months=1, days=-1))


def write_drops(source: Path, into: Path) -> int:
    """Write a file a month, received on the first of the next; returns the number of files."""
    return write_release(read_counts(source), into, CITY, pd.DateOffset(months=1))
