"""A spreadsheet file to rows of values, and its hidden rows and columns: XLSX, XLS and what else the library reads."""

import gc
import io
import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import python_calamine as calamine

from pipelines.core.domain import Said
from pipelines.formcheck.parsing.encoding import RefusedError

_BOOK, _PLACES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_PART = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_TRUE = (b"1", b"true")
_MOST_COLUMNS, _MOST_DIGITS = 16_384, 9
_NONE = array("i")


@dataclass(frozen=True)
class HiddenCells:
    """Numbers of the rows, from 1, and of the columns, from 0, that are hidden in a sheet."""

    rows: "array[int]" = field(default_factory=lambda: _NONE)
    columns: frozenset[int] = frozenset()


def find_hidden(xml: bytes) -> HiddenCells:
    """What is hidden in a sheet, by its part of the file; a row without a number follows the one before."""
    if b"hidden" not in xml:
        return HiddenCells()
    rows, at = array("i"), 0
    for row in _ROW.finditer(xml):
        said = _attributes(row[1])
        at = _column_number(said, b"r") or at + 1
        if said.get(b"hidden") in _TRUE:
            rows.append(at)
    columns: set[int] = set()
    for column in _COLUMNS.finditer(xml):
        said = _attributes(column[1])
        if said.get(b"hidden") in _TRUE:
            columns |= set(
                range(max(_column_number(said, b"min") - 1, 0), min(_column_number(said, b"max"), _MOST_COLUMNS))
            )
    return HiddenCells(rows, frozenset(columns))


def parts_of_sheets(packed: zipfile.ZipFile) -> list[str]:
    """The part of the file that holds each sheet, in the order of the sheets; none where the file says it otherwise."""
    names = set(packed.namelist())
    if not {_BOOK, _PLACES} <= names:
        return []
    targets = {
        said.get(b"Id", b""): said.get(b"Target", b"").decode(errors="replace")
        for said in map(_attributes, _PART.findall(packed.read(_PLACES)))
    }
    parts = []
    for said in map(_attributes, _SHEET.findall(packed.read(_BOOK))):
        own = next((value for name, value in said.items() if name.endswith(b":id")), b"")
        parts.append(posixpath.join("/xl", targets.get(own, "")).removeprefix("/"))
    return parts


def _column_number(said: dict[bytes, bytes], name: bytes) -> int:
    """A number among attributes; 0 where there is none that a sheet can have."""
    digits = said.get(name, b"")
    return int(digits) if digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(tag))


