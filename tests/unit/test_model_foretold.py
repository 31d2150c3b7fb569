"""Large series that scatter wide are judged by what level x factor and past years had forecast before the window began."""

import numpy as np
import pandas as pd
import pytest
from model_city import calendar, weekly_regions

from models.assess import assess, course_of
from models.blend import ordinary
from models.causal import run_columns
from models.methods import LEVEL_FACTOR
from models.panel import Panel

WEEKS = 300
TABLE = calendar("2010-01-03", 7 * WEEKS + 120, festival=False)


def _yearly(mean: float, scatter: float = 0.08) -> Panel:
    """Weeks with a rhythm of their own that no factor of the calendar has: every year alike, but for some scatter."""
    plain = weekly_regions(WEEKS, mean=mean)
    rng = np.random.default_rng(5)
    rhythm = np.tile(rng.lognormal(0, 0.15, (4, 52)), (1, WEEKS // 52 + 1))[:, :WEEKS]
    rate = mean * rhythm * rng.lognormal(0, scatter, rhythm.shape)
    return Panel(plain.series, plain.periods, rng.poisson(rate).astype(float), plain.exposure, "week")


def _of(panel: Panel, window: int) -> pd.DataFrame:
    told, _ = assess(panel, TABLE)
    return told.score[told.score["window_periods"] == window]


def test_a_window_is_expected_as_was_forecast_before_it_began() -> None:
    panel = _yearly(2000.0)
    states = [state for state, _, _ in run_columns(course_of(panel, TABLE, LEVEL_FACTOR))]
    one, two = states[-1].foretold[0, 0], states[-1].foretold[1]
    assert np.isfinite(one).all()
    assert _of(panel, 1)["expected"].to_numpy() == pytest.approx(one)
    assert _of(panel, 2)["expected"].to_numpy() == pytest.approx(two[0] + two[1])


def test_what_is_expected_is_still_level_by_factor_by_what_reported() -> None:
    panel = _yearly(2000.0)
    half = panel.exposure.copy()
    half[:, -1] = 0.8
    for window in (1, 2):
        told = _of(Panel(panel.series, panel.periods, panel.values, half, "week"), window)
        made = told["level"] * told["factor"] * told["reported"]
        assert told["expected"].to_numpy() == pytest.approx(made.to_numpy())
        assert told["reported"].iloc[0] == pytest.approx(window - 0.2)


def test_past_years_bring_the_expectation_nearer() -> None:
    panel, course = _yearly(2000.0), course_of(_yearly(2000.0), TABLE, LEVEL_FACTOR)
    errors = []
    for state, sums, _ in run_columns(course):
        if sums is not None and state.column > 250:
            truth, plain = panel.values[:, state.column], state.block.rate[:, state.column - state.block.start]
            errors.append([np.abs(truth - sums.expected[0]), np.abs(truth - state.levels[:, -1] * plain)])
    blended, alone = np.mean(errors, axis=(0, 2))
    assert blended < 0.9 * alone


def test_the_level_is_the_one_before_and_past_years_are_part_of_the_factor() -> None:
    panel = _yearly(2000.0)
    *_, (state, _, _) = run_columns(course_of(panel, TABLE, LEVEL_FACTOR))
    told = _of(panel, 1)
    assert state.block is not None
    assert told["level"].to_numpy() == pytest.approx(state.levels[:, -1] * state.block.typical)
    assert np.abs(told["expected"] / (told["level"] * told["reported"]) - 1).max() > 0.05


@pytest.mark.parametrize("among", [1.0, 200.0])
def test_how_many_are_large_is_asked_of_people_not_of_shares(among: float) -> None:
    panel = _yearly(2000.0)
    exposure = np.full_like(panel.values, among)
    rates = Panel(panel.series, panel.periods, panel.values, exposure, "week", whole=exposure.copy())
    *_, (state, _, _) = run_columns(course_of(rates, TABLE, LEVEL_FACTOR))
    assert state.foretold[0, 0] * among == pytest.approx(_last_foretold(panel), rel=0.01)


def _last_foretold(panel: Panel) -> np.ndarray:
    *_, (state, _, _) = run_columns(course_of(panel, TABLE, LEVEL_FACTOR))
    return np.asarray(state.foretold[0, 0])


@pytest.mark.parametrize(("mean", "scatter"), [(20.0, 0.3), (200.0, 0.0)], ids=["small", "of people one by one"])
def test_small_series_and_those_of_people_one_by_one_are_not(mean: float, scatter: float) -> None:
    panel = _yearly(mean, scatter)
    *_, (state, sums, _) = run_columns(course_of(panel, TABLE, LEVEL_FACTOR))
    assert sums is not None
    rate = state.block.rate[:, state.column - state.block.start]
    small = ~np.isfinite(state.foretold[0, 0]) if scatter else np.ones(4, dtype=bool)
    assert small.any()
    assert sums.expected[0][small] == pytest.approx((state.levels[:, -1] * rate)[small])


def test_weeks_near_a_moving_festival_and_a_year_after_are_judged_without() -> None:
    plain, first = weekly_regions(WEEKS), "2019-01-06"
    panel = Panel(plain.series, pd.date_range(first, periods=WEEKS, freq="7D"), plain.values, plain.exposure, "week")
    table = calendar(first, 7 * WEEKS + 120)
    told = ordinary(course_of(panel, table, LEVEL_FACTOR).features, 52)
    weeks = panel.periods[~told[:WEEKS]]
    offset = table.set_index("date")["festival_offset"]
    assert 5 * 10 < len(weeks) < 5 * 17
    for week in weeks:
        near = [offset.get(week + pd.Timedelta(days=day - back)) for back in (0, 364) for day in range(7)]
        assert any(-18 <= day < 65 for day in near if day is not None and np.isfinite(day)), week
    assert ordinary(course_of(plain, TABLE, LEVEL_FACTOR).features, 52).all()
