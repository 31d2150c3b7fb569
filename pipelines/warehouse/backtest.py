"""How good an indicator's forecasts and judgements were, each made from what its edition knew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from models import quality
from models.assess import Assessment, Memory
from models.backtest import trace
from models.evidence import JudgedWindows, best_z_score
from models.methods import METHODS, Method
from models.panel import LEVELS, Floats, Integers, Panel, hierarchy, period_numbers
from models.quality import NAMES, Event
from models.recipe import Recipe
from pipelines.core.catalogue.indicators import Indicator, indicator_named
from pipelines.core.domain import TOTAL_INDUSTRY, Grain, UserError
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.warehouse.cells import Cells, cells_of, is_cell
from pipelines.warehouse.series_judgement import STANDING, Judgement, judgement

AHEAD_DAYS = 550  # calendar beyond the last period
WITHIN_DAYS = {Grain.DAY: 7, Grain.WEEK: 7, Grain.MONTH: 45, Grain.QUARTER: 120}  # an event is found in time: the
# period that shows it is over and its files are due
SEASON = {Grain.DAY: 364, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4}  # periods until the same one of last year
EVERY_LEVEL = "all"
_COLUMNS = ["series_level", "horizon", "figure", "value", "error"]


@dataclass(frozen=True)
class Backtest:
    """Figures of one backtest: frame with series_level, horizon (0: of judgements), figure, value and its standard
    error, NaN where too little time is judged to tell."""

    indicator: Indicator
    method: str
    first: date
    last: date
    editions: int
    figures: pd.DataFrame


@dataclass(frozen=True)
class Vintage:
    """One edition's own look: the panel as it knew it and what it said."""

    day: date
    panel: Panel
    said: Assessment


def backtest(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    name: str,
    days: tuple[date, date],
    truth: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    method: str = "",
) -> Backtest:
    """Make the judgements of the editions of ``days`` (first and last) again and score them by what is known now.

    truth: labels as `gangshao demo` writes them; without them nothing can be said of detection. method: name of another
    one than the region's. Raises UserError when the indicator, the method or the editions do not exist, or the labels
    cannot be read.
    """
    first, last = days
    chosen = method_named(method or region.method)
    indicator = indicator_named(name)
    vintages: list[Vintage] = []
    wanted = editions_of(con, first, last)
    for done, vintage in enumerate(vintages_of(con, region, indicator, wanted, chosen), 1):
        vintages.append(vintage)
        progress("回测", done, len(wanted))
    if not vintages:
        raise UserError(f"“{name}”在 {first} 至 {last} 的版次中没有数据 (no readings of this indicator)")
    recipe = chosen.recipes[vintages[-1].panel.grain]
    calendar = _calendar(region, vintages[0].panel.periods[0].date(), last)
    frames = [_accuracy_by_horizon(vintages, recipe), _score_judgements(region, vintages, calendar, chosen, truth)]
    return Backtest(indicator, chosen.name, first, last, len(vintages), pd.concat(frames, ignore_index=True))


def method_named(name: str) -> Method:
    """The method of this name. Raises UserError naming those there are."""
    if name not in METHODS:
        raise UserError(f"没有名为“{name}”的预测方法，现有 {'、'.join(METHODS)} (no such method)")
    return METHODS[name]


TITLES = {
    "mase": "平均误差 ÷ 去年同期法的误差（小于 1 为好）",
    "wis": "区间得分 ÷ 去年同期法的误差（越小越好）",
    "coverage_80": "80% 区间的覆盖率（应近 .80）",
    "coverage_95": "95% 区间的覆盖率（应近 .95）",
    "p_below_0.01": "概率低于 .01 的判断所占比例（无事时应近 .01）",
    "p_below_0.05": "概率低于 .05 的判断所占比例（无事时应近 .05）",
    "p_below_0.1": "概率低于 .1 的判断所占比例（无事时应近 .1）",
    "events": "已知事件（件）",
    "detected": "可见后及时发现的比例（日、周 7 天，月 45 天，季 120 天内；越大越好）",
    "delay": "发现所用天数，未发现的按最长计（越小越好）",
    "episodes_per_series_year": "每个序列每年的警报次数",
    "false_per_series_year": "其中与已知事件无关的次数（越小越好）",
    "precision": "警报中与已知事件有关的比例（越大越好）",
}


def backtest_lines(found: Backtest) -> list[str]:
    """The figures as lines for a person."""
    head = f"{found.indicator.title_zh}，方法 {found.method}，{found.first} 至 {found.last}，{found.editions} 个版次"
    table = found.figures[found.figures["series_level"] == EVERY_LEVEL]
    lines = [head]
    for horizon, rows in table.groupby("horizon"):
        lines.append(f"预测{horizon_words(found.indicator, int(horizon))}" if horizon else "判断")
        told = rows[rows["value"].notna()]
        lines += [f"  {TITLES[row.figure]}：{row.value:.3f}" for row in told.itertuples()]
    return lines