Value = str | int | float | bool | date | datetime | time | timedelta
MOST_SHEET_BYTES = 64 << 20
MOST_UNPACKED_BYTES = 1 << 30
MOST_SHEETS = 64
# The reader allocates the whole rectangle up to the last cell and ends the process when that fails.
MOST_CELLS = 40_000_000
_ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
"""How spreadsheets of before 2007 begin, and encrypted ones."""
_OF_1995, _OF_1997 = b"\x09\x08\x08\x00\x00\x05", b"\x09\x08\x10\x00\x00\x06"
"""How the record begins that opens a workbook of Excel 5.0 and 95, and of 97 to 2003 ([MS-XLS] 2.4.21)."""
_END_OF_ZIP = b"PK\x05\x06"
_END_BYTES = 22 + (1 << 16)
# A cell with something in it beyond column Z or row 99,999; an empty one that only carries a format ends with "/>".
# The pattern begins with a literal: Python then searches ten times faster than it matches.
_FAR = re.compile(rb'r="(?=[A-Za-z]{2}|[A-Za-z][0-9]{6})([A-Za-z]{1,4})([0-9]{1,9})"(?:[^>]*[^>/])?>')
_NO_SHEETS = frozenset({"xl/sharedStrings.xml", "xl/styles.xml"})
_WITH_CELLS = (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet, calamine.SheetTypeEnum.DialogSheet)
_NEAR_COLUMNS, _NEAR_ROWS = 26, 99_999
# What the zip library raises on damaged bytes; of a way of packing or a flag it does not know, the last two.
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows; the first of them is row ``first_row`` as the spreadsheet counts, from 1.

    The first cell of a row stands in column ``first_column``, from 0. ``merged`` are ranges of cells, each as row and
    column, both from 0, of its first and last one.
    """

    name: str
    first_row: int
    rows: Sequence[Sequence[Value]]
    first_column: int = 0
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    unseen: HiddenCells = field(default_factory=HiddenCells)

    @property
    def is_marked(self) -> bool:
        """Whether some of its cells are hidden or merged."""
        return bool(self.merged or self.unseen.rows or self.unseen.columns)


@dataclass(frozen=True)
class Workbook:
    """The visible sheets that hold anything, those nobody sees, and what is to be told about cells.

    Sheets that nobody sees are not taken as data, but they may name people where none may be named.
    """

    kind: str
    sheets: tuple[Sheet, ...]
    hidden: tuple[Sheet, ...]
    notes: tuple[Said, ...]


@dataclass(frozen=True)
class Measured:
    """What is known of an XLSX before its rows are read: what is to be told, and what is hidden in each sheet."""

    notes: tuple[Said, ...] = ()
    unseen: tuple[HiddenCells, ...] = ()


NOT_MEASURED = Measured()


def is_zip(content: bytes) -> bool:
    """Whether the bytes begin as a zip file does; every XLSX is one."""
    return content.startswith((_ZIP, _END_OF_ZIP))


def is_unfinished(content: bytes) -> bool:
    """Whether a zip file lacks its central directory, which is written last."""
    return is_zip(content) and _END_OF_ZIP not in content[-_END_BYTES:]


def is_workbook(content: bytes) -> bool:
    """Whether the bytes are a spreadsheet, by what is in them; a zip file that cannot be opened is none."""
    if content.startswith(OLE):
        return True
    return is_zip(content) and _kind(content) is not None


def _kind(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
    except BROKEN_ZIP:
        return None
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return "xlsx"
    return "ods" if {"content.xml", "mimetype"} <= names else None


def kind_of(content: bytes) -> str:
    """The format of a spreadsheet: xlsx, xlsb, ods or xls. Raises RefusedError when it is too large or too old."""
    if len(content) > MOST_SHEET_BYTES:
        raise RefusedError(_too_large(f"文件超过 {MOST_SHEET_BYTES >> 20} MiB", f"over {MOST_SHEET_BYTES >> 20} MiB"))
    if is_zip(content):
        return _kind(content) or "xlsx"
    if _OF_1995 in content and _OF_1997 not in content:
        raise RefusedError(TOO_OLD)
    return "xls"


def read_workbook(content: bytes, kind: str, measured: Measured = NOT_MEASURED) -> Workbook:
    """Read a spreadsheet that is known not to be too large. Raises RefusedError when it is damaged or protected.

    MemoryError, and the process may end, where it asks for too much: call it in a confined process.
    """
    try:
        with uncollected():
            return _read(content, kind, measured)
    except calamine.PasswordError as error:
        raise RefusedError(_PROTECTED) from error
    except RefusedError:
        raise
    except (calamine.CalamineError, ValueError, OverflowError, OSError) as error:
        raise RefusedError(_PROTECTED if "EncryptedPackage".encode("utf-16-le") in content else DAMAGED) from error
    except BaseException as error:  # the library's own panics derive from BaseException
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedError(DAMAGED) from error


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles: millions of new cells make it run again and again, and cells have no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(content: bytes, kind: str, measured: Measured) -> Workbook:
    sheets, hidden = [], []
    with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        if len(book.sheets_metadata) > MOST_SHEETS:
            raise RefusedError(_too_large(f"工作表超过 {MOST_SHEETS} 个", f"over {MOST_SHEETS} sheets"))
        for number, found in enumerate(book.sheets_metadata):
            if found.typ not in _WITH_CELLS:
                continue
            sheet = book.get_sheet_by_index(number)
            rows = Sheet(found.name, 1, ())
            if sheet.start is not None:
                rows = Sheet(
                    found.name,
                    sheet.start[0] + 1,
                    sheet.to_python(),
                    sheet.start[1],
                    tuple(sheet.merged_cell_ranges or ()),
                    measured.unseen[number] if number < len(measured.unseen) else HiddenCells(),
                )
            is_table = found.typ == calamine.SheetTypeEnum.WorkSheet
            if not is_table or found.visible != calamine.SheetVisibleEnum.Visible:
                hidden.append(rows)
            elif rows.rows:
                sheets.append(rows)
    return Workbook(kind, tuple(sheets), tuple(hidden), measured.notes)


def measure(content: bytes) -> Measured:
    """Unpack every part of an XLSX once, so that nothing is larger than it says; returns what is known of it then.

    Raises RefusedError when it is damaged, protected or too large, all of which the reader library would not survive.
    """
    notes: dict[Said, None] = {}
    hidden: dict[str, HiddenCells] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise RefusedError(_PROTECTED)
            if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
                raise RefusedError(
                    _too_large(
                        f"解压后超过 {MOST_UNPACKED_BYTES >> 20} MiB", f"{MOST_UNPACKED_BYTES >> 20} MiB unpacked"
                    )
                )
            for part in parts:
                xml = _unpacked(content, packed, part)
                if part.filename not in _NO_SHEETS:
                    _measure(xml)
                    notes |= dict.fromkeys(_marked(xml))
                    hidden[part.filename] = find_hidden(xml)
            sheets = parts_of_sheets(packed) if any(item != HiddenCells() for item in hidden.values()) else []
    except BROKEN_ZIP as error:
        raise RefusedError(DAMAGED) from error
    return Measured(tuple(notes), tuple(hidden.get(part, HiddenCells()) for part in sheets))


def _unpacked(content: bytes, packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes. Deflated ones directly: the library's reader copies them in pieces, which takes as long again."""
    if part.compress_type != zipfile.ZIP_DEFLATED:
        return packed.read(part)
    with packed.open(part):  # checks the part's own header
        name, extra = content[part.header_offset + 26 : part.header_offset + 28], part.header_offset + 28
    begin = (
        part.header_offset + 30 + int.from_bytes(name, "little") + int.from_bytes(content[extra : extra + 2], "little")
    )
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked = unpacking.decompress(memoryview(content)[begin : begin + part.compress_size], part.file_size + 1)
    if len(unpacked) != part.file_size:
        raise zipfile.BadZipFile(part.filename)
    return unpacked


