"""For notebooks: a long frame of counts, stocks or net changes in, what was expected and how improbable it was out."""

from datetime import date

import numpy as np
import pandas as pd
from scipy import special

from models import change, evidence, quality
from models.backtest import backtest, first_column, trace
from models.methods import LEVEL_FACTOR, Method
from models.panel import LEVELS, Grain, Integers, Nature, Panel, Worse, period_numbers, periods_from
from models.recipe import RECIPES, Recipe
from tests import model_words

NAMES = ("series", "period")
QUANTILES = tuple(sorted(evidence.QUANTILES, key=lambda name: evidence.QUANTILES[name]))
COLUMNS = (*NAMES, "window_periods", "observed", "expected", *QUANTILES, "p", "spike", "state", "why")


def judge(
    frame: pd.DataFrame,
    calendar: pd.DataFrame,
    grain: Grain,
    method: Method = LEVEL_FACTOR,
    start: date | None = None,
    nature: Nature = "count",
    worse: Worse = "higher",
    *,
    is_sum: bool = True,
) -> pd.DataFrame:
    """Judge the last period of every series, or all from `start` on, each from the periods before it.

    frame: one row a series and period: series, period (its first day), value (people; NaN or no row = not reported)
    and, if need be, exposure (share that reported, or what the people are counted among), whole (what it would be if
    all had) and level, area, industry, cohort (see Panel; without them all series are areas). calendar: as of `assess`.
    nature, worse, is_sum: as of Panel; a stock or net change is judged by models.change, whatever the method. On which
    days an area fell silent is for models.completeness to find, before. Answers with COLUMNS, one row a series and period:
    the window that tells most, its people and what was expected of it, quantiles of that, p (NaN = no judgement), spike
    (whether the evidence is above the line of models.quality; NA while there is none, for lack of history), state (how
    much history: models.recipe) and why, a sentence. Raises ValueError where the frame is empty or contradicts itself
    or the calendar is too short.
    """
    panel = panel_of(frame, grain, nature, worse, is_sum=is_sum)
    recipe = method.recipes[grain] if nature == "count" else RECIPES[grain]
    first = panel.periods[-1].date() if start is None else start
    rows = backtest(panel, calendar, first, method)
    found = trace(panel, calendar, panel.periods[0].date(), method)
    line = quality.alarm_lines(found.evidence, recipe)
    judged = slice(first_column(panel, first), None)
    spike = pd.array(found.evidence[:, judged] > line[judged], dtype="boolean")
    spike[np.broadcast_to(np.isnan(line[judged]), spike.shape) | np.isnan(found.p[..., judged]).all(axis=0)] = pd.NA
    told = _chosen(rows, best_window(rows, len(panel.series), recipe))
    told["spike"] = spike.T.ravel()
    return _told(told, recipe, grain, nature)


def panel_of(
    frame: pd.DataFrame, grain: Grain, nature: Nature = "count", worse: Worse = "higher", *, is_sum: bool = True
) -> Panel:
    """The long frame of `judge` as a panel. Raises ValueError."""
    missing = {*NAMES, "value"} - set(frame.columns)
    if missing:
        raise ValueError(f"the frame lacks the columns {sorted(missing)}")
    if frame.empty:
        raise ValueError("the frame has no rows")
    twice = frame[frame.duplicated(list(NAMES))]
    if len(twice):
        raise ValueError(f"series {twice['series'].iloc[0]} has more than one row for {twice['period'].iloc[0]}")
    period = pd.DatetimeIndex(pd.to_datetime(frame["period"]))
    begins, ends = periods_from(period.min(), 1, grain)[0], period.max()
    count = int(np.diff(period_numbers(pd.DatetimeIndex([begins, ends]), grain))[0]) + 1
    periods = periods_from(begins, count, grain)
    column = periods.get_indexer(period)
    if (column < 0).any():
        raise ValueError(f"{period[column < 0][0].date()} is not the first day of a {grain} like {periods[0].date()}")
    names = pd.Index(frame["series"].unique())
    row = names.get_indexer(frame["series"])
    values = np.full((len(names), count), np.nan)
    values[row, column] = frame["value"].to_numpy(dtype=np.float64)
    exposure, whole = np.zeros_like(values), None
    exposure[row, column] = frame.get("exposure", pd.Series(1.0, index=frame.index)).to_numpy(dtype=np.float64)
    exposure = np.where(np.isfinite(values), exposure, 0.0)
    if "whole" in frame.columns:
        whole = np.zeros_like(values)
        whole[row, column] = frame["whole"].to_numpy(dtype=np.float64)
    return Panel(_series(frame, names), periods, values, exposure, grain, nature, worse, whole, is_sum)


def _series(frame: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    if "level" in frame.columns:
        named = ["series", "level", "area", "industry", *(["cohort"] if "cohort" in frame.columns else [])]
        kept = frame.drop_duplicates("series")[named]
        return kept.rename(columns={"series": "series_id"}).reset_index(drop=True)
    return pd.DataFrame({"series_id": names, "level": LEVELS[1], "area": names, "industry": "ALL"})


def best_window(rows: pd.DataFrame, n: int, recipe: Recipe) -> Integers:
    """(T, n) number of the window that speaks most strongly of a turn for the worse; where none does, that of the least
    p after its handicap; the first where there is no judgement. rows: periods, in them windows, in them `n` series."""
    strong, p = (
        rows[name].to_numpy(dtype=np.float64).reshape(-1, len(recipe.windows), n) for name in ("strength", "p")
    )
    handicap = np.array([span.handicap for span in recipe.windows])[:, None]
    told = np.where(np.isfinite(strong).any(axis=1, keepdims=True), strong, -special.ndtri(p) - handicap)
    return np.asarray(np.where(np.isnan(told), -np.inf, told).argmax(axis=1), dtype=np.int64)


def _chosen(rows: pd.DataFrame, window: Integers) -> pd.DataFrame:
    """The rows of the chosen windows (T, n): the frame has periods, in them windows, in them series."""
    periods, n = window.shape
    place = np.arange(len(rows)).reshape(periods, -1, n)
    chosen = np.take_along_axis(place, window[:, None], axis=1).ravel()
    return rows.iloc[chosen].assign(window=window.ravel()).reset_index(drop=True)


def _told(rows: pd.DataFrame, recipe: Recipe, grain: Grain, nature: Nature) -> pd.DataFrame:
    """COLUMNS of the chosen rows. Where a window weighs its periods its variance is that of the weighed sum; what is no
    count has Student's quantiles."""
    plain = np.array([span.length / span.weights.sum() for span in recipe.windows])[rows["window"]]
    known = rows["p"].notna().to_numpy()
    expected, variance = (rows[name].to_numpy()[known] for name in ("expected", "variance"))
    is_count = nature == "count"
    spread = variance * plain[known] ** 2 if is_count else variance
    band = evidence.interval_band(expected, spread) if is_count else change.band(expected, spread, nature)
    for name, quantile in band.items():
        rows.loc[known, name] = quantile
    rows.loc[known, "why"] = [
        model_words.sentence(
            row.level, row.factor, row.expected, row.observed, row.window_periods, grain, nature, row.reason
        )
        for row in rows[known].itertuples()
    ]
    rows["expected"] = rows["expected"].where(known)
    return rows.rename(columns={"series_id": "series", "series": "row"})[list(COLUMNS)]
