"""The sender's own table with what is wrong marked in it, made from the bytes in hand while they are being checked.

It goes back to the sender and shows identity numbers as the sender wrote them. So it is bytes for whoever asked for it:
nothing here writes a file.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import PurePath

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.core.region.load import Region
from pipelines.core.text_safety import inert
from pipelines.feeds.contract import Contract
from pipelines.formcheck.form_check import Checked
from pipelines.formcheck.parsing.csv_rows import Cells, read_rows
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import SHEET_LINES, Grid, read_grid, rows_above_sheets
from pipelines.formcheck.parsing.submission import Submission
from pipelines.formcheck.parsing.text import Text, read_text, rows_above
from pipelines.formcheck.validation.file_result import FileOutcome
from pipelines.formcheck.xlsx import save_workbook, write_cell

REASON, LINE = "退回原因", "原文件行号"
_TABLE, _FILE = "报送内容", "整份退回原因"
MOST_ROWS = 50_000
"""A longer file is shown by its refused rows only, and of these so many."""
_MOST_COMMENTS = 2_000
_BAD = PatternFill("solid", fgColor="FFC7CE")
_HEAD = PatternFill("solid", fgColor="DDEBF7")
_BOLD = Font(bold=True)
_AUTHOR = "岗哨"
_NO_TITLE = re.compile(r"[\\*?:/\[\]]")
_MOST_TITLE = 31


class Rows(StrEnum):
    """Which rows of the file an error sheet shows."""

    ALL = "all"
    REFUSED = "refused"


def error_sheet(
    contract: Contract, drops: Sequence[Submission], checked: Checked, region: Region, rows: Rows = Rows.ALL
) -> bytes:
    """An XLSX of the tables sent: columns and order as sent, refused cells coloured, with reason and fix in a comment.

    ``checked`` is the outcome of these drops: one file, or those of an archive; each sheet read of each becomes a
    sheet. Two columns are added at the end, 退回原因 and 原文件行号. What is refused as a whole is told on a sheet of
    its own, and that sheet is all there is of a file whose table could not be read.
    """
    book = Workbook()
    first = book.active
    reasons = [text for item in checked.outcomes if item.reason for text in (item.reason, item.reason_en or "")]
    for drop, outcome in zip(drops, checked.outcomes, strict=True):
        try:
            pages = pages_of(contract, drop, region)
        except RefusedError:
            continue
        mine = checked.quarantined.filter(pc.equal(checked.quarantined["drop_id"], outcome.drop_id))
        for page in pages:
            title = page.title if len(pages) > 1 else _TABLE if len(drops) == 1 else PurePath(drop.file_name).stem
            _Table(book.create_sheet(_NO_TITLE.sub("_", title)[:_MOST_TITLE]), contract, page, mine).write(rows)
    if reasons:
        _write_problem(first, reasons)
    else:
        book.remove(first)
    return save_workbook(book)


@dataclass(frozen=True)
class Page:
    """A table as sent: ``records`` gives physical line and cells of its rows, of the given lines only if any are.

    ``header`` are the cells of its last header line, ``layout`` the place of each column of the contract among them.
    """

    title: str
    header: tuple[str, ...]
    layout: tuple[int, ...]
    count: int
    first_line: int
    records: Callable[[Collection[int] | None], Iterable[tuple[int, list[str]]]]


def pages_of(contract: Contract, drop: Submission, region: Region) -> list[Page]:
    """The tables of a file as sent: one, or one a sheet. Raises RefusedError when none can be read."""
    if drop.workbook is None:
        text = read_text(drop.content, contract, region)
        cells = read_rows([(0, replace(text, layout=tuple(range(text.width))))], text.width)
        count = cells.table.num_rows + len(cells.malformed)
        header = (*text.header, *[""] * (text.width - len(text.header)))
        return [Page(_TABLE, header, text.layout, count, 0, partial(_records, text, cells))]
    found = read_grid(drop.workbook, contract, region)
    return [
        Page(
            item.sheet.name,
            tuple(cells[0] for cells in item.found.cells),
            item.heading.layout,
            len(item.sheet.rows),
            number * SHEET_LINES,
            partial(_sheet_records, found, number),
        )
        for number, item in enumerate(found.fitting)
    ]


def _records(text: Text, cells: Cells, only: Collection[int] | None) -> Iterator[tuple[int, list[str]]]:
    table = cells.table.drop_columns(["drop_no"])
    if only is not None:
        table = table.filter(pc.is_in(table["line_number"], pa.array(list(only), pa.int32())))
    broken = [(item.line_number, [item.text]) for item in cells.malformed]
    columns = [column.to_pylist() for column in table.columns]
    records = [(line, [text or "" for text in texts]) for line, *texts in zip(*columns, strict=True)]
    yield from sorted([*broken, *records])


def _sheet_records(found: Grid, number: int, only: Collection[int] | None) -> Iterator[tuple[int, list[str]]]:
    return ((line, cells) for line, cells in found.records(number) if only is None or line in only)


def _write_problem(sheet: Worksheet, texts: Sequence[str]) -> None:
    sheet.title = _FILE
    for row, said in enumerate(texts, start=1):
        write_cell(sheet, row, 1, said).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 100


def header_of(contract: Contract, page: Page) -> list[str]:
    """The header of a table as sent; of two lines one may say nothing where the other speaks for both."""
    names = {place: column.header for column, place in zip(contract.columns, page.layout, strict=True)}
    return [name.strip() or names.get(place, "") for place, name in enumerate(page.header)]


class _Table:
    """The sheet that holds a table of the sender."""

    def __init__(self, sheet: Worksheet, contract: Contract, page: Page, quarantined: pa.Table) -> None:
        self._sheet, self._page = sheet, page
        places = {column.header: place for column, place in zip(contract.columns, page.layout, strict=True)}
        self._header = header_of(contract, page)
        self._wrong: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for line, header, reason, reason_en in zip(
            *(quarantined.column(name).to_pylist() for name in ("line_number", "column_name", "reason", "reason_en")),
            strict=True,
        ):
            self._wrong[line][places.get(header, -1)].append(f"{reason}\n{reason_en}")
        self._comments = 0

    def write(self, rows: Rows) -> None:
        for place, name in enumerate((*self._header, REASON, LINE), start=1):
            cell = write_cell(self._sheet, 1, place, name)
            cell.font, cell.fill = _BOLD, _HEAD
            self._sheet.column_dimensions[get_column_letter(place)].width = 60 if name == REASON else 18
        only = self._wrong if rows is Rows.REFUSED or self._page.count > MOST_ROWS else None
        at = 1
        for at, (line, cells) in enumerate(self._page.records(only), start=2):
            if at > MOST_ROWS + 1:
                write_cell(
                    self._sheet, at, 1, f"以下从略：只列出前 {MOST_ROWS} 行 (only the first {MOST_ROWS} rows are shown)"
                )
                break
            self._row(at, line, cells)
        self._sheet.freeze_panes = "A2"
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._header) + 2)}{max(at, 2)}"

    def _row(self, at: int, line: int, cells: list[str]) -> None:
        wrong = self._wrong.get(line, {})
        for place, text in enumerate(cells[: len(self._header)]):
            cell = write_cell(self._sheet, at, place + 1, text)
            if place in wrong or (-1 in wrong and len(cells) == 1):
                cell.fill = _BAD
                self._comment(cell, wrong.get(place) or wrong[-1])
        if wrong:
            said = [reason.split("\n", 1)[0] for reasons in wrong.values() for reason in reasons]
            write_cell(self._sheet, at, len(self._header) + 1, "\n".join(said)).fill = _BAD
        write_cell(self._sheet, at, len(self._header) + 2, str(line - self._page.first_line))

    def _comment(self, cell: Cell, reasons: list[str]) -> None:
        self._comments += 1
        if self._comments <= _MOST_COMMENTS:  # the reason column has them all
            cell.comment = Comment("\n".join(reasons), _AUTHOR, height=120, width=320)


PROBLEM = "问题"


def error_rows(contract: Contract, drop: Submission, checked: Checked, region: Region) -> bytes:
    """CSV (UTF-8 with mark) of a file's first table: lines above it, header, rows as sent, the problem, the line.

    Of more than ``MOST_ROWS`` rows only the wrong ones. Empty when the table could not be read.
    """
    try:
        page = pages_of(contract, drop, region)[0]
    except RefusedError:
        return b""
    said: dict[int, list[str]] = defaultdict(list)
    for line, reason in zip(
        *(checked.quarantined.column(name).to_pylist() for name in ("line_number", "reason")), strict=True
    ):
        said[line].append(reason)
    header = header_of(contract, page)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerows(_above(contract, drop, region))
    writer.writerow([inert(cell) for cell in (*header, PROBLEM, LINE)])
    shown = page.records(said if page.count > MOST_ROWS else None)
    for number, (line, cells) in enumerate(shown):
        if number == MOST_ROWS:
            break
        as_wide = [*cells, *[""] * (len(header) - len(cells))]
        problem = "".join(said.get(line, ()))
        writer.writerow([*map(inert, as_wide), problem, line - page.first_line])
    return sink.getvalue().encode("utf-8-sig")


def _above(contract: Contract, drop: Submission, region: Region) -> list[list[object]]:
    """What stands above the header as sent: it may say units."""
    if drop.workbook is None:
        rows = rows_above(drop.content, contract, region)
    else:
        rows = next(iter(rows_above_sheets(drop.workbook, contract, region)), [])
    return [[inert(cell) for cell in row] for row in rows]


_ADDED = {PROBLEM, REASON, LINE}  # by us: an error sheet that was put right is sent as it is


def further_messages(outcome: FileOutcome, *, english: bool) -> list[str]:
    """The notes, and the columns that were not read, a sentence each."""
    said = [note.en if english else note.zh for note in outcome.notes]
    if unread := [header for header in outcome.ignored if header not in _ADDED]:
        ignored = "、".join(unread)
        said.append(
            f"Columns outside the contract are ignored: {ignored}." if english else f"约定之外的列已忽略：{ignored}。"
        )
    return said
