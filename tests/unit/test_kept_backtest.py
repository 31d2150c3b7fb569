"""Of runs that are kept, the last one is known, however soon it came after the one before."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.warehouse.backtest import EVERY_LEVEL, Backtest
from pipelines.warehouse.catalogue import catalogue
from pipelines.warehouse.kept_backtest import keep, standing, worsened

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def _run(month: int, coverage: float) -> Backtest:
    row = {"series_level": EVERY_LEVEL, "horizon": 1, "figure": "coverage_95", "value": coverage, "error": 0.01}
    last = date(2026, month, 28)
    return Backtest(catalogue()["benefit_claim"], "seasonal", date(2026, month, 1), last, 28, pd.DataFrame([row]))


@pytest.mark.parametrize("months", [(1, 2), (2, 1)])
def test_runs_of_one_second_are_compared_in_their_order(tmp_path: Path, months: tuple[int, int]) -> None:
    good, bad = _run(months[0], 0.95), _run(months[1], 0.7)
    assert not worsened(tmp_path, good)
    keep(tmp_path, good, NOON)
    (worse,) = worsened(tmp_path, bad)
    keep(tmp_path, bad, NOON + timedelta(milliseconds=1))
    (told,) = standing(tmp_path)
    assert told.endswith(worse)
    keep(tmp_path, good, NOON + timedelta(milliseconds=2))
    assert not standing(tmp_path)