def horizon_words(indicator: Indicator, horizon: int) -> str:
    """How far ahead a horizon of the indicator's forecasts lies, in words: of daily figures they are sums of a week."""
    return f"未来第 {horizon // 7} 周（7 天合计）" if indicator.grains[0] is Grain.DAY else f"未来第 {horizon} 期"


def editions_of(con: duckdb.DuckDBPyConnection, first: date, last: date) -> list[tuple[date, datetime]]:
    """Day and cut-off of the last edition of every day between. Raises UserError when there is none."""
    rows: list[tuple[date, datetime]] = con.execute(
        "select day, max(cutoff_at) from edition where day between $first and $last group by day order by day",
        {"first": first, "last": last},
    ).fetchall()
    if not rows:
        raise UserError(f"{first} 至 {last} 没有版次，请先运行 gangshao run --from … --to … (no editions then)")
    return rows


def vintages_of(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    indicator: Indicator,
    editions: list[tuple[date, datetime]],
    method: Method,
) -> Iterator[Vintage]:
    """Each edition's look at the indicator, in their order; editions before the first reading have none."""
    grain = indicator.grains[0]
    wanted = {"indicator": indicator.name, "grain": str(grain)}
    frame = con.execute(step("cell_history"), wanted).df()
    frame = frame[is_cell(frame, indicator, grain, region)]
    nowcasts = con.execute(step("nowcast_history"), wanted | {"city": region.city}).df()
    memory: Memory | None = None
    cells: Cells | None = None
    calendar = pd.DataFrame()
    before = pd.Timestamp.min
    made: Judgement | None = None
    for day, cutoff in editions:
        at = pd.Timestamp(cutoff)
        gone = frame[(frame["known_from"] <= before) & (frame["known_to"] > before) & (frame["known_to"] <= at)]
        fresh = frame[(frame["known_from"] > before) & _known_at(frame, at)]
        if made is not None and grain in STANDING and gone.empty and fresh.empty:
            yield Vintage(day, made.panel, made.assessment)
            continue
        if cells is None or (not fresh.empty and fresh["period"].min().date() < cells.first):
            cells, calendar = cells_of(frame[_known_at(frame, at)], indicator, grain, region), pd.DataFrame()
        else:
            cells.forget(gone)
            cells.apply(fresh)
        before = at
        if cells is None:
            continue
        if calendar.empty:
            calendar = _calendar(region, cells.first, editions[-1][0])
        made = judgement(cells, region, nowcasts[nowcasts["cutoff_at"] == at], calendar, memory, method)
        if made is None:
            continue
        memory = made.memory
        yield Vintage(day, made.panel, made.assessment)


def over_by_now(vintages: Sequence[Vintage], horizon: int) -> Iterator[tuple[int, pd.DataFrame, int]]:
    """The vintages whose forecasts of a horizon can be judged in the last one's eyes: number, Assessment.forecast rows
    (one a series), and the column of the last panel in which the sum ends."""
    final = vintages[-1].panel
    for place, vintage in enumerate(vintages):
        part = vintage.said.forecast
        part = part[part["horizon"] == horizon]
        end = int(final.periods.searchsorted(vintage.panel.periods[-1])) + horizon
        if len(part) == len(final.series) and end < len(final.periods):
            yield place, part, end


def _known_at(frame: pd.DataFrame, at: pd.Timestamp) -> pd.Series:
    return (frame["known_from"] <= at) & ~(frame["known_to"] <= at)


def _calendar(region: Region, first: date, last: date) -> pd.DataFrame:
    """The region's calendar from the first period's day to well beyond the last edition."""
    return region.calendar_frame(first, last + timedelta(days=AHEAD_DAYS))


def _accuracy_by_horizon(vintages: list[Vintage], recipe: Recipe) -> pd.DataFrame:
    """Accuracy by level and horizon of the sums that are over by now, in the last edition's eyes; numerators of ratios
    among the denominators that came, for nobody forecast these."""
    final = vintages[-1].panel
    level = final.series["level"].to_numpy()
    widest = {span.lookback: span.width for span in recipe.horizons}
    rows = []
    for horizon, width in widest.items():
        sums = quality.sums(final, width)
        made, ends = [], []
        for place, part, end in over_by_now(vintages, horizon):
            grown = quality.grown(vintages[place].panel, final, end)
            made.append(part[list(NAMES)].to_numpy(dtype=np.float64) * grown)
            ends.append(end)
        if not made:
            continue
        cube, truth, block = np.stack(made, axis=1), sums[:, ends], np.array(ends) // width
        start = int(final.periods.searchsorted(pd.Timestamp(vintages[0].day)))
        scale = _naive_error(sums[:, :start], SEASON[Grain(final.grain)])
        for name in (EVERY_LEVEL, *LEVELS):
            chosen = np.ones(len(level), dtype=bool) if name == EVERY_LEVEL else level == name
            if chosen.any():
                found = quality.accuracy(truth[chosen], cube[chosen], scale[chosen])
                parts = [
                    quality.accuracy(truth[chosen][:, block == one], cube[chosen][:, block == one], scale[chosen])
                    for one in np.unique(block)
                ]
                rows += _rows(name, horizon, found, quality.errors(parts))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _rows(level: str, horizon: int, found: dict[str, float], errors: dict[str, float]) -> list[tuple[object, ...]]:
    return [(level, horizon, figure, value, errors.get(figure, np.nan)) for figure, value in found.items()]


