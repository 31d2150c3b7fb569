"""The entry point: judge the last period of a panel by its own past, and say what is expected next."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from models import blend, causal, evidence, level
from models.calendar import Days, days, features
from models.causal import Course, State
from models.evidence import JudgedWindows, Sums, z_score
from models.factor import Factor
from models.methods import LEVEL_FACTOR, Method
from models.panel import Flags, Floats, Panel, first_difference, hierarchy, periods_from
from models.recipe import INSUFFICIENT, MIN_SEEN, Recipe, history_states
from models.reconcile import among, moved, table

SCORE = ("observed", "expected", "variance", "p", "strength", "coverage", "level", "factor", "reported")
FORECAST = ("series", "series_id", "period", "horizon", "expected", *evidence.QUANTILES)
UNKNOWN = ("expected", "variance", "level", "factor")  # of counts of too short a history
KEPT = 120  # columns whose states are kept, so that a late correction resumes from there


@dataclass(frozen=True)
class Assessment:
    """Judgement of the last period, and the forecast after it.

    score: one row a series and window: series (row of panel.series), series_id, window_periods, window_from, data_to
    (last reported period in the window, NaT if none), state (how much history: models.recipe), observed, expected,
    variance, p (mid-p on the worse side; NaN = no judgement: too little reported or known), strength (models.evidence;
    NaN: no turn for the worse), coverage (reported share of what was due), level (people per average due period before
    the window), factor (mean calendar factor of the window; of large series that past years help to judge, with what
    they add), reported (sum of the exposure), reason (the part of the calendar with the largest share of
    that factor, of CALENDAR_REASONS; empty where none is known); expected = level x factor x reported. expected,
    variance, level and factor of a count with insufficient history are NaN.
    forecast: one row a series and horizon: series, series_id, period (first of the sum), horizon (its last, in periods
    of the grain: 7, 14, …, 56 for the sums of the next eight weeks of a daily panel; 1..8 for a weekly one), expected,
    lo80, hi80, lo95, hi95, in people; NaN where too little is known.
    """

    score: pd.DataFrame
    forecast: pd.DataFrame


@dataclass(frozen=True)
class Memory:
    """States of an earlier call, by the column they stand before. An optimisation only: it never changes an answer.

    method: name of the one whose states they are.
    """

    method: str
    panel: Panel
    facts: Days
    states: dict[int, State] = field(repr=False)


def assess(
    panel: Panel, calendar: pd.DataFrame, memory: Memory | None = None, method: Method = LEVEL_FACTOR
) -> tuple[Assessment, Memory]:
    """Judge the last period of `panel`, from the past only.

    calendar: consecutive days, columns date, is_workday, is_holiday, is_makeup, holiday_name, festival_offset (NaN: no
    festival); it covers the panel and goes on for the recipe's `ahead` and `refit`. memory: of any earlier call;
    columns that were revised since are taken in anew, and what another method remembers is of no use. Raises
    ValueError when the calendar is too short or the panel is not of counts (models.change judges these).
    """
    course = course_of(panel, calendar, method)
    facts, last = course.facts, len(panel.periods) - 1
    states = resume(memory, course, last)
    state = states[max(states)] if states else causal.begin_state(course)
    for column in range(state.column, last):
        states[column] = state
        state, sums = causal.predict(causal.update(state, course), course)
        state = causal.refit(state, sums, course)
    states[last] = state
    judged, sums = causal.predict(causal.update(state, course), course)
    after = causal.refit(judged, sums, course)
    states[last + 1] = after
    assessment = Assessment(score(judged, sums, course), forecast(after, course))
    return assessment, Memory(method.name, panel, facts, prune(states, course))


def course_of(panel: Panel, calendar: pd.DataFrame, method: Method) -> Course:
    """A panel of counts with its calendar and the method's recipe. Raises ValueError when the calendar is too short or
    the panel is of another nature, which models.change judges."""
    if panel.nature != "count":
        raise ValueError(f"a {panel.nature} is judged by models.change, not as a count")
    facts, recipe = days(calendar, panel), method.recipes[panel.grain]
    tree = hierarchy(panel.series)
    known = features(facts, panel)
    ordinary = blend.ordinary(known, recipe.year)
    course = Course(panel, facts, known, tree, table(panel.series), method, recipe, ordinary)
    needed = max(recipe.periods_ahead, recipe.refit)  # a factor that is learned today is used until the next is
    if len(course.features.matrix) < len(panel.periods) + needed:
        raise ValueError(f"the calendar must reach {needed} {panel.grain}s beyond the panel's last period")
    return course


def resume(memory: Memory | None, course: Course, last: int) -> dict[int, State]:
    """The states that still hold: those before the first column that differs, and not beyond the last."""
    if memory is None or memory.method != course.method.name or not memory.facts.agrees(course.facts):
        return {}
    valid = min(first_difference(memory.panel, course.panel), last)
    return {column: state for column, state in memory.states.items() if column <= valid}


def prune(states: dict[int, State], course: Course) -> dict[int, State]:
    """Keep the recent states and those where a block begins."""
    newest = max(states)
    return {
        column: state
        for column, state in states.items()
        if column > newest - KEPT or (column > 0 and causal.is_anchor(course, column))
    }


def score(state: State, sums: Sums | None, course: Course) -> pd.DataFrame:
    """Rows of Assessment.score; NaN where there is no judgement yet."""
    panel, recipe = course.panel, course.recipe
    windows = len(recipe.windows)
    columns = dict.fromkeys(SCORE, np.full((windows, len(panel.series)), np.nan))
    if sums is not None and state.block is not None:
        told, variance, p = causal.score(state, sums, course)
        typical = state.block.typical[None]
        mean_rate = told.exposed / np.where(told.reported > 0, told.reported, np.nan)
        strong = z_score(
            JudgedWindows(p, told.observed, told.expected, variance), course.tree.group, recipe, panel.worse
        )
        columns = {
            "observed": told.observed,
            "expected": told.expected,
            "variance": variance,
            "p": p,
            "strength": np.where(np.isfinite(strong), strong, np.nan),
            "coverage": told.coverage,
            "level": told.level * typical,
            "factor": mean_rate / np.where(typical > 0, typical, np.nan),
            "reported": told.reported,
        }
    states = _history(state, course)
    is_known = states != INSUFFICIENT
    columns = columns | {name: np.where(is_known, columns[name], np.nan) for name in UNKNOWN}
    return score_frame(panel, recipe, columns, states).assign(reason=reasons(state, course).ravel())


def score_frame(panel: Panel, recipe: Recipe, columns: dict[str, Floats], states: np.ndarray) -> pd.DataFrame:
    """Rows of Assessment.score of the panel's last period, from the SCORE columns (W, n) and the states (n,)."""
    n, last, windows = len(panel.series), len(panel.periods) - 1, len(recipe.windows)
    if panel.is_linked:  # told by the size that sums have now
        size = panel.owed(last, last + 1)[:, 0]
        columns = columns | {"level": columns["level"] * size, "reported": columns["reported"] / size}
    widths = np.array([span.length for span in recipe.windows])
    starts = np.maximum(last + 1 - widths, 0)
    frame = {
        "series": np.tile(np.arange(n), windows),
        "series_id": np.tile(panel.series["series_id"].to_numpy(), windows),
        "window_periods": np.repeat(widths, n),
        "window_from": panel.periods[np.repeat(starts, n)],
        "data_to": np.concatenate([_last_reported(panel, int(start)) for start in starts]),
        "state": np.tile(states, windows),
    }
    return pd.DataFrame(frame | {name: rows.ravel() for name, rows in columns.items()})


