"""The numbers of the methods, one recipe a grain, each where it was measured (shared method.md, "LCW-raw")."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

from models.panel import Flags, Floats, Grain, Panel


@dataclass(frozen=True)
class Window:
    """A sum of the last `width` periods, expected by the level known `gap` periods before it began.

    echo: weight of the `width` periods before those, as evidence that the rise lasts. handicap: what a judgement must
    be better by, in standard deviations, to count like one of another window. alone_within: it counts only where its
    variance is less than so many times what is expected: where counts scatter wider than people do who come one by
    one, a single period's jump is mostly a passing one.
    """

    width: int
    gap: int = 0
    echo: float = 0.0
    handicap: float = 0.0
    alone_within: float = inf

    @property
    def length(self) -> int:
        """Periods that are looked at."""
        return self.width if self.echo == 0 else 2 * self.width

    @property
    def lookback(self) -> int:
        """Periods between the last one and the level that was known."""
        return self.length + self.gap

    @property
    def weights(self) -> Floats:
        """(length,) what each period counts. Scaled so that the sum of Poisson counts still has its mean as variance:
        the weights and their squares add up to the same."""
        plain = np.concatenate([np.full(self.length - self.width, self.echo), np.ones(self.width)])
        return np.asarray(plain * plain.sum() / (plain**2).sum())


@dataclass(frozen=True)
class Recipe:
    """All settings of one grain; lengths are in periods of the grain.

    history, refit: the calendar factor is learned from `history` periods, anew every `refit`.
    warm: from here on a series has a calendar factor of its own (before: its parent's).
    burn: the level is rerun over so many periods whenever the factor is new.
    kappa: prior weight of the level; clip, adapt: a period further than `clip` standard deviations is
    clipped unless that has lasted longer than `adapt` periods. robust: reweight outliers when fitting the factor.
    year, past_years, large: forecasts of `large` people a period and more are blended with those of so many years of
    `year` periods before (0: never), and judged by past years, too, where their variance is at least `foretold_beyond`
    times the mean.
    unbias: forecasts are moved by the mean of their past errors; of months too few are known, and overlap, so that they
    tell of the last swing and not of the next.
    windows: sums that are judged; horizons: sums that are forecast. by_latest: a rise that is over is no news, so the
    latest period, the first window, must not be below what was usual before; where it does not count alone, it must
    itself be worth telling.
    loss_half_life: memory of the errors that choose a half-life.
    error_clip: a squared error of a large sum counts at most so many times the dispersion.
    noise_half_life, noise_weight: memory of the dispersion and the pseudo-periods of its group's value.
    shock_limit: net periods that a shock of the whole pool is not learned from; what lasts longer is the new normal. Of
    days half a year: a crisis of a winter would blind for the year after it.
    allowance: by level, standard deviations a judgement is given: few series of a level can be heard sooner than
    many at the same number of false alarms.
    budget, budget_memory, budget_gap: alarm episodes a series-year, the true ones included, over so many periods; two
    with at most so many quiet periods between are one.
    """

    grain: Grain
    periods_per_year: float
    history: int
    refit: int
    warm: int
    burn: int
    half_lives: tuple[float, ...]
    kappa: float
    clip: float
    adapt: int
    robust: bool
    year: int
    past_years: int
    large: float
    unbias: bool
    foretold_beyond: float
    windows: tuple[Window, ...]
    horizons: tuple[Window, ...]
    by_latest: bool
    error_clip: float
    loss_half_life: float
    noise_half_life: float
    noise_weight: float
    shock_limit: int
    allowance: Mapping[str, float]
    budget: float
    budget_memory: int
    budget_gap: int

    @property
    def spans(self) -> tuple[Window, ...]:
        """Windows first, then horizons: the order of every (S, n) array."""
        return self.windows + self.horizons

    @property
    def lookback(self) -> int:
        """The longest look back of any span."""
        return max(span.lookback for span in self.spans)

    @property
    def looks_back(self) -> int:
        """The longest look back of any window."""
        return max(span.lookback for span in self.windows)

    @property
    def periods_ahead(self) -> int:
        """Periods forecast beyond the last."""
        return self.lookback


WEEKS_AHEAD = 8  # what days and weeks are forecast for
# No one-day window: 365 chances a year cost more detections than it wins (method.md, section 4).
DAY = Recipe(
    grain="day",
    periods_per_year=365.25,
    history=1095,
    refit=28,
    warm=365,
    burn=400,
    half_lives=(14.0, 28.0, 56.0, 112.0, inf),
    kappa=20.0,
    clip=3.0,
    adapt=21,
    robust=True,
    year=0,
    past_years=0,
    large=inf,
    unbias=False,
    foretold_beyond=inf,
    windows=(Window(7, handicap=0.3), Window(14), Window(28)),
    horizons=tuple(Window(7, 7 * week) for week in range(WEEKS_AHEAD)),
    by_latest=False,
    error_clip=2.25,
    loss_half_life=365.0,
    noise_half_life=182.0,
    noise_weight=60.0,
    shock_limit=182,
    allowance={"total": 1.3, "area": 1.3, "industry": 1.0, "cell": 0.0, "cohort": 0.0},
    budget=1.0,
    budget_memory=360,
    budget_gap=3,
)
# Large weekly counts: clipping and reweighting cost detections on real claims (method.md, table D and section 8).
WEEK = Recipe(
    grain="week",
    periods_per_year=52.18,
    history=260,
    refit=13,
    warm=104,
    burn=260,
    half_lives=(2.0, 4.0, 8.0, 16.0, 40.0, inf),
    kappa=10.0,
    clip=inf,
    adapt=0,
    robust=False,
    year=52,
    past_years=2,
    large=30.0,
    unbias=True,
    foretold_beyond=5.0,
    windows=(Window(1, handicap=0.2, alone_within=5.0), Window(1, echo=0.6)),
    horizons=tuple(Window(1, week) for week in range(WEEKS_AHEAD)),
    by_latest=True,
    error_clip=9.0,
    loss_half_life=104.0,
    noise_half_life=208.0,
    noise_weight=10.0,
    shock_limit=78,
    allowance={"total": 0.0, "area": 0.0, "industry": 0.0, "cell": 0.0, "cohort": 0.0},
    budget=1.0,
    budget_memory=104,
    budget_gap=1,
)
# Few periods, so a year of its own errors is soon all there is; three months tell of a slow slide.
MONTH = Recipe(
    grain="month",
    periods_per_year=12.0,
    history=120,
    refit=3,
    warm=24,
    burn=120,
    half_lives=(0.4, 1.5, 3.0, 6.0, 12.0, inf),
    kappa=2.0,
    clip=inf,
    adapt=0,
    robust=False,
    year=12,
    past_years=2,
    large=30.0,
    unbias=False,
    foretold_beyond=0.0,
    windows=(Window(1), Window(3, handicap=0.5)),
    horizons=tuple(Window(1, gap) for gap in range(6)),
    by_latest=False,
    error_clip=9.0,
    loss_half_life=36.0,
    noise_half_life=12.0,
    noise_weight=12.0,
    shock_limit=18,
    allowance={"total": 0.0, "area": 0.0, "industry": 0.0, "cell": 0.0, "cohort": 0.0},
    budget=1.0,
    budget_memory=36,
    budget_gap=1,
)
QUARTER = replace(
    MONTH,
    grain="quarter",
    periods_per_year=4.0,
    history=40,
    refit=1,
    warm=8,
    burn=40,
    half_lives=(0.4, 1.0, 2.0, 4.0, inf),
    year=4,
    windows=(Window(1),),
    horizons=(Window(1), Window(1, 1)),
    loss_half_life=12.0,
    noise_half_life=8.0,
    shock_limit=6,
    budget_memory=12,
)
RECIPES: dict[str, Recipe] = {"day": DAY, "week": WEEK, "month": MONTH, "quarter": QUARTER}


def _seasonal(recipe: Recipe, year: int, farthest: int, half_life: float) -> Recipe:
    """The seasonal baseline: the level is how the last weeks compare with their counterparts, and nothing is chosen.

    warm: a year and a window. farthest: periods back to the oldest counterpart.
    """
    return replace(
        recipe,
        history=farthest + year,
        warm=year + max(span.lookback for span in recipe.windows),
        burn=year,
        half_lives=(half_life,),
        year=0,
        large=inf,
    )


BY_METHOD: dict[str, dict[str, Recipe]] = {
    "level_factor": RECIPES,
    "seasonal": {
        "day": _seasonal(DAY, 365, 421, 28.0),
        "week": _seasonal(WEEK, 52, 58, 4.0),
        "month": _seasonal(MONTH, 12, 13, 1.5),
        "quarter": _seasonal(QUARTER, 4, 4, 1.0),
    },
}
DEFAULT_METHOD = "level_factor"
MIN_SEEN = 8  # reported periods before a series gets any score
FIRST_ANCHOR = 12  # the column before which the calendar is first fitted: eight workdays and their weekends
MIN_COVERAGE = 2 / 3  # of what was due in a window must have been reported
INSUFFICIENT, PROVISIONAL, FULL = "insufficient", "provisional", "full"


def history_states(panel: Panel, recipe: Recipe, anchor: int, is_known: Flags) -> npt.NDArray[np.object_]:
    """(n,) state of every series under the calendar learned before column `anchor` (0: none yet).

    insufficient: not `is_known`, too few reports for any judgement. provisional: it began less than `warm` periods
    before the anchor, so its calendar factor is that of the series above. full: its own.
    """
    if anchor == 0:
        return np.full(len(panel.series), INSUFFICIENT, dtype=object)
    reported = np.isfinite(panel.values[:, :anchor]) & (panel.exposure[:, :anchor] > 0)
    first = np.where(reported.any(axis=1), reported.argmax(axis=1), anchor)
    rung = np.where(anchor - first < recipe.warm, PROVISIONAL, FULL)
    return np.where(is_known, rung, INSUFFICIENT).astype(object)
