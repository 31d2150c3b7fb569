"""The causal pass: one column after the other, each judged before it is learned from."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from models import blend, evidence, level
from models.blend import Blend
from models.calendar import Days, Features
from models.evidence import Sums, tail_probability, window_sums
from models.factor import Factor
from models.level import Dispersion, Level
from models.methods import Method, YearAgo
from models.panel import Flags, Floats, Hierarchy, Integers, Panel, period_numbers
from models.recipe import FIRST_ANCHOR, MIN_SEEN, Recipe
from models.reconcile import Table, among, moved

PROVISIONAL = 60.0  # periods that errors of a provisional factor may count for, once there is a real one


@dataclass(frozen=True)
class Block:
    """What one refit of the calendar fixes until the next: the factor, and every series' half-life.

    rate (n, m) and due (m,) are the factor for the columns start..start+m-1. typical: (n,) rate of an average due
    period of the last year. choice: (n,) number of the half-life.
    """

    factor: Factor | YearAgo
    start: int
    rate: Floats
    due: Flags
    typical: Floats
    choice: Integers


@dataclass(frozen=True)
class State:
    """Everything known before `column` is read. Never changed in place, so that it can be kept and resumed.

    levels: (n, reach) the level before each of the last columns under the block's factor. seen: (n,) periods reported.
    blend: errors of blended forecasts, where the recipe has them. foretold: (R, R, n) people that past years with
    level x factor forecast among an exposure of 1, the newest forecast first, by horizon, as far as windows reach; NaN
    where they have no say.
    """

    column: int
    level: Level
    spread: Dispersion
    levels: Floats
    seen: Integers
    block: Block | None
    blend: Blend | None
    foretold: Floats


@dataclass(frozen=True)
class Course:
    """What stays the same over a whole pass. ordinary: (rows,) columns that blended forecasts may judge."""

    panel: Panel
    facts: Days
    features: Features
    tree: Hierarchy
    table: Table | None
    method: Method
    recipe: Recipe
    ordinary: Flags


def begin_state(course: Course) -> State:
    """Before the first column."""
    n = len(course.panel.series)
    recipe = course.recipe
    reach = recipe.looks_back if recipe.year else 0
    return State(
        0,
        level.begin_level(n, recipe),
        level.begin_dispersion(len(recipe.spans), n),
        np.full((n, recipe.lookback), np.nan),
        np.zeros(n, dtype=np.int64),
        None,
        blend.begin_blend(len(recipe.horizons), n, recipe.year) if recipe.year else None,
        np.full((reach, reach, n), np.nan),
    )


def is_anchor(course: Course, column: int) -> bool:
    """Whether the calendar is refitted before this column: fixed days of the world, and once as soon as anything can be
    said. Not counted from the panel's end, so that a replay refits where the first run did."""
    if column <= FIRST_ANCHOR:
        return column == FIRST_ANCHOR
    numbers = period_numbers(course.panel.periods[column - 1 : column + 1], course.panel.grain)
    era = numbers // course.recipe.refit
    return bool(era[0] != era[1])


def update(state: State, course: Course) -> State:
    """The state to judge the next column with: a new block first, if one begins here."""
    if not is_anchor(course, state.column):
        return state
    recipe, anchor = course.recipe, state.column
    learned = course.method.learn(course.panel, course.features, course.tree, recipe, anchor)
    start = max(0, anchor - max(recipe.burn, recipe.lookback))
    end = anchor + recipe.refit
    rate = learned.rate(course.features, start, end)
    due = learned.due(course.features, start, end)
    choice = level.choose(state.level, course.tree.group)
    rerun, levels = _rerun(state, course, start, rate, due, choice)
    year = slice(max(0, anchor - start - round(recipe.periods_per_year)), anchor - start)
    counted = rate[:, year][:, due[year]] if due[year].any() else rate[:, year]
    spread = state.spread
    if anchor >= recipe.warm > anchor - recipe.refit:
        spread = level.discount(spread, PROVISIONAL)
    keep = max(0, anchor - recipe.lookback) - start
    block = Block(
        learned.coming(recipe), start + keep, rate[:, keep:].copy(), due[keep:].copy(), counted.mean(axis=1), choice
    )
    shared = level.share(spread, course.tree.group)
    return replace(state, level=rerun, levels=levels, spread=shared, block=block)


def _rerun(
    state: State, course: Course, start: int, rate: Floats, due: Flags, choice: Integers
) -> tuple[Level, Floats]:
    """The level under a new factor, from column `start` to the anchor; and the levels before the last columns."""
    recipe, panel = course.recipe, course.panel
    known = level.forget(state.level)
    levels = np.full_like(state.levels, np.nan)
    first_kept = state.column - levels.shape[1]
    for column in range(start, state.column):
        if column >= first_kept:
            levels[:, column - first_kept] = level.select_candidate(level.value(known, recipe), choice)
        known = _advance_level(
            known, panel, column, rate[:, column - start], bool(due[column - start]), recipe, learns=False
        )
    return known, levels


def _advance_level(
    known: Level, panel: Panel, column: int, rate: Floats, due: bool, recipe: Recipe, learns: bool
) -> Level:
    """Advance the level by one column of the panel."""
    values, exposure = panel.values[:, column], panel.exposure[:, column]
    seen = np.isfinite(values) & (exposure > 0) & (rate > 0)
    asleep = ~seen & (due or bool(seen.any()))
    observed = np.where(seen, values, 0.0)
    return level.advance_level(known, observed, np.where(seen, rate * exposure, 0.0), seen, asleep, recipe, learns)


