"""The list of key employers as each edition knew it: of every sender its newest list and nothing of those before."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.published.read import edition_of_day, read
from pipelines.published.scope import RefusedError
from tests.house import House
from tests.pipeline.amended_files import FIRST, SECOND, lists
from tests.pipeline.amended_files import LISTING as UNIT

pytestmark = pytest.mark.xdist_group("replay")
LEADER = Viewer(Role.CITY_LEADER)
SAID = ["employer", "kind", "officer_post", "from_on", "to_on", "period"]


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
def test_an_edition_knows_the_newest_list_of_each_sender(amended: House, day: str) -> None:
    at = edition_of_day(amended.data / "published", date.fromisoformat(day)).cutoff_at.replace(tzinfo=None)
    expected = newest(lists(amended), pd.Timestamp(at))
    assert expected["sender"].nunique() == 11
    assert keys(listed(amended, day)) == keys(expected)
    own = listed(amended, day).query("area == @UNIT")
    assert len(own) == 2 if day == SECOND else len(own) > 5


def test_a_post_is_told_while_its_employer_is_on_the_list(amended: House, tmp_path: Path) -> None:
    own = listed(amended, SECOND).query("area == @UNIT")
    kept, off = (own.loc[own["to_on"].isna() == is_kept, "employer"].iloc[0] for is_kept in (True, False))
    for employer, day, posts in (
        (kept, date(2026, 10, 31), ["项目专班岗"]), (off, date(2026, 10, 30), [None]), (off, date(2026, 10, 31), []),
    ):  # fmt: skip
        found = officers(amended, LEADER, employer, day)
        assert found["officer_post"].where(found["officer_post"].notna(), None).tolist() == posts
    then = edition_of_day(amended.data / "published", date.fromisoformat(FIRST)).cutoff_at
    before = read(
        "service_officer", LEADER, then, published=amended.data / "published", employer=kept, day=date(2026, 10, 30)
    )
    assert set(before["officer_post"]) == {"就业科用工服务专员岗"}


def officers(house: House, viewer: Viewer, employer: str, day: date) -> pd.DataFrame:
    return read("service_officer", viewer, published=house.data / "published", employer=employer, day=day)


def test_an_office_sees_its_own_list_and_nobody_else_any(amended: House) -> None:
    employer = listed(amended, SECOND).query("area == @UNIT and to_on.isna()")["employer"].iloc[0]
    day = date(2026, 10, 31)
    assert len(officers(amended, Viewer(Role.COUNTY_HEAD, frozenset({UNIT})), employer, day)) == 1
    assert officers(amended, Viewer(Role.COUNTY_HEAD, frozenset({"371522"})), employer, day).empty
    for viewer in (GENERAL, Viewer(Role.ADMINISTRATOR)):
        with pytest.raises(RefusedError):
            officers(amended, viewer, employer, day)
    with duckdb.connect(str(amended.restricted.with_name("general.duckdb")), read_only=True) as con:
        assert con.execute("select count(*) from duckdb_tables() where table_name = 'listed_employer'").fetchone() == (
            0,
        )
