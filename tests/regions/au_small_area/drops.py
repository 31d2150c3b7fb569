"""The stored small-area labour market (area × quarter) as files of the feed aggregate_series."""

from pathlib import Path

import pandas as pd

from tests.regions.release import raw, write_release
from tests.regions.small_area import CITY, write_region

INDICATOR = {
    "Smoothed unemployment (persons)": ("unemployed", "count"),
    "Smoothed labour force (persons)": ("labour_force", "count"),
    "Smoothed unemployment rate (%)": ("unemployment_rate", "rate"),
}


def read_figures(source: Path) -> pd.DataFrame:
    """The figures as rows of the feed, in the order of ``source``; a quarter is known by its last month's first day.

    Cells the publisher left empty stay empty. Figures are averages of four quarters: adjustment ``average``.
    """
    figures = raw(source)
    return pd.DataFrame(
        {
            "indicator": figures["indicator"].map({name: word for name, (word, _) in INDICATOR.items()}),
            "area": figures["sa2_code"],
            "industry": "ALL",
            "cohort": "all",
            "occupation": "",
            "period": figures["date"],
            "grain": "quarter",
            "adjustment": "average",
            "value": figures["value"],
            "unit": figures["indicator"].map({name: unit for name, (_, unit) in INDICATOR.items()}),
        }
    )


def region_folder(source: Path, folder: Path) -> Path:
    """The region folder of these areas, written to ``folder``."""
    return write_region(Path(__file__).parent, folder, raw(source), pd.DateOffset(months=1, days=-1))


def write_drops(source: Path, into: Path) -> int:
    """Write a file a quarter, received on the first day after it; returns the number of files."""
    return write_release(read_figures(source), into, CITY, pd.DateOffset(months=1))
