"""Figures as a release desk sends them: one file of the feed aggregate_series a period, in the folder of its day."""

from pathlib import Path

import pandas as pd

HEADER = (
    "indicator", "area", "industry", "cohort", "occupation", "period", "grain", "adjustment", "value", "unit",
)  # fmt: skip


def raw(source: Path) -> pd.DataFrame:
    """A stored file as it is written: every cell a text, empty cells empty texts."""
    return pd.read_csv(source, dtype="str", keep_default_na=False)


def write_release(rows: pd.DataFrame, into: Path, sender: str, period_days: pd.DateOffset) -> int:
    """Write ``rows`` (the columns of HEADER, period as 2020-01-31) below the inbox ``into``; returns the files written.

    A file is named for its period's day and lies in the folder of the day ``period_days`` later: the stored files hold
    the last vintage only and do not say when a figure was first told. UTF-8 with BOM, CRLF.
    """
    count = 0
    for period, batch in rows.groupby("period", sort=True):
        day = pd.Timestamp(str(period))
        folder = into / "aggregate_series" / f"{day + period_days:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        batch.to_csv(
            folder / f"aggregate_series_{sender}_{day:%Y%m%d}.csv",
            columns=list(HEADER),
            index=False,
            encoding="utf-8-sig",
            lineterminator="\r\n",
        )
        count += 1
    return count
