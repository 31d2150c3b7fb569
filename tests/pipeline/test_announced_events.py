"""Policies and shutdowns as each edition knew them: who is told of which, and what the public is not told."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.domain import GENERAL, Role, Viewer, recipient_viewer
from pipelines.published.read import edition_of_day, read
from tests.house import House
from tests.pipeline import amended_files
from tests.pipeline.amended_files import CITY, UNIT

pytestmark = pytest.mark.xdist_group("replay")
OTHER = "371522"
FIRST, SECOND = (date.fromisoformat(day) for day in (amended_files.FIRST, amended_files.SECOND))
LEADER = Viewer(Role.CITY_LEADER)
OURS = {"SQ-1", "SQ-2", "SQ-3", "SQ-4", "SQ-5"}


def asked(house: House, viewer: Viewer, day: date, area: str = UNIT, industry: str = "C") -> pd.DataFrame:
    published = house.data / "published"
    given = {"area": area, "industry": industry, "city": CITY, "since": date(2026, 10, 1)}
    rows = read("event_of_series", viewer, edition_of_day(published, day).cutoff_at, published=published, **given)
    return rows[rows["event_id"].isin(OURS)].set_index("event_id")


def test_each_edition_knows_the_events_in_force(amended: House) -> None:
    then, now = asked(amended, LEADER, FIRST), asked(amended, LEADER, SECOND)
    assert set(then.index) == OURS
    assert set(now.index) == OURS - {"SQ-2"}
    assert [rows.loc["SQ-1", "to_on"].date() for rows in (then, now)] == [date(2026, 11, 20), date(2026, 12, 20)]
    assert then.loc["SQ-1", ["kind", "title", "industry", "jobs", "employers", "source"]].tolist() == [
        "环保停产", "示例错峰生产", "C", 860, 14, "示例通知第1号",
    ]  # fmt: skip
    assert (then.loc["SQ-2", "area"], then.loc["SQ-2", "industry"]) == (CITY, "ALL")


def test_an_event_touches_its_area_and_industry_and_those_within_a_total(amended: House) -> None:
    assert set(asked(amended, LEADER, FIRST, industry="E").index) == OURS - {"SQ-1"}, "it is of industry C alone"
    assert set(asked(amended, LEADER, FIRST, area=OTHER).index) == {"SQ-2"}, "the others are of another area"
    assert set(asked(amended, LEADER, FIRST, area=CITY, industry="ALL").index) == {"SQ-2"}


def test_an_office_is_told_of_its_own_areas_and_the_citys_events_and_of_no_others(amended: House) -> None:
    own = Viewer(Role.COUNTY_HEAD, frozenset({UNIT}))
    assert set(asked(amended, own, FIRST).index) == OURS
    assert asked(amended, own, FIRST).loc["SQ-1", "jobs"] == 860
    other = Viewer(Role.COUNTY_HEAD, frozenset({OTHER}))
    assert set(asked(amended, other, FIRST).index) == {"SQ-2"}
    assert set(asked(amended, recipient_viewer(frozenset({OTHER})), FIRST).index) == {"SQ-2"}


def test_the_public_is_told_of_no_numbers_and_of_no_event_that_names_its_employers(amended: House) -> None:
    for viewer in (GENERAL, Viewer(Role.AUDITOR)):
        rows = asked(amended, viewer, FIRST)
        assert set(rows.index) == {"SQ-1", "SQ-2"}
        assert rows[["jobs", "employers"]].isna().all(axis=None)
        assert rows.loc["SQ-1", "title"] == "示例错峰生产"
    general = Path(amended.restricted).with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        told = {name for (name,) in con.execute("select event_id from announced_event").fetchall()}
    assert not {"SQ-3", "SQ-4", "SQ-5"} & told, "of few, or of nobody knows how many"
