"""The judgement of what is no count, by its change: a stock by how far it moved, a net change as it stands.

Such changes follow no law of counts. Each is compared with the median change of its kind of period (the same month of
earlier years); the spread is the median absolute error so far (Rousseeuw & Croux 1993, Journal of the American
Statistical Association 88), which a crisis does not widen; the tail is Student's, because histories are short.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from models.assess import Assessment, Memory, forecast_frame, score_frame
from models.assess import assess as of_counts
from models.calendar import days
from models.evidence import QUANTILES, JudgedWindows, z_score
from models.methods import Method
from models.panel import (
    STEP_MONTHS,
    Flags,
    Floats,
    Integers,
    Nature,
    Panel,
    day_numbers,
    hierarchy,
    period_numbers,
    periods_from,
)
from models.recipe import MIN_COVERAGE, MIN_SEEN, RECIPES, Recipe, history_states
from models.reconcile import LEAST, Table, among, moved, shifted, table

FREEDOM = 5.0  # of Student's t, as for the width of blended forecasts
HALF = float(special.stdtrit(FREEDOM, 0.75))  # half of its values lie within this
WIDEN = FREEDOM / (FREEDOM - 2)  # its variance, in squared scales
OWN_SHARE = (
    1.0  # a kind of period seen so often is half believed, against the median of all (best of .5, 1, 2, 4 on adverts)
)
LEAST_SCALE = 1.0  # people: no figure is known better than by one
LEAST_SHARE = 5e-4  # of what is no sum of people: an index of 100 is told with one decimal
MEMORY = 2.0  # of errors, in half-lives of the recipe's noise: of 2, 3, 4, 6 and all the best coverage on adverts
LEVELS = {"expected": 0.5, **QUANTILES}
LEAST_TOLD = 4  # periods before a series is forecast: three changes
LEAST_ERRORS = 6  # before a series tells its group how wide errors are
FESTIVAL_DAYS = (-35, 70)  # around the festival each week is a kind of period of its own
FESTIVAL_WIDENS = 3.0  # errors around the festival against others, where none has been seen yet
OTHER_KINDS = 100  # numbers of kinds of period well below it are those of the ordinary year
_FIRST_FESTIVE = OTHER_KINDS + FESTIVAL_DAYS[0] // 7


@dataclass(frozen=True)
class Past:
    """What is known of T periods, and what was expected of each from those before it alone.

    place: (n, T) where a series stood among an exposure of 1: log of a stock + 1, running sum of net changes; NaN where
    not reported. usual: (n, T + ahead) change expected of each period. drift: the same, summed up from the first on.
    tree: the table in which people add up; None where nothing does, as for rates and indices. kind: (T + ahead,)
    as of `kinds`.
    """

    panel: Panel
    recipe: Recipe
    place: Floats
    usual: Floats
    drift: Floats
    group: Integers
    tree: Table | None
    kind: Integers

    @property
    def is_stock(self) -> bool:
        """Whether places are logs of stocks."""
        return self.panel.nature == "stock"

    def tree_by(self, column: int) -> Table | None:
        """The table of the series that had told something before this column."""
        return among(self.tree, np.asarray(np.isfinite(self.place[:, :column]).any(axis=1)))


def assess(panel: Panel, calendar: pd.DataFrame, memory: None = None) -> tuple[Assessment, None]:
    """Judge the last period of a panel of stocks or net changes, from the past only; answers as models.assess does.

    observed and expected are people: the stock at the end of the window, or the net change over it. memory is not used:
    all of it is learnt anew each time. Raises ValueError when the calendar is too short.
    """
    past = past_of(panel, calendar)
    last = len(panel.periods) - 1
    known = history_states(panel, past.recipe, last, _has_past(panel, last))
    score = score_frame(panel, past.recipe, next(judgements(past, last)), known).assign(reason="")
    return Assessment(score, forecast_frame(panel, past.recipe, forecast_changes(past))), None


def assessed(
    panel: Panel, calendar: pd.DataFrame, memory: Memory | None, method: Method
) -> tuple[Assessment, Memory | None]:
    """What the model of its nature says of a panel's last period, and what it remembers; arguments as models.assess."""
    return of_counts(panel, calendar, memory, method) if panel.nature == "count" else assess(panel, calendar)


