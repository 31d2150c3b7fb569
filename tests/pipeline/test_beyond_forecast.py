"""A rule on forecasts through real runs: what a week brought beside what the edition of the week before had forecast."""

from datetime import date

import duckdb
import pytest

from pipelines.core.domain import Role, Viewer
from pipelines.published.read import edition_of_day, read
from tests.house import House
from tests.pipeline import kinds_house

pytestmark = pytest.mark.xdist_group("judged_kinds")
CITY = "371500"
NOW = date.fromisoformat(kinds_house.FIRST)


def asked(house: House, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_what_came_is_the_sum_of_the_week_and_what_was_expected_is_the_forecast_that_was_told(kinds: House) -> None:
    found = asked(
        kinds,
        "select area, industry, window_from, window_to, observed, expected, lo, hi, people, explained_by is null "
        f"from finding where kind = 'exceedance' and edition_id = '{NOW}.1' order by all",
    )
    assert found
    for area, industry, first, last, observed, expected, lo, hi, people, _ in found:
        assert (last - first).days == 6
        assert last < NOW
        series = f"indicator = 'insured_leave' and area = '{area}' and industry = '{industry}' and cohort = 'all'"
        [(came, is_open)] = asked(
            kinds,
            f"select sum(numerator), bool_or(is_provisional) from reading where {series} and grain = 'day' "
            f"and known_to is null and period between date '{first}' and date '{last}'",
        )
        assert (observed, is_open) == (came, False)
        told = asked(
            kinds,
            f"select expected, lo95, hi95 from forecast where {series} and horizon = 7 and period = date '{first}'",
        )
        assert told == [(expected, lo, hi)]
        assert observed > expected
        assert people == pytest.approx(observed - expected)


def test_its_warnings_are_published_and_none_is_of_what_another_explains(kinds: House) -> None:
    published = kinds.data / "published"
    as_of = edition_of_day(published, NOW).cutoff_at
    told = read("open_warning", Viewer(Role.CITY_LEADER), as_of, published=published)
    told = told[told["kind"] == "exceedance"]
    standing = asked(
        kinds,
        "select area, industry from finding where kind = 'exceedance' and explained_by is null "
        f"and edition_id = '{NOW}.1'",
    )
    assert standing
    assert sorted(zip(told["area"], told["industry"], strict=True)) == sorted(standing)
    assert told[["lo", "hi", "expected"]].notna().all().all()
