"""Writes tests/pipeline/dirty: small files with the flaws that senders' files have; all people and firms are invented.

Run ``python -m tests.pipeline.dirty_maker`` after a change, and say in dirty/expected.csv what is to become of each file.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl

from tests.pipeline.biff import compound, xls
from tests.pipeline.dirty_text import CLAIM, HEADCOUNT, HEADCOUNT_HEADER, headcount, texts, writings
from tests.pipeline.ingest_place import CLAIM_HEADER, EMPLOYER, claim, csv, person

FOLDER = Path(__file__).parent / "dirty"
_THEN = (2020, 3, 6, 8, 0, 0)
Value = str | int | float | date | datetime | bool | None


def book(sheets: dict[str, Sequence[Sequence[Value]]], hidden: Sequence[str] = (), merged: Sequence[str] = ()) -> bytes:
    """An XLSX of these rows; a fixed time, so that the bytes stay the same."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for cells in merged:
            sheet.merge_cells(cells)
    made.properties.created = made.properties.modified = datetime(*_THEN)  # noqa: DTZ001
    saved = io.BytesIO()
    made.save(saved)
    return _repacked(saved.getvalue())


def _repacked(content: bytes, change: Callable[[str, bytes], bytes] = lambda _, part: part) -> bytes:
    """The parts of a zip file with a fixed time and, where wanted, changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            target.writestr(
                zipfile.ZipInfo(part.filename, _THEN),
                _dated(change(part.filename, source.read(part))),
                zipfile.ZIP_DEFLATED,
            )
    return packed.getvalue()


def _dated(part: bytes) -> bytes:
    """openpyxl writes the clock into a workbook's properties."""
    begin, mark = part.find(b"<dcterms:modified"), b"</dcterms:modified>"
    return part if begin < 0 else part[:begin] + part[part.index(mark) + len(mark) :]


def cells(*lines: str) -> list[list[Value]]:
    """Lines of commas as rows of a sheet."""
    return [list(line.split(",")) for line in lines]


