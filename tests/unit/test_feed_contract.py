"""Contracts: the folder is the list of feeds, a contract fits its fact table, a file's name says what it speaks for."""

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.domain import Grain, UserError
from pipelines.feeds import contracts
from pipelines.feeds.contract import Kind
from pipelines.ingest.statement import statement
from pipelines.region import Region, load

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "pipelines" / "sql" / "tables"


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
    text = (TABLES / f"{feed}.sql").read_text(encoding="utf-8")
    declared = set(re.findall(r"(\w+) (?:varchar|integer|date|double|boolean)", text))
    assert {"drop_id", "line_number", *statement(contracts()[feed], region, True).facts} == declared


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_no_two_columns_of_a_feed_share_a_header(feed: str) -> None:
    spellings = [spelling for column in contracts()[feed].columns for spelling in column.spellings]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("feed", sorted(contracts()))
def test_code_lists_keys_and_slice_columns_exist(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    stored = {column.name for column in contract.columns}
    assert {contract.key, contract.area_column, contract.period_column} - {""} <= stored
    lists = {column.code_list for column in contract.columns if column.kind is Kind.CODE}
    assert lists <= set(region.codes["list"])
    assert contract.is_person == any(column.is_confidential for column in contract.columns)


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
