"""What checks and formats owe each other: error sheets of spreadsheets, archives checked, no identifier in any format."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.formcheck.error_report import LINE, REASON, Rows
from pipelines.formcheck.feed_detection import feed_of
from pipelines.formcheck.parsing.submission import Keeping, submission_of, submissions_of
from pipelines.formcheck.sandbox import check_in_sandbox
from pipelines.ingest import inbox
from pipelines.warehouse import store
from tests.house import House
from tests.pipeline.ingest_place import CLAIM_HEADER, REGION, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305"
MOBILITY = "telecom_mobility"
MOBILE = "13900000000"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


def workbook(sheets: Mapping[str, Sequence[str]], hidden: Sequence[str] = ()) -> bytes:
    """An XLSX of lines with commas; the sheets of the given names are hidden."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line.split(","))
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def opened(content: bytes | None) -> dict[str, openpyxl.worksheet.worksheet.Worksheet]:
    assert content is not None
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets}


def test_the_error_sheet_of_a_spreadsheet_has_its_rows_and_marks_its_cells() -> None:
    lines = ["某县失业保险金申领情况", "", CLAIM_HEADER, claim(1), claim(2, area="379999"), claim(3)]
    answer = check_in_sandbox(workbook({"三月": lines}), f"{NAME}.xlsx", REGION, sheet=Rows.ALL)
    assert (answer.only_file.rows_accepted, answer.only_file.rows_quarantined) == (2, 1)
    (sheet,) = opened(answer.error_sheet).values()
    header = [cell.value for cell in sheet[1]]
    assert header == [*CLAIM_HEADER.split(","), REASON, LINE]
    assert [sheet.cell(row, len(header)).value for row in (2, 3, 4)] == ["4", "5", "6"]
    wrong = sheet.cell(3, header.index("参保地区") + 1)
    assert (wrong.value, wrong.fill.fgColor.rgb[-6:]) == ("379999", "FFC7CE")
    assert "379999" in wrong.comment.text
    assert sheet.cell(2, header.index("参保地区") + 1).comment is None


def test_every_sheet_that_was_read_has_its_error_sheet_with_columns_in_its_own_order() -> None:
    turned = ",".join(reversed(CLAIM_HEADER.split(",")))
    row = ",".join(reversed(claim(2, area="379999").split(",")))
    content = workbook({"一": [CLAIM_HEADER, claim(1)], "二": [turned, row], "说明": ["请按时报送"]})
    answer = check_in_sandbox(content, f"{NAME}.xlsx", REGION, sheet=Rows.REFUSED)
    found = opened(answer.error_sheet)
    assert list(found) == ["一", "二"]
    assert found["一"].max_row == 1
    header = [cell.value for cell in found["二"][1]]
    assert header[: len(turned.split(","))] == turned.split(",")
    assert found["二"].cell(2, len(header)).value == "2"
    assert found["二"].cell(2, header.index("参保地区") + 1).comment is not None


def test_each_file_of_an_archive_is_checked_under_its_name(tmp_path: Path) -> None:
    path, out = tmp_path / "三月.zip", tmp_path / "out.xlsx"
    path.write_bytes(
        archive({
            f"{NAME}.csv": claims([1, 2]),
            "benefit_claim_371522_20200305.xlsx": workbook({"表": [CLAIM_HEADER, claim(3, area="379999")]}),
            "benefit_claim_371523_20200305.csv": csv("甲,乙", "1,2"),
        })
    )  # fmt: skip
    answer = check_in_sandbox(path.read_bytes(), path.name, REGION, FEED)
    assert [name.removeprefix("三月.zip/") for name in answer.files][:1] == [f"{NAME}.csv"]
    assert [(item.status, item.rows_accepted, item.rows_quarantined) for item in answer.outcomes] == [
        ("accepted", 2, 0),
        ("accepted", 0, 1),
        ("refused", 0, 0),
    ]
    said = House(tmp_path).gangshao("check", str(path), "--error-sheet", str(out), status=2).stdout
    assert (
        said.index(f"三月.zip/{NAME}.csv") < said.index("共 2 行，采用 2，退回 0") < said.index("371522_20200305.xlsx")
    )
    assert "缺少列“申领流水号”" in said
    assert list(opened(out.read_bytes())) == ["整份退回原因", NAME, "benefit_claim_371522_20200305"]