def _measure(xml: bytes) -> None:
    """Refuse a sheet whose rectangle of cells, up to the last one with anything in it, would not fit into memory."""
    cells = _FAR.findall(xml)
    width = max((_number(letters) for letters in {letters for letters, _ in cells}), default=0)
    far = max((int(digits) for _, digits in cells), default=0)
    width, far = max(width, _NEAR_COLUMNS), max(far, _NEAR_ROWS)
    if far * width > MOST_CELLS:
        raise RefusedError(
            Said(
                f"工作表的数据区一直延伸到第 {far} 行、第 {width} 列，过大；"
                "多半是远处有误填的单元格，请删去空白行列之后的内容再重新报送。",
                f"The sheet reaches to row {far}, column {width}, which is too large; probably a stray cell stands far"
                " out: delete what lies beyond the table and send it again.",
            )
        )


def _marked(xml: bytes) -> Iterator[Said]:
    """What is to be told of a sheet's cells; a sheet without formulas is searched for one mark only."""
    if _ERROR_VALUE in xml:
        yield _ERRORS
    if _FORMULA_END in xml and any(mark in xml for mark in _WITHOUT_RESULT):
        yield _UNSAVED


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large(zh: str, en: str) -> Said:
    return Said(
        f"表格文件过大（{zh}）；请删去无关内容，或另存为 CSV 后重新报送。",
        f"The spreadsheet is too large ({en}); delete what does not belong to it, or send it as CSV.",
    )


_UNSAVED = Said(
    "有的公式没有保存计算结果，按空白处理；请在 Excel 中打开并保存一次后重新报送。",
    "Some formulas carry no saved result and were read as empty; open the file in Excel, save it and send it again.",
)
_ERRORS = Said(
    "有的单元格是错误值（如 #N/A），按空白处理；请改正公式。",
    "Some cells hold error values (such as #N/A) and were read as empty; correct their formulas.",
)
_ERROR_VALUE, _FORMULA_END = b't="e"', b"</f>"
_WITHOUT_RESULT = (b"</f></c>", b"</f><v/></c>", b"</f><v></v></c>", b"</f><v /></c>")
TOO_OLD = Said(
    "这是 Excel 95 或更早版本的工作簿，读不出其中的汉字；请用 Excel 或 WPS 打开，另存为 xlsx 后重新报送。",
    "This is a workbook of Excel 95 or older, whose texts cannot be read; open it, save it as XLSX and send it again.",
)
DAMAGED = Said(
    "表格文件（xlsx、xls）已损坏或没有传完，无法打开；请在本机确认能打开后重新报送。",
    "The spreadsheet is damaged or was not copied completely; check that it opens on your machine and send it again.",
)
_PROTECTED = Said(
    "表格文件设有打开密码；请取消密码（文件 → 信息 → 保护工作簿）后重新报送。",
    "The spreadsheet is protected by a password; remove it and send the file again.",
)
