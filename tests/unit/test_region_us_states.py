"""Another place: the region folder of the 27 US states and the drops made from their published report."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region, load
from pipelines.warehouse.expected_submissions import roster
from tests.regions.us_states import drops

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "regions" / "us_states"
REPORT = ROOT.parent / "shared" / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(FOLDER)


def test_twenty_seven_units_without_industries_or_festival(region: Region) -> None:
    assert len(region.units) == 27
    assert region.sections == {"U": "U"}
    assert region.calendar_frame(date(2020, 1, 1), date(2020, 1, 2))["festival_offset"].isna().all()
    assert region.codes.empty


def test_weeks_end_on_saturday_and_editions_are_made_then(region: Region) -> None:
    assert region.week_start(date(2020, 3, 21)) == date(2020, 3, 15)
    assert region.period_start(Grain.WEEK, date(2020, 3, 22)) == date(2020, 3, 22)
    assert [region.is_run_day(date(2020, 3, day)) for day in (20, 21, 22)] == [False, True, False]


def test_the_cut_off_follows_summer_time(region: Region) -> None:
    assert region.cutoff_at(date(2020, 1, 4)) == datetime(2020, 1, 4, 12, 0, tzinfo=UTC)
    assert region.cutoff_at(date(2020, 7, 4)) == datetime(2020, 7, 4, 11, 0, tzinfo=UTC)


def test_federal_holidays_are_known(region: Region) -> None:
    assert not region.is_workday(date(2020, 11, 26))
    assert not region.is_workday(date(1988, 7, 4))
    assert region.is_workday(date(2020, 11, 27))


def test_one_file_a_week_is_owed_by_the_release_desk(region: Region) -> None:
    owed = roster(region, date(2020, 3, 1), date(2020, 3, 31))
    assert owed["area"].tolist() == ["US27"] * 5
    assert owed["period"].iloc[2] == pd.Timestamp("2020-03-15")
    assert owed["due_at"].iloc[2] == pd.Timestamp("2020-03-21 11:00")


@pytest.mark.skipif(not REPORT.exists(), reason="../shared/realdata/us_unemployment_claims is not there")
def test_the_report_becomes_one_file_a_week_in_the_folder_of_its_saturday(tmp_path: Path) -> None:
    count = drops.write_drops(REPORT, tmp_path, date(2020, 3, 1), date(2020, 3, 31))
    assert count == 4
    path = tmp_path / "aggregate_series" / "2020-03-21" / "aggregate_series_US27_20200315.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = pd.read_csv(path, encoding="utf-8-sig")
    assert len(rows) == 27
    california = rows.set_index("area").loc["CA"]
    assert california["value"] == california["numerator"] == 186262
    assert california["period"] == "2020-03-21"


@pytest.mark.skipif(not REPORT.exists(), reason="../shared/realdata/us_unemployment_claims is not there")
def test_the_report_has_one_figure_a_region_and_week_from_1988_on() -> None:
    rows = drops.read_report(REPORT)
    assert rows["area"].nunique() == 27
    assert rows["period"].min() == pd.Timestamp("1988-01-02")
    assert not rows.duplicated(["area", "period"]).any()