def _naive_error(sums: Floats, season: int) -> Floats:
    """(n, 1) mean absolute change against the same sum a year before, of the year before the judged span; NaN where
    there is no such year."""
    if sums.shape[1] <= season:
        return np.full((len(sums), 1), np.nan)
    change = np.abs(sums[:, season:] - sums[:, :-season])[:, -season:]
    known = np.isfinite(change)
    mean = np.where(known, change, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1), mean, np.nan)[:, None]


def _score_judgements(
    region: Region, vintages: list[Vintage], calendar: pd.DataFrame, method: Method, truth: Path | None
) -> pd.DataFrame:
    """Calibration of p and what the alarm line found; the line comes from the periods before the first edition."""
    first = vintages[0].panel
    recipe = method.recipes[first.grain]
    group = hierarchy(first.series).group
    strength, p = [], []
    for vintage in vintages:
        chance, observed, expected, variance = (
            _cube(vintage.said.score[name], recipe) for name in ("p", "observed", "expected", "variance")
        )
        strength.append(
            best_z_score(JudgedWindows(chance, observed, expected, variance), group, recipe, first.worse, first.nature)
        )
        p.append(chance)
    memory = min(recipe.budget_memory, len(first.periods) - 1)
    past = trace(first, calendar, first.periods[-memory].date(), method).evidence
    most = recipe.budget * len(group) * memory / recipe.periods_per_year
    alarm = (np.stack(strength, axis=1) > quality.alarm_line(past, most, recipe.budget_gap)).astype(np.float64)
    every, block = np.stack(p), _last_numbers(vintages) // max(span.length for span in recipe.windows)
    figures = quality.calibration(every)
    errors = quality.errors([quality.calibration(every[block == one]) for one in np.unique(block)])
    per_year = recipe.periods_per_year * (1.0 if first.grain == "day" else len(vintages) / _periods(vintages))
    days = np.diff([vintage.day.toordinal() for vintage in vintages])
    apart = float(np.median(days)) if len(days) else 1.0
    within = round(WITHIN_DAYS[Grain(first.grain)] / apart)
    events = _events(region, vintages, truth)
    found = quality.detection(alarm, events, within, recipe.budget_gap, per_year)
    figures |= found
    errors |= quality.detection_errors(found, quality.delays(alarm, events, within), alarm.size / per_year)
    figures["delay"] *= apart
    errors["delay"] *= apart
    if truth is None:
        figures = {name: value for name, value in figures.items() if np.isfinite(value) and name != "events"}
    return pd.DataFrame(_rows(EVERY_LEVEL, 0, figures, errors), columns=_COLUMNS)


def _last_numbers(vintages: list[Vintage]) -> Integers:
    """(V,) numbers of the last periods, the same whenever the panels begin: history may arrive later."""
    last = [vintage.panel.periods[-1] for vintage in vintages]
    return period_numbers(pd.DatetimeIndex(last), vintages[0].panel.grain)


def _periods(vintages: list[Vintage]) -> int:
    """Periods of the grain from the first edition to the last, at least one."""
    numbers = _last_numbers(vintages)
    return max(int(numbers[-1] - numbers[0]) + 1, 1)


def _cube(column: pd.Series, recipe: Recipe) -> Floats:
    """(W, n) of a column of Assessment.score, which has the windows one after another."""
    return np.asarray(column.to_numpy(dtype=np.float64).reshape(len(recipe.windows), -1))


def _events(region: Region, vintages: list[Vintage], truth: Path | None) -> list[Event]:
    """Labelled events that begin to show within the editions; places are numbers of editions."""
    if truth is None:
        return []
    try:
        labels = pd.read_csv(truth, parse_dates=["first_visible_on", "end_on"])
    except (OSError, ValueError) as error:
        raise UserError(f"{truth} 读不出事件标签，应为 gangshao demo 写的 truth.csv (not a truth file)") from error
    days = pd.DatetimeIndex([pd.Timestamp(vintage.day) for vintage in vintages])
    series = vintages[0].panel.series
    found = []
    for label in labels[labels["size_class"] != "none"].dropna(subset=["first_visible_on"]).itertuples():
        start = int(days.searchsorted(label.first_visible_on))
        if label.first_visible_on < days[0] or start >= len(days):
            continue
        area = (series["area"] == label.area) | (series["area"] == region.city) | (label.area == region.city)
        industry = (series["industry"] == label.industry) | (series["industry"] == TOTAL_INDUSTRY)
        industry |= label.industry == TOTAL_INDUSTRY
        end = int(days.searchsorted(label.end_on, "right")) - 1
        found.append(Event(tuple(np.flatnonzero(area & industry).tolist()), start, max(start, end)))
    return found