class _OldName(zipfile.ZipInfo):
    """A member's name as old Chinese programs write it: in GB18030, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gb18030"), self.flag_bits


def archive(*members: tuple[str, bytes], is_old: bool = False, mode: int = 0) -> bytes:
    """A zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            part = (_OldName if is_old else zipfile.ZipInfo)(name, _THEN)
            part.external_attr = mode << 16
            target.writestr(part, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def locked(packed: bytes) -> bytes:
    """A zip archive whose members say that they are encrypted."""
    marked = bytearray(packed)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(mark)
        while at >= 0:
            marked[at + offset] |= 1
            at = marked.find(mark, at + 1)
    return bytes(marked)


def workbooks() -> dict[str, bytes]:
    """Spreadsheets."""
    typed: list[Value] = ["S1", person(1), "虚构人", EMPLOYER, 371521, "C", 11, date(2020, 2, 20), datetime(2020, 3, 5)]  # noqa: DTZ001
    rows = cells(CLAIM_HEADER, claim(1), claim(2))
    form = [
        ["单位参保人数月报表"],
        ["报送单位：", "阳谷县", None, "报送期间：", "2020年3月"],
        [],
        *cells(HEADCOUNT_HEADER, headcount(1, "12"), headcount(2, "30")),
    ]
    several = {
        "乡镇一": rows,
        "乡镇二": cells(CLAIM_HEADER, claim(3), claim(4, area="379999")),
        "填报说明": [["请按月填报"]],
    }
    good = book({"Sheet1": rows})
    name = CLAIM.replace(".csv", ".xlsx")
    counts = HEADCOUNT.replace(".csv", ".xlsx")
    stray = openpyxl.Workbook()
    for row in rows:
        stray.active.append(row)
    stray.active["XFD1048576"] = "x"
    stray.properties.created = datetime(*_THEN)  # noqa: DTZ001
    kept = io.BytesIO()
    stray.save(kept)
    return {
        f"xlsx/{name}": good,
        f"xlsx_typed_cells/{name}": book({"Sheet1": [CLAIM_HEADER.split(","), typed]}),
        "xlsx_form/三月参保.xlsx": book(
            {"月报": [*form, ["合计", None, None, None, None, 41], ["填报人：甲某", None, "负责人：乙某"]]},
            merged=("A1:H1",),
        ),
        f"xlsx_several_sheets/{name}": book(several),
        f"xlsx_hidden_sheet/{name}": book({"数据": rows, "旧": cells(CLAIM_HEADER, claim(9))}, hidden=("旧",)),
        f"xlsx_one_sheet_slips/{name}": book(
            {"乡镇一": rows, "乡镇二": cells(CLAIM_HEADER.replace("失业日期", "离职日"), claim(3))}
        ),
        f"xlsx_sheets_differ/{name}": book({"a": [["报送单位：阳谷县"], *rows], "b": [["报送单位：莘县"], *rows]}),
        f"xlsx_identity_as_number/{name}": book(
            {
                "Sheet1": [
                    CLAIM_HEADER.split(","),
                    [typed[0], float(person(2)[:17] + "0"), *typed[2:]],
                    ["S2", person(2), *typed[2:]],
                ]
            }
        ),
        f"xlsx_month_as_number/{counts}": book(
            {
                "Sheet1": [
                    HEADCOUNT_HEADER.split(","),
                    *(
                        [*headcount(n).split(",")[:4], month, 12, 0, "否"]
                        for n, month in ((1, 2020.03), (2, 202003), (3, 2020.1), (4, date(2020, 3, 1)))
                    ),
                ]
            }
        ),
        f"xlsx_formulas_without_values/{counts}": book(
            {"Sheet1": [HEADCOUNT_HEADER.split(","), [*headcount(1).split(",")[:5], "=6*2", 0, "否"]]}
        ),
        f"xlsx_error_values/{counts}": _repacked(
            book(
                {
                    "Sheet1": [
                        HEADCOUNT_HEADER.split(","),
                        [*headcount(1).split(",")[:5], 12, 0, "否"],
                        [*headcount(2).split(",")[:5], 777, 0, "否"],
                    ]
                }
            ),
            lambda path, part: (
                part.replace(b'<c r="F3" t="n"><v>777</v>', b'<c r="F3" t="e"><v>#REF!</v>')
                if "sheet1" in path
                else part
            ),
        ),
        f"xlsx_yes_and_no_as_truth/{counts}": book(
            {
                "Sheet1": [
                    HEADCOUNT_HEADER.split(","),
                    [*headcount(1).split(",")[:5], 12, 0, False],
                    [*headcount(2).split(",")[:5], 12, 0, True],
                ]
            }
        ),
        f"xlsx_merged_two_line_header/{counts}": book(
            {
                "Sheet1": [
                    ["统一社会信用代码", "单位名称", "参保地区", "行业代码", "所属月份", "期末", None, "缓缴标志"],
                    [None, None, None, None, None, "参保人数（人）", None, None],
                    *([*headcount(n, "12").split(",")[:6], None, "否"] for n in (1, 2)),
                ]
            },
            merged=("A1:A2", "B1:B2", "F1:G1"),
        ),
        f"xlsx_empty_rows_and_columns/{name}": book(
            {
                "Sheet1": [
                    [],
                    [None, None],
                    *([None, *row, None] for row in rows),
                    [],
                    [" "],
                    [None, *claim(3).split(",")],
                ]
            }
        ),
        f"xlsx_without_any_table/{name}": book({"Sheet1": [["没有表格"], ["只有一句话"]]}),
        f"xlsx_empty/{name}": book({"Sheet1": []}),
        f"xlsx_cut_off/{name}": good[:-300],
        f"xlsx_stray_far_cell/{name}": _repacked(kept.getvalue()),
        f"xlsx_with_a_password/{name}": compound("EncryptedPackage", b"\x00" * 8 + b"secret" * 40),
        f"csv_called_xlsx/{name}": csv(CLAIM_HEADER, claim(1)),
        f"xlsx_called_csv/{CLAIM}": good,
        f"xls/{CLAIM.replace('.csv', '.xls')}": xls({"Sheet1": cells(CLAIM_HEADER, claim(1), claim(2, area="379999"))}),
        f"xls_numbers/{HEADCOUNT.replace('.csv', '.xls')}": xls(
            {
                "Sheet1": [
                    HEADCOUNT_HEADER.split(","),
                    [*headcount(1).split(",")[:4], 43891.0, 12.0, 0.0, "否"],
                    [*headcount(2).split(",")[:4], "202003", 12.5, 0.0, "否"],
                ]
            }
        ),
        f"xls_damaged/{CLAIM.replace('.csv', '.xls')}": xls({"Sheet1": rows})[:1500],
    }


def archives() -> dict[str, bytes]:
    """Zip archives."""
    two = (
        (CLAIM, csv(CLAIM_HEADER, claim(1), claim(2))),
        (CLAIM.replace("371521", "371522"), csv(CLAIM_HEADER, claim(3, area="371522"))),
    )
    stated = csv("报送单位：莘县,报送期间：2020-03-05", CLAIM_HEADER, claim(3, area="371522"), encoding="gb18030")
    return {
        "zip/三月五日.zip": archive(*two),
        "zip_old_chinese_names/三月五日.zip": archive(("莘县/莘县.csv", stated), is_old=True),
        "zip_with_a_workbook_and_litter/包.zip": archive(
            (CLAIM.replace(".csv", ".xlsx"), book({"Sheet1": cells(CLAIM_HEADER, claim(1))})),
            ("__MACOSX/._x", b"x"),
            ("Thumbs.db", b"x"),
        ),
        "zip_one_member_unreadable/包.zip": archive(two[0], ("说明.txt", "请查收".encode())),
        "zip_leads_out/包.zip": archive(("../" + CLAIM, two[0][1])),
        "zip_absolute_path/包.zip": archive(("C:\\data\\" + CLAIM, two[0][1])),
        "zip_with_a_link/包.zip": archive((CLAIM, b"/etc/hostname"), mode=0o120777),
        "zip_encrypted/包.zip": locked(archive(two[0])),
        "zip_in_a_zip/包.zip": archive(("内.zip", archive(two[0]))),
        "zip_bomb/包.zip": archive((CLAIM, bytes(3 << 20))),
        "zip_empty/包.zip": archive(),
        "zip_cut_off/包.zip": archive(*two)[:-60],
        "zip_damaged_member/包.zip": archive(two[0]).replace(b"PK\x01\x02", b"PK\x01\x02", 1)[:60]
        + b"\xff" * 40
        + archive(two[0])[100:],
    }


def main() -> None:
    """Write every file of the corpus."""
    for name, content in (texts() | writings() | workbooks() | archives()).items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


if __name__ == "__main__":
    main()
