"""Publishing: checked before the switch, suppressed where few people stand behind a number, the last good one stays."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from pipelines.core.domain import GENERAL, Edition, UserError
from pipelines.core.region import load as regions
from pipelines.core.region.disclosure_policy import DisclosureThresholds
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.published.read import read
from pipelines.publishing.attacker import NEWEST, attack, told_months
from pipelines.publishing.edition import current_edition, publish
from pipelines.warehouse import store
from tests.house import House
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, csv

EDITION_OF_2030 = Edition(datetime(2030, 1, 1, tzinfo=UTC).date(), 1, datetime(2030, 1, 1, tzinfo=UTC))

pytestmark = pytest.mark.xdist_group("replay")


def settings_of(house: House) -> Settings:
    return Settings(data=house.data, keys=house.folder / "keys")


def general(house: House, sql: str) -> list[tuple[object, ...]]:
    published = house.data / "published"
    with duckdb.connect(str(published / current_edition(published) / "general.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.mark.requirement("16.5.3")
def test_a_failed_check_leaves_the_last_edition_in_force(replayed: House, house: Callable[[House], House]) -> None:
    here = house(replayed)
    settings = settings_of(here)
    before = current_edition(settings.published)
    with store.connect(settings) as warehouse:
        warehouse.connection.execute(
            "insert into reading select * replace ('nowhere' as area, timestamp '2030-01-01' as known_from) from reading "
            "where known_to is null limit 1"
        )
        with pytest.raises(UserError, match="地区"):
            publish(warehouse.connection, settings.published, regions.load(settings.region), EDITION_OF_2030, {})
    assert current_edition(settings.published) == before
    assert here.ask("select count(*) from reading where area = 'nowhere'") == [(0,)]


SPOILT = {
    "a value changed behind the vintages": ("update reading set value = value + 1 where rowid = {one}", "不符"),
    "a value lost behind the vintages": ("update reading set value = null where rowid = {one}", "不符"),
    "a reading ended in the past": ("update reading set known_to = known_from where rowid = {one}", "不符"),
    "a reading said twice": (
        "insert into reading select * replace (timestamp '2030-01-01' as known_from) from reading where rowid = {one}",
        "两个现行值",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_one_wrong_reading_of_all_keeps_the_edition_back(
    what: str, replayed: House, house: Callable[[House], House]
) -> None:
    here = house(replayed)
    settings = settings_of(here)
    before = current_edition(settings.published)
    sql, sentence = SPOILT[what]
    region = regions.load(settings.region)
    with store.connect(settings) as warehouse:
        con = warehouse.connection
        one = con.execute("select max(rowid) from reading where known_to is null and value is not null").fetchall()[0][
            0
        ]
        con.execute(sql.format(one=one))
        with pytest.raises(UserError, match=sentence):
            publish(con, settings.published, region, EDITION_OF_2030, {})
    assert current_edition(settings.published) == before


EVERY_GENERAL = "select * from reading order by all"


@pytest.mark.xdist_group("replay")
def test_the_general_file_goes_on_from_the_one_before_as_if_derived_anew_and_another_bound_derives_it_anew(
    recent: House, house: Callable[[House], House]
) -> None:
    """Only this finds a public figure that hangs on which file of the day before it went on from."""
    here = house(recent)
    later = here.data / "inbox" / "benefit_claim" / "2026-11-03" / "benefit_claim_371502_20260912_supplement.csv"
    later.parent.mkdir(parents=True)
    later.write_bytes(csv(CLAIM_HEADER, claim(1, "371502", "2026-09-12", lost="2026-09-01")))
    here.gangshao("ingest", "--backfill")
    before = general(here, EVERY_GENERAL)
    here.gangshao("run", "--day", "2026-11-03")
    assert here.ask("select count(*) from reading where known_to = timestamp '2026-11-02 23:00'") != [(0,)]
    went_on = general(here, EVERY_GENERAL)
    assert set(went_on) > set(before)  # October is told, September's revision waits for the next quarter
    shutil.rmtree(here.data / "published")
    here.gangshao("publish")
    assert general(here, EVERY_GENERAL) == went_on
    settings = settings_of(here)
    region = replace(regions.load(settings.region), disclosure=DisclosureThresholds(persons=40))
    with store.connect(settings) as warehouse:
        publish(warehouse.connection, settings.published, region, EDITION_OF_2030, {})
    assert general(here, "select min(value) from reading where indicator = 'benefit_claim'")[0][0] >= 40


@pytest.mark.xdist_group("replay")
@pytest.mark.parametrize(
    "sql",
    [
        "delete from reading where rowid = (select max(rowid) from reading where known_to is null)",
        "insert into reading select * from reading where rowid = (select max(rowid) from reading)",
    ],
)
def test_a_general_file_that_lacks_a_reading_or_tells_it_twice_keeps_the_edition_back(
    sql: str, replayed: House, house: Callable[[House], House]
) -> None:
    here = house(replayed)
    settings = settings_of(here)
    before = current_edition(settings.published)
    path = settings.published / before / "general.duckdb"
    path.chmod(0o600)
    with duckdb.connect(str(path)) as con:
        con.execute(sql)
    with store.connect(settings) as warehouse, pytest.raises(UserError, match="条数不符"):
        publish(warehouse.connection, settings.published, regions.load(settings.region), EDITION_OF_2030, {})
    assert current_edition(settings.published) == before


def test_fewer_than_ten_persons_are_not_in_the_general_file(replayed: House) -> None:
    small = replayed.ask(
        "select count(*) from reading join release using (indicator, cohort, grain, period) "
        "where indicator = 'benefit_claim' and industry not like 'tag:%' and grain = 'month' and units < 10 "
        "and known_from <= released_at "
        "and (known_to is null or known_to > released_at)"
    )[0][0]
    assert small
    hidden, told, least = general(
        replayed,
        "select count(*) filter (is_suppressed), count(*) filter (is_suppressed and value is not null), min(value) "
        "from reading where indicator = 'benefit_claim' and grain = 'month' and known_to is null",
    )[0]
    assert hidden > small
    assert told == 0
    assert least >= 10


@pytest.mark.requirement("8.2.3", "15.3.1")
def test_the_general_file_has_no_days_no_employers_and_no_exact_warnings(replayed: House) -> None:
    tables = {name for (name,) in general(replayed, "select table_name from duckdb_tables()")}
    assert not tables & {"employer", "score", "forecast", "drop_register", "quarantine"}
    assert general(replayed, "select count(*) from reading where grain = 'day'") == [(0,)]
    exact = "observed is not null or people is not null or employer_name is not null or p is not null"
    assert general(replayed, f"select count(*) from episode where {exact}") == [(0,)]
    assert (
        general(replayed, "select count(*) from episode where people_band <> ''")[0][0]
        == (replayed.ask("select count(*) from episode where people is not null")[0][0])
    )


def test_no_identity_number_reaches_warehouse_or_published_files(replayed: House) -> None:
    with store.connect(settings_of(replayed), read_only=True) as warehouse:
        texts = warehouse.connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal "
            "and database_name = current_database() and data_type = 'VARCHAR'"
        ).fetchall()
        for table, column in texts:
            found = warehouse.connection.execute(
                f"select count(*) from {table} where regexp_matches({column}, '37[12]5\\d{{2}}(19|20)\\d{{9}}[0-9X]')"
            ).fetchall()[0][0]
            assert not found, f"{table}.{column}"


@pytest.mark.requirement("15.3.1")
def test_a_reader_of_the_general_public_gets_no_restricted_table(replayed: House) -> None:
    published = settings_of(replayed).published
    with pytest.raises(UserError):
        read("score_of_area", GENERAL, published=published, area="371502", industry="ALL")


def test_the_newest_three_months_of_the_demonstration_city_give_no_hidden_cell_away(
    replayed: House, region: Region
) -> None:
    with duckdb.connect() as con:
        for name in ("restricted", "general"):
            con.execute(f"attach '{replayed.restricted.parent / name}.duckdb' as {name} (read_only)")
        begun = time.perf_counter()
        found = attack(con, region, told_months(con)[-NEWEST:])
        took = time.perf_counter() - begun
        recorded = con.execute("select count(*) from restricted.checked_month").fetchall()[0][0]
    assert found.cells > 200
    assert found.inside.empty
    assert took < 60
    assert recorded >= NEWEST, "publishing looked at them itself"
