"""A rule on forecasts through real runs: what a week brought beside what the edition of the week before had forecast."""

import shutil
from datetime import date

import duckdb
import pytest

from pipelines.core.domain import Role, Viewer
from pipelines.published.read import read
from tests.house import ROOT, House

pytestmark = pytest.mark.xdist_group("judged_kinds")
CITY = "371500"
BEFORE, NOW = date(2026, 10, 22), date(2026, 10, 30)
RULE = "ahead,题,exceedance,insured_leave,city;area;industry,day,4,0.2,,1,,,,,7,[P] test,2016-01-01,,true,,1,,,,,,,\n"


@pytest.fixture(scope="module")
def house(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two editions eight days apart, with a rule that asks for little."""
    folder = tmp_path_factory.mktemp("region") / "liaocheng"
    shutil.copytree(ROOT / "data" / "regions" / "liaocheng", folder)
    with (folder / "rules.csv").open("a", encoding="utf-8") as file:
        file.write(RULE)
    house = stocked.copy(tmp_path_factory.mktemp("ahead") / "house")
    house.environment["GANGSHAO_REGION"] = str(folder)
    for day in (BEFORE, NOW):
        house.gangshao("run", "--day", str(day))
    return house


def asked(house: House, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_what_came_is_the_sum_of_the_week_and_what_was_expected_is_the_forecast_that_was_told(house: House) -> None:
    found = asked(
        house,
        "select area, industry, window_from, window_to, observed, expected, lo, hi, people, explained_by is null "
        "from finding where kind = 'exceedance' order by all",
    )
    assert found
    for area, industry, first, last, observed, expected, lo, hi, people, _ in found:
        assert (last - first).days == 6
        assert last < NOW
        series = f"indicator = 'insured_leave' and area = '{area}' and industry = '{industry}' and cohort = 'all'"
        [(came, is_open)] = asked(
            house,
            f"select sum(numerator), bool_or(is_provisional) from reading where {series} and grain = 'day' "
            f"and known_to is null and period between date '{first}' and date '{last}'",
        )
        assert (observed, is_open) == (came, False)
        told = asked(
            house,
            f"select expected, lo95, hi95 from forecast where {series} and horizon = 7 and period = date '{first}'",
        )
        assert told == [(expected, lo, hi)]
        assert observed > expected
        assert people == pytest.approx(observed - expected)


def test_its_warnings_are_published_and_none_is_of_what_another_explains(house: House) -> None:
    told = read("open_warning", Viewer(Role.CITY_LEADER), published=house.data / "published")
    told = told[told["kind"] == "exceedance"]
    standing = asked(house, "select area, industry from finding where kind = 'exceedance' and explained_by is null")
    assert sorted(zip(told["area"], told["industry"], strict=True)) == sorted(standing)
    assert told[["lo", "hi", "expected"]].notna().all().all()
