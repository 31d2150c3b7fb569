"""An area that begins to report later than the others is no rise of the city, and hides no fall of it."""

import numpy as np
import pandas as pd
import pytest
from test_judgement_kinds import cells, draw, judged, panel_of, readings, region, score_of, total, units

from models.assess import assess
from models.change import assessed
from models.methods import LEVEL_FACTOR
from pipelines.core.domain import Grain
from pipelines.warehouse.panel import panel
from tests.tier import IS_LONG

WEEKS = pd.date_range("2023-01-02", periods=110, freq="7D")
MONTHS = pd.date_range("2023-01-01", periods=36, freq="MS")
PEOPLE = draw(60, (11, 2, 110)) * np.linspace(1.6, 0.6, 11)[:, None, None]


def claims(begins: int, now: float = 1.0) -> pd.DataFrame:
    """Weekly claims of two industries; the largest county begins at a week, the last week is `now` times as many."""
    people = PEOPLE.round()
    people[:, :, -1] *= now
    frame = readings(people, industries=("C", "F"), periods=WEEKS, grain="week")
    return frame[(frame["area"] != units()[0]) | (frame["period"] >= WEEKS[begins])]


def p_of_city(frame: pd.DataFrame, name: str = "insured_leave", grain: Grain = Grain.WEEK) -> float:
    return float(score_of(judged(name, frame, grain=grain))["p"][total()])


@pytest.mark.parametrize("told", [1, 2, 3, 8, 9, 20] if IS_LONG else [1, 8, 9])
def test_a_county_that_begins_is_no_rise_of_the_city_nor_of_an_industry(told: int):
    score = score_of(judged("insured_leave", claims(110 - told), grain=Grain.WEEK))
    for series in (total(), f"{region().city}|C", f"{region().city}|F"):
        assert score["p"][series] > 0.01
        assert score["expected"][series] == pytest.approx(score["observed"][series], rel=0.12)
        assert score["level"][series] * score["factor"][series] * score["reported"][series] == pytest.approx(
            score["expected"][series]
        )


@pytest.mark.parametrize("told", [1, 3, 9, 20] if IS_LONG else [1, 9])
def test_the_city_rises_and_falls_as_it_does_without_the_newcomer(told: int):
    assert p_of_city(claims(110 - told, 1.4)) < 1e-3
    fall = score_of(judged("insured_leave", claims(110 - told, 0.6), grain=Grain.WEEK)).loc[total()]
    assert fall["p"] > 1 - 1e-3
    assert fall["expected"] > 1.3 * fall["observed"]


def test_what_is_expected_next_counts_the_newcomer():
    answer = judged("insured_leave", claims(90), grain=Grain.WEEK)
    ahead = answer.assessment.forecast.query("horizon == 1").set_index("series_id")["expected"]
    city = claims(90)[claims(90)["period"] == WEEKS[-1]]["numerator"].sum()
    assert ahead[total()] == pytest.approx(city, rel=0.1)
    assert ahead[total()] == pytest.approx(sum(ahead[f"{unit}|ALL"] for unit in units()))


def stocks(begins: int, now: float = 1.0) -> pd.DataFrame:
    walk = np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.004, (11, 2, 36)), axis=2))
    people = np.round(5000 * walk)
    people[1:, :, -1] *= now
    frame = readings(people, industries=("C", "F"), periods=MONTHS)
    return frame[(frame["area"] != units()[0]) | (frame["period"] >= MONTHS[begins])]


@pytest.mark.parametrize("told", [1, 2, 6])
def test_a_first_report_of_a_stock_is_no_jump_of_the_city_and_hides_none(told: int):
    assert 0.02 < p_of_city(stocks(36 - told), "insured_headcount", Grain.MONTH) < 0.98
    assert p_of_city(stocks(36 - told, 0.93), "insured_headcount", Grain.MONTH) < 1e-3


def test_sections_a_newcomer_does_not_have_are_not_missing():
    frame = stocks(35)
    made = panel_of("insured_headcount", frame)
    row = list(made.series["series_id"]).index(f"{units()[0]}|ALL")
    assert made.exposure[row, -1] == 1
    assert made.is_sum
    assert made.is_linked


@pytest.mark.parametrize(("told", "last"), [(1, 108), (4, 108), (9, 109), (11, 109)])
def test_a_week_waits_for_two_thirds_while_the_one_before_is_still_judged(told: int, last: int):
    frame = claims(0)
    ahead = (frame["period"] == WEEKS[-1]) & ~frame["area"].isin(units()[:told])
    assert panel_of("insured_leave", frame[~ahead], Grain.WEEK).periods[-1] == WEEKS[last]
    silent = frame["area"].isin(units()[4:]) & (frame["period"] >= WEEKS[90])
    assert panel_of("insured_leave", frame[~silent], Grain.WEEK).periods[-1] == WEEKS[-1], "of those who go on"


@pytest.mark.parametrize("late", [False, True])
def test_where_all_begin_together_nothing_is_linked(late: bool):
    """Shares of those who reported, weighed as before there were newcomers, to the last bit."""
    frame = claims(0)
    if late:
        frame = frame[(frame["area"] != units()[3]) | (frame["period"] != WEEKS[-1])]
    made = panel_of("insured_leave", frame, Grain.WEEK)
    assert made.whole is None
    assert not made.is_linked
    people = cells("insured_leave", frame, Grain.WEEK).numerator
    share = np.isfinite(people).astype(float)
    before = np.cumsum(np.nan_to_num(people), axis=1) - np.nan_to_num(people)
    weight = (before + 0.05) / (np.cumsum(share, axis=1) - share + 1.0)
    expected = (weight * share).sum(axis=0) / weight.sum(axis=0)
    np.testing.assert_array_equal(made.exposure[0], expected)


def test_what_was_known_of_earlier_periods_stays_as_it_was_when_later_ones_come():
    whole = panel_of("insured_leave", claims(80), Grain.WEEK)
    for end in (79, 80, 84, 95):
        frame = claims(80)
        part = panel_of("insured_leave", frame[frame["period"] <= WEEKS[end]], Grain.WEEK)
        np.testing.assert_array_equal(part.exposure, whole.exposure[:, : end + 1])


def test_memory_of_before_the_newcomer_changes_no_answer():
    frame = claims(100)
    made = cells("insured_leave", frame, Grain.WEEK)
    calendar = region().calendar_frame(made.first, made.last + pd.Timedelta(days=400))
    old = panel(cells("insured_leave", frame[frame["period"] < WEEKS[100]], Grain.WEEK), region())
    new = panel(made, region())
    assert old is not None
    assert new is not None
    _, memory = assess(old, calendar)
    fresh, _ = assessed(new, calendar, None, LEVEL_FACTOR)
    kept, _ = assessed(new, calendar, memory, LEVEL_FACTOR)
    pd.testing.assert_frame_equal(kept.score, fresh.score)
