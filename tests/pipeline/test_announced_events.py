"""Policies and shutdowns as each edition knew them: who is told of which, and what the public is not told."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.domain import GENERAL, Role, Viewer, recipient_viewer
from pipelines.publish.read import edition_of_day, read
from tests.house import House

pytestmark = pytest.mark.xdist_group("replay")
CITY, UNIT, OTHER = "371500", "371581", "371522"
FIRST, SECOND = date(2026, 10, 30), date(2026, 10, 31)
LEADER = Viewer(Role.CITY_LEADER)
HEADER = "事项编号,事项类别,事项名称,影响地区,影响行业,开始日期,结束日期,涉及企业数,涉及岗位数,来源,报送日期"
IN_UNIT = "SQ-1,环保停产,示例错峰生产,{area},C,2026-11-05,{end},14,860,示例通知第1号,2026-10-29"
IN_CITY = "SQ-2,政策调整,示例稳岗政策,371500,,2026-11-01,,,,示例通知第2号,2026-10-29"
OF_TWO = "SQ-3,安全整治,示例两家整治,{area},,2026-11-02,2026-12-02,2,90,示例通知第3号,2026-10-29"
OF_FEW = "SQ-4,安全整治,示例少数岗位,{area},,2026-11-02,2026-12-02,5,9,示例通知第4号,2026-10-29"
OF_WHOM = "SQ-5,其他,示例事项,{area},,2026-11-02,2026-12-02,,,示例通知第5号,2026-10-29"
OURS = {"SQ-1", "SQ-2", "SQ-3", "SQ-4", "SQ-5"}


@pytest.fixture(scope="module")
def run(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two editions; before the second a new version puts off the end of one event and takes another one back."""
    house = stocked.copy(tmp_path_factory.mktemp("events") / "house")
    ended = {
        FIRST: ("2026-11-20", [IN_CITY, OF_TWO, OF_FEW, OF_WHOM]),
        SECOND: ("2026-12-20", [OF_TWO, OF_FEW, OF_WHOM]),
    }
    for received, (end, others) in ended.items():
        version = "" if received == FIRST else "_v2"
        folder = house.data / "inbox" / "policy_event" / received.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        lines = [HEADER, *(line.format(area=UNIT, end=end) for line in (IN_UNIT, *others))]
        (folder / f"policy_event_{CITY}_20261029{version}.csv").write_text("\n".join(lines) + "\n", "utf-8-sig")
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", FIRST.isoformat(), "--to", SECOND.isoformat())
    return house


def asked(house: House, viewer: Viewer, day: date, area: str = UNIT, industry: str = "C") -> pd.DataFrame:
    published = house.data / "published"
    given = {"area": area, "industry": industry, "city": CITY, "since": date(2026, 10, 1)}
    rows = read("event_of_series", viewer, edition_of_day(published, day).cutoff_at, published=published, **given)
    return rows[rows["event_id"].isin(OURS)].set_index("event_id")


def test_each_edition_knows_the_events_in_force(run: House) -> None:
    then, now = asked(run, LEADER, FIRST), asked(run, LEADER, SECOND)
    assert set(then.index) == OURS
    assert set(now.index) == OURS - {"SQ-2"}
    assert [rows.loc["SQ-1", "to_on"].date() for rows in (then, now)] == [date(2026, 11, 20), date(2026, 12, 20)]
    assert then.loc["SQ-1", ["kind", "title", "industry", "jobs", "employers", "source"]].tolist() == [
        "环保停产", "示例错峰生产", "C", 860, 14, "示例通知第1号",
    ]  # fmt: skip
    assert (then.loc["SQ-2", "area"], then.loc["SQ-2", "industry"]) == (CITY, "ALL")


def test_an_event_touches_its_area_and_industry_and_those_within_a_total(run: House) -> None:
    assert set(asked(run, LEADER, FIRST, industry="E").index) == OURS - {"SQ-1"}, "it is of industry C alone"
    assert set(asked(run, LEADER, FIRST, area=OTHER).index) == {"SQ-2"}, "the others are of another area"
    assert set(asked(run, LEADER, FIRST, area=CITY, industry="ALL").index) == {"SQ-2"}


def test_an_office_is_told_of_its_own_areas_and_the_citys_events_and_of_no_others(run: House) -> None:
    own = Viewer(Role.COUNTY_HEAD, frozenset({UNIT}))
    assert set(asked(run, own, FIRST).index) == OURS
    assert asked(run, own, FIRST).loc["SQ-1", "jobs"] == 860
    other = Viewer(Role.COUNTY_HEAD, frozenset({OTHER}))
    assert set(asked(run, other, FIRST).index) == {"SQ-2"}
    assert set(asked(run, recipient_viewer(frozenset({OTHER})), FIRST).index) == {"SQ-2"}


def test_the_public_is_told_of_no_numbers_and_of_no_event_that_names_its_employers(run: House) -> None:
    for viewer in (GENERAL, Viewer(Role.AUDITOR)):
        rows = asked(run, viewer, FIRST)
        assert set(rows.index) == {"SQ-1", "SQ-2"}
        assert rows[["jobs", "employers"]].isna().all(axis=None)
        assert rows.loc["SQ-1", "title"] == "示例错峰生产"
    general = Path(run.restricted).with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        told = {name for (name,) in con.execute("select event_id from announced_event").fetchall()}
    assert not {"SQ-3", "SQ-4", "SQ-5"} & told, "of few, or of nobody knows how many"
