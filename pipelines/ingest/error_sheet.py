"""The sender's own table with what is wrong marked in it, made from the bytes in hand while they are being checked.

It goes back to the sender and shows identity numbers as the sender wrote them. So it is bytes for whoever asked for it:
nothing here writes a file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.feeds.contract import Contract
from pipelines.ingest.check import Checked
from pipelines.ingest.read import read
from pipelines.ingest.text import RefusedError, Text, understand
from pipelines.ingest.xlsx import put, saved

REASON, LINE = "退回原因", "原文件行号"
_TABLE, _FILE = "报送内容", "整份退回原因"
MOST_ROWS = 50_000
"""A longer file is shown by its refused rows only, and of these so many."""
_MOST_COMMENTS = 2_000
_BAD = PatternFill("solid", fgColor="FFC7CE")
_HEAD = PatternFill("solid", fgColor="DDEBF7")
_BOLD = Font(bold=True)
_AUTHOR = "岗哨"


class Rows(StrEnum):
    """Which rows of the file an error sheet shows."""

    ALL = "all"
    REFUSED = "refused"


def error_sheet(contract: Contract, content: bytes, checked: Checked, rows: Rows = Rows.ALL) -> bytes:
    """An XLSX of the file's table: columns and order as sent, refused cells coloured, with reason and fix in a comment.

    ``checked`` is the outcome of this one file. Two columns are added at the end, 退回原因 and 原文件行号. A file
    refused as a whole has a sheet that says why, and only that sheet when its table could not be read.
    """
    (outcome,) = checked.outcomes
    book = Workbook()
    sheet = book.active
    if outcome.reason is not None:
        sheet = book.create_sheet(_TABLE)
        _say(book.worksheets[0], outcome.reason, outcome.reason_en)
    else:
        sheet.title = _TABLE
    try:
        text = understand(content, contract)
    except RefusedError:
        book.remove(sheet)
    else:
        _Table(sheet, contract, text, checked.quarantined).write(rows)
    return saved(book)


def _say(sheet: Worksheet, reason: str, reason_en: str | None) -> None:
    sheet.title = _FILE
    for row, said in enumerate((reason, reason_en or ""), start=1):
        put(sheet, row, 1, said).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 100


class _Table:
    """The sheet that holds the sender's table."""

    def __init__(self, sheet: Worksheet, contract: Contract, text: Text, quarantined: pa.Table) -> None:
        self._sheet, self._text = sheet, text
        places = {column.header: place for column, place in zip(contract.columns, text.layout, strict=True)}
        self._wrong: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for line, header, reason, reason_en in zip(
            *(quarantined.column(name).to_pylist() for name in ("line_number", "column_name", "reason", "reason_en")),
            strict=True,
        ):
            self._wrong[line][places.get(header, -1)].append(f"{reason}\n{reason_en}")
        self._comments = 0

    def write(self, rows: Rows) -> None:
        header = self._text.header
        for place, name in enumerate((*header, REASON, LINE), start=1):
            cell = put(self._sheet, 1, place, name)
            cell.font, cell.fill = _BOLD, _HEAD
            self._sheet.column_dimensions[get_column_letter(place)].width = 60 if name == REASON else 18
        at = 1
        for at, (line, cells) in enumerate(self._shown(rows), start=2):
            if at > MOST_ROWS + 1:
                put(
                    self._sheet, at, 1, f"以下从略：只列出前 {MOST_ROWS} 行 (only the first {MOST_ROWS} rows are shown)"
                )
                break
            self._row(at, line, cells)
        self._sheet.freeze_panes = "A2"
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(self._text.width + 2)}{max(at, 2)}"

    def _shown(self, rows: Rows) -> Iterator[tuple[int, list[str]]]:
        whole = replace(self._text, layout=tuple(range(self._text.width)))
        cells = read([(0, whole)], self._text.width)
        lines: Iterable[tuple[int, list[str]]] = [(item.line_number, [item.text]) for item in cells.malformed]
        table = cells.table.drop_columns(["drop_no"])
        if rows is Rows.REFUSED or table.num_rows + len(cells.malformed) > MOST_ROWS:
            table = table.filter(pa.compute.is_in(table["line_number"], pa.array(list(self._wrong), pa.int32())))
        columns = [column.to_pylist() for column in table.columns]
        records = [(line, [text or "" for text in texts]) for line, *texts in zip(*columns, strict=True)]
        yield from sorted([*lines, *records])

    def _row(self, at: int, line: int, cells: list[str]) -> None:
        wrong = self._wrong.get(line, {})
        for place, text in enumerate(cells):
            cell = put(self._sheet, at, place + 1, text)
            if place in wrong or (-1 in wrong and len(cells) == 1):
                cell.fill = _BAD
                self._comment(cell, wrong.get(place) or wrong[-1])
        if wrong:
            said = [reason.split("\n", 1)[0] for reasons in wrong.values() for reason in reasons]
            put(self._sheet, at, self._text.width + 1, "\n".join(said)).fill = _BAD
        put(self._sheet, at, self._text.width + 2, str(line))

    def _comment(self, cell: object, reasons: list[str]) -> None:
        self._comments += 1
        if self._comments <= _MOST_COMMENTS:  # the reason column has them all
            cell.comment = Comment("\n".join(reasons), _AUTHOR, height=120, width=320)  # type: ignore[attr-defined]
