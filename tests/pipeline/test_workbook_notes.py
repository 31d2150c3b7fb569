"""What a sender does not see in a sheet is taken and told; files nobody can read say what they are."""

import io
import struct
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.core.region.load import Region, load
from pipelines.formcheck.error_report import further_messages
from pipelines.formcheck.form_check import check
from pipelines.formcheck.parsing.workbook import find_hidden
from pipelines.formcheck.validation.file_result import FileOutcome
from tests.pipeline.biff import compound, xls
from tests.pipeline.dirty_maker import cells
from tests.pipeline.dirty_text import HEADCOUNT, HEADCOUNT_HEADER, headcount
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, claims, csv

TITLE = ["三月参保", None, None, None, None, None, None, None]


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


def checked(change: Callable[[Worksheet], object], region: Region, others: int = 0) -> FileOutcome:
    """What becomes of a sheet with a title, a header and five employers, in rows 3 to 7, after a change of it."""
    book = openpyxl.Workbook()
    for number in range(others):
        book.create_sheet(f"另{number}", 0).append(["说明"])
    sheet = book.worksheets[-1]
    for row in [TITLE, *cells(HEADCOUNT_HEADER, *map(headcount, range(1, 6)))]:
        sheet.append(row)
    change(sheet)
    file = io.BytesIO()
    book.save(file)
    name = HEADCOUNT.replace(".csv", ".xlsx")
    return check("insured_headcount", name, file.getvalue(), region).outcomes[0]


def hide_rows(*rows: int) -> Callable[[Worksheet], object]:
    def hide(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].hidden = True

    return hide


def hide_columns(*letters: str) -> Callable[[Worksheet], object]:
    def hide(sheet: Worksheet) -> None:
        for letter in letters:
            sheet.column_dimensions[letter].hidden = True

    return hide


def filtered(sheet: Worksheet) -> None:
    """As a filter of Excel leaves it: the rows that do not match are hidden."""
    sheet.auto_filter.ref = "A2:H7"
    sheet.auto_filter.add_filter_column(0, ["x"])
    hide_rows(3, 4, 5, 6, 7)(sheet)


HIDDEN_ROWS = "是隐藏的或被筛选掉的行，已照常检查和采用；如是遗留内容，请删去这些行后重新报送。"


@pytest.mark.parametrize(
    ("change", "accepted", "told"),
    [
        (hide_rows(), 5, []),
        (hide_rows(1, 2, 9), 5, []),
        (hide_rows(4), 5, ["第 4 行" + HIDDEN_ROWS]),
        (filtered, 5, ["第 3 行、第 4 行、第 5 行等 5 行" + HIDDEN_ROWS]),
        (hide_columns("F", "K"), 5, ["隐藏的列“期末参保人数”已照常读取；请取消隐藏并核对其内容。"]),
        (lambda sheet: sheet.merge_cells("A1:H1"), 5, []),
        (
            lambda sheet: sheet.merge_cells("C4:C6"), 3,
            ["自第 4 行起，“参保地区”列有跨行的合并单元格，只有首行有值，其余各行按空白处理；请取消合并并逐行填写后重新报送。"],
        ),
    ],
)  # fmt: skip
def test_hidden_rows_and_columns_and_merged_cells_are_told(
    change: Callable[[Worksheet], object], accepted: int, told: list[str], region: Region
) -> None:
    outcome = checked(change, region)
    assert outcome.rows_accepted == accepted
    assert further_messages(outcome, english=False) == told
    assert len(further_messages(outcome, english=True)) == len(told)


def test_of_several_sheets_the_one_with_hidden_rows_is_named(region: Region) -> None:
    said = further_messages(checked(hide_rows(4), region, others=2), english=False)
    assert "工作表“Sheet”第 4 行" + HIDDEN_ROWS in said


@pytest.mark.parametrize(
    ("xml", "rows", "columns"),
    [
        (b'<row r="2" hidden="1"><c/></row><row hidden="true"/><row r="9" hidden="0"/>', [2, 3], set()),
        (b"<x:row r='5' hidden='1'>", [5], set()),
        (b'<row r="99999999999999999999" hidden="1">', [1], set()),
        (b'<cols><col min="3" max="4" hidden="1"/><col min="1" max="99999999" hidden="0"/></cols>', [], {2, 3}),
        (b'<col hidden="1"/>', [], set()),
    ],
)
def test_hidden_rows_are_found_however_they_are_written(xml: bytes, rows: list[int], columns: set[int]) -> None:
    found = find_hidden(xml)
    assert (list(found.rows), set(found.columns)) == (rows, columns)


def of_1995() -> bytes:
    """The beginning of a workbook as Excel 95 writes it."""
    return compound("Book", struct.pack("<HHHHHH", 0x0809, 8, 0x0500, 0x0005, 0, 0) + bytes(4000))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (claims([1, 2, 3], encoding="utf-16-le"), "UTF-16（Unicode）编码，但开头没有编码标记"),
        (claims([1, 2, 3], encoding="utf-16-be"), "UTF-16（Unicode）编码，但开头没有编码标记"),
        (csv(CLAIM_HEADER, encoding="utf-16-le"), "UTF-16（Unicode）编码，但开头没有编码标记"),
        (csv("id,name", "1,2", encoding="utf-16-le"), "UTF-16（Unicode）编码，但开头没有编码标记"),
        (of_1995(), "Excel 95 或更早版本的工作簿"),
        (struct.pack("<HHHHH", 0x0409, 6, 0, 0x10, 0) + bytes(40), "Excel 4.0 或更早版本的工作簿"),
        (claims([1, 2, 3]) + b"\x00\r\n", "含有空字节"),
        (claims([1]) + b"\xff\xff\r\n", "不符合"),
        (xls({"a": cells("说明,二")}), "缺少列"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_it_is_and_how_to_mend_it(
    content: bytes, said: str, region: Region
) -> None:
    outcome = check("benefit_claim", "benefit_claim_371521_20200305.csv", content, region).outcomes[0]
    assert outcome.status == "refused"
    assert said in str(outcome.reason)
    assert "请" in str(outcome.reason)
