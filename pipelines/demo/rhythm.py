"""What an ordinary day brings: expected people per cell and day, the shock of the past, and the noise around both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.timeline import Timeline, random_stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STREAMS = ("join", "risk", "neutral", "claim")
_WEEKDAY = np.array([1.17, 1.05, 0.99, 0.95, 0.86, 0.78, 0.74])  # Saturday, Sunday: make-up workdays
_OFFICE_OF = {"join": "insured", "risk": "insured", "neutral": "insured", "claim": "claim"}


@dataclass(frozen=True)
class Rhythm:
    """Expected counts of the event-free city, on the clock of filing.

    ``mean[stream]`` (cells, days) without the past shock; ``shock[stream]`` (days,) the factor it multiplies by;
    ``dispersion[stream]`` (cells,) variance ÷ mean; ``shock_span`` first day and day after the last, or None;
    ``city_factor`` (days,) for vacancies and job seekers.
    """

    mean: dict[str, Floats]
    shock: dict[str, Floats]
    dispersion: dict[str, Floats]
    shock_span: tuple[int, int] | None
    shock_shape: Floats
    vacancy: Floats
    seeker: Floats

    def deviation(self, stream: str, city: City, area: int | None, section: int | None) -> Floats:
        """Standard deviation of the event-free 7-day sum that starts on each day, for one label (None = all).

        Analytic: a day's count of a cell is Poisson with a gamma rate, variance ``dispersion × mean``; all cells of an
        office share that day's factor, with variance s² around 1, which adds s² × (the office's mean that day)².
        Days are independent given the rhythm. Shape (days - 6,). Slow drift is rhythm, not noise, and is left out.
        """
        shape = (len(city.areas), len(city.sections), -1)
        mean = self.mean[stream].reshape(shape)
        own = mean * self.dispersion[stream].reshape(shape)
        areas = slice(None) if area is None else slice(area, area + 1)
        sections = slice(None) if section is None else slice(section, section + 1)
        office = mean[areas, sections].sum(axis=1) ** 2
        noise = frozen.OFFICE_NOISE[_OFFICE_OF[stream]] ** 2
        daily = own[areas, sections].sum(axis=(0, 1)) + noise * office.sum(axis=0)
        total = np.concatenate([[0.0], np.cumsum(daily)])
        return np.asarray(np.sqrt(np.maximum(total[7:] - total[:-7], 1e-12)))


def build_rhythm(city: City, timeline: Timeline, seed: int) -> Rhythm:
    """Draw the rhythm of a city over its days."""
    rng = random_stream(seed, "rhythm")
    days = len(timeline)
    office = _office_days(timeline)
    drift_area = _drift(rng, len(city.areas), days)
    drift_section = _drift(rng, len(city.sections), days)
    season = _season(rng, city, timeline)
    slow = (drift_area[:, None, :] * (drift_section * season)[None, :, :]).reshape(city.cells, days)
    insured = city.insured / max(1, city.insured.sum())
    total = city.insured.sum() / frozen.INSURED
    shape, peak, span = _shock(timeline, seed)
    mean, dispersion = {}, {}
    for stream in STREAMS:
        level = insured * rng.lognormal(0.0, 0.15, city.cells)
        level *= frozen.PER_WORKDAY[stream] * total / max(level.sum(), 1e-12)
        day = office * _monthly(timeline, stream) * _festival(timeline, stream) * _summer(timeline, stream)
        day *= timeline.is_workday.sum() / day.sum()
        mean[stream] = level[:, None] * slow * day
        dispersion[stream] = rng.uniform(*frozen.DISPERSION, city.cells)
    factor = {
        "join": 1 - 0.35 * shape,
        "risk": 1 + (peak - 1) * shape,
        "neutral": 1 - 0.2 * shape,
        "claim": 1 + 1.15 * (peak - 1) * shape,
    }
    open_day = np.where(timeline.is_workday, 1.0, 0.55)
    weekend = open_day / open_day.mean() * _drift(rng, 1, days)[0]
    return Rhythm(
        mean=mean,
        shock=factor,
        dispersion=dispersion,
        shock_span=span,
        shock_shape=shape,
        vacancy=weekend * (1 - 0.4 * shape) * _festival(timeline, "join"),
        seeker=weekend * (1 + 0.3 * shape) * _festival(timeline, "join") * _summer(timeline, "seeker"),
    )


def draw_counts(rhythm: Rhythm, city: City, timeline: Timeline, seed: int) -> dict[str, Ints]:
    """Counts (cells, data days) of the event-free city for each stream, past shock included."""
    rng = random_stream(seed, "counts")
    factor = {}
    for office, sd in frozen.OFFICE_NOISE.items():
        sigma = np.sqrt(np.log1p(sd**2))
        drawn = rng.lognormal(-(sigma**2) / 2, sigma, (len(city.areas), timeline.days))
        factor[office] = np.repeat(drawn, len(city.sections), axis=0)
    counts = {}
    for stream in STREAMS:
        mean = rhythm.mean[stream][:, : timeline.days] * rhythm.shock[stream][: timeline.days]
        extra = rhythm.dispersion[stream][:, None] - 1.0
        rate = rng.gamma(mean * factor[_OFFICE_OF[stream]] / extra, extra)
        counts[stream] = rng.poisson(rate).astype(np.int64)
    return counts


def _office_days(timeline: Timeline) -> Floats:
    """Weekday shape, with the queue on the first two days after a closure of three days or more; 0 when closed."""
    factor = _WEEKDAY[timeline.weekday] * timeline.is_workday
    closed, after = 0, 9
    for day, works in enumerate(timeline.is_workday):
        if not works:
            closed += 1
            continue
        after = 1 if closed >= 3 else after + 1
        factor[day] *= {1: 1.40, 2: 1.15}.get(after, 1.0)
        closed = 0
    return np.asarray(factor)


def _monthly(timeline: Timeline, stream: str) -> Floats:
    """Rush at the turn of the month: claims in its first three workdays, the insured also in its last four."""
    number = np.zeros(len(timeline), dtype=np.int64)
    left = np.zeros(len(timeline), dtype=np.int64)
    for month in np.unique(timeline.month):
        days = np.flatnonzero((timeline.month == month) & timeline.is_workday)
        number[days] = np.arange(1, len(days) + 1)
        left[days] = np.arange(len(days), 0, -1)
    start = (number >= 1) & (number <= 3)
    end = (left >= 1) & (left <= 4)
    if stream == "claim":
        return np.asarray(1 + 0.25 * start, dtype=np.float64)
    return np.asarray(1 + 0.12 * start + 0.22 * end, dtype=np.float64)


def hump(at: Floats, first: float, top: float, last: float) -> Floats:
    """A smooth hump of height 1 that rises from ``first`` to ``top`` and is over at ``last``."""
    rising = np.clip((at - first) / (top - first), 0.0, 1.0)
    falling = np.clip((last - at) / (last - top), 0.0, 1.0)
    return np.asarray(np.sin(0.5 * np.pi * np.minimum(rising, falling)) ** 2)


def _festival(timeline: Timeline, stream: str) -> Floats:
    """The moving Spring Festival: quiet before it, people changing and claiming in the weeks after."""
    before, after, first, top, last = {
        "join": (0.30, 0.42, 5.0, 20.0, 52.0),
        "risk": (0.26, 0.38, 4.0, 16.0, 50.0),
        "neutral": (0.20, 0.15, 4.0, 18.0, 45.0),
        "claim": (0.25, 0.50, 5.0, 22.0, 58.0),
    }[stream]
    offset = np.nan_to_num(timeline.festival_offset, nan=150.0)
    return 1 - before * hump(offset, -24.0, -5.0, 8.0) + after * hump(offset, first, top, last)


def _summer(timeline: Timeline, stream: str) -> Floats:
    """Graduates: they join in July and August, and look for work from June."""
    height = {"join": 0.40, "risk": 0.04, "neutral": 0.05, "claim": 0.08, "seeker": 0.5}[stream]
    at = np.array([timeline.date_of(day).timetuple().tm_yday for day in range(len(timeline))], dtype=float)
    first, top, last = (150.0, 185.0, 250.0) if stream == "seeker" else (172.0, 196.0, 245.0)
    return np.asarray(1 + height * hump(at, first, top, last), dtype=np.float64)


def _drift(rng: np.random.Generator, series: int, days: int) -> Floats:
    """Slow change of level, some ±10 % over a year or two; shape (series, days), near 1."""
    at = np.arange(days)
    total = np.zeros((series, days))
    for _ in range(3):
        length = rng.uniform(350.0, 1100.0, (series, 1))
        phase = rng.uniform(0.0, 2 * np.pi, (series, 1))
        total += rng.normal(0.0, 0.055, (series, 1)) * np.cos(2 * np.pi * at / length + phase)
    return np.exp(total)


def _season(rng: np.random.Generator, city: City, timeline: Timeline) -> Floats:
    """Each industry's own year, shape (sections, days), near 1."""
    at = np.array([timeline.date_of(day).timetuple().tm_yday for day in range(len(timeline))]) / 365.25
    shift = rng.uniform(0.0, 1.0, (len(city.sections), 1))
    depth = rng.uniform(0.02, 0.10, (len(city.sections), 1))
    return np.asarray(1 + depth * np.cos(2 * np.pi * (at - shift)))


def _shock(timeline: Timeline, seed: int) -> tuple[Floats, float, tuple[int, int] | None]:
    """Shape (days,) of the region-wide shock of the past, 0 to 1, its peak factor, and its first and last day."""
    rng = random_stream(seed, "past shock")
    place, peak = rng.uniform(0.26, 0.31), float(rng.uniform(*frozen.SHOCK_PEAK))
    if timeline.days < frozen.SHOCK_LEAST_SPAN:
        return np.zeros(len(timeline)), peak, None
    start = int(place * timeline.days)
    since = np.arange(len(timeline)) - start
    top = frozen.SHOCK_RAMP + frozen.SHOCK_PLATEAU
    tail = np.clip(1 - (since - top) / frozen.SHOCK_TAIL, 0.0, 1.0) ** 2
    shape = np.where(since < 0, 0.0, np.minimum(np.clip((since + 1) / frozen.SHOCK_RAMP, 0.0, 1.0), tail))
    return shape, peak, (start, start + top + frozen.SHOCK_TAIL)
