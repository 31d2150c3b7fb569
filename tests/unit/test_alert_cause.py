"""Who is named as the cause of a rise: whoever brought most of what is beyond the usual, not whoever is large."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest

from pipelines.judging.contributor import add_causes

CITY = "371500"
SINCE, UNTIL = date(2026, 10, 24), date(2026, 10, 30)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A year in which an agency brings 20 claims and 20 risk leaves every week, and two monitored employers' forms."""
    with duckdb.connect() as here:
        here.execute("create table benefit_claim_in_force (area text, industry text, employer text, filed_on date)")
        here.execute(
            "create table insured_event_in_force (event_id text, reverses_event_id text, direction text, is_risk boolean,"
            " area text, industry text, employer text, filed_on date)"
        )
        here.execute("create table reversed_event (event_id text)")
        here.execute(
            "create table monitored_employer_in_force (area text, industry text, employer text, period date, losses int)"
        )
        here.execute("create table employer (employer text, employer_name text, known_to timestamp)")
        here.execute("insert into employer values ('agency', '示例派遣', null), ('factory', '示例厂', null)")
        for week in range(53):
            bring(here, "agency", 20, UNTIL - timedelta(days=7 * week))
        yield here


def bring(con: duckdb.DuckDBPyConnection, employer: str, people: int, day: date) -> None:
    """So many people of an employer claim and have left it, filed on a day."""
    asked = {"employer": employer, "day": day, "people": people}
    con.execute("insert into benefit_claim_in_force select '371502', 'C', $employer, $day from range($people)", asked)
    con.execute(
        "insert into insured_event_in_force select $employer || $day || i, null, 'leave', true, '371502', 'C', $employer,"
        " $day from range($people) as told (i)",
        asked,
    )


def rise(people: float, indicator: str, since: date = SINCE, until: date = UNTIL) -> pd.DataFrame:
    """The rise of a cell, its county, its branch and the city, by so many people."""
    places = pd.DataFrame(
        [("371502", "C"), ("371502", "ALL"), (CITY, "C"), (CITY, "ALL")], columns=["area", "industry"]
    )
    return places.assign(
        indicator=indicator, window_from=pd.Timestamp(since), data_to=pd.Timestamp(until), people=people, employer=None,
        employer_name=None,
    )  # fmt: skip


@pytest.mark.parametrize("indicator", ["benefit_claim", "insured_leave"])
def test_what_an_employer_brings_every_week_is_not_the_cause(con: duckdb.DuckDBPyConnection, indicator: str) -> None:
    for number in range(30):
        bring(con, f"small {number}", 1, UNTIL)
    assert add_causes(con, rise(30.0, indicator), CITY)["employer"].isna().all()


@pytest.mark.parametrize("indicator", ["benefit_claim", "insured_leave"])
def test_who_brings_most_of_the_rise_is_named_at_every_place(con: duckdb.DuckDBPyConnection, indicator: str) -> None:
    bring(con, "factory", 16, UNTIL)
    assert add_causes(con, rise(30.0, indicator), CITY)["employer_name"].tolist() == ["示例厂"] * 4
    assert add_causes(con, rise(33.0, indicator), CITY)["employer"].isna().all()
    bring(con, "agency", 20, SINCE)
    assert add_causes(con, rise(36.0, indicator), CITY)["employer"].tolist() == ["agency"] * 4, "20 beyond its own 20"


def test_without_a_day_of_history_nobody_is_named(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from benefit_claim_in_force where filed_on < $since", {"since": UNTIL})
    assert add_causes(con, rise(20.0, "benefit_claim", UNTIL, UNTIL), CITY)["employer"].isna().all()


def test_lost_posts_have_a_cause_too(con: duckdb.DuckDBPyConnection) -> None:
    for month in pd.date_range("2025-10-01", "2026-08-01", freq="MS"):
        forms = [("371502", "C", "agency", month.date(), 40), ("371502", "C", "factory", month.date(), 2)]
        con.executemany("insert into monitored_employer_in_force values (?, ?, ?, ?, ?)", forms)
    september = date(2026, 9, 1)
    forms = [("371502", "C", "agency", september, 44), ("371502", "C", "factory", september, 30)]
    con.executemany("insert into monitored_employer_in_force values (?, ?, ?, ?, ?)", forms)
    found = add_causes(con, rise(32.0, "job_loss_rate", september, september), CITY)
    assert found["employer"].tolist() == ["factory"] * 4
