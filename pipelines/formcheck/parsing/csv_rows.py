"""Many files of one feed to one table of text cells with true line numbers; rows are found by array operations."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from pipelines.core.domain import Said
from pipelines.formcheck.parsing.text import Text

# A quoted cell with more line breaks than this is an unclosed quote, not a text.
MAX_QUOTED_LINES = 20
_SEARCH_BLOCK = 1 << 18
_UNCLOSED = Said("引号没有闭合；请补上或删去这一行的引号。", "a quote is not closed; close or delete it in this line.")
_MISQUOTED = Said("引号用法有误，无法分列；请检查这一行的引号。", "quotes are misused; check the quotes of this line.")
_TOO_LONG = Said("这一行过长，不是一条记录；请检查换行。", "the line is too long for a record; check the line breaks.")
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Malformed:
    """A line that is no record: its file, physical line, text and what is wrong with it."""

    drop_no: int
    line_number: int
    text: str
    said: Said


@dataclass(frozen=True)
class Cells:
    """All records of a batch: ``table`` has drop_no, line_number and c0… in the order of the contract's columns.

    ``needs_trim``: some cell may have blanks around it. Blank lines are no rows. ``lines`` were read, blank ones too;
    ``rest`` are the last lines of a text that goes on, when a quote is open that may be closed in what follows.
    """

    table: pa.Table
    malformed: list[Malformed]
    needs_trim: bool
    lines: int
    rest: bytes = b""


def read_rows(texts: Sequence[tuple[int, Text]], column_count: int, *, goes_on: bool = False) -> Cells:
    """Read (drop_no, text) pairs of one feed. Every non-blank record is either in the table or in ``malformed``.

    ``goes_on``: the one text is the beginning of a longer one and ends with a line.
    """
    tables = [text_schema(column_count).empty_table()]
    malformed: list[Malformed] = []
    needs_trim, count, rest = False, 0, b""
    by_layout = sorted(texts, key=_shape)
    for _, group in groupby(by_layout, key=_shape):
        alike = list(group)
        buffer = _joined(alike)
        table = split_regular(alike, buffer)
        if table is not None:
            tables.append(table)
            count += table.num_rows
        else:
            lines = _Lines(alike, buffer)
            slow, slow_malformed, used = lines.slow_records(goes_on)
            count += used
            rest = buffer[lines.starts[used] :] if used < len(lines.starts) else b""
            tables += [lines.fast_table(), lines.table_of(slow)]
            malformed += slow_malformed + lines.malformed()
            needs_trim = needs_trim or bool(slow)
        needs_trim = needs_trim or has_blanks(buffer)
    return Cells(pa.concat_tables(tables), malformed, needs_trim, count, rest)


def _shape(numbered: tuple[int, Text]) -> tuple[tuple[int, ...], int, str]:
    """What the files of one table must share: which column stands where, how many there are, what separates them."""
    text = numbered[1]
    return text.layout, text.width, text.separator


def _joined(texts: Sequence[tuple[int, Text]]) -> bytes:
    return ended(texts[0][1].body) if len(texts) == 1 else b"".join(ended(text.body) for _, text in texts)


class _Lines:
    """The lines of files that share a layout, in one buffer, with what each line contains counted once."""

    def __init__(self, texts: list[tuple[int, Text]], buffer: bytes) -> None:
        self.layout, self.width, self.separator = _shape(texts[0])
        self.buffer = buffer
        self._bytes = np.frombuffer(self.buffer, dtype=np.uint8)
        self.ends = self._positions("\n")
        self.starts: Ints = np.concatenate((np.zeros(1, dtype=np.int64), self.ends[:-1] + 1))[: len(self.ends)]
        file_ends = np.cumsum([len(ended(text.body)) for _, text in texts])
        until = np.searchsorted(self.ends, file_ends)
        counts = np.diff(until, prepend=0)
        self._file = np.repeat(np.arange(len(texts)), counts)
        self._last = np.repeat(until - 1, counts)
        self.drop_no = np.repeat(np.array([drop_no for drop_no, _ in texts], dtype=np.int32), counts)
        first = np.repeat(np.array([text.first_line for _, text in texts]), counts)
        self.line_number = (np.arange(len(self.ends)) - np.repeat(until - counts, counts) + first).astype(np.int32)
        self._classify()

    def _positions(self, byte: str) -> Ints:
        """Where a byte stands, block by block: twice as fast as at once, because a block stays in the cache."""
        wanted = ord(byte)
        blocks = range(0, len(self._bytes), _SEARCH_BLOCK)
        found = [np.flatnonzero(self._bytes[at : at + _SEARCH_BLOCK] == wanted) + at for at in blocks]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def _count(self, byte: str) -> Ints:
        """How often a byte stands in each line."""
        if byte.encode() not in self.buffer:
            return np.zeros(len(self.ends), dtype=np.int64)
        return np.diff(np.searchsorted(self._positions(byte), self.ends), prepend=0)

    def _classify(self) -> None:
        commas, self.quotes, returns = self._count(self.separator), self._count('"'), self._count("\r")
        ends_in_return = np.zeros(len(self.ends), dtype=np.int64)
        if returns.any():
            ends_in_return = ((self._bytes[self.ends - 1] == ord("\r")) & (self.ends > self.starts)).astype(np.int64)
        length = self.ends - self.starts - ends_in_return
        blank = length == commas
        blank[[index for index in np.flatnonzero((commas == 0) & ~blank) if not self.line(int(index)).strip()]] = True
        special = ((self.quotes > 0) | (returns > ends_in_return)) & (length <= MAX_LINE_BYTES)
        full = (commas == self.width - 1) & (length <= MAX_LINE_BYTES)
        self.commas = commas
        self.plain: Bools = full & ~special & ~blank
        self._wrong: Bools = ~full & ~special & ~blank
        self._special: Ints = np.flatnonzero(special & ~blank)

    def line(self, index: int) -> str:
        """Text of a line without its line end; only its beginning when it is too long to be a record."""
        raw = self.buffer[self.starts[index] : min(self.ends[index], self.starts[index] + MAX_LINE_BYTES)]
        return raw.decode(errors="replace").removesuffix("\r")

    def fast_table(self) -> pa.Table:
        """The lines without quotes and with the right number of commas, split by the CSV reader of arrow."""
        expected = int(self.plain.sum())
        if not expected:
            return text_schema(len(self.layout)).empty_table()
        buffer = self.buffer if expected == len(self.ends) else b"".join(self._runs())
        count, fields = split_lines(buffer, self.width, self.layout, self.separator)
        if count != expected:
            raise AssertionError(f"read {count} records of {expected} lines")
        return arranged(self.drop_no[self.plain], self.line_number[self.plain], fields, self.layout)

    def _runs(self) -> Iterator[bytes]:
        edges = np.flatnonzero(np.diff(np.concatenate(([False], self.plain, [False])).astype(np.int8)))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            yield self.buffer[self.starts[begin] : self.ends[end - 1] + 1]

    def table_of(self, records: list[tuple[int, list[str]]]) -> pa.Table:
        """Records found by the slow way, as (index of their first line, fields)."""
        at = np.array([index for index, _ in records], dtype=np.int64)
        fields = {p: pa.array([row[p] for _, row in records], pa.string()) for p in self.layout if p >= 0}
        return arranged(self.drop_no[at], self.line_number[at], fields, self.layout)

    def slow_records(self, goes_on: bool) -> tuple[list[tuple[int, list[str]]], list[Malformed], int]:
        """Lines with quotes: records that may go on over several lines; an unclosed quote takes its own line only.

        Also how many lines are read: of a text that goes on, none from an open quote on whose end may not be here yet.
        """
        records: list[tuple[int, list[str]]] = []
        malformed: list[Malformed] = []
        used = -1
        for index in self._special:
            if index <= used:
                continue
            fields, used, ran_out = self._record(int(index))
            if ran_out and goes_on:
                self.plain[index:] = self._wrong[index:] = False
                return records, malformed, int(index)
            self.plain[index : used + 1] = False
            self._wrong[index : used + 1] = False
            if isinstance(fields, Said):
                malformed.append(self._malformed(int(index), fields))
            elif any(fields):
                records.append((int(index), fields))
        return records, malformed, len(self.ends)

    def _record(self, index: int) -> tuple[list[str] | Said, int, bool]:
        """Fields of the record that begins at a line, or what is wrong with it; its last line; if the lines ran out."""
        fields = _fields(self.line(index), self.separator)
        if fields is not None:
            return (fields if len(fields) == self.width else _wrong_width(self.width, len(fields))), index, False
        if not self.quotes[index] % 2:
            return _MISQUOTED, index, False
        lines = [self.line(index)]
        last = index + MAX_QUOTED_LINES
        for following in range(index + 1, min(last, int(self._last[index])) + 1):
            if not self.quotes[following] and self.commas[following] == self.width - 1:
                return _UNCLOSED, index, False  # a whole record of its own: the quote was never closed
            lines.append(self.line(following))
            if self.quotes[following] % 2:
                fields = _fields("\n".join(lines), self.separator)
                if fields is not None and len(fields) == self.width:
                    return fields, following, False
        return _UNCLOSED, index, last > self._last[index]

    def _malformed(self, index: int, said: Said) -> Malformed:
        return Malformed(int(self.drop_no[index]), int(self.line_number[index]), self.line(index), said)

    def malformed(self) -> list[Malformed]:
        """Lines without quotes that have the wrong number of fields; to be asked after the slow records."""
        found = []
        for index in np.flatnonzero(self._wrong):
            too_long = self.ends[index] - self.starts[index] > MAX_LINE_BYTES
            said = _TOO_LONG if too_long else _wrong_width(self.width, int(self.commas[index]) + 1)
            found.append(self._malformed(int(index), said))
        return found


def _wrong_width(expected: int, found: int) -> Said:
    return Said(
        f"应有 {expected} 列，实有 {found} 列；请检查是否多了或少了分隔符（逗号等），含分隔符的文字须加引号。",
        f"{expected} columns expected, {found} found; a separator (comma) is missing or too many; quote texts.",
    )


def _fields(text: str, separator: str) -> list[str] | None:
    """Fields of one record; None when its quotes do not close or stand where they may not."""
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


# Longer lines are no record of ours; the reader's block must hold the longest.
MAX_LINE_BYTES = 1 << 16
_BLOCK = 8 << 20


def text_schema(column_count: int) -> pa.Schema:
    """drop_no, line_number and c0… in the order of the contract's columns."""
    numbers = [("drop_no", pa.int32()), ("line_number", pa.int32())]
    return pa.schema(numbers + [(f"c{index}", pa.string()) for index in range(column_count)])


