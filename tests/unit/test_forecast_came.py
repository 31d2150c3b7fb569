"""What came of a forecast of seven days is told only when every day that should have been told was."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from pipelines.warehouse.tables import define_all
from tests.house import ROOT

QUERY = (ROOT / "pipelines" / "sql" / "queries" / "forecast_came.sql").read_text(encoding="utf-8")
MONDAY, AREA, OTHER = date(2026, 6, 1), "371502", "371503"
FORECAST = "expected double, lo80 double, hi80 double, lo95 double, hi95 double"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two counties that told ten people on every workday of a week, of the same week a year before and of one after."""
    with duckdb.connect() as con:
        define_all(con)
        con.execute(f"create table forecast_history (indicator varchar, area varchar, industry varchar, cohort varchar, grain varchar, horizon integer, made_on date, period date, {FORECAST})")  # fmt: skip
        con.execute("insert into forecast_history values ('claims', ?, 'ALL', 'all', 'week', 7, ?, ?, 50, 40, 60, 30, 70)", [AREA, MONDAY, MONDAY])  # fmt: skip
        con.execute("insert into indicator (indicator, feed) values ('claims', 'claims_feed')")
        for monday in (MONDAY - timedelta(days=364), MONDAY, MONDAY + timedelta(days=7)):
            for day in range(5):
                for area in (AREA, OTHER):
                    con.execute("insert into reading (indicator, area, industry, cohort, grain, period, numerator, is_provisional, known_from) values ('claims', ?, 'ALL', 'all', 'day', ?, 10, false, '2026-07-01')", [area, monday + timedelta(days=day)])  # fmt: skip
        yield con


def came(con: duckdb.DuckDBPyConnection) -> list[tuple[float, float | None]]:
    rows = con.execute(QUERY, {"area": AREA, "since": MONDAY - timedelta(days=30)}).df()
    return [(one.came, None if one.before != one.before else one.before) for one in rows.itertuples()]


def forget(con: duckdb.DuckDBPyConnection, day: date, *areas: str) -> None:
    con.execute("delete from reading where period = ? and area in (select unnest(?))", [day, list(areas)])


def test_a_week_told_on_every_workday_is_compared_with_that_of_the_year_before(con: duckdb.DuckDBPyConnection) -> None:
    assert came(con) == [(50.0, 50.0)]


def test_a_day_that_others_told_and_the_area_did_not_is_no_zero(con: duckdb.DuckDBPyConnection) -> None:
    forget(con, MONDAY + timedelta(days=2), AREA)
    assert came(con) == []


def test_a_day_that_nobody_told_though_files_were_owed_is_no_zero(con: duckdb.DuckDBPyConnection) -> None:
    forget(con, MONDAY + timedelta(days=2), AREA, OTHER)
    assert came(con) == [(40.0, 50.0)], "nothing was owed: a holiday"
    con.execute("insert into roster (feed, area, period, grain, status, known_from) values ('claims_feed', ?, ?, 'day', 'missing', '2026-07-01')", [AREA, MONDAY + timedelta(days=2)])  # fmt: skip
    assert came(con) == []


@pytest.mark.parametrize("how", ["delete from reading", "update reading set is_provisional = true"])
def test_a_year_before_that_was_not_told_in_full_is_no_baseline(con: duckdb.DuckDBPyConnection, how: str) -> None:
    con.execute(f"{how} where area = ? and period = ?", [AREA, MONDAY - timedelta(days=362)])
    assert came(con) == [(50.0, None)]


def test_a_ratio_is_held_against_what_was_forecast_among_the_denominators_that_came(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Forecast in April, two months ahead, among a denominator of 100; in June it is 120, a year before it was 60."""
    con.execute("update forecast_history set grain = 'month', horizon = 2")
    con.execute("delete from reading where period <> ? or area <> ?", [MONDAY, AREA])
    con.execute("update reading set grain = 'month', period = '2026-06-01', numerator = 12, denominator = 120")
    con.execute("insert into reading by name select * replace (100 as denominator, date '2026-04-01' as period) from reading")  # fmt: skip
    con.execute("insert into reading by name select * replace (60 as denominator, 5 as numerator, date '2025-06-01' as period) from reading where denominator = 120")  # fmt: skip
    rows = con.execute(QUERY, {"area": AREA, "since": MONDAY - timedelta(days=30)}).df()
    names = ["expected", "lo80", "hi80", "lo95", "hi95", "came", "before"]
    assert rows[names].to_numpy().ravel() == pytest.approx([60, 48, 72, 36, 84, 12, 10])


def test_months_are_compared_with_the_same_month_of_the_year_before(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update forecast_history set grain = 'month', horizon = 1")
    con.execute("update reading set grain = 'month', period = '2026-06-01' where period = ?", [MONDAY])
    con.execute("update reading set grain = 'month', period = '2025-06-01', numerator = 7 where period = ?", [MONDAY - timedelta(days=364)])  # fmt: skip
    assert came(con) == [(10.0, 7.0)]
