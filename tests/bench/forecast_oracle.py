"""What the windows of the method could find in the weekly simulator if rates and dispersions were known, not learned.

The same evidence of the same windows, with the simulator's own expectation and dispersion of every series: the ceiling
for any way of learning them.
"""

from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from models.evidence import JudgedWindows, best_z_score, tail_probability
from models.panel import Floats
from models.recipe import WEEK, Recipe, Window
from tests.bench.forecast_data import Case, loaded


def simulator() -> ModuleType:
    """`sim_weekly.py` of the bench."""
    return loaded("sim_weekly.py")


def best_alarms(case: Case, recipe: Recipe = WEEK) -> Path:
    """The file of alarms every detector of the bench writes, by the true rates."""
    made = simulator()
    mean, spread = rates(made, case.panel.series["series_id"].tolist())
    observed, expected = (
        np.stack([_sums(part, span) for span in recipe.windows]) for part in (case.panel.values, mean)
    )
    variance = spread[None, :, None] * expected
    p = tail_probability(observed, expected, variance)
    group = np.ones(len(mean), dtype=np.int64)
    found = best_z_score(JudgedWindows(p, observed, expected, variance), group, recipe)
    count = found.shape[1]
    path = case.folder / "best_possible.csv"
    strength = np.where(np.isfinite(found), found, -99.0).ravel()
    names = np.repeat(case.panel.series["series_id"].to_numpy(), count)
    frame = {"series_id": names, "t": np.tile(np.arange(1, count + 1), len(mean)), "score": strength}
    pd.DataFrame(frame).assign(alarm=(strength > 0).astype(int)).to_csv(path, index=False)
    return path


def rates(made: ModuleType, series: list[str]) -> tuple[Floats, Floats]:
    """(n, T) true expectation without outbreaks and (n,) dispersion of the simulator's series, by its formula."""
    week = np.arange(1, made.T + 1)
    scenarios = made.scenarios()
    mean, spread = [], []
    for name in series:
        level, trend, cosine, sine, dispersion, waves = scenarios[int(name[1:3]) - 1]
        turns = [2 * np.pi * wave * week / 52 for wave in range(1, waves + 1)]
        season = sum((cosine * np.cos(turn) + sine * np.sin(turn) for turn in turns), np.zeros(len(week)))
        mean.append(np.exp(level + trend * week + season))
        spread.append(max(dispersion, 1.0))
    return np.stack(mean), np.array(spread)


def _sums(values: Floats, span: Window) -> Floats:
    """(n, T) weighted sums of the span that end with each week; the first are of what there is."""
    padded = np.pad(values, ((0, 0), (span.length - 1, 0)))
    return sum(weight * padded[:, start : start + values.shape[1]] for start, weight in enumerate(span.weights))  # type: ignore[no-any-return]
