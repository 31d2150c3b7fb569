"""Contracts: the folder is the list of feeds, a contract fits its fact table, a file's name says what it speaks for."""

import csv
import io
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.core.catalogue.tables import tables
from pipelines.core.domain import Grain, UserError
from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Kind
from pipelines.formcheck.form_check import check
from pipelines.formcheck.parsing.submission import submission_of
from pipelines.formcheck.validation.statement import compile_statement
from pipelines.warehouse.tables import define

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def region() -> Region:
    return load(ROOT / "data" / "regions" / "liaocheng")


def test_every_file_of_the_folder_is_a_feed() -> None:
    files = {path.stem for path in (ROOT / "pipelines" / "feeds").glob("*.py")} - {"__init__", "contract"}
    assert set(contracts()) == files
    assert all(contract.feed == name for name, contract in contracts().items())


def test_the_region_says_who_sends_each_feed(region: Region) -> None:
    assert set(region.feeds["feed"]) == set(contracts())


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_a_contract_gives_exactly_the_columns_of_its_fact_table(feed: str, region: Region) -> None:
    declared = {column.name for column in tables()[feed].columns}
    assert {"drop_id", "line_number", *compile_statement(contracts()[feed], region).facts} == declared


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_no_two_columns_of_a_feed_share_a_header(feed: str) -> None:
    spellings = [spelling for column in contracts()[feed].columns for spelling in column.spellings]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_code_lists_keys_and_slice_columns_exist(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    stored = {column.name for column in contract.columns} | {item.name for item in contract.derived}
    assert {contract.key, contract.area_column, contract.period_column} - {""} <= stored
    lists = {column.code_list for column in contract.columns if column.kind in (Kind.CODE, Kind.CODES)}
    assert lists <= set(region.codes["list"])
    assert contract.is_person == any(column.is_confidential for column in contract.columns)


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_the_examples_of_a_contract_are_a_row_that_is_accepted(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    assert all(column.example for column in contract.columns if column.is_required)
    shown = [column for column in contract.columns if column.example or not column.may_be_absent]
    text = io.StringIO()
    csv.writer(text).writerows([[column.header for column in shown], [column.example for column in shown]])
    level = region.feeds.set_index("feed").loc[feed, "sender_level"]
    period = contract.column(contract.period_column).example if contract.period_column else "202003"
    digits = period.replace("-", "")[: 6 if contract.grain is Grain.MONTH else 8]
    name = f"{feed}_{region.city if level == 'city' else '371521'}_{digits}.csv"
    checked = check(feed, name, text.getvalue().encode("utf-8-sig"), region)
    assert checked.quarantined.to_pylist() == []
    assert [outcome.rows_accepted for outcome in checked.outcomes] == [1], checked.outcomes


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_a_contract_says_what_it_is_for_and_what_its_figures_count(feed: str) -> None:
    contract = contracts()[feed]
    assert contract.purpose
    without_unit = {"birth_year", "value", "numerator", "denominator"}
    figures = [column for column in contract.columns if column.kind in (Kind.INT, Kind.NUMBER)]
    assert all(column.unit or column.name in without_unit for column in figures)


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_file_checks_and_bounds_speak_of_columns_of_the_fact_table(feed: str) -> None:
    contract = contracts()[feed]
    if contract.bound is not None:
        assert contract.column(contract.bound.column).kind in (Kind.INT, Kind.NUMBER)
        assert contract.bound.least < 1 < contract.bound.most
    con = duckdb.connect()
    define(con, feed)
    for item in contract.file_checks:
        assert con.execute(f"select {item.holds} from {feed}").fetchall() in ([(None,)], [(True,)]), item.name


@pytest.mark.parametrize(
    ("feed", "rows", "holds"),
    [
        ("labour_shortage", "(180, 15), (40, 0)", True),
        ("labour_shortage", "(15, 180), (2, 40)", False),
        ("monitored_employer", "(3000, 3000), (20, 20)", True),
        ("monitored_employer", "(3000, 0), (20, 20)", False),
        ("monitored_employer", "(0, 198), (0, 60)", False),
        ("monitored_employer", "(200, 0), (60, 0)", True),
    ],
)
def test_a_file_check_tells_exchanged_columns_and_units_from_real_losses(feed: str, rows: str, holds: bool) -> None:
    columns = {"labour_shortage": "staff, unfilled", "monitored_employer": "base_jobs, prev_jobs"}[feed]
    (item,) = contracts()[feed].file_checks
    answer = duckdb.execute(f"select {item.holds} from (values {rows}) as file({columns})").fetchall()
    assert answer == [(holds,)]


POST = {
    "岗位编号": "GW1", "单位名称": "示例一村村民委员会", "地区": "371521", "岗位类别": "乡村公益性岗位",
    "所属月份": "202003", "在岗人数": "3", "月补贴标准": "600", "开始日期": "2020-03-01", "到期日期": "2020-06-30",
    "困难人员人数": "2",
}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({}, None),
        ({"到期日期": "2020-03-01"}, None),  # a post of one day
        ({"到期日期": "2020-02-29"}, "到期日期"),
        ({"到期日期": "", "开始日期": "", "月补贴标准": "", "困难人员人数": ""}, None),
        ({"开始日期": ""}, None),
        ({"开始日期": "2020-03-31"}, None),
        ({"开始日期": "2020-04-01"}, "开始日期"),
        ({"困难人员人数": "3"}, None),
        ({"困难人员人数": "4"}, "困难人员人数"),
        ({"在岗人数": "0", "困难人员人数": "0"}, None),
        ({"在岗人数": "0", "困难人员人数": "1"}, "困难人员人数"),
        ({"在岗人数": ""}, "在岗人数"),
        ({"在岗人数": "-1", "困难人员人数": ""}, "在岗人数"),
        ({"在岗人数": "2.5"}, "在岗人数"),
        ({"月补贴标准": "-600"}, "月补贴标准"),
        ({"岗位类别": "保洁岗"}, "岗位类别"),
        ({"岗位类别": ""}, "岗位类别"),
        ({"所属月份": "202004"}, "所属月份"),
        ({"岗位编号": ""}, "岗位编号"),
        ({"单位名称": ""}, "单位名称"),
        ({"地区": "371522"}, "地区"),
    ],
)
def test_a_row_of_posts_is_taken_or_sent_back_by_the_column_to_mend(
    cells: dict[str, str], column: str | None, region: Region
) -> None:
    row = POST | cells
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    checked = check("welfare_post", "welfare_post_371521_202003.csv", text.encode(), region)
    refused = checked.quarantined.to_pylist()
    assert [item["column_name"] for item in refused] == ([] if column is None else [column])
    assert checked.accepted.num_rows == (column is None)
    for item in refused:
        assert item["reason"]
        assert item["reason_en"].isascii() or column in item["reason_en"]


