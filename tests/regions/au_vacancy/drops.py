"""The stored vacancy index (vacancy region × occupation × month) as files of the feed aggregate_series."""

from pathlib import Path

import pandas as pd

from tests.regions.release import raw, write_release

SENDER = "AU4"
TOTAL = "0"


def read_vacancies(source: Path) -> pd.DataFrame:
    """The adverts as rows of the feed, in the order of ``source`` (internet_vacancy_regional.csv.gz).

    An area is written by its name. The occupation is the ANZSCO code (one character: a major group, two: a part of
    it); code 0, the total, has none. The publisher smooths over three months: adjustment ``average``.
    """
    adverts = raw(source)
    return pd.DataFrame(
        {
            "indicator": "online_vacancies",
            "area": adverts["vacancy_region"],
            "industry": "ALL",
            "cohort": "all",
            "occupation": adverts["anzsco_code"].mask(adverts["anzsco_code"] == TOTAL, ""),
            "period": adverts["date"],
            "grain": "month",
            "adjustment": "average",
            "value": adverts["value"],
            "unit": "count",
        }
    )


def write_drops(source: Path, into: Path) -> int:
    """Write a file a month, received on the first of the next; returns the number of files."""
    return write_release(read_vacancies(source), into, SENDER, pd.DateOffset(months=1))
