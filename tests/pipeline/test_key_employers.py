"""The list of key employers as each edition knew it: of every sender its newest list and nothing of those before."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.domain import GENERAL, Role, Viewer
from pipelines.publish.read import edition_of_day, read
from pipelines.publish.scope import RefusedError
from tests.house import House

pytestmark = pytest.mark.xdist_group("replay")
UNIT = "371503"
FIRST, SECOND = "2026-10-30", "2026-10-31"
LEADER = Viewer(Role.CITY_LEADER)
HEADER = "统一社会信用代码,单位名称,地区,行业代码,所属月份,重点类别,用工服务专员岗位,列入日期,移出日期"
SAID = ["employer", "kind", "officer_post", "from_on", "to_on", "period"]


@pytest.fixture(scope="module")
def run(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two editions; between them one unit sends a new list: a post changed, an employer that is off, the others gone."""
    house = stocked.copy(tmp_path_factory.mktemp("listed") / "house")
    kept, off = (
        facts(house).query("area == @UNIT and period == period.max()").drop_duplicates("employer")[:2].itertuples()
    )
    lines = [
        f"{one.employer},{one.employer_name},{UNIT},C,202610,{one.kind},{post},2026-01-05,{to}"
        for one, post, to in ((kept, "项目专班岗", ""), (off, "", "2026-10-30"))
    ]
    path = house.data / "inbox" / "key_employer" / SECOND / f"key_employer_{UNIT}_202610.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8-sig")
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", FIRST, "--to", SECOND)
    return house


def facts(house: House) -> pd.DataFrame:
    """Rows of every list that was taken in, with what decides which list speaks."""
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(
            "select fact.*, drop.sender, drop.version, drop.received_at from key_employer as fact "
            "join drop_register as drop using (drop_id) where drop.status = 'accepted'"
        ).df()


def newest(rows: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Of every sender the last version of its last list."""
    known = rows[rows["received_at"] <= at]
    known = known[known["period"] == known.groupby("sender")["period"].transform("max")]
    return known[known["version"] == known.groupby("sender")["version"].transform("max")]


def listed(house: House, day: str) -> pd.DataFrame:
    at = edition_of_day(house.data / "published", date.fromisoformat(day)).cutoff_at.replace(tzinfo=None)
    with duckdb.connect(str(house.restricted), read_only=True) as con:
        return con.execute(
            "select * from listed_employer where known_from <= $at and (known_to is null or known_to > $at)", {"at": at}
        ).df()


def keys(frame: pd.DataFrame) -> set[tuple[object, ...]]:
    return set(frame[SAID].astype(object).where(frame[SAID].notna(), None).itertuples(index=False, name=None))


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_an_edition_knows_the_newest_list_of_each_sender(run: House, day: str) -> None:
    at = edition_of_day(run.data / "published", date.fromisoformat(day)).cutoff_at.replace(tzinfo=None)
    expected = newest(facts(run), pd.Timestamp(at))
    assert expected["sender"].nunique() == 11
    assert keys(listed(run, day)) == keys(expected)
    own = listed(run, day).query("area == @UNIT")
    assert len(own) == 2 if day == SECOND else len(own) > 5


def test_a_post_is_told_while_its_employer_is_on_the_list(run: House, tmp_path: Path) -> None:
    own = listed(run, SECOND).query("area == @UNIT")
    kept, off = (own.loc[own["to_on"].isna() == is_kept, "employer"].iloc[0] for is_kept in (True, False))
    for employer, day, posts in (
        (kept, date(2026, 10, 31), ["项目专班岗"]), (off, date(2026, 10, 30), [None]), (off, date(2026, 10, 31), []),
    ):  # fmt: skip
        found = officers(run, LEADER, employer, day)
        assert found["officer_post"].where(found["officer_post"].notna(), None).tolist() == posts
    then = edition_of_day(run.data / "published", date.fromisoformat(FIRST)).cutoff_at
    before = read(
        "service_officer", LEADER, then, published=run.data / "published", employer=kept, day=date(2026, 10, 30)
    )
    assert set(before["officer_post"]) == {"就业科用工服务专员岗"}


def officers(house: House, viewer: Viewer, employer: str, day: date) -> pd.DataFrame:
    return read("service_officer", viewer, published=house.data / "published", employer=employer, day=day)


def test_an_office_sees_its_own_list_and_nobody_else_any(run: House) -> None:
    employer = listed(run, SECOND).query("area == @UNIT and to_on.isna()")["employer"].iloc[0]
    day = date(2026, 10, 31)
    assert len(officers(run, Viewer(Role.COUNTY_HEAD, frozenset({UNIT})), employer, day)) == 1
    assert officers(run, Viewer(Role.COUNTY_HEAD, frozenset({"371522"})), employer, day).empty
    for viewer in (GENERAL, Viewer(Role.ADMINISTRATOR)):
        with pytest.raises(RefusedError):
            officers(run, viewer, employer, day)
    with duckdb.connect(str(run.restricted.with_name("general.duckdb")), read_only=True) as con:
        assert con.execute("select count(*) from duckdb_tables() where table_name = 'listed_employer'").fetchone() == (
            0,
        )