def test_a_weekly_file_is_named_by_any_day_of_its_week_and_speaks_for_the_weeks_first_day(region: Region) -> None:
    contract = contracts()["monitored_village"]
    days = ("20200302", "20200306", "20200308")
    found = [submission_of(b"", f"monitored_village_371521_{day}.csv", contract, region).named for day in days]
    assert [(item.period, item.grain) for item in found if item] == [(date(2020, 3, 2), Grain.WEEK)] * 3
    later = submission_of(b"", "monitored_village_371521_20200309_v2.csv", contract, region).named
    assert later is not None
    assert (later.period, later.version) == (date(2020, 3, 9), 2)
    refused = submission_of(b"", "monitored_village_371521_202003.csv", contract, region)
    assert "YYYYMMDD" in str(refused.refusal)


@pytest.mark.parametrize(("day", "rule"), [("2020-03-02", None), ("2020-03-08", None), ("2020-03-09", "period"), ("2020-03-01", "period")])  # fmt: skip
def test_a_weekly_row_outside_the_week_of_its_file_is_refused(day: str, rule: str | None, region: Region) -> None:
    contract = contracts()["monitored_village"]
    row = {column.header: column.example for column in contract.columns} | {"统计日期": day}
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    checked = check("monitored_village", "monitored_village_371521_20200306.csv", text.encode(), region)
    assert [item["rule"] for item in checked.quarantined.to_pylist()] == ([] if rule is None else [rule])


def test_a_file_name_says_sender_period_version_and_supplement() -> None:
    contract = contracts()["insured_event"]
    first = contract.slice_of("insured_event_371502_20200305.csv")
    assert (first.sender, first.period, first.grain, first.version, first.is_supplement) == (
        "371502", date(2020, 3, 5), Grain.DAY, 1, False,
    )  # fmt: skip
    later = contract.slice_of("insured_event_3715d1_20200305_v12_supplement.CSV")
    assert (later.sender, later.version, later.is_supplement) == ("3715D1", 12, True)


@pytest.mark.parametrize("mark", [" (1)", "(2)", " - 副本", " - 副本 (3)", "（1）", " - Copy"])
def test_what_windows_appends_to_a_copy_is_no_part_of_the_name(mark: str) -> None:
    contract = contracts()["benefit_claim"]
    assert contract.slice_of(f"benefit_claim_371502_20200305{mark}.csv") == contract.slice_of(
        "benefit_claim_371502_20200305.csv"
    )


@pytest.mark.parametrize(
    ("feed", "name"),
    [
        ("insured_event", "insured_event_371502_202003.csv"),
        ("insured_event", "insured_event_371502_20200230.csv"),
        ("insured_event", "insured_event_371502.csv"),
        ("insured_event", "insured_event_371502_20200305_final.csv"),
        ("insured_event", "benefit_claim_371502_20200305.csv"),
        ("insured_headcount", "insured_headcount_371502_20200301.csv"),
        ("insured_headcount", "insured_headcount_371502_202013.csv"),
        ("vacancy", "vacancy_371500_20200305.pdf"),
    ],
)
def test_a_name_that_says_no_slice_is_refused_with_the_fix(feed: str, name: str) -> None:
    with pytest.raises(UserError, match="请改名后重新报送"):
        contracts()[feed].slice_of(name)


def test_a_workbook_of_wps_is_named_as_it_names_it() -> None:
    named = contracts()["vacancy"].slice_of("vacancy_371500_20200306.et")
    assert (named.sender, named.period.isoformat()) == ("371500", "2020-03-06")