def predict(state: State, course: Course) -> tuple[State, Sums | None]:
    """Window sums that end with the next column, and the state with this column's level noted; no block, no sums."""
    if state.block is None:
        return state, None
    block, recipe, panel = state.block, course.recipe, course.panel
    now = level.select_candidate(level.value(state.level, recipe), block.choice)
    state = replace(state, levels=np.column_stack([state.levels[:, 1:], now]))
    end = state.column + 1
    begin_at = max(block.start, end - recipe.lookback)
    sums = window_sums(
        np.ascontiguousarray(panel.values[:, begin_at:end]),
        np.ascontiguousarray(panel.exposure[:, begin_at:end]),
        panel.owed(begin_at, end),
        np.ascontiguousarray(block.rate[:, begin_at - block.start : end - block.start]),
        block.due[begin_at - block.start : end - block.start],
        state.levels,
        recipe.spans,
    )
    known = replace(sums, valid=sums.valid & (state.seen >= MIN_SEEN))
    return state, as_foretold(known, state, course) if recipe.year else known


def as_foretold(sums: Sums, state: State, course: Course) -> Sums:
    """The same sums with the windows of large series that scatter wide expected as had been forecast before they began:
    past years tell more than level x factor alone. They are part of the factor then: the level is the one before."""
    panel, recipe, end = course.panel, course.recipe, state.column + 1
    mean = state.foretold[0, 0] * panel.owed(end - 2, end - 1)[:, 0]
    spread = level.variance(state.spread, np.broadcast_to(mean, sums.foreseen.shape), recipe)
    is_wide = spread[0] >= recipe.foretold_beyond * mean  # by what was owed last: it does not hang on what has come in
    expected, foreseen = sums.expected.copy(), sums.foreseen.copy()
    for row, span in enumerate(recipe.windows):
        start = end - span.length
        if start < 0 or not course.ordinary[start:end].all():
            continue
        told = state.foretold[span.lookback - 1, span.gap : span.lookback] * panel.exposure[:, start:end].T
        is_told = np.isfinite(told).all(axis=0) & np.isfinite(sums.expected[row]) & is_wide
        expected[row] = np.where(is_told, told.sum(axis=0), sums.expected[row])
        foreseen[row] = np.where(is_told, span.weights @ told if span.echo else expected[row], sums.foreseen[row])
    ratio = expected / np.where(sums.expected > 0, sums.expected, np.nan)
    exposed = np.where(np.isfinite(ratio), sums.exposed * ratio, sums.exposed)
    return replace(sums, expected=expected, foreseen=foreseen, exposed=exposed)


def score(state: State, sums: Sums, course: Course) -> tuple[Sums, Floats, Floats]:
    """The judged windows with expectations that add up over the tree, (W, n) variance of their weighted sums, and
    their mid-p on the worse side, NaN = no judgement. Errors are learned of each series by itself, before this."""
    told = coherent(sums, among(course.table, (state.seen > 0) | (sums.reported > 0).any(axis=0)))
    variance = level.variance(state.spread, told.foreseen, course.recipe)
    windows = len(course.recipe.windows)
    told = Sums(*(getattr(told, field.name)[:windows] for field in fields(Sums)))
    p = tail_probability(told.weighed, told.foreseen, variance[:windows], course.panel.worse)
    return told, variance[:windows], np.where(told.valid, p, np.nan)


def coherent(sums: Sums, table: Table | None) -> Sums:
    """The same sums with expectations that add up; levels move along, so that level x factor x exposure is expected."""
    ratio = moved(np.where(sums.valid, sums.expected, np.nan), table)
    return replace(sums, expected=sums.expected * ratio, foreseen=sums.foreseen * ratio, level=sums.level * ratio)


def run_columns(course: Course) -> Iterator[tuple[State, Sums | None, State]]:
    """The whole panel, column by column: the state that judged it, its sums, the state that has learned from it."""
    state = begin_state(course)
    for _ in range(len(course.panel.periods)):
        judged, sums = predict(update(state, course), course)
        state = refit(judged, sums, course)
        yield judged, sums, state


def refit(state: State, sums: Sums | None, course: Course) -> State:
    """Learn from the column just judged."""
    panel, column = course.panel, state.column
    reported = np.isfinite(panel.values[:, column]) & (panel.exposure[:, column] > 0)
    after = replace(state, column=column + 1, seen=state.seen + reported)
    if state.block is None or sums is None:
        return after
    at = column - state.block.start
    known = _advance_level(
        state.level, panel, column, state.block.rate[:, at], bool(state.block.due[at]), course.recipe, learns=True
    )
    spread = level.advance_dispersion(
        state.spread, sums.weighed, sums.foreseen, sums.valid, level.telling(course.tree.inherits), course.recipe
    )
    after = replace(after, level=known, spread=spread)
    if after.blend is None:
        return after
    judged = blend.advance_blend(after.blend, panel, column, course.tree.group, course.recipe)
    made = blend.register_forecasts(judged, blend.candidates(panel, column, expected(after, course), course.recipe))
    owed = panel.owed(column, column + 1)[:, 0]
    newest = blend.combine(made, course.tree.group, owed, course.recipe)[None]
    return replace(after, blend=made, foretold=np.concatenate([newest, after.foretold[:-1]]))


def expected(state: State, course: Course) -> Floats:
    """(K, n) people of the recipe's horizons after the state's last column, among an exposure of 1: level x factor, NaN
    where there is none."""
    recipe, end = course.recipe, state.column
    if state.block is None:
        return np.full((len(recipe.horizons), len(course.panel.series)), np.nan)
    rate = state.block.factor.rate(course.features, end, end + recipe.periods_ahead)
    due = state.block.factor.due(course.features, end, end + recipe.periods_ahead).astype(np.float64)
    told = evidence.expect_ahead(
        level.select_candidate(level.value(state.level, recipe), state.block.choice), rate, due, recipe
    )
    return np.where(state.block.factor.is_known, told, np.nan)
