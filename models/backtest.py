"""Scores of many past periods, each made from its own past: what the method would have said."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from models.assess import Assessment, Memory, assess
from models.panel import Panel


def assessments(panel: Panel, calendar: pd.DataFrame, start: date) -> Iterator[tuple[pd.Timestamp, Assessment]]:
    """The assessment of every period from `start` on, in order."""
    memory: Memory | None = None
    for column in range(int(panel.periods.searchsorted(pd.Timestamp(start))), len(panel.periods)):
        assessment, memory = assess(panel.until(column), calendar, memory)
        yield panel.periods[column], assessment


def backtest(panel: Panel, calendar: pd.DataFrame, start: date) -> pd.DataFrame:
    """Assessment.score of every period from `start` on, with the judged period in the column `period`."""
    rows = [made.score.assign(period=period) for period, made in assessments(panel, calendar, start)]
    if not rows:
        raise ValueError(f"the panel has no period from {start} on")
    return pd.concat(rows, ignore_index=True)