def test_a_feed_is_recognised_by_the_headers_of_spreadsheets_and_in_archives(region: Region) -> None:
    sheet = workbook({"说明": ["请填下一张表"], "表": ["某县", CLAIM_HEADER, claim(1)]})
    assert feed_of("三月.xlsx", sheet, region) == FEED
    assert feed_of("三月.csv", csv("某县", CLAIM_HEADER, claim(1), encoding="utf-16"), region) == FEED
    assert feed_of("三月.zip", archive({"a.xlsx": sheet}), region) == FEED


TABLE = ["地区,日期,流向地区,方向,人数", "371521,2020-03-05,370100,流出,12"]


@pytest.mark.parametrize(
    ("sheets", "hidden"),
    [
        ({"表": TABLE, "明细": ["编号,数", f"{MOBILE},1"]}, ("明细",)),
        ({"表": TABLE, "名单": ["姓名", "虚构人"]}, ("名单",)),
        ({"表": [*TABLE, f"371521,2020-03-05,370100,流出,{MOBILE}"]}, ()),
        ({"表": ["地区,联系电话（请填写机主本人常用号码，用于核实统计口径，没有的填写单位固定电话号码，不得空白）", "371521,1"]}, ()),
    ],
    ids=["a number in a hidden sheet", "a header in a hidden sheet", "a number among counts", "a long header"],
)  # fmt: skip
def test_no_sheet_of_a_feed_of_counts_may_identify_anybody(
    sheets: dict[str, list[str]], hidden: tuple[str, ...], region: Region
) -> None:
    drop = submission_of(workbook(sheets, hidden), f"{MOBILITY}_371500_20200305.xlsx", contracts()[MOBILITY], region)
    assert drop.refusal is not None
    assert "内容不予保留" in drop.refusal.zh
    assert MOBILE not in drop.refusal.zh + drop.refusal.en
    assert drop.keeping is Keeping.NOT


def test_of_an_archive_only_what_identifies_nobody_is_kept(region: Region, tmp_path: Path) -> None:
    place = Place.at(tmp_path, region)
    bad = workbook({"表": [*TABLE, f"371521,2020-03-05,370100,流出,{MOBILE}"]})
    packed = {f"{MOBILITY}_371500_20200305.xlsx": bad, f"{MOBILITY}_371500_20200306.csv": csv("地区,日期", "371521,x")}
    place.drop(MOBILITY, "2020-03-07", "三月.zip", archive(packed))
    place.drop(MOBILITY, "2020-03-07", "坏.zip", archive(packed)[:-30])
    report = place.ingest()
    assert (report.files, report.refused, place.files()) == (3, 3, set())
    kept = [path.read_bytes() for path in place.settings.raw.rglob("*.csv")]
    assert kept == [packed[f"{MOBILITY}_371500_20200306.csv"]]
    reasons = [str(reason) for (reason,) in place.rows("select reason_en from drop_register order by reason_en")]
    assert sum("not kept" in reason for reason in reasons) == 2
    before = place.hashes()
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, region, warehouse)
    assert place.hashes() == before


def test_a_day_above_the_header_speaks_for_its_week_and_a_month_is_refused(region: Region) -> None:
    contract = contracts()["monitored_village"]
    header = ",".join(column.header for column in contract.columns)
    named = {
        drop.named
        for day in ("2020-03-02", "2020年3月8日")
        for drop in submissions_of(csv(f"报送单位：阳谷县,报送期间：{day}", header), "三月.csv", contract, region)
    }
    assert [(item.sender, item.period, item.grain) for item in named if item] == [
        ("371521", date(2020, 3, 2), Grain.WEEK)
    ]
    both = submission_of(csv("报送期间：2020-03-03", header), "monitored_village_371521_20200306.csv", contract, region)
    assert both.refusal is None
    month = submission_of(csv("报送单位：阳谷县,报送期间：2020-03", header), "三月.csv", contract, region)
    assert month.refusal is not None
    assert month.named is None
    assert "报送期间" in month.refusal.zh


def test_a_sender_above_the_header_must_be_a_unit_in_the_period(region: Region) -> None:
    names = region.place_names.copy()
    names.loc[names["alias"] == "阳谷", "valid_to"] = pd.Timestamp("2020-02-29")
    then = replace(region, place_names=names)
    contract = contracts()[FEED]
    for day, is_known in (("2020-02-28", True), ("2020-03-05", False)):
        drop = submission_of(csv(f"报送单位：阳谷,报送期间：{day}", CLAIM_HEADER), "x.csv", contract, then)
        assert (drop.refusal is None) == is_known
        assert is_known or "当期不是本地区的单位" in str(drop.refusal)
