"""Detections against truth, with the bench's own scoring functions used in place."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import Trace, trace
from models.methods import LEVEL_FACTOR, Method
from models.panel import Floats
from tests.bench.forecast_data import Case, loaded

LOWEST = -99.0  # no rise at all
P_01 = 2.326  # standard deviations: p = .01
WEEKLY_BUDGETS = (0.005, 0.01, 0.025)
DAILY_BUDGETS = (0.5, 1.0, 2.0)
DAILY_GAP, DAILY_GRACE, DAILY_K, DAILY_LEAD = 7, 14, 28, 7  # the rules of shared bench/README.md


def scorer() -> ModuleType:
    """`score.py` of the bench."""
    return loaded("score.py")


def judged(case: Case, method: Method = LEVEL_FACTOR) -> Trace:
    """Our trace of a folder."""
    return trace(case.panel, case.calendar, case.start, method)


def write_alarms(case: Case, found: Trace, line: Floats | float = P_01, name: str = "ours") -> Path:
    """The file every detector of the bench writes: series_id, t, score, alarm; line: (T,) or one for all."""
    n, periods = found.evidence.shape
    first = len(case.panel.periods) - periods + 1
    strength = np.where(np.isfinite(found.evidence), found.evidence, LOWEST)
    path = case.folder / f"{name}.csv"
    pd.DataFrame(
        {
            "series_id": np.repeat(case.panel.series["series_id"].to_numpy(), periods),
            "t": np.tile(np.arange(first, first + periods), n),
            "score": strength.ravel(),
            "alarm": (strength > line).ravel().astype(int),
        }
    ).to_csv(path, index=False)
    return path


def weekly_figures(folder: Path, alarms: Path, only: frozenset[str] | None = None, **rules: int) -> dict[str, float]:
    """POD at matched false-positive rates, first week, delay and PPV at 1 %, over a case's series."""
    score = scorer()
    meta, events, offset, n, state = _load(score, folder, only, rules.get("grace", 0), 0)
    strength, alarm = score.align(alarms, offset, n)
    answer = score.evaluate(strength, alarm, events, state, budgets=WEEKLY_BUDGETS, K=rules.get("K"))
    names = [f"POD@{b:g}" for b in WEEKLY_BUDGETS] + ["POD1@0.01", "delay@0.01", "PPV@0.01", "pAUC2"]
    return {name: round(float(answer[name]), 3) for name in names} | {"series": len(meta)}


def daily_figures(folder: Path, alarms: Path, only: frozenset[str] | None = None) -> dict[str, Any]:
    """POD, delay and precision at matched false episodes a series-year, by level at one, and at the alarm column."""
    score = scorer()
    meta, events, offset, n, state = _load(score, folder, only, DAILY_GRACE, DAILY_LEAD)
    strength, alarm = score.align(alarms, offset, n)
    years = (state == 0).sum() / meta.freq.iloc[0]
    rules = (state, offset, years, DAILY_GAP, DAILY_K, 0)
    answer: dict[str, Any] = {}
    level = events[events.onset].series_id.str.split("|").str[0].replace({"ind": "industry"})
    for budget in DAILY_BUDGETS:
        threshold = score.thr_ep(strength, events, *rules, budget)
        figures, found = score.ep_stats(strength > threshold, events, *rules)
        answer |= {f"{key}@{budget:g}": round(float(figures[key]), 3) for key in ("POD", "delay", "ep_precision")}
        if budget == 1:
            answer |= {
                f"{key}@1": round(float(value), 3)
                for key, value in pd.Series(found).groupby(level.to_numpy()).mean().items()
            }
    figures, _ = score.ep_stats(alarm, events, *rules)
    keys = ("false_ep_per_sy", "ep_precision", "POD", "delay")
    return answer | {f"nominal_{key}": round(float(figures[key]), 3) for key in keys}


def _load(score: ModuleType, folder: Path, only: frozenset[str] | None, grace: int, lead: int) -> tuple[Any, ...]:
    """The bench's load, over some series."""
    return tuple(score.load(str(narrowed(folder, only) if only is not None else folder), grace, lead))


def narrowed(folder: Path, only: frozenset[str]) -> Path:
    """The folder with a shorter meta.csv, which is what the bench's programs go by, beside links to the rest."""
    narrow = folder.with_name(folder.name + "_part")
    narrow.mkdir(exist_ok=True)
    meta = pd.read_csv(folder / "meta.csv")
    meta[meta["series_id"].isin(only)].to_csv(narrow / "meta.csv", index=False)
    for name in ("truth.csv", "ignore.csv", "series.csv"):
        if (folder / name).exists() and not (narrow / name).exists():
            (narrow / name).symlink_to(folder / name)
    return narrow
