"""Monthly benefit counts whose area codes change in June 2023: no row lost, none counted twice, none misplaced."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import Region, load
from pipelines.formcheck.form_check import Checked, check
from tests.house import House
from tests.pipeline.ingest_place import Place, csv
from tests.pipeline.reconcile import assert_reconciled, facts, skip_without, source
from tests.regions.au_jobseeker.drops import read_counts, region_folder, write_drops
from tests.regions.release import raw
from tests.tier import IS_LONG

STORED = "au_jobseeker_small_area/jobseeker_sa2.csv.gz"
# Tasmania, of New South Wales what is told apart late, ends, follows or is asked for by name, one area of other states.
PART = r"6.*|110(07|08|09|10)|1010210(07|08|09|10)|11163|108041619|31001|301011001|41001|401011001"
SENT = 168_414 if IS_LONG else 12_522
GOING_ON, WHOLE, ENDING, NEW = (1299, 1296, 76, 162) if IS_LONG else (105, 102, 1, 1)
DUE = (1372, 1375, 1461) if IS_LONG else (103, 106, 106)  # in the first month, before the change and after it
HEADER = "indicator,area,cohort,period,grain,value,unit"
CHANGE = "2023-06-01"
ENDED, FOLLOWING = "11163", "108041619"  # both are called Port Macquarie - East

pytestmark = [skip_without(STORED), pytest.mark.xdist_group("au_jobseekers")]


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(STORED, tmp_path_factory.mktemp("counts"), PART)


@pytest.fixture(scope="module")
def folder(counts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return region_folder(counts, tmp_path_factory.mktemp("jobseeker") / "region")


@pytest.fixture(scope="module")
def region(folder: Path) -> Region:
    return load(folder)


@pytest.fixture(scope="module")
def house(counts: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("jobseeker"), {"GANGSHAO_REGION": str(folder)})
    assert write_drops(counts, house.data / "inbox") == 60
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--day", "2025-03-02")
    return house


@pytest.fixture(scope="module")
def place(house: House, region: Region) -> Place:
    return Place.at(house.folder, region, house.folder / "keys")


@pytest.fixture(scope="module")
def found(place: Place) -> pd.DataFrame:
    return facts(place)


def digits(code: pd.Series) -> pd.Series:
    """State and last four digits: what both vintages of a code share."""
    return code.str[0] + code.str[-4:]


def test_every_row_and_sum_of_both_vintages_arrives(place: Place, found: pd.DataFrame, counts: Path) -> None:
    sent = read_counts(counts)
    assert len(sent) == SENT
    assert_reconciled(place, sent.assign(area=digits(sent["area"])), found.assign(area=digits(found["area"])))


def test_an_area_that_goes_on_has_one_code_through_all_months(found: pd.DataFrame) -> None:
    months = found.groupby("area")["period"].agg(["min", "max", "nunique"])
    before, after = months["min"] < CHANGE, months["max"] >= CHANGE
    assert (before & after).sum() == GOING_ON
    assert (before & ~after).sum() == ENDING
    assert (~before & after).sum() == NEW
    going_on = months[before & after & (months["min"] == "2020-03-01")]
    assert len(going_on) == WHOLE  # three were not told apart from their state until December 2022
    assert (going_on["nunique"] == 60).all()
    assert months.index[before & after].str.len().unique().tolist() == [9]


def test_named_cells_are_those_of_the_file_under_either_code(found: pd.DataFrame, counts: Path) -> None:
    told = raw(counts)
    for written, area, month in (
        ("11010", "101021010", "2023-05-01"),
        ("101021010", "101021010", CHANGE),
        ("61100", "602031100", "2020-03-01"),
        (ENDED, ENDED, "2023-05-01"),
        (FOLLOWING, FOLLOWING, CHANGE),
    ):
        at = (told["sa2_code"] == written) & (told["date"] == month)
        wanted = told[at & (told["indicator"] == "Jobseeker payment")]["value"].astype(float).tolist()
        mine = found[(found["area"] == area) & (found["period"] == month) & (found["cohort"] == "jobseeker")]
        assert mine["value"].tolist() == wanted != []


def test_published_readings_add_up_to_the_file_in_every_month(house: House, counts: Path) -> None:
    wanted = raw(counts).assign(value=lambda frame: frame["value"].astype(float)).groupby("date")["value"].sum()
    readings = house.ask(
        "select cast(period as varchar), value, (select sum(value) from reading as part where part.area <> 'AU4' "
        "and part.indicator = 'benefit_recipient' and part.period = total.period and part.known_to is null) "
        "from reading as total where area = 'AU4' and indicator = 'benefit_recipient' and known_to is null order by period"
    )
    assert readings == [(month, value, value) for month, value in wanted.items()]


def test_an_area_is_due_only_while_it_is_one(house: House) -> None:
    due = dict(
        house.ask(
            "select cast(period as varchar), due from reading where area = 'AU4' and indicator = 'benefit_recipient' "
            "and period in (date '2020-03-01', date '2023-05-01', date '2023-06-01') and known_to is null"
        )
    )
    assert due == dict(zip(("2020-03-01", "2023-05-01", CHANGE), DUE, strict=True))


def test_names_of_the_two_vintages_are_told_apart_by_the_month(region: Region) -> None:
    assert region.area_of("Port Macquarie - East", date(2023, 5, 31)) == ENDED
    assert region.area_of("Port Macquarie - East", date(2023, 6, 1)) == FOLLOWING
    for day, area in (("2023-05-01", ENDED), (CHANGE, FOLLOWING)):
        checked = counts_of(region, day, f"benefit_recipients,Port Macquarie - East,jobseeker,{day},month,5,count")
        assert checked.accepted.column("area").to_pylist() == [area]


def counts_of(region: Region, day: str, *lines: str) -> Checked:
    name = f"aggregate_series_AU4_{day.replace('-', '')[:6]}.csv"
    return check("aggregate_series", name, csv(HEADER, *lines), region)


def test_a_code_out_of_its_time_is_refused_with_the_days_on_which_it_held(region: Region) -> None:
    checked = counts_of(
        region,
        CHANGE,
        f"benefit_recipients,101021010,jobseeker,{CHANGE},month,40,count",
        f"benefit_recipients,11010,jobseeker,{CHANGE},month,40,count",
        f"benefit_recipients,{ENDED},jobseeker,{CHANGE},month,7,count",
        f"benefit_recipients,99999,jobseeker,{CHANGE},month,7,count",
    )
    assert checked.accepted.column("area").to_pylist() == ["101021010"]
    said = {
        row["line_number"]: (row["rule"], row["reason"], row["reason_en"]) for row in checked.quarantined.to_pylist()
    }
    assert said[3] == (
        "area",
        "第 3 行“地区”的值“11010”在 2023-06-30 无效，只在 2020-03-01 至 2023-05-31 有效；请改用当时有效的代码或名称。",
        "Line 3, 地区: “11010” does not hold on 2023-06-30, only from 2020-03-01 to 2023-05-31; use what was in force then.",
    )
    assert "2020-03-01 至 2023-05-31" in said[4][1]
    assert "无效" not in said[5][1]
    assert "不是本地区" in said[5][1]


def test_a_new_code_before_its_time_is_refused(region: Region) -> None:
    checked = counts_of(region, "2023-05-01", f"benefit_recipients,{FOLLOWING},jobseeker,2023-05-01,month,7,count")
    (refused,) = checked.quarantined.to_pylist()
    assert "在 2023-05-31 无效，只在 2023-06-01 起 有效" in refused["reason"]


def test_one_area_under_two_codes_in_one_file_counts_once(region: Region) -> None:
    checked = counts_of(
        region,
        "2023-05-01",
        "benefit_recipients,11010,jobseeker,2023-05-01,month,40,count",
        "benefit_recipients,101021010,jobseeker,2023-05-01,month,40,count",
        "benefit_recipients,101021010,youth_allowance,2023-05-01,month,3,count",
    )
    assert sorted(checked.accepted.column("value").to_pylist()) == [3.0, 40.0]
    (refused,) = checked.quarantined.to_pylist()
    assert (refused["line_number"], refused["rule"]) == (3, "repeated")
