"""Groups of people through a real run: judged and forecast by the week, beside everybody, whose judgement they leave."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.core.domain import Role, Viewer
from pipelines.published.read import read
from tests import tier
from tests.conftest import LAST_EDITION, RECENT
from tests.house import House

CITY, OWN, OTHER = "371500", "371503", "371502"
DAY = LAST_EDITION.isoformat()
pytestmark = pytest.mark.xdist_group("cohort_run")


@pytest.fixture(scope="module")
def uncoded(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same city, whose files do not say of anybody which group he belongs to."""
    house = stocked.copy(tmp_path_factory.mktemp("uncoded") / "house")
    path = house.data / "warehouse.duckdb"
    path.write_bytes(path.read_bytes())  # its own, not the shared one
    with duckdb.connect(str(path)) as con:
        for table in ("benefit_claim", "unemployment_registration"):
            con.execute(f"update {table} set cohorts = null, sex = null, birth_year = null")
    first = LAST_EDITION - timedelta(days=RECENT - 1)
    house.gangshao("run", "--from", first.isoformat(), "--to", DAY)
    return house


def of(house: House, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_every_group_of_every_area_is_judged_and_forecast_eight_weeks_ahead(recent: House) -> None:
    named = {row[0] for row in of(recent, "select distinct cohort from reading where indicator = 'benefit_claim' "
                                       "and cohort <> 'all'")}  # fmt: skip
    assert {"migrant", "graduate", "difficulty"} <= named
    judged = of(recent, "select cohort, count(distinct area), count(p), min(grain) from score "
                     "where cohort <> 'all' and window_periods = 1 group by cohort")  # fmt: skip
    assert {row[0] for row in judged} == named
    assert {row[1] for row in judged} == {12}
    assert all(row[2] > 0 for row in judged)
    assert {row[3] for row in judged} == {"week"}
    ahead = of(recent, f"select horizon, expected, lo95, hi95 from forecast where cohort = 'migrant' and area = '{CITY}' "
                    f"and indicator = 'benefit_claim' "
                    f"and edition_id = '{DAY}.1' order by horizon")  # fmt: skip
    assert [row[0] for row in ahead] == list(range(1, 9))
    assert all(lo <= expected <= hi and hi > lo for _, expected, lo, hi in ahead)  # type: ignore[operator]


def test_a_groups_weeks_are_the_people_whose_files_name_it(recent: House) -> None:
    counted = of(recent, "select cast(sum(numerator) as integer) from reading where indicator = 'benefit_claim' "
                      f"and cohort = 'migrant' and grain = 'week' and area = '{CITY}' and known_to is null")  # fmt: skip
    assert counted == of(
        recent,
        "select count(distinct claim_id) from benefit_claim where list_contains(string_split(cohorts, ';'), 'migrant')",
    )


def test_what_everybody_is_judged_by_does_not_hang_on_groups_by_a_bit(recent: House, uncoded: House) -> None:
    both = [f"attach '{house.data / 'warehouse.duckdb'}' as {name} (read_only)"
            for name, house in (("coded", recent), ("plain", uncoded))]  # fmt: skip
    with duckdb.connect() as con:
        for one in both:
            con.execute(one)
        assert con.execute("select count(*) from plain.reading where cohort <> 'all'").fetchall() == [(0,)]
        for table in ("score", "forecast", "reading", "episode", "finding"):
            where = "where cohort = 'all'" if table in ("score", "forecast", "reading") else ""
            counts = con.execute(f"select count(*) from plain.{table}").fetchall()
            differ = con.execute(
                f"select count(*) from ((select * from coded.{table} {where} except all select * from plain.{table}) "
                f"union all (select * from plain.{table} except all select * from coded.{table} {where}))"
            ).fetchall()
            assert differ == [(0,)], (table, counts)


def test_groups_are_for_the_bureau_and_the_office_concerned_and_in_no_public_file(recent: House) -> None:
    published = recent.data / "published"
    general = Path(recent.restricted).with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        assert con.execute("select count(*) from reading where cohort <> 'all'").fetchall() == [(0,)]
    asked = {"area": OWN, "since": duckdb.sql("select date '2026-01-01'").fetchall()[0][0]}
    leader, head = Viewer(Role.CITY_LEADER), Viewer(Role.COUNTY_HEAD, areas=frozenset({OWN}))
    assert set(read("cohort_series", leader, published=published, **asked)["cohort"]) > {"migrant"}
    assert len(read("cohort_series", head, published=published, **asked))
    assert read("cohort_series", head, published=published, **asked | {"area": OTHER}).empty
    assert read("cohort_series", head, published=published, **asked | {"area": CITY}).empty
    assert read("cohort_series", Viewer(Role.AUDITOR), published=published, **asked).empty
    judged = read("cohort_judgement", head, published=published, area=OWN)
    assert (judged.groupby(["indicator", "cohort"]).size() == 1).all()
    assert read("cohort_judgement", head, published=published, area=OTHER).empty


@tier.long  # memory with and without: test_forecast_memory, groups included
def test_a_second_run_remembers_and_says_what_one_that_learns_anew_says(
    recent: House, stocked: House, tmp_path: Path
) -> None:
    house = stocked.copy(tmp_path / "two")
    house.gangshao("run", "--day", "2026-10-30")
    assert (house.data / "memory" / "benefit_claim.cohort.memory").exists()
    house.gangshao("run", "--day", DAY)
    columns = "area, cohort, window_periods, window_from, observed, expected, variance, p, state"
    asked = f"select {columns} from score where cohort <> 'all' and edition_id = '{DAY}.1' order by all"
    assert of(house, asked) == of(recent, asked)
