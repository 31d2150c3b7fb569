"""Of runs that are kept, the last one is known, however soon it came after the one before."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.catalogue.indicators import catalogue
from pipelines.warehouse import leading
from pipelines.warehouse.backtest import EVERY_LEVEL, Backtest, backtest_lines
from pipelines.warehouse.stored_backtests import keep, standing, worsened

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def _run(month: int, coverage: float, indicator: str = "benefit_claim", horizon: int = 14) -> Backtest:
    row = {"series_level": EVERY_LEVEL, "horizon": horizon, "figure": "coverage_95", "value": coverage, "error": 0.01}
    last = date(2026, month, 28)
    return Backtest(catalogue()[indicator], "seasonal", date(2026, month, 1), last, 28, pd.DataFrame([row]))


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


@pytest.mark.parametrize(
    ("indicator", "horizon", "words"),
    [("benefit_claim", 14, "预测未来第 2 周（7 天合计）"), ("weekly_claims", 8, "预测未来第 8 期")],
)
def test_how_far_ahead_is_said_in_the_periods_that_are_forecast(
    tmp_path: Path, indicator: str, horizon: int, words: str
) -> None:
    good, bad = (_run(month, share, indicator, horizon) for month, share in ((1, 0.95), (2, 0.7)))
    assert words in backtest_lines(good)
    keep(tmp_path, good, NOON)
    (worse,) = worsened(tmp_path, bad)
    assert worse.startswith(f"变差：{words}：")
    keep(tmp_path, bad, NOON + timedelta(minutes=1))
    assert f"：变差：{words}：" in standing(tmp_path)[0]
    table = pd.DataFrame([("total", horizon, 20, 3.0, -0.1, 0.01)], columns=["series_level", "horizon", "forecasts", "error", "change", "change_error"])  # fmt: skip
    assert words in leading.leading_lines(leading.Leading(good.indicator, (), good.first, good.last, 28, table))
