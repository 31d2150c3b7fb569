"""Whether other indicators sharpen an indicator's forecasts, on vintages: what each edition knew of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from models import leading, quality
from models.panel import LEVELS, Floats, Integers, Panel, hierarchy
from pipelines.core.catalogue.indicators import Indicator, indicator_named
from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.warehouse.backtest import Vintage, editions_of, horizon_words, method_named, over_by_now, vintages_of

SIGMAS = 2.0  # standard errors: a gain within them may be chance
LEVEL_NAMES = dict(zip(LEVELS, ("全市", "区县", "行业", "区县内行业", "群体"), strict=True))


@dataclass(frozen=True)
class Leading:
    """What was tried and what it did to the error: frame with series_level, horizon, forecasts (how many were judged),
    error (mean absolute, people, without these), change (its relative change with them) and change_error (standard
    error of that, NaN where too little time is judged)."""

    indicator: Indicator
    by: tuple[Indicator, ...]
    first: date
    last: date
    editions: int
    figures: pd.DataFrame


def compare(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    name: str,
    by: list[str],
    first: date,
    last: date,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Leading:
    """Make the forecasts of the editions from ``first`` to ``last`` again, with and without the leading indicators.

    Raises UserError when an indicator is unknown, is no count of people, or leads itself, or there are no editions.
    """
    chosen = [_count_named(one) for one in (name, *by)]
    if name in by or len(set(by)) < len(by):
        raise UserError(f"先行指标不能是“{name}”本身，也不能重复 (an indicator does not lead itself)")
    method, wanted = method_named(region.method), editions_of(con, first, last)
    looks: list[dict[date, Vintage]] = []
    for done, indicator in enumerate(chosen, 1):
        looks.append({vintage.day: vintage for vintage in vintages_of(con, region, indicator, wanted, method)})
        progress("先行指标", done, len(chosen))
    own, others = list(looks[0].values()), looks[1:]
    if not own:
        raise UserError(f"“{name}”在 {first} 至 {last} 的版次中没有数据 (no readings of this indicator)")
    signals = np.concatenate([_signals(own, other) for other in others])
    widths = {span.lookback: span.width for span in method.recipes[own[0].panel.grain].horizons}
    rows = [row for horizon, width in widths.items() for row in _compared(own, signals, horizon, width)]
    columns = ["series_level", "horizon", "forecasts", "error", "change", "change_error"]
    figures = pd.DataFrame(rows, columns=columns)
    return Leading(chosen[0], tuple(chosen[1:]), first, last, len(own), figures)


def leading_lines(found: Leading) -> list[str]:
    """The figures as lines for a person, with what they mean."""
    names = "、".join(one.title_zh for one in found.by)
    head = f"{found.indicator.title_zh}，先行指标：{names}；{found.first} 至 {found.last}，{found.editions} 个版次"
    if found.figures.empty:
        return [head, "可比的预测太少，看不出有无帮助；请用更长的时段。"]
    lines = [head]
    for horizon, rows in found.figures.groupby("horizon"):
        lines.append(f"预测{horizon_words(found.indicator, int(horizon))}")
        for row in rows.itertuples():
            error = f" ± {100 * row.change_error:.1f}" if np.isfinite(row.change_error) else ""
            lines.append(
                f"  {LEVEL_NAMES[row.series_level]}：平均误差 {row.error:.2f} 人，用先行指标后变化 "
                f"{100 * row.change:+.1f}{error} %，{change_words(row.change, row.change_error)}"
            )
    return lines


def change_words(change: float, error: float) -> str:
    """What a relative change of the error and its standard error mean."""
    if not np.isfinite(error):
        return "时段太短，不能判断"
    if abs(change) <= SIGMAS * error:
        return "看不出差别"
    return "有帮助" if change < 0 else "反而更差"


def _count_named(name: str) -> Indicator:
    indicator = indicator_named(name)
    if indicator.kind != "count" or indicator.nature != "count":
        raise UserError(f"“{name}”不是人数，先行指标的检验只用于一段时期的人数 (not a count of people)")
    return indicator


def _signals(own: list[Vintage], other: dict[date, Vintage]) -> Floats:
    """(2, n, V) what the other indicator's shortest and longest windows brought over their expectation, of the same
    series in the same edition; 0 where it has none."""
    series = own[0].panel.series["series_id"]
    found = np.zeros((2, len(series), len(own)))
    for place, vintage in enumerate(own):
        if vintage.day not in other:
            continue
        score = other[vintage.day].said.score
        windows = score["window_periods"]
        for which, width in enumerate((windows.min(), windows.max())):
            rows = score[windows == width].set_index("series_id").reindex(series)
            observed, expected, p = (rows[name].to_numpy(dtype=np.float64) for name in ("observed", "expected", "p"))
            found[which, :, place] = leading.signal(observed, expected, np.isfinite(p))
    return found


def _compared(own: list[Vintage], signals: Floats, horizon: int, width: int) -> list[tuple[object, ...]]:
    """Rows of Leading.figures of one horizon."""
    final = own[-1].panel
    sums = quality.sums(final, width)
    expected, came, ends, places = _made(own, sums, horizon)
    if not len(ends):
        return []
    group = hierarchy(final.series).group
    better, is_learned = leading.sharpened(
        expected,
        lambda at: _known(own[places[at]].panel, final.periods[ends], width),
        signals[:, :, places],
        ends - horizon,
        ends,
        group,
    )
    judged = is_learned & np.isfinite(came)
    rows: list[tuple[object, ...]] = []
    for code, level in enumerate(LEVELS):
        mine = judged & (group == code)[:, None]
        if not mine.any():
            continue
        before, after = (np.where(mine, np.abs(came - made), 0.0).sum(axis=0) for made in (expected, better))
        block = ends // width
        parts = [
            {"change": after[block == one].sum() / before[block == one].sum() - 1}
            for one in np.unique(block[mine.any(axis=0)])
            if before[block == one].sum() > 0
        ]
        error = quality.errors(parts)["change"] if parts else np.nan
        count = int(mine.sum())
        rows.append((level, horizon, count, before.sum() / count, after.sum() / before.sum() - 1, error))
    return rows


def _known(panel: Panel, ends: pd.DatetimeIndex, width: int) -> Floats:
    """(n, V) sums of `width` periods that end with these, as a panel knows them; NaN of what it does not."""
    columns = panel.periods.get_indexer(ends)
    return np.where(columns >= 0, quality.sums(panel, width)[:, columns], np.nan)


def _made(own: list[Vintage], sums: Floats, horizon: int) -> tuple[Floats, Floats, Integers, Integers]:
    """Forecasts of one horizon that can be judged by now: (n, V) expected and came, (V,) column in which the sum ends
    and number of the vintage."""
    made = [(part["expected"].to_numpy(np.float64), end, place) for place, part, end in over_by_now(own, horizon)]
    if not made:
        return np.empty((len(sums), 0)), np.empty((len(sums), 0)), np.array([], int), np.array([], int)
    expected, ends, places = zip(*made, strict=True)
    return np.stack(expected, axis=1), sums[:, list(ends)], np.array(ends), np.array(places)
