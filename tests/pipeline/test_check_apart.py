"""The form check for senders: in a process of its own, with limits, an error sheet, and nothing left behind."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl
import pytest

from pipelines.core.domain import SaidError
from pipelines.core.region.load import load
from pipelines.feeds import contracts
from pipelines.formcheck.error_report import LINE, REASON, Rows, error_sheet
from pipelines.formcheck.feed_detection import feed_of
from pipelines.formcheck.form_check import Checked, check
from pipelines.formcheck.parsing.submission import submissions_of
from pipelines.formcheck.sandbox import Limits, SandboxAnswer, check_in_sandbox
from tests.house import House
from tests.pipeline.ingest_place import CLAIM_HEADER, EMPLOYER, REGION, claim, csv, person

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"
MALFORMED = "37152219850215"
# The sender's own order of columns, one of them outside the contract, one of them an alias.
HEADER = "受理日期,备注,公民身份号码,申领流水号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期"


def row(number: int, note: str = "", area: str = "371521", identity: str = "", reason: str = "11") -> str:
    return f"2020-03-05,{note},{identity or person(number)},L{number:03d},虚构人{number:03d},{EMPLOYER},{area},C,{reason},2020-02-20"


LINES = [
    HEADER,
    *(row(number) for number in range(1, 31)),
    row(31, identity=MALFORMED),
    row(32, '"两行的\n备注"', area="379999", reason="77"),
    row(33, "=1+1"),
    row(34, '"没有闭合'),
]
CONTENT = csv(*LINES, encoding="gb18030")


@pytest.fixture(scope="module")
def answer() -> SandboxAnswer:
    return check_in_sandbox(CONTENT, NAME, REGION, sheet=Rows.ALL)


def sheets(content: bytes) -> dict[str, openpyxl.worksheet.worksheet.Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: sheet for sheet in book.worksheets}


def test_apart_says_the_same_as_the_check_in_this_process(answer: SandboxAnswer) -> None:
    checked = check(FEED, NAME, CONTENT, load(REGION))
    assert answer.feed == FEED
    assert answer.only_file == checked.outcomes[0]
    assert answer.only_file.rows_quarantined == 3
    assert answer.quarantined.to_pylist() == checked.quarantined.to_pylist()


def test_what_the_check_says_names_no_person(answer: SandboxAnswer) -> None:
    said = str(answer.quarantined.to_pylist()) + str(answer.only_file)
    assert not [secret for secret in (MALFORMED, person(32), "虚构人") if secret in said]


@pytest.mark.requirement("M4", "15.2.2")
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(memory=64 << 20), "内存超过 64 MiB"),
        (Limits(seconds=0), "超过 0 秒，已中止"),
        (Limits(size=100), "超过 0 MiB"),
        (Limits(answer=100), "问题太多"),
    ],
    ids=["memory", "seconds", "size", "answer"],
)
def test_a_check_beyond_its_limits_ends_with_a_sentence(limits: Limits, said: str) -> None:
    with pytest.raises(SaidError, match=said):
        check_in_sandbox(CONTENT, NAME, REGION, limits=limits)


@pytest.mark.requirement("5.2.1")
def test_a_file_that_needs_too_much_memory_is_stopped_and_the_next_is_checked() -> None:
    many = b"\n".join([CLAIM_HEADER.encode(), *([claim(1).encode()] * 400_000)])
    with pytest.raises(SaidError, match=r"内存超过 .* MiB"):
        check_in_sandbox(many, NAME, REGION, limits=Limits(memory=200 << 20))
    assert check_in_sandbox(CONTENT, NAME, REGION).only_file.rows_total == 34


@pytest.mark.requirement("16.5.1")
def test_the_child_prints_no_traceback_whatever_it_is_asked() -> None:
    for request in (b"", b"no json\n", b"[]\n"):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.formcheck.sandbox"], input=request, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (4, b"")
        assert b"Traceback" not in done.stderr


def test_the_error_sheet_keeps_the_senders_columns_and_all_rows(answer: SandboxAnswer) -> None:
    assert answer.error_sheet is not None
    (sheet,) = sheets(answer.error_sheet).values()
    table = [[cell.value or "" for cell in cells] for cells in sheet.iter_rows()]
    assert table[0] == [*HEADER.split(","), REASON, LINE]
    assert len(table) == 1 + 34
    assert table[1][:10] == row(1).split(",")
    assert [cells[11] for cells in table[1:]] == [str(line) for line in (*range(2, 34), 35, 36)]
    assert table[31][2] == MALFORMED  # it goes back to whoever wrote it
    assert table[32][1] == "两行的\n备注"


def test_the_error_sheet_marks_every_refused_cell_with_reason_and_fix(answer: SandboxAnswer) -> None:
    assert answer.error_sheet is not None
    (sheet,) = sheets(answer.error_sheet).values()
    marked = {
        cell.coordinate for cells in sheet.iter_rows(min_row=2) for cell in cells if cell.fill.fgColor.rgb == "00FFC7CE"
    }
    assert marked == {"C32", "K32", "G33", "I33", "K33", "A35", "K35"}
    assert "末位校验码相符" in sheet["C32"].comment.text
    assert "is wrong: 18 characters" in sheet["C32"].comment.text
    assert "379999" in sheet["K33"].value
    assert "“77”不在代码表中" in sheet["K33"].value
    assert "引号没有闭合" in sheet["A35"].comment.text


def test_cells_of_the_error_sheet_stay_text_when_edited_and_run_no_formula(answer: SandboxAnswer) -> None:
    assert answer.error_sheet is not None
    (sheet,) = sheets(answer.error_sheet).values()
    assert (sheet["B34"].value, sheet["B34"].data_type) == ("=1+1", "s")
    assert {cell.number_format for cells in sheet.iter_rows(min_row=2) for cell in cells if cell.value} == {"@"}


def test_the_error_sheet_shows_refused_rows_only_where_asked() -> None:
    shown = check_in_sandbox(CONTENT, NAME, REGION, sheet=Rows.REFUSED).error_sheet
    assert shown is not None
    (sheet,) = sheets(shown).values()
    assert [cells[11].value for cells in sheet.iter_rows(min_row=2)] == ["32", "33", "36"]


def test_a_file_refused_whole_says_so_in_its_error_sheet() -> None:
    broken = check_in_sandbox(csv("姓名", "虚构"), NAME, REGION, sheet=Rows.ALL)
    assert broken.error_sheet is not None
    found = sheets(broken.error_sheet)
    assert list(found) == ["整份退回原因"]
    assert "缺少列“申领流水号”" in found["整份退回原因"]["A1"].value
    wrong = check_in_sandbox(csv(HEADER, *(row(n, area="1") for n in range(20))), NAME, REGION, sheet=Rows.ALL)
    assert wrong.error_sheet is not None
    assert list(sheets(wrong.error_sheet)) == ["整份退回原因", "报送内容"]


def test_an_error_sheet_needs_no_temporary_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    region = load(REGION)
    checked: Checked = check(FEED, NAME, CONTENT, region)
    drops = submissions_of(CONTENT, NAME, contracts()[FEED], region)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))  # openpyxl's own way of saving would fail
    with pytest.raises(FileNotFoundError):
        openpyxl.Workbook().save(io.BytesIO())
    assert error_sheet(contracts()[FEED], drops, checked, region).startswith(b"PK")


def test_a_feed_is_recognised_by_name_or_by_headers_of_one_contract() -> None:
    region = load(REGION)
    assert feed_of("benefit_claim_371521_20200305.csv", b"", region) == FEED
    assert feed_of("三月.csv", CONTENT, region) == FEED
    assert feed_of("三月.csv", CONTENT * 3000, region) == FEED
    with pytest.raises(SaidError, match="都看不出属于哪个数据来源"):
        feed_of("三月.csv", csv("甲,乙", "1,2"), region)


def test_the_command_tells_by_its_exit_status(tmp_path: Path) -> None:
    house = House(tmp_path)
    good, bad, other, out = (tmp_path / name for name in (NAME, f"{NAME[:-4]}_v2.csv", "x.csv", "out.xlsx"))
    good.write_bytes(csv(CLAIM_HEADER, claim(1)))
    bad.write_bytes(CONTENT)
    other.write_bytes(csv("a,b"))
    assert "共 1 行，采用 1，退回 0" in house.gangshao("check", str(good)).stdout
    said = house.gangshao("check", str(bad), "--error-sheet", str(out), status=1).stdout
    assert "第 32 行“身份证号”有误" in said
    assert "约定之外的列已忽略：备注" in said
    assert MALFORMED not in said
    assert sheets(out.read_bytes())
    assert "Line 36: a quote is not closed" in house.gangshao("check", str(bad), "--english", status=1).stdout
    assert "看不出属于哪个数据来源" in house.gangshao("check", str(other), status=2).stderr.replace("\n", "")
    assert "不合规定" in house.gangshao("check", str(other), "--feed", FEED, status=2).stdout
    assert not house.data.exists()


def test_the_command_shows_twenty_reasons_and_counts_the_others(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(
        csv(CLAIM_HEADER, *(claim(number) for number in range(1, 101)), *(claim(n, area="1") for n in range(200, 225)))
    )
    lines = House(tmp_path / "house").gangshao("check", str(path), status=1).stdout.splitlines()
    assert sum(line.startswith("第 ") for line in lines) == 20
    assert lines[-1] == "……另有 5 条原因。"
