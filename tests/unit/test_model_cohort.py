"""Cohorts in the tree of series: the same group of the whole city lends them its calendar, and they sum to nothing."""

import numpy as np
import pandas as pd
import pytest
from model_city import calendar

from models import factor
from models.assess import assess
from models.calendar import days, features
from models.panel import Panel, hierarchy
from models.recipe import RECIPES
from models.reconcile import table

AREAS = ("A", "B")
WEEKS = 230
TABLE = calendar("2020-01-06", 7 * (WEEKS + 60), festival=False)
ROWS = [
    ("city", "all", "total"), ("A", "all", "area"), ("B", "all", "area"), ("city", "graduate", "cohort"),
    ("A", "graduate", "cohort"), ("B", "graduate", "cohort"), ("B", "veteran", "cohort"),
]  # fmt: skip


def series() -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=["area", "cohort", "level"])
    return frame.assign(industry="ALL", series_id=frame["area"] + "|" + frame["cohort"])


def panel(seed: int = 1, surge: float = 0.0) -> Panel:
    """Everybody by the week without a season; graduates come four times as often around July. surge: more of B's in the
    last week."""
    periods = pd.date_range("2020-01-06", periods=WEEKS, freq="7D")
    rng, turn = np.random.default_rng(seed), 2 * np.pi * (periods.day_of_year.to_numpy() - 190) / 365.25
    others = rng.poisson(60.0, (2, WEEKS)).astype(float)
    graduates = rng.poisson(6.0 * np.exp(0.7 * np.cos(turn)), (2, WEEKS)).astype(float)
    graduates[1, -1] += surge
    veterans = rng.poisson(3.0, (1, WEEKS)).astype(float)
    everybody = others + graduates
    values = np.concatenate([everybody.sum(axis=0, keepdims=True), everybody, graduates.sum(axis=0, keepdims=True),
                             graduates, veterans])  # fmt: skip
    return Panel(series(), periods, values, np.ones_like(values), "week")


def test_a_cohort_of_an_area_looks_up_to_that_of_the_city_else_to_its_area():
    tree = hierarchy(series())
    assert tree.parent.tolist() == [-1, 0, 0, 0, 3, 3, 2]
    assert tree.inherits.tolist() == [False, False, False, False, True, True, True]
    assert len(set(tree.group[3:])) == 1
    assert tree.group[3] not in set(tree.group[:3])


def test_without_cohorts_the_tree_is_what_it_was():
    plain = series()[:3]
    tree = hierarchy(plain.drop(columns="cohort"))
    assert (tree.parent.tolist(), tree.inherits.tolist()) == ([-1, 0, 0], [False] * 3)


def test_the_season_of_a_group_is_its_own_and_its_areas_inherit_it():
    made = panel()
    columns = features(days(TABLE, made), made)
    found = factor.learn_factor(made, columns, hierarchy(made.series), RECIPES["week"], 200)
    rate = found.rate(columns, 200, 230)  # November to May
    year = found.rate(columns, 148, 200)
    swing = year.max(axis=1) / year.min(axis=1)
    assert swing[3] > 2.5, "of graduates in the city"
    assert swing[4:6] == pytest.approx(swing[[3, 3]], rel=0.35)
    assert swing[6] < 2, "veterans of one area have its season"
    assert rate[3].mean() < year[3].mean()


def test_expectations_of_cohorts_are_no_part_of_what_adds_up():
    with_cohorts, without = table(series()), table(series()[:3])
    assert with_cohorts is not None
    assert without is not None
    assert (with_cohorts.total, with_cohorts.areas.tolist()) == (without.total, without.areas.tolist())
    assert with_cohorts.cells.size == 0
    forecast = assess(panel(), TABLE, None)[0].forecast
    first = forecast[forecast["horizon"] == 1].set_index("series_id")["expected"]
    assert first["A|all"] + first["B|all"] == pytest.approx(first["city|all"])
    assert first["A|graduate"] + first["B|graduate"] < first["city|all"] / 4


def test_a_surge_of_one_group_is_seen_at_that_group_and_not_at_others():
    score = assess(panel(surge=40.0), TABLE, None)[0].score
    p = score[score["window_periods"] == 1].set_index("series_id")["p"]
    assert p["B|graduate"] < 1e-3
    assert p[["A|graduate", "B|veteran"]].min() > 0.01
    calm = assess(panel(), TABLE, None)[0].score.set_index(["window_periods", "series_id"])["p"]
    assert calm[1]["B|graduate"] > 0.01


def test_a_group_seen_for_a_year_only_is_judged_by_the_calendar_of_the_city_and_said_to_be_provisional():
    made = panel()
    made.values[5, : WEEKS - 40] = np.nan
    made.exposure[5, : WEEKS - 40] = 0.0
    score = assess(made, TABLE, None)[0].score.set_index(["window_periods", "series_id"])
    assert score.loc[(1, "B|graduate"), "state"] == "provisional"
    assert np.isfinite(score.loc[(1, "B|graduate"), "p"])
    assert score.loc[(1, "A|graduate"), "state"] == "full"
