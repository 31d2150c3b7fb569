"""Workdays, festivals, weeks, cut-offs and due times of Liaocheng."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region, load
from pipelines.warehouse.expected_submissions import due_periods, roster

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(LIAOCHENG)


@pytest.mark.parametrize(
    "official",
    [
        "2016-02-07",
        "2017-01-27",
        "2018-02-15",
        "2019-02-04",
        "2020-01-24",
        "2021-02-11",
        "2022-01-31",
        "2023-01-21",
        "2024-02-10",
        "2025-01-28",
        "2026-02-15",
    ],
)
def test_the_spring_festival_holiday_begins_on_the_official_day(region: Region, official: str) -> None:
    year = int(official[:4])
    holidays = region.calendar[(region.calendar["kind"] == "holiday") & (region.calendar["name"] == "春节")]
    assert holidays.loc[holidays["date"].dt.year == year, "date"].min() == pd.Timestamp(official)


def test_every_year_from_2016_to_2035_has_one_lunar_new_year_that_is_also_a_holiday(region: Region) -> None:
    calendar = region.calendar
    festivals = calendar[calendar["kind"] == "spring_festival"]
    assert festivals["date"].dt.year.tolist() == list(range(2016, 2036))
    assert festivals["date"].isin(calendar.loc[calendar["kind"] == "holiday", "date"]).all()


def test_the_festival_of_2020_was_extended_to_the_second_of_february(region: Region) -> None:
    assert not region.is_workday(date(2020, 1, 31))
    assert not region.is_workday(date(2020, 2, 2))
    assert region.is_workday(date(2020, 2, 3))


def test_offices_work_on_make_up_days_and_rest_on_holidays(region: Region) -> None:
    assert region.is_workday(date(2020, 1, 19))  # a Sunday
    assert not region.is_workday(date(2026, 10, 1))  # a Thursday
    assert not region.is_workday(date(2026, 11, 21))
    assert region.is_workday(date(2026, 11, 23))


def test_years_not_announced_have_statutory_days_only_and_say_so(region: Region) -> None:
    frame = region.calendar_frame(date(2026, 12, 31), date(2027, 1, 1))
    assert frame["is_announced"].tolist() == [True, False]
    later = region.calendar[region.calendar["date"].dt.year >= 2027]
    assert set(later["kind"]) == {"holiday", "spring_festival"}
    assert not later["is_announced"].any()
    assert (later[later["kind"] == "holiday"].groupby(later["date"].dt.year).size() >= 12).all()


def test_a_day_after_the_calendar_is_judged_by_its_weekday(region: Region) -> None:
    assert region.is_workday(date(2036, 1, 1))
    assert not region.calendar_frame(date(2036, 1, 1), date(2036, 1, 1))["is_announced"].any()


def test_the_calendar_frame_counts_days_from_the_nearest_festival(region: Region) -> None:
    frame = region.calendar_frame(date(2020, 1, 19), date(2020, 1, 26)).set_index("date")
    assert frame["festival_offset"].tolist() == [-6, -5, -4, -3, -2, -1, 0, 1]
    assert frame.loc["2020-01-19", "is_makeup"]
    assert frame.loc["2020-01-25", "holiday_name"] == "春节"
    assert frame["holiday_name"].isna().sum() == 5
    turn = region.calendar_frame(date(2020, 7, 1), date(2020, 9, 30))["festival_offset"]
    assert turn.max() > 150
    assert turn.min() < -150


def test_weeks_end_on_sunday(region: Region) -> None:
    assert region.week_start(date(2026, 11, 23)) == date(2026, 11, 23)
    assert region.week_start(date(2026, 11, 29)) == date(2026, 11, 23)
    assert region.period_start(Grain.QUARTER, date(2026, 11, 29)) == date(2026, 10, 1)
    assert region.period_start(Grain.MONTH, date(2026, 11, 29)) == date(2026, 11, 1)


def test_the_cut_off_is_seven_in_the_morning_in_shanghai(region: Region) -> None:
    assert region.cutoff_at(date(2026, 11, 23)) == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert region.local_midnight(date(2026, 11, 23)) == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert region.local_day(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == date(2026, 11, 23)
    assert all(region.is_run_day(date(2026, 11, day)) for day in range(1, 8))


def test_unit_files_are_owed_for_workdays_and_city_files_for_every_day(region: Region) -> None:
    owed = roster(region, date(2026, 9, 28), date(2026, 10, 4))  # National Day begins on Thursday 1 October
    claims = owed[owed["feed"] == "benefit_claim"]
    assert claims["period"].nunique() == 3
    assert set(claims["area"]) == set(region.units)
    vacancies = owed[owed["feed"] == "vacancy"]
    assert len(vacancies) == 7
    assert set(vacancies["area"]) == {"371500"}
    assert "layoff_report" not in set(owed["feed"])


def test_a_daily_file_is_due_by_the_next_days_cut_off(region: Region) -> None:
    day = date(2026, 11, 20)
    at_cut_off = due_periods(region, "benefit_claim", date(2026, 11, 21))
    assert at_cut_off["period"].max() == pd.Timestamp(day)
    before = due_periods(region, "benefit_claim", day)
    assert before["period"].max() == pd.Timestamp("2026-11-19")


def test_a_monthly_form_is_due_on_the_tenth_of_the_next_month(region: Region) -> None:
    owed = due_periods(region, "insured_headcount", date(2026, 11, 9), since=date(2026, 1, 1))
    assert owed["period"].max() == pd.Timestamp("2026-09-01")
    owed = due_periods(region, "insured_headcount", date(2026, 11, 10), since=date(2026, 1, 1))
    assert owed["period"].max() == pd.Timestamp("2026-10-01")
    assert owed["due_at"].max() == pd.Timestamp("2026-11-09 23:00")
    assert set(owed["grain"]) == {"month"}
