"""Findings of one rise grouped at the level of the tree that explains it; the others are kept, and say by which."""

from collections.abc import Set

import numpy as np
import pandas as pd

from models.explain import Scores, explained
from models.panel import LEVELS
from models.recipe import RECIPES
from models.reconcile import table
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.judging.rule_scope import holds_in_area

Series = tuple[str, str, str]  # indicator, area, industry
_PARTS = ("observed", "expected", "variance")
_WHOLE = ["indicator", "area", "observed", "expected"]


def group_spikes(spikes: pd.DataFrame, rules: pd.DataFrame, score: pd.DataFrame, is_open: Set[Series]) -> pd.DataFrame:
    """The same findings with explained_by: "area|industry" of the series that explains one, empty if it stands itself.

    ``is_open``: series that have an open spike warning. A finding is never grouped into one of a lesser level.
    """
    if spikes.empty:
        return spikes
    lines = _lowest_lines(spikes, rules)
    parts = [
        _of_indicator(found, lines.loc[found.index], score[score["indicator"] == name], is_open)
        for name, found in spikes.groupby("indicator", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _lowest_lines(spikes: pd.DataFrame, rules: pd.DataFrame) -> pd.Series:
    """Finding by finding the lowest line of its rule that holds in its area."""
    asked = spikes[["rule_id", "area"]].reset_index().merge(rules, on="rule_id")
    lines: pd.Series = asked[holds_in_area(asked)].groupby("index")["min_strength"].min()
    return lines


def _of_indicator(found: pd.DataFrame, line: pd.Series, score: pd.DataFrame, is_open: Set[Series]) -> pd.DataFrame:
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
    before = np.array([(indicator, area, industry) in is_open for area, industry in names])
    recipe = RECIPES[str(score["grain"].iloc[0])]
    name = (series["area"] + "|" + series["industry"]).to_numpy(dtype=str)
    scores = Scores(**cube, group=group, name=name, worse=catalogue()[indicator].worse)
    by = explained(scores, lines, before, table(series.reset_index(drop=True)), recipe)[row]
    is_grouped = (by >= 0) & (by != row) & (worst[by] <= found["level"].to_numpy(dtype=np.int64))
    return found.assign(explained_by=np.where(is_grouped, name.astype(object)[by], None))


def group_sums(met: pd.DataFrame, city: str) -> pd.DataFrame:
    """The findings of one or more rules with explained_by: a whole without the part that makes it, a part by its whole.

    A whole is explained by a part when without it the rest is not beyond the rule's lowest line. A part is explained
    by a whole that stands, of no lesser level, when its share of the whole's excess leaves it within that line.
    """
    met = met.assign(explained_by=None).reset_index(drop=True)
    if len(met) < 2:
        return met
    side = np.sign(met["observed"] - met["expected"])
    met = met.assign(deviation=side * (met["observed"] - met["expected"]) / met["strength"])
    pairs = met.reset_index(names="part").merge(met.reset_index(names="whole"), on="rule_id", suffixes=("", "_whole"))
    is_total, is_city = pairs["industry_whole"] == TOTAL_INDUSTRY, pairs["area_whole"] == city
    holds = (is_city | (pairs["area"] == pairs["area_whole"])) & (
        is_total | (pairs["industry"] == pairs["industry_whole"])
    )
    pairs = pairs[holds & (pairs["part"] != pairs["whole"]) & (pairs["window_from"] == pairs["window_from_whole"])]
    rest = (pairs["observed_whole"] - pairs["observed"]) - (pairs["expected_whole"] - pairs["expected"])
    spread = np.sqrt(np.maximum(pairs["deviation_whole"] ** 2 - pairs["deviation"] ** 2, pairs["deviation"] ** 2))
    made_by = pairs[(rest.abs() < pairs["line_of_rule"] * spread) & (pairs["level"] <= pairs["level_whole"])]
    made_by = made_by.sort_values(["whole", "strength"], ascending=[True, False]).drop_duplicates("whole")
    met.loc[made_by["whole"], "explained_by"] = (made_by["area"] + "|" + made_by["industry"]).to_numpy(dtype=object)
    ratio = pairs["observed_whole"] / pairs["expected_whole"].where(pairs["expected_whole"] > 0)
    left = (pairs["observed"] - ratio * pairs["expected"]).abs()
    own = pairs[
        (left < pairs["line_of_rule"] * pairs["deviation"] * np.maximum(ratio, 1.0))
        & (pairs["level_whole"] <= pairs["level"])
        & ~pairs["whole"].isin(made_by["whole"])
        & ~pairs["part"].isin(made_by["whole"])
    ]
    own = own.sort_values(["part", "strength_whole"], ascending=[True, False]).drop_duplicates("part")
    whole = own["area_whole"] + "|" + own["industry_whole"]
    met.loc[own["part"], "explained_by"] = whole.to_numpy(dtype=object)
    return met


def group_in_everybody(met: pd.DataFrame, score: pd.DataFrame) -> pd.DataFrame:
    """The findings of a cohort with explained_by: everybody of the area where its share of their rise leaves it usual.

    ``score``: everybody's windows; those of an area with its strongest beyond the rule's lowest line explain its
    cohorts, for they are told as everybody's. An indicator worse when lower is none of cohorts.
    """
    wholes = score[score["industry"] == TOTAL_INDUSTRY] if len(score) else pd.DataFrame(columns=[*_WHOLE, "strength"])
    wholes = wholes.sort_values("strength", ascending=False).drop_duplicates(["indicator", "area"])
    pairs = met[["indicator", "area"]].merge(wholes, on=["indicator", "area"], how="left").set_index(met.index)
    ratio = (pairs["observed"] / pairs["expected"].where(pairs["expected"] > 0)).clip(lower=1.0).astype(float)
    deviation = (met["observed"] - met["expected"]) / met["strength"]
    left = met["observed"] - ratio * met["expected"]
    is_shared = (pairs["strength"].astype(float) >= met["line_of_rule"]) & (
        left < met["line_of_rule"] * deviation * ratio
    )
    by = (met["area"] + "|" + TOTAL_INDUSTRY).astype(object)
    return met.assign(explained_by=by.where(is_shared, None))