def _history(state: State, course: Course) -> np.ndarray:
    """(n,) how much is known of every series: models.recipe."""
    if state.block is None:
        return history_states(course.panel, course.recipe, 0, np.zeros(len(state.seen), dtype=bool))
    learned = state.block.factor
    return history_states(course.panel, course.recipe, learned.anchor, learned.is_known & (state.seen >= MIN_SEEN))


def _last_reported(panel: Panel, start: int) -> np.ndarray:
    """(n,) the last reported period from column `start` on, NaT if none."""
    reported: Flags = np.isfinite(panel.values[:, start:]) & (panel.exposure[:, start:] > 0)
    last = reported.shape[1] - 1 - reported[:, ::-1].argmax(axis=1)
    periods = panel.periods.to_numpy()[start:][last]
    return np.where(reported.any(axis=1), periods, np.datetime64("NaT"))


def forecast(state: State, course: Course) -> pd.DataFrame:
    """Rows of Assessment.forecast; empty before there is a calendar factor."""
    panel, recipe = course.panel, course.recipe
    if state.block is None:
        return pd.DataFrame({name: [] for name in FORECAST})
    return forecast_frame(panel, recipe, forecast_sums(state, course))


def forecast_frame(panel: Panel, recipe: Recipe, told: dict[str, Floats]) -> pd.DataFrame:
    """Rows of Assessment.forecast after the panel's last period, from its expected and quantiles (H, n)."""
    coming = periods_from(panel.periods[-1], recipe.periods_ahead + 1, panel.grain)
    first = [coming[span.gap + 1] for span in recipe.horizons]
    n = len(panel.series)
    frame = {
        "series": np.tile(np.arange(n), len(first)),
        "series_id": np.tile(panel.series["series_id"].to_numpy(), len(first)),
        "period": np.repeat(pd.DatetimeIndex(first).to_numpy(), n),
        "horizon": np.repeat([span.lookback for span in recipe.horizons], n),
    }
    return pd.DataFrame(frame | {name: rows.ravel() for name, rows in told.items()})


