"""Backtests that are kept: a file a run, and what became worse since the last one of the same indicator and method."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.warehouse.backtest import EVERY_LEVEL, TITLES, Backtest, horizon_words

SIGMAS = 2.0  # standard errors of the difference: more than that is no chance
# What each figure is compared by: a share that should be some value, less is better, or more is better.
_GOALS = {"coverage_80": 0.8, "coverage_95": 0.95, "p_below_0.01": 0.01, "p_below_0.05": 0.05, "p_below_0.1": 0.1}
_SIGNS = {"mase": 1.0, "wis": 1.0, "false_per_series_year": 1.0, "delay": 1.0, "detected": -1.0, "precision": -1.0}
_KEY = ["series_level", "horizon", "figure"]
_COLUMNS = [*_KEY, "value", "error"]
_INSTANT = "%Y%m%dT%H%M%S.%fZ"


def keep(folder: Path, found: Backtest, at: datetime) -> Path:
    """Write the figures into a CSV file of their own; returns it. Raises OSError."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{_name(found)}_{found.first}_{found.last}_{at.strftime(_INSTANT)}.csv"
    frame = found.figures.assign(
        indicator=found.indicator.name, method=found.method, first_day=found.first, last_day=found.last
    )
    aside = path.with_suffix(".part")
    frame.assign(editions=found.editions).to_csv(aside, index=False, encoding="utf-8-sig")
    aside.replace(path)
    return path


def worsened(folder: Path, found: Backtest) -> list[str]:
    """A sentence for each figure that is worse than in the last run kept, by more than both runs' sampling errors.

    Figures without an error, and those for which neither way is better, are not compared.
    """
    paths = _stored_runs(folder).get(_name(found), [])
    return _compared(found.indicator, found.figures, pd.read_csv(paths[-1])) if paths else []


def standing(folder: Path) -> list[str]:
    """What the last run kept of each indicator and method says is worse than in the one before it, as `worsened` does:
    it stands until a later run is no worse."""
    sentences = []
    for paths in _stored_runs(folder).values():
        if len(paths) > 1:
            before, last = (pd.read_csv(path) for path in paths[-2:])
            indicator = catalogue()[last["indicator"].iloc[0]]
            run = f"{indicator.title_zh}，方法 {last['method'].iloc[0]}"
            sentences += [f"{run}：{sentence}" for sentence in _compared(indicator, last[_COLUMNS], before)]
    return sentences


def _stored_runs(folder: Path) -> dict[str, list[Path]]:
    """Files of runs by indicator and method, the last run at the end."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.csv"), key=lambda path: path.stem.rsplit("_", 1)[-1]):
        found.setdefault(path.stem.rsplit("_", 3)[0], []).append(path)
    return found


def _compared(indicator: Indicator, now: pd.DataFrame, before: pd.DataFrame) -> list[str]:
    """A sentence for each figure that became worse by more than both runs' sampling errors."""
    both = now.merge(before, on=_KEY, suffixes=("", "_before"))
    both = both[both["series_level"] == EVERY_LEVEL]
    sentences = []
    for row in both.itertuples():
        gap = _badness(row.figure, row.value) - _badness(row.figure, row.value_before)
        if gap > SIGMAS * np.hypot(row.error, row.error_before):
            ahead = f"预测{horizon_words(indicator, int(row.horizon))}：" if row.horizon else ""
            sentences.append(
                f"变差：{ahead}{TITLES[row.figure]} 由 {row.value_before:.3f}（{row.first_day} 至 {row.last_day}）"
                f"变为 {row.value:.3f}，超出抽样误差"
            )
    return sentences


def _name(found: Backtest) -> str:
    return f"{found.indicator.name}_{found.method}"


def _badness(figure: str, value: float) -> float:
    """Grows as the figure gets worse; NaN where neither way is better."""
    return abs(value - _GOALS[figure]) if figure in _GOALS else _SIGNS.get(figure, np.nan) * value