def arranged(
    drop_no: npt.NDArray[np.int32],
    line_number: npt.NDArray[np.int32],
    fields: Mapping[int, pa.Array],
    layout: Sequence[int],
) -> pa.Table:
    """Fields by their position in the file as a table of ``schema``; a column the file lacks is NULL."""
    absent = pa.nulls(len(drop_no), pa.string())
    cells = [fields[position] if position >= 0 else absent for position in layout]
    return pa.table([pa.array(drop_no), pa.array(line_number), *cells], schema=text_schema(len(layout)))


def split_lines(
    buffer: bytes, width: int, layout: Sequence[int], separator: str
) -> tuple[int, dict[int, pa.ChunkedArray]]:
    """Number of records and the fields that ``layout`` names, by position, of lines without quotes.

    Raises pyarrow.ArrowInvalid when a line has not ``width`` fields. Empty lines are left out.
    """
    names = [f"f{position}" for position in range(width)]
    kept = sorted({position for position in layout if position >= 0})
    fields = pyarrow.csv.read_csv(
        pa.py_buffer(buffer),
        pyarrow.csv.ReadOptions(column_names=names, block_size=_BLOCK),
        pyarrow.csv.ParseOptions(delimiter=separator, quote_char=False, escape_char=False, newlines_in_values=False),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
            include_columns=[names[position] for position in kept],
        ),
    )
    return fields.num_rows, {position: fields.column(names[position]) for position in kept}


