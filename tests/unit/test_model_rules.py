"""What each rule of the method does, case by case, and that odd series neither break it nor make it warn."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from model_city import FESTIVALS, calendar, daily_city, weekly_regions

from models.assess import assess
from models.backtest import outlook, trace
from models.calendar import backlog
from models.level import advance_dispersion, begin_dispersion, current, telling
from models.panel import Panel
from models.recipe import DAY, WEEK

WEEKS = 150
TABLE = calendar("2010-01-03", 7 * WEEKS + 120, festival=False)


def replaced(row: np.ndarray, count: int = WEEKS) -> Panel:
    """Four weekly regions, the first of them another."""
    panel = weekly_regions(count)
    values = panel.values.copy()
    values[0] = row
    return Panel(panel.series, panel.periods, values, np.isfinite(values).astype(float), "week")


def gaps(row: np.ndarray) -> np.ndarray:
    row = row.copy()
    row[40:60], row[-3] = np.nan, np.nan
    return row


BASE = weekly_regions(WEEKS).values[0]
TIME = np.arange(WEEKS)


@pytest.mark.parametrize(
    ("row", "is_judged", "expected"),
    [
        pytest.param(np.zeros(WEEKS), True, (0, 0.1), id="all zero"),
        pytest.param(np.full(WEEKS, 50.0), True, (45, 55), id="all equal"),
        pytest.param(np.where(TIME < 75, 400.0, 100.0), True, (90, 115), id="the level fell"),
        pytest.param(np.where(TIME < 75, 100.0, 400.0), True, (360, 420), id="the level rose and stayed"),
        pytest.param(np.where(TIME < 110, np.nan, BASE), True, (0.5 * BASE[-1], 2 * BASE[-1]), id="starts late"),
        pytest.param(np.where(TIME < 147, np.nan, BASE), False, None, id="began three weeks ago"),
        pytest.param(np.full(WEEKS, np.nan), False, None, id="never reported"),
        pytest.param(gaps(BASE), True, (0.6 * BASE[-1], 1.6 * BASE[-1]), id="gaps"),
        pytest.param(np.where(TIME < 140, BASE, np.nan), False, None, id="fell silent"),
        pytest.param(np.where(TIME == 80, 1e7, BASE), True, (0.6 * BASE[-1], 1.6 * BASE[-1]), id="one absurd week"),
    ],
)
def test_odd_series_are_judged_soberly_and_never_warn(row, is_judged, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score = assess(replaced(row), TABLE)[0].score
    mine = score[(score["series_id"] == "R0") & (score["window_periods"] == 1)].iloc[0]
    assert np.isfinite(mine["p"]) == is_judged
    if expected:
        assert expected[0] <= mine["expected"] <= expected[1]
        assert mine["p"] > 1e-3
    others = score[score["series_id"] != "R0"]
    assert others["p"].notna().all()


@pytest.mark.parametrize("slip", [371_502.0, 20_210_301.0])
def test_one_absurd_day_changes_nobody_s_expectation_for_long(slip):
    panel = daily_city(800, first="2021-03-01")
    table, values = calendar("2021-03-01", 1300), panel.values.copy()
    day = 600 + int(np.flatnonzero(np.isfinite(values[0, 600:]))[0])
    values[np.ix_([0, 6, 9, 11], [day])] += slip  # a cell, its industry, its area, the total
    score = assess(Panel(panel.series, panel.periods, values, panel.exposure, "day"), table)[0].score
    clean = assess(panel, table)[0].score
    ratio = score["expected"] / clean["expected"]
    assert ratio.between(0.95, 1.15).all()
    assert (score["p"] > 1e-3).all()


def test_a_holiday_is_expected_low_and_the_backlog_after_it_high():
    first, count = "2021-03-01", 1080
    table, panel = calendar(first, count + 100), daily_city(count, first=first, mean=30.0)
    after = np.flatnonzero(backlog(table["is_workday"].to_numpy()[:count])[0])
    values = panel.values.copy()
    values[:, after] = np.round(1.5 * values[:, after])
    made = Panel(panel.series, panel.periods, values, panel.exposure, "day")
    found = trace(made, table, panel.periods[after[-1]].date())
    quiet = trace(panel, table, panel.periods[after[-1]].date())
    assert len(after) > 5
    assert found.expected[0, 11, 0] > 1.05 * quiet.expected[0, 11, 0]
    assert found.p[0, 11, 0] > 1e-3
    festival = int(panel.periods.searchsorted(FESTIVALS[2]))
    shut = trace(panel, table, panel.periods[festival + 3].date())
    assert shut.expected[0, 11, 0] < 0.75 * np.nanmean(quiet.expected[0, 11])


@pytest.mark.parametrize(("recipe", "crisis"), [(WEEK, 20), (DAY, 120)])
def test_a_shock_of_the_whole_pool_is_judged_and_not_learned_from(recipe, crisis):
    state, calm, wild = begin_dispersion(1, 30), np.full((1, 30), 110.0), np.full((1, 30), 400.0)
    mean, valid, tells = np.full((1, 30), 100.0), np.ones((1, 30), bool), np.ones(30, bool)
    for _ in range(60):
        state = advance_dispersion(state, calm, mean, valid, tells, recipe)
    before = current(state, recipe)[0].copy()
    for _ in range(crisis):
        state = advance_dispersion(state, wild, mean, valid, tells, recipe)
    np.testing.assert_array_equal(current(state, recipe)[0], before)
    for _ in range(recipe.shock_limit):
        state = advance_dispersion(state, wild, mean, valid, tells, recipe)
    assert (current(state, recipe)[0] > before).all()  # what lasts longer is the new normal


def test_one_series_alone_is_no_shock():
    state = begin_dispersion(1, 30)
    mean, valid, tells = np.full((1, 30), 100.0), np.ones((1, 30), bool), telling(np.zeros(30, bool))
    observed = np.full((1, 30), 110.0)
    for _ in range(60):
        state = advance_dispersion(state, observed, mean, valid, tells, WEEK)
    before = current(state, WEEK)[0].copy()
    observed[0, 0] = 400.0
    state = advance_dispersion(state, observed, mean, valid, tells, WEEK)
    after = current(state, WEEK)[0]
    assert after[0, 0] > before[0, 0]


@pytest.mark.parametrize(("count", "judged"), [(5, 0.0), (9, 0.0), (14, 1.0), (30, 1.0), (110, 1.0)])
def test_the_ladder_of_short_history(count, judged):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = assess(weekly_regions(count), TABLE)[0]
        ahead = outlook(weekly_regions(count), TABLE, weekly_regions(count).periods[0].date())
    one = made.score[made.score["window_periods"] == 1]
    assert one["p"].notna().mean() == judged
    assert np.isfinite(ahead.expected[..., -1]).all() == bool(judged)


_THREADS = """
import contextlib, hashlib, io, sys
from pipelines.__main__ import main
sys.argv = ["gangshao", "--help"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
sys.path.insert(0, "tests/unit")
import numpy as np
import pandas as pd
from model_city import AREAS, calendar, daily_city
from models.backtest import trace
from models.panel import Panel
cities = [daily_city(420, seed, first="2021-03-01") for seed in range(21)]
names = ["series_id", "area", "industry"]
series = [city.series.assign(**{name: city.series[name] + str(place) for name in names})
          for place, city in enumerate(cities)]
series = pd.concat(series, ignore_index=True).replace({"level": {"total": "area"}})
values, exposure = (np.concatenate([getattr(city, name) for city in cities]) for name in ("values", "exposure"))
panel = Panel(series, cities[0].periods, values, exposure, "day")
found = trace(panel, calendar("2021-03-01", 540), panel.periods[416].date())
print(hashlib.sha256(found.p.tobytes()).hexdigest())
"""


def test_the_program_says_the_same_however_many_threads_the_machine_would_give_it():
    told = {
        subprocess.run(
            [sys.executable, "-c", _THREADS],
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(told) == 1


def test_recipes_look_no_further_back_than_they_keep():
    for recipe in (DAY, WEEK):
        assert recipe.lookback >= max(span.lookback for span in recipe.windows)
        assert {"total", "area", "industry", "cell", "cohort"} == set(recipe.allowance)
