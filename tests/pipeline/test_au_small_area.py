"""Quarterly figures of 1,413 small areas: an empty cell is no zero, a withheld one is kept as such."""

from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import Region, load
from pipelines.formcheck.form_check import Checked, check
from tests.house import House
from tests.pipeline.ingest_place import Place, csv
from tests.pipeline.reconcile import assert_reconciled, facts, skip_without, source
from tests.regions.au_small_area.drops import read_figures, region_folder, write_drops
from tests.tier import IS_LONG

STORED = "au_small_area_unemployment/small_area_labour_market.csv.gz"
PART = r"6.*|101021.*|30101.*|40101.*"  # Tasmania, the areas that are asked for by name, some of each other state
SENT, EMPTY = (237_384, 33_972) if IS_LONG else (18_648, 546)
HEADER = "indicator,area,period,grain,adjustment,value,unit"

pytestmark = [skip_without(STORED), pytest.mark.xdist_group("au_small_area")]


@pytest.fixture(scope="module")
def labour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(STORED, tmp_path_factory.mktemp("labour"), PART)


@pytest.fixture(scope="module")
def folder(labour: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return region_folder(labour, tmp_path_factory.mktemp("small_area") / "region")


@pytest.fixture(scope="module")
def region(folder: Path) -> Region:
    return load(folder)


@pytest.fixture(scope="module")
def house(labour: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("small_area"), {"GANGSHAO_REGION": str(folder)})
    assert write_drops(labour, house.data / "inbox") == 56
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--day", "2024-10-02")
    return house


@pytest.fixture(scope="module")
def place(house: House, region: Region) -> Place:
    return Place.at(house.folder, region, house.folder / "keys")


def test_every_row_and_sum_arrives_and_empty_cells_are_sent_back(place: Place, labour: Path) -> None:
    found, sent = facts(place), read_figures(labour)
    assert len(sent) == SENT
    assert (sent["value"] == "").sum() == EMPTY
    assert_reconciled(place, sent, found)
    rules = place.rows("select rule, column_name, count(*) from quarantine group by all")
    assert rules == [("has_a_figure", "数值", EMPTY)]


def test_named_cells_are_those_of_the_file(place: Place, labour: Path) -> None:
    figures = pd.read_csv(labour, dtype={"sa2_code": "str"})
    for area, quarter, name, indicator in (
        ("101021007", "2010-12-01", "Smoothed unemployment (persons)", "unemployed"),
        ("604031097", "2024-09-01", "Smoothed unemployment rate (%)", "unemployment_rate"),
        ("604031097", "2020-06-01", "Smoothed labour force (persons)", "labour_force"),
    ):
        at = (figures["sa2_code"] == area) & (figures["date"] == quarter) & (figures["indicator"] == name)
        sql = "select value from aggregate_series where area = $area and period = $quarter and indicator = $indicator"
        assert place.rows(sql, area=area, quarter=quarter, indicator=indicator) == [(figures[at]["value"].iloc[0],)]


def test_a_quarter_is_one_slice_named_for_its_first_day(place: Place) -> None:
    asked = "select count(*) from drop_register where period = date '2010-10-01' and grain = 'quarter'"
    assert place.rows(asked) == [(1,)]


def test_published_rates_are_those_of_the_file_and_totals_weigh_the_areas(house: House, labour: Path) -> None:
    known = pd.read_csv(labour, dtype={"sa2_code": "str"}).dropna(subset=["value"])
    wide = known.pivot_table(index=["date", "sa2_code"], columns="indicator", values="value")
    unemployed, force = wide["Smoothed unemployment (persons)"], wide["Smoothed labour force (persons)"]
    asked = (
        "select cast(period as varchar), area, value from reading where indicator = 'small_area_unemployment_rate' "
        "and grain = 'quarter' and known_to is null and value is not null"
    )
    readings = {(month, area): value for month, area, value in house.ask(asked)}
    quarter = pd.PeriodIndex(pd.to_datetime(wide.index.get_level_values(0)), freq="Q").start_time.strftime("%Y-%m-%d")
    key = list(zip(quarter, wide.index.get_level_values(1), strict=True))
    wanted = pd.Series((100 * unemployed / force).to_numpy(), index=pd.MultiIndex.from_tuples(key))[
        force.to_numpy() > 0
    ]
    mine = pd.Series(readings)
    totals = mine[mine.index.get_level_values(1) == "AU4"]
    pd.testing.assert_series_equal(mine.drop(totals.index).sort_index(), wanted.sort_index(), check_names=False)
    rate = 100 * unemployed.groupby("date").sum() / force.groupby("date").sum()
    assert totals.sort_index().to_numpy() == pytest.approx(rate.sort_index().to_numpy(), rel=1e-12)
    published = wide["Smoothed unemployment rate (%)"].to_numpy()[force.to_numpy() > 0]
    assert abs(wanted.to_numpy() - published).max() <= 0.0501  # the publisher rounds to one decimal


def figures(region: Region, *lines: str) -> Checked:
    return check("aggregate_series", "aggregate_series_AU4_20200601.csv", csv(HEADER, *lines), region)


def test_a_withheld_figure_is_kept_without_a_number(region: Region) -> None:
    checked = figures(
        region,
        "unemployed,101021007,2020-06-01,quarter,average,np,count",
        "unemployed,101021008,2020-06-01,quarter,average,,count",
        "unemployed,101021009,2020-06-01,quarter,average,n/a,count",
        "unemployed,101021010,2020-06-01,quarter,average,-12.5,count",
    )
    kept = {row["area"]: (row["value"], row["is_suppressed"]) for row in checked.accepted.to_pylist()}
    assert kept == {"101021007": (None, True), "101021010": (-12.5, False)}
    said = [(row["line_number"], row["rule"]) for row in checked.quarantined.to_pylist()]
    assert sorted(said) == [(3, "has_a_figure"), (4, "has_a_figure"), (4, "number")]
    empty = next(row for row in checked.quarantined.to_pylist() if row["line_number"] == 3)
    assert "不公布的填 np" in empty["reason"]
    assert "np where the publisher keeps the figure back" in empty["reason_en"]


def test_original_seasonal_and_trend_figures_stand_side_by_side(region: Region) -> None:
    words = ("original", "seasonal", "trend", "average", "季节调整", "")
    checked = figures(
        region, *(f"unemployed,101021007,2020-06-01,quarter,{word},{5 + at},count" for at, word in enumerate(words))
    )
    kept = {row["adjustment"]: row["value"] for row in checked.accepted.to_pylist()}
    assert kept == {"original": 5.0, "seasonal": 6.0, "trend": 7.0, "average": 8.0}
    said = [(row["line_number"], row["rule"]) for row in checked.quarantined.to_pylist()]
    assert sorted(said) == [(6, "repeated"), (7, "repeated")]


def test_a_figure_of_another_quarter_is_sent_back(region: Region) -> None:
    checked = figures(
        region,
        "unemployed,101021007,2020-06-30,quarter,average,53,count",
        "unemployed,101021007,2020-07-01,quarter,average,54,count",
    )
    assert [row["value"] for row in checked.accepted.to_pylist()] == [53.0]
    (refused,) = checked.quarantined.to_pylist()
    assert (refused["line_number"], refused["rule"], refused["column_name"]) == (3, "period", "期间")
