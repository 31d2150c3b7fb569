"""The watch over the models: once a month what was forecast is compared with what came, and a drift is a finding."""

from collections.abc import Iterable
from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd

from models import quality
from models.methods import METHODS
from models.panel import Floats, Panel
from models.quality import Drift, drift
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.forecast import Forecaster
from pipelines.warehouse.tables import append_frame

RECENT, YEAR = timedelta(days=91), timedelta(days=364)
LEAST_SHARE = 2 / 3  # of the recent sums must be known
EXPECTED = {"coverage_80": 0.8, "coverage_95": 0.95, "p_below_0.05": 0.05}


def watch(
    con: duckdb.DuckDBPyConnection, region: Region, edition: Edition, forecaster: Forecaster, names: Iterable[str]
) -> int:
    """Write table ``model_quality`` in the first edition of a month; returns how many figures have drifted.

    Forecasts and probabilities are those that editions told, what came is what this edition knows. Sums of the city,
    its areas and its industries that do not overlap in time count; cells are too small to tell.
    """
    last = con.execute("select max(day) from edition where day <= ?", [edition.day]).fetchall()[0][0]
    if last is None or (last.year, last.month) == (edition.day.year, edition.day.month):
        return 0
    rows = []
    for name in names:
        panel = forecaster.panel_of(edition, name)
        if panel is None:
            continue
        for figure, found in figures(con, region, name, panel).items():
            if np.isfinite(found.value):
                sentence = drift_sentence(catalogue()[name].title_zh, figure, found) if found.is_drift else None
                rows.append(
                    {
                        "edition_id": edition.edition_id,
                        "day": pd.Timestamp(edition.day),
                        "indicator": name,
                        "area": region.city,
                        "figure": figure,
                        "value": found.value,
                        "before": found.before,
                        "expected": EXPECTED[figure],
                        "sums": found.sums,
                        "is_drift": found.is_drift,
                        "sentence": sentence,
                    }
                )
    append_frame(con, "model_quality", pd.DataFrame(rows))
    return sum(row["is_drift"] for row in rows)


def figures(con: duckdb.DuckDBPyConnection, region: Region, name: str, panel: Panel) -> dict[str, Drift]:
    """The figures of EXPECTED for one indicator, by its panel as it is known now; numerators of ratios are held against
    what was forecast among the denominators that came."""
    recipe = METHODS[region.method].recipes[panel.grain]
    span, window = recipe.horizons[0], recipe.windows[0]
    since = panel.periods[-1] - RECENT - YEAR - timedelta(days=31)
    given = {"indicator": name, "city": region.city, "since": since.to_pydatetime()}
    forecasts = con.execute(step("told_forecast"), {**given, "horizon": span.lookback}).df()
    scores = con.execute(step("told_score"), {**given, "window_periods": window.length}).df()
    starts, cubes = _disjoint_sums(forecasts, panel, span.width, ["lo80", "hi80", "lo95", "hi95"])
    came = quality.sums(panel, span.width).T[starts + span.width - 1]
    grown = [quality.grown(panel.until(max(start - 1, 0)), panel, start + span.width - 1) for start in starts]
    lo80, hi80, lo95, hi95 = (cube * np.reshape(grown, cube.shape) for cube in cubes)
    ends = {"coverage_80": (lo80, hi80), "coverage_95": (lo95, hi95)}
    found = {
        figure: _drift(panel, starts, span.width, _hits((came >= lo) & (came <= hi), came + lo + hi), EXPECTED[figure])
        for figure, (lo, hi) in ends.items()
    }
    starts, (p,) = _disjoint_sums(scores, panel, window.length, ["p"])
    found["p_below_0.05"] = _drift(panel, starts, window.length, _hits(p < 0.05, p), EXPECTED["p_below_0.05"])
    return found


def _hits(is_hit: np.ndarray, known: Floats) -> Floats:
    """1 or 0, NaN where ``known`` is NaN."""
    return np.where(np.isnan(known), np.nan, is_hit)


def _disjoint_sums(frame: pd.DataFrame, panel: Panel, width: int, names: list[str]) -> tuple[np.ndarray, list[Floats]]:
    """First columns (T,) of the told sums that are over and do not overlap, newest first; and what was told (T, n)."""
    series = pd.MultiIndex.from_frame(panel.series.loc[panel.series["level"] != "cell", ["area", "industry"]])
    column = panel.periods.get_indexer(pd.DatetimeIndex(frame["period"]))
    frame = frame.assign(column=column)[(column >= 0) & (column + width <= len(panel.periods))]
    chosen: list[int] = []
    for start in sorted(frame["column"].unique(), reverse=True):
        if not chosen or start <= chosen[-1] - width:
            chosen.append(int(start))
    wide = frame.set_index(["area", "industry", "column"])[names].unstack("column")
    wide = wide.reindex(series)
    shape = (len(panel.series), len(chosen))
    places = np.flatnonzero(panel.series["level"] != "cell")
    cubes = []
    for name in names:
        cube = np.full(shape, np.nan)
        if chosen:
            cube[places] = wide[name][chosen].to_numpy(dtype=np.float64)
        cubes.append(cube.T)
    return np.array(chosen, dtype=np.int64), cubes


def _drift(panel: Panel, starts: np.ndarray, width: int, hits: Floats, expected: float) -> Drift:
    """Compare the sums of the last 91 days with those of the year before; one period alone is no drift."""
    if len(panel.periods) < 2:
        return Drift(np.nan, np.nan, 0.0, False)
    ends = panel.periods[starts + width - 1] if len(starts) else panel.periods[:0]
    age = panel.periods[-1] - ends
    is_recent = np.asarray(age < RECENT)
    inside = np.asarray(age < RECENT + YEAR)
    length = (panel.periods[-1] - panel.periods[0]) / (len(panel.periods) - 1) * width
    if np.isfinite(hits[is_recent]).any(axis=1).sum() < LEAST_SHARE * (RECENT / length):
        return Drift(np.nan, np.nan, 0.0, False)
    return drift(hits[inside], is_recent[inside], expected)


def drift_sentence(title: str, figure: str, found: Drift) -> str:
    """A drift in a sentence."""
    before = "此前没有可比的一年" if np.isnan(found.before) else f"上一年为 {found.before:.0%}"
    expected = EXPECTED[figure]
    if figure == "p_below_0.05":
        side = "偏多" if found.value > expected else "偏少"
        share = f"{title}：过去13周有 {found.value:.0%} 的判断概率低于 5%"
        return f"{share}，应为约 {expected:.0%}；{before}。警报可能{side}。"
    only, width = ("只", "过窄") if found.value < expected else ("", "过宽")
    return (
        f"{title}：过去13周的 {expected:.0%} 预测区间{only}包住了 {found.value:.0%} 的实际值，"
        f"应为约 {expected:.0%}；{before}。区间{width}。"
    )
