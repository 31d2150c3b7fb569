"""The senders' template: what it offers the check takes, and what a sender fills in arrives."""

import csv as csv_module
import io
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Kind
from pipelines.formcheck.contract_description import feed_page
from pipelines.formcheck.form_check import check
from pipelines.formcheck.parsing.preamble import PERIOD, SENDER, SUPPLEMENT, VERSION
from pipelines.formcheck.template import CODES, HEADER_ROW, NOTES, TABLE, template
from tests.house import House
from tests.pipeline.ingest_place import REGION, ROOT, Place

ON = date(2020, 3, 6)
SAMPLES = ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


@cache
def made(feed: str, region: Region) -> bytes:
    """A feed's template: written once for all tests."""
    return template(contracts()[feed], region, ON)


@cache
def opened(content: bytes) -> dict[str, Worksheet]:
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets}


def header(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for cell in sheet[HEADER_ROW]]


def offered(sheets: dict[str, Worksheet], contract: Contract) -> dict[str, list[str]]:
    """The values of every drop-down list below the header, by column."""
    found: dict[str, list[str]] = {}
    for rule in sheets[TABLE].data_validations.dataValidation:
        (cells,) = rule.sqref.ranges
        if rule.type == "list" and cells.min_row > HEADER_ROW:
            name, cells_named = rule.formula1.split("!")
            assert name.strip("'") == CODES
            column = contract.columns[cells.min_col - 1]
            found[column.header] = [str(row[0].value) for row in sheets[CODES][cells_named.replace("$", "")]]
    return found


@cache
def sample(contract: Contract, region: Region) -> tuple[str, list[dict[str, str]]]:
    """The name of the first sample file that is no empty report, and its accepted rows by the contract's headers."""
    for path in sorted((SAMPLES / contract.feed).glob("*.csv")):
        content = path.read_bytes()
        accepted = set(check(contract.feed, path.name, content, region).accepted.column("line_number").to_pylist())
        if accepted:
            break
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    reader = csv_module.reader(io.StringIO(text))
    first = next(reader)
    canonical = {spelling: column.header for column in contract.columns for spelling in column.spellings}
    rows = [
        dict(zip((canonical.get(name, "") for name in first), row, strict=True))
        for row in reader
        if reader.line_num in accepted
    ]
    return path.name, rows


