"""Turns the stored ETA 539 report into files of the feed aggregate_series, as a release desk would send them."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd

SENDER = "US27"
INDICATOR = "weekly_claims"
FIRST_REPORT = date(1988, 1, 1)  # before it the panel has gaps and, in 1986, zeros that stand for "not reported"


def read_report(source: Path, start: date | None = None, end: date | None = None) -> pd.DataFrame:
    """The report as rows of the feed, under the English aliases of its headers.

    ``source`` is ar539.csv.gz. Columns are those of the feed; period is rptdate (datetime64, a Saturday), value and
    numerator are c3 (initial claims, persons), denominator is c18 (covered employment, persons; missing where 0).
    Only reports between ``start`` (by default 1988) and ``end``, both included.
    """
    report = pd.read_csv(source, usecols=["st", "rptdate", "c3", "c18"])
    report["rptdate"] = pd.to_datetime(report["rptdate"], format="%m/%d/%Y")
    report = report[report["rptdate"] >= pd.Timestamp(start or FIRST_REPORT)]
    if end is not None:
        report = report[report["rptdate"] <= pd.Timestamp(end)]
    report = report.dropna(subset=["c3"]).sort_values(["rptdate", "st"])
    claims = report["c3"].astype("int64")
    covered = report["c18"].astype("Int64")
    rows = {
        "indicator": INDICATOR,
        "area": report["st"],
        "industry": "ALL",
        "cohort": "all",
        "occupation": "",
        "period": report["rptdate"],
        "grain": "week",
        "value": claims,
        "numerator": claims,
        "denominator": covered.mask(covered <= 0),
        "unit": "count",
    }
    return pd.DataFrame(rows, index=report.index).reset_index(drop=True)


def write_drops(source: Path, into: Path, start: date | None = None, end: date | None = None) -> int:
    """Write the report below the inbox ``into`` and return the number of files.

    A file of report week R (a Saturday) is ``aggregate_series/R/aggregate_series_US27_<first day of the week>.csv``:
    received on R. UTF-8 with BOM.
    """
    rows = read_report(source, start, end)
    count = 0
    for received, batch in rows.groupby("period"):
        folder = into / "aggregate_series" / f"{received:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        first_day = batch["period"].min() - timedelta(days=6)
        batch.to_csv(
            folder / f"aggregate_series_{SENDER}_{first_day:%Y%m%d}.csv",
            index=False,
            encoding="utf-8-sig",
            date_format="%Y-%m-%d",
            lineterminator="\r\n",
        )
        count += 1
    return count