def ended(body: bytes) -> bytes:
    """A body whose last line ends like the others; an empty one stays empty."""
    return body if body.endswith(b"\n") or not body else body + b"\n"


def split_regular(texts: Sequence[tuple[int, Text]], buffer: bytes) -> pa.Table | None:
    """Files of one layout as a table when every line is a plain record; None when anything asks for a closer look.

    ``buffer`` is their joined bodies. Nearly all files are like this, and then no line need be found: counting line
    ends is enough. What is looked for is cheap: a few bytes by memory search, one look per 32 KiB for a line too long.
    """
    layout, width, separator = texts[0][1].layout, texts[0][1].width, texts[0][1].separator
    if not buffer or width < 2 or _is_unusual(buffer, width, separator):
        return None
    counts = [ended(text.body).count(b"\n") for _, text in texts]
    try:
        count, fields = split_lines(buffer, width, layout, separator)
    except pa.ArrowInvalid:
        return None
    if count != sum(counts):
        return None
    many = np.array(counts)
    drop_no = np.repeat(np.array([number for number, _ in texts], dtype=np.int32), many)
    offset = np.array([text.first_line for _, text in texts]) - (np.cumsum(many) - many)
    return arranged(drop_no, (np.arange(count) + np.repeat(offset, many)).astype(np.int32), fields, layout)


def _is_unusual(buffer: bytes, width: int, separator: str) -> bool:
    """Whether there are quotes, line ends within a line, lines without any text, or lines too long."""
    if b'"' in buffer or (b"\r" in buffer and buffer.count(b"\r") != buffer.count(b"\r\n")):
        return True
    commas = separator.encode() * (width - 1)
    if buffer.startswith((commas + b"\n", commas + b"\r\n")):
        return True
    without_text = b"\n" + commas
    if without_text in buffer and (without_text + b"\n" in buffer or without_text + b"\r\n" in buffer):
        return True
    step = MAX_LINE_BYTES // 2
    return any(buffer.find(b"\n", at, at + step) < 0 for at in range(0, len(buffer), step))


def has_blanks(buffer: bytes) -> bool:
    """Whether a space, a tab or an ideographic space stands anywhere; its first byte alone is found much faster."""
    if b" " in buffer or b"\t" in buffer:
        return True
    return b"\xe3" in buffer and "\u3000".encode() in buffer