def past_of(panel: Panel, calendar: pd.DataFrame) -> Past:
    """Places and usual changes of all periods. Raises ValueError when the calendar is too short."""
    recipe = RECIPES[panel.grain]
    seen = np.isfinite(panel.values) & (panel.exposure > 0)
    among = np.where(seen, panel.values / np.where(seen, panel.exposure, 1.0), np.nan)
    if panel.nature == "stock":
        place = np.log1p(among)
        step = np.diff(place, axis=1, prepend=np.nan)
    else:
        place = np.where(seen, np.cumsum(np.where(seen, among, 0.0), axis=1), np.nan)
        step = among
    kind = kinds(panel, calendar, recipe)
    usual = usual_changes(step, kind, recipe)
    drift = np.cumsum(usual if panel.nature == "stock" else np.where(_pad(seen, usual.shape[1]), usual, 0.0), axis=1)
    tree = table(panel.series) if panel.is_sum and (panel.whole is None or panel.is_linked) else None
    return Past(panel, recipe, place, usual, drift, hierarchy(panel.series).group, tree, kind)


def _pad(seen: Flags, columns: int) -> Flags:
    return np.pad(seen, ((0, 0), (0, columns - seen.shape[1])))


def kinds(panel: Panel, calendar: pd.DataFrame, recipe: Recipe) -> Integers:
    """(T + ahead,) kind of each period: its month or quarter of the year, but that of a moving festival is one kind
    wherever it falls; of days the weekday, of weeks the month, and around the festival how many weeks it lies off."""
    coming = periods_from(panel.periods[0], len(panel.periods) + recipe.periods_ahead, panel.grain)
    facts = days(calendar, panel)
    at = day_numbers(coming) - day_numbers(coming[:1])
    if at[-1] >= len(facts):
        raise ValueError(
            f"the calendar must reach {recipe.periods_ahead} {panel.grain}s beyond the panel's last period"
        )
    if panel.grain in STEP_MONTHS:
        number = period_numbers(coming, panel.grain)
        is_festive = np.isin(number, period_numbers(facts.dates[facts.festival_offset == 0], panel.grain))
        return np.where(is_festive, OTHER_KINDS, number % (12 // STEP_MONTHS[panel.grain]))
    offset = facts.festival_offset[at]
    ordinary = coming.day_of_week if panel.grain == "day" else coming.month
    is_near = (offset >= FESTIVAL_DAYS[0]) & (offset < FESTIVAL_DAYS[1])
    weeks = np.floor(np.where(is_near, offset, 0.0) / 7)
    return np.where(is_near, OTHER_KINDS + weeks, ordinary.to_numpy()).astype(np.int64)


def usual_changes(step: Floats, kind: Integers, recipe: Recipe) -> Floats:
    """(n, T + ahead) change expected of each period: the median of all changes before it, drawn to that of its kind."""
    n, periods = step.shape
    made = np.zeros((n, len(kind)))
    for column in range(len(kind)):
        past = step[:, max(0, column - recipe.history) : min(column, periods)]
        own = past[:, kind[max(0, column - recipe.history) : min(column, periods)] == kind[column]]
        every, times = median(past), np.isfinite(own).sum(axis=1)
        share = times / (times + OWN_SHARE)
        made[:, column] = np.where(times > 0, every + share * (median(own) - every), every)
    return np.nan_to_num(made)


def median(rows: Floats) -> Floats:
    """(n,) median of what is known in each row of (n, k), NaN where nothing is."""
    if rows.shape[1] == 0:
        return np.full(len(rows), np.nan)
    ordered, count = np.sort(rows, axis=1), np.isfinite(rows).sum(axis=1)
    middle = np.stack([np.maximum(count - 1, 0) // 2, np.minimum(count // 2, rows.shape[1] - 1)], axis=1)
    return np.asarray(np.take_along_axis(ordered, middle, axis=1).mean(axis=1))


def errors(past: Past, width: int) -> Floats:
    """(n, T) how far each change over `width` periods was off the expected one; NaN where it cannot be told."""
    periods = past.place.shape[1]
    off = past.place - past.drift[:, :periods]
    if past.is_stock:
        return off - _before(off, width)
    start = np.pad(off, ((0, 0), (1, 0)))  # nothing had changed before the first period
    known = pd.DataFrame(start.T).ffill().to_numpy().T
    earlier = np.pad(known, ((0, 0), (width, 0)), constant_values=np.nan)[:, 1 : periods + 1]
    return np.where(coverage(past.panel, width) >= MIN_COVERAGE, known[:, 1:] - earlier, np.nan)


def _before(rows: Floats, width: int) -> Floats:
    """(n, T) what was known `width` periods ago, or up to as many periods earlier where nothing was reported then."""
    filled = pd.DataFrame(rows.T).ffill(limit=width).to_numpy().T
    return np.pad(filled, ((0, 0), (width, 0)), constant_values=np.nan)[:, : rows.shape[1]]


def coverage(panel: Panel, width: int) -> Floats:
    """(n, T) reported share of what was due in the `width` periods that end with each; fewer at the beginning."""
    parts = [panel.exposure, panel.owed(0, len(panel.periods))]
    told, owed = (np.cumsum(np.pad(part, ((0, 0), (width, 0))), axis=1) for part in parts)
    share = (told[:, width:] - told[:, :-width]) / np.maximum(owed[:, width:] - owed[:, :-width], 1e-12)
    return np.asarray(np.minimum(share, 1.0))


def spread(error: Floats, column: int, width: int, past: Past, last: int | None = None) -> Floats:
    """(n,) scale of Student's t from the errors before `column`: own, drawn to the median of the level.

    Where the window, of `width` periods up to column `last` (`column` itself), holds days or weeks around the festival,
    it is wider by as much as the errors of such windows have been: in the worst of earlier years for the same week off
    the festival, because years are few.
    """
    touches = _touches_festival(past, width)
    first = max(0, column - round(MEMORY * past.recipe.noise_half_life))
    ordinary = np.where(touches[None, first:column], np.nan, np.abs(error[:, first:column]))
    enough = np.isfinite(ordinary).sum(axis=1) >= LEAST_ERRORS
    scale = _usual_scale(np.where(enough[:, None], ordinary, np.abs(error[:, first:column])), width, past)
    if not touches[column if last is None else last]:
        return scale
    alike = np.flatnonzero(touches[:column] & (past.kind[:column] == past.kind[column if last is None else last]))
    seen = median((np.abs(error[:, alike]) / np.where(scale > 0, scale, np.nan)[:, None]).T) / HALF
    return scale * (max(1.0, float(np.nanmax(seen))) if np.isfinite(seen).any() else FESTIVAL_WIDENS)


def _touches_festival(past: Past, width: int) -> Flags:
    """(T + ahead,) whether the window of `width` days or weeks that ends with each holds a festive one."""
    total = np.cumsum(np.pad((past.kind >= _FIRST_FESTIVE).astype(np.int64), (width, 0)))
    return np.asarray((total[width:] > total[:-width]) & (past.panel.grain not in STEP_MONTHS))


def _usual_scale(known: Floats, width: int, past: Past) -> Floats:
    """(n,) from absolute errors (n, k): own, drawn to the median of the level."""
    own, count = median(known) / HALF, np.isfinite(known).sum(axis=1) / width
    prior = np.full(len(own), np.nan)
    for code in np.unique(past.group):
        members = past.group == code
        prior[members] = median(np.where(count[members] * width >= LEAST_ERRORS, own[members], np.nan)[None])[0]
    prior = np.where(np.isfinite(prior), prior, own)
    weight = past.recipe.noise_weight
    return np.asarray(np.sqrt((count * np.where(count > 0, own, 0.0) ** 2 + weight * prior**2) / (count + weight)))


def judgements(past: Past, first: int) -> Iterator[dict[str, Floats]]:
    """Columns (W, n) of models.assess.SCORE of every period from column `first` on; expected people add up."""
    widths, side, nature = [span.length for span in past.recipe.windows], past.panel.worse, past.panel.nature
    made = [errors(past, width) for width in widths]
    for column in range(first, past.place.shape[1]):
        rows = [_window(past, column, width, error) for width, error in zip(widths, made, strict=True)]
        tree = past.tree_by(column + 1)
        told = _tested({name: np.stack([row[name] for row in rows]) for name in rows[0]}, past, tree)
        p, observed, expected, variance = (told[name] for name in ("p", "observed", "expected", "variance"))
        strong = z_score(
            JudgedWindows(p, observed, expected, variance),
            past.group,
            past.recipe,
            side,
            nature,
            is_sum=past.panel.is_sum,
        )
        yield told | {"strength": np.where(np.isfinite(strong), strong, np.nan)}


def band(expected: Floats, variance: Floats, nature: Nature) -> dict[str, Floats]:
    """interval.QUANTILES of judged sums with this expectation and variance; a stock is never below 0."""
    scale, least = np.sqrt(variance / WIDEN), 0.0 if nature == "stock" else -np.inf
    far = {name: expected + scale * special.stdtrit(FREEDOM, level) for name, level in QUANTILES.items()}
    return {name: np.maximum(quantile, least) for name, quantile in far.items()}


def _has_past(panel: Panel, column: int) -> Flags:
    return np.asarray(np.isfinite(panel.values[:, :column]).sum(axis=1) >= MIN_SEEN)


def _window(past: Past, column: int, width: int, error: Floats) -> dict[str, Floats]:
    panel, off = past.panel, error[:, column]
    scale = spread(error, column, width, past)
    if past.is_stock:
        exposure, observed = panel.exposure[:, column], panel.values[:, column]
        level = np.expm1(_before(past.place[:, : column + 1], width)[:, -1])
        expected = np.maximum(np.expm1(past.place[:, column] - off), 0.0) * exposure
        covered = coverage(panel, 1)[:, column]
    else:
        cut = slice(max(0, column + 1 - width), column + 1)
        reported = np.isfinite(panel.values[:, cut]) & (panel.exposure[:, cut] > 0)
        among = np.where(reported, panel.exposure[:, cut], 0.0)
        exposure, observed = among.sum(axis=1), np.where(reported, panel.values[:, cut], 0.0).sum(axis=1)
        expected = (past.usual[:, cut] * among).sum(axis=1)
        level = expected / np.where(exposure > 0, exposure, np.nan)
        scale = scale * exposure / np.maximum(reported.sum(axis=1), 1)
        covered = coverage(panel, width)[:, column]
    known = _has_past(panel, column) & np.isfinite(off) & np.isfinite(scale) & (covered >= MIN_COVERAGE)
    return {
        "observed": observed,
        "expected": expected,
        "coverage": covered,
        "level": level,
        "reported": exposure,
        "off": off,
        "scale": scale,
        "known": known.astype(np.float64),
    }


def _tested(told: dict[str, Floats], past: Past, tree: Table | None) -> dict[str, Floats]:
    """Of windows (W, n): expectations that add up, and how improbable what came is beside them."""
    exposure, off, scale, valid = told["reported"], told.pop("off"), told.pop("scale"), told.pop("known") > 0
    alone = told["expected"]
    known = np.where(valid, alone, np.nan)
    expected = alone * moved(known, tree) if past.is_stock else alone + shifted(known, tree)
    gap = told["observed"] - expected
    if past.is_stock:
        among = np.where(exposure > 0, exposure, 1.0)
        off = off + (np.log1p(alone / among) - np.log1p(expected / among))  # nothing where nothing was moved
        scale, gap = scale * (expected + exposure), off * (expected + exposure)
    scale = np.maximum(scale, LEAST_SCALE if past.panel.is_sum else LEAST_SHARE * np.abs(expected))
    valid = valid & (scale > 0)
    side = -1.0 if past.panel.worse == "higher" else 1.0
    tail = special.stdtr(FREEDOM, side * np.where(valid, gap / np.where(valid, scale, 1.0), 0.0))
    usual = told["level"] * exposure
    return told | {
        "expected": expected,
        "variance": WIDEN * scale**2,
        "p": np.where(valid, np.clip(tail, 1e-300, 1.0), np.nan),
        "factor": expected / np.where(usual != 0, usual, np.nan),
    }


def forecast_changes(past: Past) -> dict[str, Floats]:
    """expected and the quantiles of interval.QUANTILES (H, n) of the recipe's horizons: stocks at the end of each, net
    changes over it; people, unlike an index, are known no better than by LEAST_SCALE. What is expected adds up over the
    tree, and its quantiles are moved along. NaN of a series that has told too little, or nothing for longer than is
    forecast."""
    panel, periods = past.panel, past.place.shape[1]
    among = np.where(_is_followed(past), panel.owed(periods - 1, periods)[:, 0], np.nan)
    known = pd.DataFrame((past.place - past.drift[:, :periods]).T).ffill().to_numpy()[-1]
    told: dict[str, list[Floats]] = {name: [] for name in ("expected", *QUANTILES)}
    for span in past.recipe.horizons:
        width = span.lookback if past.is_stock else span.length
        scale = spread(errors(past, width), periods, width, past, periods + span.lookback - 1)
        centre = past.usual[:, periods + span.gap : periods + span.lookback].sum(axis=1)
        if past.is_stock:
            centre = known + past.drift[:, periods + span.lookback - 1]
        for name, level in LEVELS.items():
            far = centre + scale * special.stdtrit(FREEDOM, level)
            told[name].append(among * (np.expm1(far) if past.is_stock else far))
    return _widened(_added_up({name: np.stack(rows) for name, rows in told.items()}, past), past)


def _is_followed(past: Past) -> Flags:
    """(n,) series that told LEAST_TOLD periods, and one of the last so many as are forecast."""
    told = np.isfinite(past.place)
    return np.asarray((told.sum(axis=1) >= LEAST_TOLD) & told[:, -past.recipe.periods_ahead :].any(axis=1))


def _added_up(alone: dict[str, Floats], past: Past) -> dict[str, Floats]:
    """Expectations that add up, with their quantiles: those of stocks grow by the same share, but where hardly anybody
    is expected, and of net changes, by as many people."""
    tree = past.tree_by(past.place.shape[1])
    if not past.is_stock:
        shift = shifted(alone["expected"], tree)
        return {name: rows + shift for name, rows in alone.items()}
    alone = {name: np.maximum(rows, 0.0) for name, rows in alone.items()}
    mean = alone["expected"]
    ratio = moved(mean, tree)
    shift = mean * ratio - mean
    return {name: np.where(mean >= LEAST, rows * ratio, rows + shift) for name, rows in alone.items()}


def _widened(told: dict[str, Floats], past: Past) -> dict[str, Floats]:
    """The same quantiles, none nearer to what is expected than LEAST_SCALE of people allows; no stock is below 0."""
    least = LEAST_SCALE if past.panel.is_sum else 0.0
    made = {}
    for name, level in LEVELS.items():
        edge = told["expected"] + least * special.stdtrit(FREEDOM, level)
        people = (np.minimum if level < 0.5 else np.maximum)(told[name], edge)
        made[name] = np.maximum(people, 0.0) if past.is_stock else people
    return made
