"""A weekly index of states and industries: it arrives whole, is read as given, and is never added up."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import load
from tests.house import ROOT, House
from tests.pipeline.ingest_place import Place
from tests.pipeline.reconcile import REALDATA, assert_reconciled, facts, skip_without
from tests.regions.au_payroll.drops import read_index, write_drops

SOURCE = REALDATA / "au_payroll_jobs" / "payroll_index.csv.gz"
FOLDER = ROOT / "tests" / "regions" / "au_payroll"
WEEKS = 246

pytestmark = [skip_without("au_payroll_jobs/payroll_index.csv.gz"), pytest.mark.xdist_group("au_payroll")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """All weeks received, one edition on the Saturday after the trough of April 2020."""
    house = House(tmp_path_factory.mktemp("payroll"), {"GANGSHAO_REGION": str(FOLDER)})
    assert write_drops(SOURCE, house.data / "inbox") == WEEKS
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--day", "2020-04-18")
    return house


def warehouse(house: House) -> Place:
    return Place.at(house.folder, load(FOLDER), house.folder / "keys")


def test_every_row_and_sum_of_the_index_arrives(house: House) -> None:
    place = warehouse(house)
    found, sent = facts(place), read_index(SOURCE)
    assert len(sent) == 26_568
    assert_reconciled(place, sent, found)
    assert set(found["cohort"]) == {"all", "15-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70 and over"}


def test_a_week_is_one_slice_whatever_day_of_it_the_file_is_named_for(house: House) -> None:
    periods = warehouse(house).rows("select min(period), max(period), count(distinct period) from drop_register")
    assert periods == [(date(2019, 12, 29), date(2024, 9, 8), WEEKS)]


def test_a_published_reading_is_the_index_as_its_source_gives_it(house: House) -> None:
    index = pd.read_csv(SOURCE).query("age == 'All ages' and date == '2020-04-11'")
    wanted = {
        (row.state, "ALL" if row.industry == "All industries" else row.industry[0]): row.value
        for row in index.itertuples()
    }
    assert wanted["SA", "H"] == 59.96
    found = house.ask(
        "select area, industry, value from reading where indicator = 'job_index' and grain = 'week' "
        "and period = date '2020-04-05' and known_to is null"
    )
    assert {(area, industry): value for area, industry, value in found} == wanted
    assert len(wanted) == 80  # four states × nineteen divisions and their total; none for the four states together


def test_an_edition_knows_the_weeks_of_its_time_only(house: House) -> None:
    asked = "select min(period), max(period), count(distinct period) from reading where indicator = 'job_index'"
    assert house.ask(asked) == [(date(2019, 12, 29), date(2020, 4, 12), 16)]
    due = "select sum(reporting), sum(due) from reading where area = 'SA' and industry = 'ALL' and known_to is null"
    assert house.ask(due) == [(16, 16)]


def test_the_state_name_is_as_good_as_its_code(house: House, tmp_path: Path) -> None:
    place = Place.at(tmp_path, load(FOLDER))
    rows = read_index(SOURCE).query("period == '2020-04-11'").assign(area="south australia")
    one = rows[(rows["industry"] == "H") & (rows["value"] == "59.96")]
    place.drop("aggregate_series", "2020-04-11", "aggregate_series_AU4_20200411.csv", one.to_csv(index=False).encode())
    place.ingest()
    assert facts(place)[["area", "value"]].to_numpy().tolist() == [["SA", 59.96]]


def test_a_month_in_the_name_of_a_weekly_file_is_refused(tmp_path: Path) -> None:
    place = Place.at(tmp_path, load(FOLDER))
    place.drop("aggregate_series", "2020-04-11", "aggregate_series_AU4_202004.csv", b"x")
    report = place.ingest()
    assert (report.accepted, report.refused) == (0, 1)
    assert any("只写了月份（202004）" in sentence and "YYYYMMDD" in sentence for sentence in report.sentences)
