"""For notebooks: a long frame of figures in, what was expected and how improbable what came was out."""

from datetime import date

import numpy as np
import pandas as pd
from scipy import special

from models import budget, interval, words
from models.backtest import Trace, backtest, first_column, trace
from models.methods import LEVEL_FACTOR, Method
from models.panel import LEVELS, Grain, Integers, Panel, period_numbers, periods_from
from models.recipe import Recipe

NAMES = ("series", "period")
QUANTILES = tuple(sorted(interval.QUANTILES, key=lambda name: interval.QUANTILES[name]))
COLUMNS = (*NAMES, "window_periods", "observed", "expected", *QUANTILES, "p", "spike", "why")


def judge(
    frame: pd.DataFrame, calendar: pd.DataFrame, grain: Grain, method: Method = LEVEL_FACTOR, start: date | None = None
) -> pd.DataFrame:
    """Judge the last period of every series, or all from `start` on, each from the periods before it.

    frame: one row a series and period: series, period (its first day), value (people; NaN or no row = not reported)
    and, if need be, exposure (share that reported) and level, area, industry (see Panel; without them all series are
    areas). calendar: as of `assess`. Answers with COLUMNS, one row a series and period: the window that tells most, its
    people and what was expected of it, quantiles of that, p (NaN = no judgement), spike (whether the evidence is above
    the line of models.budget; NA while there is none, for lack of history) and why, a sentence. Raises ValueError where
    the frame contradicts itself or the calendar is too short.
    """
    panel = panel_of(frame, grain)
    recipe = method.recipes[grain]
    first = panel.periods[-1].date() if start is None else start
    rows = backtest(panel, calendar, first, method)
    found = trace(panel, calendar, panel.periods[0].date(), method)
    line = budget.lines(found.evidence, recipe)
    judged = slice(first_column(panel, first), None)
    spike = pd.array(found.evidence[:, judged] > line[judged], dtype="boolean")
    spike[np.broadcast_to(np.isnan(line[judged]), spike.shape) | np.isnan(found.p[..., judged]).all(axis=0)] = pd.NA
    told = _chosen(rows, best_window(found.since(judged.start), recipe))
    told["spike"] = spike.T.ravel()
    return _told(told, recipe, grain)


def panel_of(frame: pd.DataFrame, grain: Grain) -> Panel:
    """The long frame of `judge` as a panel. Raises ValueError."""
    missing = {*NAMES, "value"} - set(frame.columns)
    if missing:
        raise ValueError(f"the frame lacks the columns {sorted(missing)}")
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
    exposure = np.zeros_like(values)
    exposure[row, column] = frame.get("exposure", pd.Series(1.0, index=frame.index)).to_numpy(dtype=np.float64)
    return Panel(_series(frame, names), periods, values, np.where(np.isfinite(values), exposure, 0.0), grain)


def _series(frame: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    if "level" in frame.columns:
        kept = frame.drop_duplicates("series")[["series", "level", "area", "industry"]]
        return kept.rename(columns={"series": "series_id"}).reset_index(drop=True)
    return pd.DataFrame({"series_id": names, "level": LEVELS[1], "area": names, "industry": "ALL"})


def best_window(found: Trace, recipe: Recipe) -> Integers:
    """(n, T) number of the window with the least p after its handicap; the first where there is none."""
    handicap = np.array([span.handicap for span in recipe.windows])[:, None, None]
    deviations = -special.ndtri(found.p) - handicap
    return np.asarray(np.where(np.isnan(deviations), -np.inf, deviations).argmax(axis=0), dtype=np.int64)


def _chosen(rows: pd.DataFrame, window: Integers) -> pd.DataFrame:
    """The rows of the chosen windows (n, T): the frame has periods, in them windows, in them series."""
    n, periods = window.shape
    place = np.arange(len(rows)).reshape(periods, -1, n)
    chosen = np.take_along_axis(place, window.T[:, None], axis=1).ravel()
    return rows.iloc[chosen].assign(window=window.T.ravel()).reset_index(drop=True)


def _told(rows: pd.DataFrame, recipe: Recipe, grain: Grain) -> pd.DataFrame:
    """COLUMNS of the chosen rows. Where a window weighs its periods its variance is that of the weighed sum."""
    plain = np.array([span.length / span.weights.sum() for span in recipe.windows])[rows["window"]]
    known = rows["p"].notna().to_numpy()
    expected, variance = (rows[name].to_numpy()[known] for name in ("expected", "variance"))
    for name, quantile in interval.band(expected, variance * plain[known] ** 2).items():
        rows.loc[known, name] = quantile
    rows.loc[known, "why"] = [
        words.sentence(row.level, row.factor, row.expected, row.observed, row.window_periods, grain)
        for row in rows[known].itertuples()
    ]
    rows["expected"] = rows["expected"].where(known)
    return rows.rename(columns={"series_id": "series", "series": "row"})[list(COLUMNS)]
