"""A text file parsed: its encoding, what separates its cells, where its header stands, which column is which."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from pipelines.core.domain import Said
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing import preamble
from pipelines.formcheck.parsing.encoding import RefusedError, decode_beginning, decode_text
from pipelines.formcheck.parsing.header import (
    EMPTY,
    EXAMPLE,
    LOOK,
    Heading,
    Wanted,
    best_heading,
    heading,
    heading_of_line,
    wanted_columns,
    with_unit,
)

SEPARATORS = (",", "\t", ";", "|")
_BLANKS = ", \t;|　\r\n\ufeff"
HEAD_BYTES = 1 << 16
"""The lines above a table are short; so much of a file holds them and its header."""
SMALL = 4 << 20
"""Where the line of a file of so many bytes is asked for, the whole file is split; of a bigger one only its tail."""
_TAIL = 1 << 16
_WEB = Said(
    "这是网页（HTML）或 XML 表格，只是改了后缀；请用 Excel 打开后另存为 xlsx 或 CSV 重新报送。",
    "This is a web page (HTML) or XML table under another suffix; open it in Excel, save as XLSX or CSV and resend.",
)


@dataclass(frozen=True)
class Text:
    """A readable file: ``body`` is UTF-8 without the header, its first line is physical line ``first_line``.

    ``layout`` gives for each column of the contract its position in the file (-1: absent), ``width`` the number of
    columns the file has, of which ``named`` have a header, ``ignored`` the headers outside the contract, ``header`` the
    cells of its last header line, ``separator`` what stands between cells,
    ``units`` the unit each contract column is written in where it is not the contract's own.
    """

    encoding: str
    body: bytes
    first_line: int
    layout: tuple[int, ...]
    width: int
    ignored: tuple[str, ...]
    separator: str = ","
    units: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    named: int = 0
    notes: tuple[Said, ...] = ()

    def cells(self, line_number: int) -> list[str] | None:
        """Cells of a physical line; of a big file only lines near its end are found, else None."""
        lines, first = self._known_lines
        at = line_number - first
        if not 0 <= at < len(lines):
            return None
        return cells_of(lines[at].decode(errors="replace"), self.separator)

    @cached_property
    def _known_lines(self) -> tuple[list[bytes], int]:
        if len(self.body) <= SMALL:
            return self.body.split(b"\n"), self.first_line
        lines = self.body[-_TAIL:].split(b"\n")[1:]
        return lines, self.first_line + self.body.count(b"\n") + 1 - len(lines)


def cells_of(line: str, separator: str) -> list[str]:
    """Cells of one line, split at every separator where its quotes make no sense."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


@dataclass(frozen=True)
class _Table:
    """Where a text's table begins: the heading, or why there is none, and the rows above it."""

    heading: Heading | RefusedError
    above: list[list[str]]
    separator: str
    body_at: int
    first_line: int
    header: tuple[str, ...]


def read_text(content: bytes, contract: Contract, region: Region) -> Text:
    """Decode a file and match its header. Raises RefusedError with the sentence for the sender."""
    if content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table")):
        raise RefusedError(_WEB)
    of = wanted_columns(contract, region)
    encoding, utf8 = decode_text(content, lambda line: any(column.header in line for column in contract.columns))
    table = _table(utf8, of)
    if isinstance(table.heading, RefusedError):
        raise table.heading
    found = table.heading
    for said in preamble.read_preamble(table.above).units:
        found = with_unit(found, said, of)
    body, first_line = utf8[table.body_at :], table.first_line
    if body.startswith(EXAMPLE.encode()) and cells_of(
        body[: body.find(b"\n")].decode(errors="replace"), table.separator
    )[:1] == [EXAMPLE]:
        body, first_line = body[body.find(b"\n") + 1 or len(body) :], first_line + 1
    found = _as_wide_as_rows(found, body, table.separator)
    return Text(
        encoding,
        body,
        first_line,
        found.layout,
        found.width,
        found.ignored,
        table.separator,
        found.units,
        table.header,
        found.named,
    )


def rows_above(content: bytes, contract: Contract, region: Region) -> list[list[str]]:
    """The rows above a file's header, all of the first rows when it has none; what is wrong with it is not asked."""
    of = wanted_columns(contract, region)
    if heading_of_line(decode_beginning(content[: content.find(b"\n") + 1], HEAD_BYTES).rstrip("\r\n"), of) is not None:
        return []
    try:
        return _table(decode_beginning(content, HEAD_BYTES).replace("\x00", "").encode(), of).above
    except RefusedError:
        return []


def _table(utf8: bytes, of: Wanted) -> _Table:
    at, number = 0, 1
    for line in _lines(utf8, 0):
        if line.strip(_BLANKS):
            quick = heading_of_line(line.rstrip("\r\n"), of)
            if quick is None:
                break
            return _Table(quick, [], ",", at + len(line.encode()), number + 1, tuple(cells_of(line, ",")))
        at, number = at + len(line.encode()), number + 1
    else:
        raise RefusedError(EMPTY)
    found = _searched(list(islice(_lines(utf8, at), LOOK)), of)
    return replace(found, body_at=found.body_at + at, first_line=found.first_line + number - 1)


def _lines(utf8: bytes, at: int) -> Iterator[str]:
    while at < len(utf8):
        until = utf8.find(b"\n", at) + 1 or len(utf8)
        yield utf8[at:until].decode(errors="replace")
        at = until


def _searched(lines: list[str], of: Wanted) -> _Table:
    """The best header among the first lines, whatever separates their cells."""
    candidates = []
    for rank, separator in enumerate(SEPARATORS):
        rows, lasts = _records(lines, separator)
        found = best_heading(rows, of)
        candidates.append((-found.known, rank, found, rows, lasts, separator))
    _, _, found, rows, lasts, separator = min(candidates, key=lambda item: item[:2])
    last = lasts[found.last]
    read: Heading | RefusedError
    try:
        read = heading(found.cells, of)
    except RefusedError as refusal:
        read = refusal
    body_at = sum(len(line.encode()) for line in lines[:last])
    above = rows[: found.first] if found.known else rows
    return _Table(read, above, separator, body_at, last + 1, tuple(rows[found.last]))


def _records(lines: list[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """Records of the lines and, for each, how many lines end with it; a header cell may go over several lines."""
    reader = csv.reader(lines, delimiter=separator)
    rows, lasts = [], []
    try:
        for row in reader:
            rows.append(row)
            lasts.append(reader.line_num)
    except csv.Error:  # what follows is no record of a header
        pass
    return rows or [[""]], lasts or [1]


def _as_wide_as_rows(found: Heading, body: bytes, separator: str) -> Heading:
    """The heading as wide as the rows below it, where they differ by empty columns at the end only.

    Spreadsheets write the commas of empty columns in some lines and not in others.
    """
    mark = separator.encode()
    first = body[: body.find(b"\n")] if b"\n" in body else body
    if first.count(mark) == found.width - 1 or b'"' in first or not first.strip():
        return found
    lines = [line.rstrip(b"\r") for line in body[:HEAD_BYTES].split(b"\n")[:LOOK] if line.strip() and b'"' not in line]
    counted = Counter(line.count(mark) + 1 for line in lines)
    width = max(counted, key=lambda count: counted[count], default=found.width)
    surplus = [line.split(mark)[found.width :] for line in lines if line.count(mark) + 1 == width]
    if width < found.named or any(cell.strip() for cells in surplus for cell in cells):
        return found
    return replace(found, width=width)
