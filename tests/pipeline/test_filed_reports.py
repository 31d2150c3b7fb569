"""Layoff reports as each edition knew them: those of the drops in force, and of an office its own area's alone."""

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
UNIT, OTHER = "371581", "371522"
FIRST, SECOND = date(2026, 10, 30), date(2026, 10, 31)
LEADER = Viewer(Role.CITY_LEADER)
HEADER = "报告编号,统一社会信用代码,单位名称,地区,行业代码,职工总数,拟裁人数,类型,告知职工日期,报告日期,计划实施日期"
SINCE = date(2020, 1, 1)


@pytest.fixture(scope="module")
def run(stocked: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two editions; between them a report comes, and before the second a new version takes half of it back."""
    house = stocked.copy(tmp_path_factory.mktemp("filed") / "house")
    for received, version, planned in ((FIRST, "", 40), (SECOND, "_v2", 20)):
        path = (
            house.data
            / "inbox"
            / "layoff_report"
            / received.isoformat()
            / f"layoff_report_{UNIT}_20261029{version}.csv"
        )
        path.parent.mkdir(parents=True)
        line = f"LQ-9,91371500YY0000000D,示例铝业有限公司,{UNIT},C,300,{planned},裁员,2026-10-01,2026-10-29,2026-11-15"
        path.write_text(f"{HEADER}\n{line}\n", encoding="utf-8-sig")
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", FIRST.isoformat(), "--to", SECOND.isoformat())
    return house


def asked(house: House, viewer: Viewer, day: date) -> pd.DataFrame:
    published = house.data / "published"
    return read("filed_report", viewer, edition_of_day(published, day).cutoff_at, published=published, since=SINCE)


def in_files(house: House) -> pd.DataFrame:
    """Every report of every drop that was accepted, but the one of the test."""
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select report_id, fact.area, planned from layoff_report as fact join drop_register using (drop_id) "
            "where status = 'accepted' and report_id <> 'LQ-9'"
        ).df()
    return rows.drop_duplicates("report_id", keep="last")


def test_each_edition_knows_the_reports_in_force(run: House) -> None:
    expected = set(in_files(run)["report_id"])
    assert len(expected) > 2
    for day, planned in ((FIRST, 40), (SECOND, 20)):
        rows = asked(run, LEADER, day).set_index("report_id")
        assert set(rows.index) == {*expected, "LQ-9"}
        assert rows.loc["LQ-9", "people"] == planned
        assert rows.index.is_unique


def test_an_office_reads_its_own_areas_reports_and_the_public_none(run: House) -> None:
    own = asked(run, Viewer(Role.COUNTY_HEAD, frozenset({UNIT})), SECOND)
    assert "LQ-9" in set(own["report_id"])
    assert set(own["area"]) == {UNIT}
    other = asked(run, Viewer(Role.COUNTY_HEAD, frozenset({OTHER})), SECOND)
    assert "LQ-9" not in set(other["report_id"])
    for viewer in (GENERAL, Viewer(Role.AUDITOR)):
        with pytest.raises(RefusedError):
            asked(run, viewer, SECOND)
    general = Path(run.restricted).with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert "filed_report" not in tables
