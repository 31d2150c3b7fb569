"""Spikes of counts told at the level of the tree that explains them; the others are kept, and say by which."""

from collections.abc import Set

import numpy as np
import pandas as pd

from models.explain import Scores, explained
from models.panel import LEVELS
from models.recipe import RECIPES
from models.reconcile import table
from pipelines.core.catalogue.indicators import catalogue
from pipelines.judging.override import holds_here

Series = tuple[str, str, str]  # indicator, area, industry
_PARTS = ("observed", "expected", "variance")


def fold(spikes: pd.DataFrame, rules: pd.DataFrame, score: pd.DataFrame, told: Set[Series]) -> pd.DataFrame:
    """The same findings with explained_by: "area|industry" of the series that explains one, empty if it stands itself.

    ``told``: series that have an open spike warning. A finding is never folded into one of a lesser level.
    """
    if spikes.empty:
        return spikes
    lines = _lowest_lines(spikes, rules)
    parts = [
        _of_indicator(found, lines.loc[found.index], score[score["indicator"] == name], told)
        for name, found in spikes.groupby("indicator", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _lowest_lines(spikes: pd.DataFrame, rules: pd.DataFrame) -> pd.Series:
    """Finding by finding the lowest line of its rule that holds in its area."""
    asked = spikes[["rule_id", "area"]].reset_index().merge(rules[rules["kind"] == "spike"], on="rule_id")
    lines: pd.Series = asked[holds_here(asked)].groupby("index")["min_strength"].min()
    return lines


def _of_indicator(found: pd.DataFrame, line: pd.Series, score: pd.DataFrame, told: Set[Series]) -> pd.DataFrame:
    windows = score["window_periods"].nunique()
    series = score.iloc[: len(score) // windows]  # windows one after another, each with the series in one order
    cube = {name: score[name].to_numpy(dtype=np.float64).reshape(windows, -1) for name in _PARTS}
    group = series["level"].map(LEVELS.index).to_numpy(dtype=np.int64)
    names = pd.MultiIndex.from_frame(series[["area", "industry"]])
    row = names.get_indexer(pd.MultiIndex.from_frame(found[["area", "industry"]]))
    lines = np.full(len(series), np.inf)
    np.minimum.at(lines, row, line.to_numpy(dtype=np.float64))
    worst = np.full(len(series), len(LEVELS) + 1)
    np.minimum.at(worst, row, found["level"].to_numpy(dtype=np.int64))
    indicator = str(found["indicator"].iloc[0])
    before = np.array([(indicator, area, industry) in told for area, industry in names])
    recipe = RECIPES[str(score["grain"].iloc[0])]
    name = (series["area"] + "|" + series["industry"]).to_numpy(dtype=str)
    told_of = Scores(**cube, group=group, name=name, worse=catalogue()[indicator].worse)
    by = explained(told_of, lines, before, table(series.reset_index(drop=True)), recipe)[row]
    folds = (by >= 0) & (by != row) & (worst[by] <= found["level"].to_numpy(dtype=np.int64))
    return found.assign(explained_by=np.where(folds, name.astype(object)[by], None))
