"""The numbers of the method, one recipe a grain, each where it was measured (shared method.md, "LCW-raw")."""

from dataclasses import dataclass
from math import inf

from models.panel import Grain


@dataclass(frozen=True)
class Span:
    """A sum of the last `width` periods, expected by the level known `gap` periods before it began."""

    width: int
    gap: int = 0

    @property
    def reach(self) -> int:
        """Periods between the last one and the level that was known."""
        return self.width + self.gap


@dataclass(frozen=True)
class Recipe:
    """All settings of one grain; lengths are in periods of the grain.

    history, refit: the calendar factor is learned from `history` periods, anew every `refit`.
    warm: from here on a series has a calendar factor of its own (before: its parent's).
    burn: the level is rerun over so many periods whenever the factor is new.
    kappa: prior weight of the level; clip, adapt: a period further than `clip` standard deviations is
    clipped unless that has lasted longer than `adapt` periods. robust: reweight outliers when fitting the factor.
    windows: sums that are judged; horizons: sums that are forecast.
    loss_half_life: memory of the errors that choose a half-life.
    error_clip: a squared error of a large sum counts at most so many times the dispersion.
    noise_half_life, noise_weight: memory of the dispersion and the pseudo-periods of its group's value.
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
    windows: tuple[Span, ...]
    horizons: tuple[Span, ...]
    error_clip: float
    loss_half_life: float
    noise_half_life: float
    noise_weight: float

    @property
    def spans(self) -> tuple[Span, ...]:
        """Windows first, then horizons: the order of every (S, n) array."""
        return self.windows + self.horizons

    @property
    def reach(self) -> int:
        """The longest look back of any span."""
        return max(span.reach for span in self.spans)

    @property
    def ahead(self) -> int:
        """Periods forecast beyond the last."""
        return self.reach


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
    windows=(Span(7), Span(14), Span(28)),
    horizons=(Span(7, 0), Span(7, 7), Span(7, 14), Span(7, 21)),
    error_clip=2.25,
    loss_half_life=365.0,
    noise_half_life=182.0,
    noise_weight=60.0,
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
    kappa=5.0,
    clip=inf,
    adapt=0,
    robust=False,
    windows=(Span(1), Span(2)),
    horizons=(Span(1, 0), Span(1, 1), Span(1, 2), Span(1, 3)),
    error_clip=9.0,
    loss_half_life=104.0,
    noise_half_life=104.0,
    noise_weight=20.0,
)

RECIPES: dict[str, Recipe] = {"day": DAY, "week": WEEK}

MIN_SEEN = 8  # reported periods before a series gets any score
FIRST_ANCHOR = 12  # the column before which the calendar is first fitted: eight workdays and their weekends
MIN_COVERAGE = 2 / 3  # of what was due in a window must have been reported
