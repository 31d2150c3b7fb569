"""Areas that fall silent and the lump that comes after: no zero, no spike, and a rise beyond the lump is still a rise."""

import numpy as np
import pandas as pd
import pytest

from models.completeness import LUMP_RATIO, days_without_report, outages, usual_days

AREAS, DAYS = 6, 100
DUE = np.arange(DAYS) % 7 < 5
AT = 91  # a Monday's week, all five days of which are due: 91..95


def city(mean: float = 20.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = np.where(np.arange(DAYS) % 7 == 0, 1.6, 1.0)  # Mondays bring more
    people = rng.poisson(mean * shape, (AREAS, DAYS)).astype(float)
    people[:, ~DUE] = np.nan
    return people


def test_in_an_ordinary_city_nobody_is_silent_and_every_day_is_worth_one():
    found = outages(city(), DUE)
    assert not found.silent.any()
    assert (found.days == 1).all()


def test_a_zero_where_people_were_expected_is_no_report_and_the_lump_counts_for_the_days_it_waited():
    for nothing in (0.0, np.nan):
        people = city()
        waited = people[2, AT : AT + 3].sum()
        people[2, AT : AT + 2] = nothing
        people[2, AT + 2] = waited
        found = outages(people, DUE)
        assert found.silent[2, AT : AT + 2].all() == (nothing == 0)
        assert not np.delete(found.silent, 2, axis=0).any()
        assert 2.3 < found.days[2, AT + 2] <= 3
        others = found.days.copy()
        others[2, AT + 2] = 1
        assert (others == 1).all()


def steady(people: float, areas: int = AREAS) -> np.ndarray:
    """Areas that tell of the same number on every due day."""
    return np.where(DUE, people, np.nan) * np.ones((areas, 1))


@pytest.mark.parametrize(("people", "is_silent"), [(5.0, False), (5.1, True)])
def test_a_zero_is_no_report_where_more_than_five_people_were_expected(people, is_silent):
    total = steady(people)
    total[2, AT] = 0.0
    assert outages(total, DUE).silent.sum() == outages(total, DUE).silent[2, AT] == is_silent


@pytest.mark.parametrize(("after", "days"), [(29.9, 1.0), (30.0, 1.5), (40.0, 2.0), (41.0, 2.0)])
def test_half_as_much_again_after_a_silent_day_is_a_lump_worth_two_days_at_most(after, days):
    total = steady(20.0)
    total[2, AT], total[2, AT + 1] = np.nan, after
    assert outages(total, DUE).days[2, AT + 1] == days


@pytest.mark.parametrize(("silent", "days"), [(9, 10.0), (10, 11.0), (11, 11.0)])
def test_the_cases_of_ten_days_can_wait_and_of_no_more(silent, days):
    total = steady(20.0)
    at = np.flatnonzero(DUE)[-silent - 2 :]
    total[2, at[:silent]], total[2, at[silent]] = np.nan, 20.0 * 99
    assert outages(total, DUE).days[2, at[silent]] == days


@pytest.mark.parametrize(("areas", "days"), [(3, 2.0), (4, 1.0)])
def test_what_kind_of_day_it_is_three_other_areas_tell(areas, days):
    total = steady(20.0, areas)
    total[:, AT + 1] = 40.0  # twice as much everywhere: in the area that was silent, a lump only if nobody can tell
    total[0, AT] = np.nan
    assert outages(total, DUE).days[0, AT + 1] == days


@pytest.mark.parametrize(("told", "is_known"), [(4, False), (5, True)])
def test_five_days_told_make_a_usual_day(told, is_known):
    total = steady(20.0)
    total[2, : np.flatnonzero(DUE)[-told - 1]] = np.nan
    assert np.isfinite(usual_days(total, DUE)[2, np.flatnonzero(DUE)[-1]]) == is_known


def test_a_zero_of_a_small_area_is_a_zero():
    people = city(mean=2.0)
    people[2, AT : AT + 2] = 0.0
    assert not outages(people, DUE).silent.any()


def test_a_zero_on_a_day_off_is_a_zero():
    people = city()
    people[:, ~DUE] = 0.0
    assert not outages(people, DUE).silent.any()


def test_what_waited_over_a_weekend_told_as_nobody_counts_for_the_days_it_waited():
    people = city()
    people[:, ~DUE] = 0.0
    friday = next(day for day in range(AT, len(DUE)) if DUE[day] and not DUE[day + 1])
    monday = next(day for day in range(friday + 1, len(DUE)) if DUE[day])
    people[2, friday], people[2, monday] = 0.0, 70.0
    found = outages(people, DUE)
    assert found.silent[2, friday]
    assert found.days[2, monday] == 2


def test_a_day_like_others_after_a_file_that_is_missing_is_worth_one():
    people = city()
    people[2, AT : AT + 2] = np.nan
    assert people[2, AT + 2] < LUMP_RATIO * 20
    assert outages(people, DUE).days[2, AT + 2] == 1


def test_a_busy_kind_of_day_is_no_lump():
    people = city()
    people[2, AT - 3] = np.nan  # the Friday before
    people[2, AT] = 34.0  # a Monday like that of the others
    assert outages(people, DUE).days[2, AT] == 1


def test_more_than_waited_is_left_to_be_judged():
    people = city()
    people[2, AT : AT + 2] = np.nan
    people[2, AT + 2] = 200.0
    assert outages(people, DUE).days[2, AT + 2] == 3


def test_when_the_whole_city_is_silent_the_lump_is_that_of_all():
    people = city()
    waited = people[:, AT : AT + 3].sum(axis=1)
    people[:, AT : AT + 2] = 0.0
    people[:, AT + 2] = waited
    found = outages(people, DUE)
    assert found.silent[:, AT : AT + 2].all()
    assert (found.days[:, AT + 2] > 2).all()


def test_nothing_is_known_of_an_area_that_has_just_begun():
    people = city()
    people[3, : AT - 2] = np.nan
    people[3, AT + 1] = 0.0
    found = outages(people, DUE)
    assert not found.silent[3].any()
    assert (found.days[3] == 1).all()
    assert days_without_report(np.isfinite(people), DUE)[3, AT - 2] == 0


def test_a_column_does_not_change_when_later_ones_come():
    people = city()
    people[2, AT : AT + 2] = 0.0
    people[2, AT + 2] = 70.0
    whole = outages(people, DUE)
    for end in (50, AT + 1, AT + 3):
        part = outages(people[:, :end], DUE[:end])
        np.testing.assert_array_equal(part.silent, whole.silent[:, :end])
        np.testing.assert_array_equal(part.days, whole.days[:, :end])


def test_the_usual_day_is_that_before_and_of_due_days():
    people = city()
    told = pd.Series(people[0]).dropna()
    before = told[told.index < AT].tail(60)
    assert usual_days(people, DUE)[0, AT] < before.max()
    people[0, AT] = 1000.0
    assert usual_days(people, DUE)[0, AT] < 100
