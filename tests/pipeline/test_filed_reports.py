"""Layoff reports as each edition knew them: those of the drops in force, and of an office its own area's alone."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.published.read import edition_of_day, read
from pipelines.published.scope import RefusedError
from tests.house import House
from tests.pipeline import amended_files
from tests.pipeline.amended_files import UNIT

pytestmark = pytest.mark.xdist_group("replay")
OTHER = "371522"
FIRST, SECOND = (date.fromisoformat(day) for day in (amended_files.FIRST, amended_files.SECOND))
LEADER = Viewer(Role.CITY_LEADER)
SINCE = date(2020, 1, 1)


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


def test_each_edition_knows_the_reports_in_force(amended: House) -> None:
    expected = set(in_files(amended)["report_id"])
    assert len(expected) > 2
    for day, planned in ((FIRST, 40), (SECOND, 20)):
        rows = asked(amended, LEADER, day).set_index("report_id")
        assert set(rows.index) == {*expected, "LQ-9"}
        assert rows.loc["LQ-9", "people"] == planned
        assert rows.index.is_unique


def test_an_office_reads_its_own_areas_reports_and_the_public_none(amended: House) -> None:
    own = asked(amended, Viewer(Role.COUNTY_HEAD, frozenset({UNIT})), SECOND)
    assert "LQ-9" in set(own["report_id"])
    assert set(own["area"]) == {UNIT}
    other = asked(amended, Viewer(Role.COUNTY_HEAD, frozenset({OTHER})), SECOND)
    assert "LQ-9" not in set(other["report_id"])
    for viewer in (GENERAL, Viewer(Role.AUDITOR)):
        with pytest.raises(RefusedError):
            asked(amended, viewer, SECOND)
    general = Path(amended.restricted).with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert "filed_report" not in tables