def forecast_sums(state: State, course: Course) -> dict[str, Floats]:
    """expected and the quantiles of interval.QUANTILES (K, n) of the sums that follow the state's last column.

    Large series are blended with past years; of the others the level x factor and its negative binomial are told. What
    people are counted among is expected to stay as it was. The expected people add up over the tree.
    """
    owed = course.panel.owed(state.column - 1, state.column)[:, 0]
    tree = among(course.table, state.seen > 0)
    mean = causal.expected(state, course) * owed
    if state.blend is None or state.block is None:
        mean = mean * moved(mean, tree)
        return {"expected": mean, **evidence.interval_band(mean, _horizon_variance(state, mean, course.recipe))}
    names = ["expected", *evidence.QUANTILES]
    levels = np.array([0.5, *evidence.QUANTILES.values()])
    last = course.panel.periods[state.column - 1]
    people, is_known = blend.quantile(state.blend, last, course.tree.group, levels, course.recipe)
    people = people * owed
    blended = is_known & (people[0] >= course.recipe.large)
    ratio = moved(np.where(blended, people[0], mean), tree)
    mean = mean * ratio
    told = {"expected": mean, **evidence.interval_band(mean, _horizon_variance(state, mean, course.recipe))}
    return {name: np.where(blended, people[place] * ratio, told[name]) for place, name in enumerate(names)}


def _horizon_variance(state: State, mean: Floats, recipe: Recipe) -> Floats:
    """Variance of the horizons' sums: the dispersion has a row for every span, windows first."""
    windows = len(recipe.windows)
    whole = np.concatenate([np.ones((windows, mean.shape[1])), mean])
    return level.variance(state.spread, whole, recipe)[windows:]


CALENDAR_REASONS = {
    "office": "office",
    "holiday": "holiday",
    "before festival": "before_festival",
    "after festival": "after_festival",
    "season": "season",
    "week of year": "season",
}


def reasons(state: State, course: Course) -> np.ndarray:
    """(W, n) one of NAMES for each window that ends with the state's column: the part with the largest share of the log
    factor against the due periods of the year before; empty where the method knows no parts."""
    windows, n = len(course.recipe.windows), len(course.panel.series)
    if state.block is None or not isinstance(state.block.factor, Factor):
        return np.full((windows, n), "", dtype=object)
    factor, end = state.block.factor, state.column + 1
    matrix = course.features.matrix[:end, list(factor.used)]
    word = np.array([CALENDAR_REASONS[part] for part in np.array(course.features.part)[list(factor.used)]])
    names = np.array(list(dict.fromkeys(CALENDAR_REASONS.values())), dtype=object)
    due = factor.due(course.features, 0, end)
    usual = _mean_of_group(matrix, due, round(course.recipe.periods_per_year))
    rows = []
    for span in course.recipe.windows:
        moved = factor.coefficients * (_mean_of_group(matrix, due, span.length) - usual)
        shares = np.stack([moved[:, word == name].sum(axis=1) for name in names])
        rows.append(names[(shares * np.sign(shares.sum(axis=0))).argmax(axis=0)])
    return np.stack(rows)


def _mean_of_group(matrix: Floats, due: np.ndarray, width: int) -> Floats:
    """(p,) mean of the due rows among the last `width`, of all of these where none is due."""
    rows, is_due = matrix[-width:], due[-width:]
    return np.asarray((rows[is_due] if is_due.any() else rows).mean(axis=0))