@pytest.mark.parametrize("feed", contracts())
def test_the_template_has_the_contracts_columns_and_marks_the_required_ones(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    sheets = opened(made(contract.feed, region))
    assert list(sheets) == [TABLE, CODES, NOTES]
    assert header(sheets[TABLE]) == [column.header + "*" * column.is_required for column in contract.columns]
    assert [sheets[TABLE].cell(row, 1).value for row in range(2, 6)] == [
        f"{label}：" for label in (SENDER, PERIOD, VERSION, SUPPLEMENT)
    ]
    assert sheets[TABLE].cell(HEADER_ROW + 1, 1).value == "示例"


@pytest.mark.parametrize("feed", contracts())
def test_the_check_takes_every_value_a_list_offers(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    lists = offered(opened(made(contract.feed, region)), contract)
    listed = {
        c.header for c in contract.columns if c.kind in (Kind.CODE, Kind.CHOICE, Kind.AREA, Kind.YES_NO, Kind.INDUSTRY)
    }
    assert set(lists) == listed
    name, rows = sample(contract, region)
    for column, values in lists.items():
        assert len(values) > 1
        lines = [",".join(c.header for c in contract.columns)]
        lines += [
            ",".join(f'"{(rows[0] | {column: value}).get(c.header, "")}"' for c in contract.columns) for value in values
        ]
        wrong = check(feed, name, "\n".join(lines).encode(), region).quarantined.to_pylist()
        kind = next(str(c.kind) for c in contract.columns if c.header == column)
        assert not [row for row in wrong if row["column_name"] == column and row["rule"] == kind], column


@cache
def filled(contract: Contract, region: Region) -> tuple[bytes, int]:
    """The template with the rows of a sample typed in, and how many they are."""
    book = openpyxl.load_workbook(io.BytesIO(made(contract.feed, region)))
    sheet = book[TABLE]
    name, rows = sample(contract, region)
    _, sender, period = name.removesuffix(".csv").removeprefix(contract.feed).split("_")[:3]
    sheet["B2"], sheet["B3"] = region.places.set_index("code")["name"][region.aliases[sender]], period
    for at, row in enumerate(rows, start=HEADER_ROW + 2):
        for place, column in enumerate(contract.columns, start=1):
            sheet.cell(at, place).value = row.get(column.header) or None
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), len(rows)


@pytest.mark.parametrize("feed", contracts())
def test_a_filled_template_is_taken_in_whole(feed: str, region: Region, tmp_path: Path) -> None:
    content, count = filled(contracts()[feed], region)
    place = Place.at(tmp_path, region)
    place.drop(feed, None, "三月填报.xlsx", content)
    report = place.ingest(backfill=False)
    assert count > 0
    assert (report.accepted, report.rows_accepted, report.rows_quarantined) == (1, count, 0), report.sentences


@pytest.mark.parametrize("feed", contracts())
def test_what_stands_below_the_header_of_a_filled_template_is_accepted(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    content, count = filled(contract, region)
    sheet = opened(content)[TABLE]
    file = io.StringIO()
    table = [[cell.value or "" for cell in cells] for cells in sheet.iter_rows(min_row=HEADER_ROW)]
    csv_module.writer(file).writerows(row for row in table if row[0] != "示例" and any(row))
    name, _ = sample(contract, region)
    (outcome,) = check(feed, name, file.getvalue().encode(), region).outcomes
    assert (outcome.status, outcome.rows_accepted, outcome.rows_quarantined) == ("accepted", count, 0)


def test_columns_that_are_no_figures_stay_text_when_typed_into(region: Region) -> None:
    contract = contracts()["benefit_claim"]
    sheet = opened(made(contract.feed, region))[TABLE]
    at = next(place for place, column in enumerate(contract.columns, start=1) if column.kind is Kind.IDENTITY)
    assert sheet.column_dimensions[openpyxl.utils.get_column_letter(at)].number_format == "@"


def test_a_list_offers_only_the_codes_of_its_day(region: Region) -> None:
    contract = contracts()["insured_event"]
    before = offered(opened(template(contract, region, date(2015, 1, 1))), contract)
    assert "原因代码" not in before
    assert len(offered(opened(made(contract.feed, region)), contract)["原因代码"]) == 15


@pytest.mark.requirement("2.1.1", "2.1.2")
@pytest.mark.parametrize("feed", contracts())
def test_notes_and_page_say_of_each_column_what_the_contract_asks(feed: str, region: Region) -> None:
    contract = contracts()[feed]
    page = feed_page(contract, region, ON)
    notes = "\n".join(
        str(cell.value) for cells in opened(made(contract.feed, region))[NOTES].iter_rows() for cell in cells
    )
    for column in contract.columns:
        assert f"| {column.header} | {'必填' if column.is_required else '可'}" in page
        assert column.header in notes
    for said in [item.said.zh for item in (*contract.checks, *contract.file_checks)]:
        assert said in page
        assert said in notes


@pytest.mark.parametrize(
    ("feed", "due"),
    [("insured_event", "每个工作日一份，次日 07:00 前"), ("insured_headcount", "每月一份，次月 10 日 07:00 前"),
     ("vacancy", "每日一份，次日 07:00 前"), ("layoff_report", "有事项即报，无固定期限")],
)  # fmt: skip
def test_the_page_says_when_it_is_due(feed: str, due: str, region: Region) -> None:
    assert due in feed_page(contracts()[feed], region, ON)


def test_the_command_writes_one_or_all(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.gangshao("template", "vacancy", "--into", str(tmp_path / "one"))
    house.gangshao("template", "--docs", "--into", str(tmp_path / "pages"))
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"vacancy.xlsx"}
    assert {path.stem for path in (tmp_path / "pages").iterdir()} == set(contracts())
    assert "没有名为“salary”" in house.gangshao("template", "salary", status=2).stderr.replace("\n", "")
