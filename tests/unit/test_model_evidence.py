import datetime
import functools

import numpy as np
import pytest
from model_city import calendar, daily_city, weekly_regions

from models.backtest import Trace, backtest, trace
from models.evidence import JudgedWindows, best_z_score, is_worth_telling
from models.panel import LEVELS
from models.recipe import DAY, WEEK, Window

DAYS, FIRST = 330, "2021-03-01"
TABLE = calendar(FIRST, DAYS + 120)
START = datetime.date(2021, 11, 20)
CELL = np.array([LEVELS.index("cell")])


@functools.cache
def traced(cut: int = 0) -> Trace:
    panel = daily_city(DAYS, first=FIRST)
    return trace(panel.until(DAYS - 1 - cut), TABLE, START)


@pytest.mark.parametrize(
    ("observed", "expected", "is_worth"),
    [(2, 0.1, False), (3, 0.1, True), (12, 10, True), (11, 10, False), (np.nan, 10, False), (5, np.nan, False)],
)
def test_a_rise_needs_people_and_a_ratio(observed, expected, is_worth):
    assert is_worth_telling(np.array([observed]), np.array([expected]))[0] == is_worth


def test_the_best_window_speaks_and_the_short_one_pays_its_handicap():
    p, expected = np.array([[1e-3], [1e-2], [np.nan]]), np.full((3, 1), 10.0)
    found = best_z_score(JudgedWindows(p, np.full((3, 1), 30.0), expected, 9 * expected), CELL, DAY)
    assert found[0] == pytest.approx(3.0902 - 0.3, abs=1e-3)
    found = best_z_score(JudgedWindows(p, np.array([[11.0], [30.0], [30.0]]), expected, 9 * expected), CELL, DAY)
    assert found[0] == pytest.approx(2.3263, abs=1e-3)


@pytest.mark.parametrize("people", [0.5, 400.0])
@pytest.mark.parametrize(("scatter", "speaks"), [(4.9, True), (5.1, False)])
def test_one_week_does_not_speak_alone_where_counts_scatter_wide(people, scatter, speaks):
    p, expected = np.array([[1e-4], [0.2]]), np.full((2, 1), people)
    found = best_z_score(JudgedWindows(p, 9 * expected, expected, scatter * expected), CELL, WEEK)[0]
    assert found == pytest.approx(3.719 - 0.2 if speaks else 0.842, abs=1e-3)


def test_a_rise_that_is_over_is_no_news():
    p = np.array([[0.4, 1e-3], [1e-4, 1e-4]])
    observed, expected = np.array([[11.0, 15.0], [30.0, 11.0]]), np.array([[10.0, 10.0], [20.0, 20.0]])
    found = best_z_score(JudgedWindows(p, observed, expected, 9 * expected), np.repeat(CELL, 2), WEEK)
    assert found[0] == -np.inf
    assert found[1] == pytest.approx(3.719, abs=1e-3)


@pytest.mark.parametrize(
    ("latest", "both", "scatter", "worse", "speaks"),
    [
        (
            10.0,
            30.0,
            2.0,
            "higher",
            True,
        ),  # people who come one by one: the two weeks are worth telling, and it goes on
        (9.0, 30.0, 2.0, "higher", False),  # it is over
        (10.0, 22.0, 2.0, "higher", False),  # the two weeks are not worth telling
        (11.0, 30.0, 9.0, "higher", False),  # of a wide scatter the latest week must be worth telling by itself
        (12.0, 30.0, 9.0, "higher", True),
        (10.0, 10.0, 2.0, "lower", True),
        (11.0, 10.0, 2.0, "lower", False),
    ],
)
def test_two_weeks_speak_while_the_latest_is_not_back(latest, both, scatter, worse, speaks):
    p, expected = np.array([[0.4], [1e-4]]), np.array([[10.0], [20.0]])
    found = best_z_score(
        JudgedWindows(p, np.array([[latest], [both]]), expected, scatter * expected), CELL, WEEK, worse
    )[0]
    assert found == (pytest.approx(3.719, abs=1e-3) if speaks else -np.inf)


@pytest.mark.parametrize(("scatter", "latest", "speaks"), [(2.0, 11, True), (9.0, 11, False), (9.0, 13, True)])
def test_a_rise_that_the_level_followed_goes_on_all_the_same(scatter, latest, speaks):
    p, expected = np.array([[0.9], [1e-4]]), np.array([[18.0], [20.0]])
    found = best_z_score(JudgedWindows(p, np.array([[latest], [40.0]]), expected, scatter * expected), CELL, WEEK)[0]
    assert found == (pytest.approx(3.719, abs=1e-3) if speaks else -np.inf)


def test_nothing_to_tell_is_minus_infinity():
    p = np.full((3, 1), np.nan)
    assert best_z_score(JudgedWindows(p, p, p, p), CELL, DAY)[0] == -np.inf


def test_areas_are_heard_sooner_than_cells():
    p, observed = np.full((3, len(LEVELS)), 1e-2), np.full((3, len(LEVELS)), 30.0)
    found = dict(
        zip(
            LEVELS,
            best_z_score(JudgedWindows(p, observed, observed / 2, observed), np.arange(len(LEVELS)), DAY),
            strict=True,
        )
    )
    assert found["area"] - found["cell"] == pytest.approx(1.3)
    assert found["total"] >= found["area"] > found["industry"] > found["cell"]


def test_a_trace_says_what_the_assessments_said():
    stitched = backtest(daily_city(DAYS, first=FIRST), TABLE, START)
    cube = stitched[["observed", "expected", "p"]].to_numpy().reshape(len(traced().periods), 3, 12, 3)
    for place, name in enumerate(("observed", "expected", "p")):
        told = np.where(np.isfinite(traced().p), cube[..., place].transpose(1, 2, 0), np.nan)
        np.testing.assert_array_equal(getattr(traced(), name), told)


def test_cutting_off_the_future_changes_nothing():
    short, whole = traced(25), traced()
    kept = len(short.periods)
    for name in ("observed", "expected", "p", "evidence"):
        np.testing.assert_array_equal(getattr(short, name), getattr(whole, name)[..., :kept])


def test_the_order_of_series_does_not_matter():
    panel = daily_city(DAYS, first=FIRST)
    order = np.random.default_rng(3).permutation(12)
    mixed = type(panel)(
        panel.series.iloc[order].reset_index(drop=True),
        panel.periods,
        panel.values[order],
        panel.exposure[order],
        panel.grain,
    )
    np.testing.assert_allclose(trace(mixed, TABLE, START).p, traced().p[:, order], rtol=1e-6)


def test_weights_leave_a_poisson_sum_its_variance():
    for span in (Window(1, echo=0.5), Window(2, echo=0.3), Window(7)):
        assert span.weights.sum() == pytest.approx((span.weights**2).sum())
        assert len(span.weights) == span.length
    assert Window(1, echo=0.5).weights == pytest.approx([0.6, 1.2])


def test_two_high_weeks_say_more_than_one():
    panel = weekly_regions(220)
    table = calendar("2010-01-03", 7 * 220 + 120, festival=False)
    values = panel.values.copy()
    values[0, -2] *= 1.25
    values[:2, -1] *= 1.25
    made = type(panel)(panel.series, panel.periods, values, panel.exposure, "week")
    found = trace(made, table, panel.periods[-1].date())
    assert found.evidence[0, -1] > found.evidence[1, -1] + 0.5
    assert WEEK.windows[-1].echo > 0
