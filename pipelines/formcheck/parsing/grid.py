"""A workbook parsed: sheets whose header fits the contract as columns of text, and notes on what was not read."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import Said
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.parsing import preamble
from pipelines.formcheck.parsing.confined import open_packed
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.header import (
    EMPTY,
    EXAMPLE,
    LOOK,
    FoundHeader,
    Heading,
    Wanted,
    best_heading,
    heading,
    wanted_columns,
    with_unit,
)
from pipelines.formcheck.parsing.workbook import DAMAGED, Sheet, Value, Workbook, uncollected

SHEET_LINES = 10_000_000
"""Row r of the n-th further sheet that is read has line number n × SHEET_LINES + r; of the first, r."""
# A spreadsheet keeps 15 digits; what has more has lost some, and must not pass for what was typed.
_MOST_EXACT = 1e15
_BLOCK_ROWS = 2048
# What a cell of Excel can hold; a longer one was written by a program and is no cell of ours.
MOST_CELL_BYTES = 4 * 32_767
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Fitting:
    """A sheet whose header fits."""

    sheet: Sheet
    found: FoundHeader
    heading: Heading


@dataclass(frozen=True)
class Grid:
    """The rows of a workbook: ``columns`` in the order of the contract, all of text, and each row's line number.

    ``encoding`` is the format. ``names`` are the sheets read; ``notes`` what is to be told about the others.
    """

    encoding: str
    columns: tuple[pa.ChunkedArray, ...]
    line_number: Numbers
    layout: tuple[int, ...]
    ignored: tuple[str, ...]
    units: tuple[str, ...]
    names: tuple[str, ...]
    has_many: bool
    notes: tuple[Said, ...]
    header: tuple[str, ...]
    fitting: tuple[Fitting, ...]

    def cells(self, line_number: int) -> list[str] | None:
        """Cells of a row by its line number."""
        number, row = divmod(line_number, SHEET_LINES)
        sheet = self.fitting[number].sheet
        return [text(value) for value in sheet.rows[row - sheet.first_row]]

    def records(self, number: int) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells, as the sheet has them, of each row below the header of the n-th sheet read."""
        item = self.fitting[number]
        begin = item.found.last + 1
        for at, row in enumerate(item.sheet.rows[begin:], start=begin + item.sheet.first_row + number * SHEET_LINES):
            if _is_row(row):
                yield at, [text(value) for value in row]

    def place(self, line_number: int) -> Said:
        """Where a row stands, with the sheet's name when the workbook has several."""
        number, row = divmod(line_number, SHEET_LINES)
        if not self.has_many:
            return Said(f"第 {row} 行", f"Line {row}")
        return Said(f"工作表“{self.names[number]}”第 {row} 行", f"Sheet {self.names[number]}, line {row}")


def open_workbook(content: bytes) -> Workbook:
    """A spreadsheet's rows. Raises RefusedError when it is too large, damaged, protected or no spreadsheet of rows."""
    found = open_packed(content)
    if found.workbook is None:
        raise RefusedError(found.refusal or DAMAGED)
    return found.workbook


def rows_above_sheets(book: Workbook, contract: Contract, region: Region) -> list[list[list[str]]]:
    """For each sheet that knows any column of the contract, the rows above its header."""
    of = wanted_columns(contract, region)
    above = []
    for sheet in book.sheets:
        rows = _first_rows(sheet)
        found = _best(rows, of)
        if found is not None and found.known:
            above.append(rows[: found.first])
    return above


def read_grid(book: Workbook, contract: Contract, region: Region) -> Grid:
    """Match a workbook with a contract.

    All sheets that fit are read, one after the other. A sheet that knows at least half of the columns and does not fit
    is a slip, not another table: RefusedError names it. Other sheets and hidden ones are left and told.
    """
    of = wanted_columns(contract, region)
    fitting: list[Fitting] = []
    left: list[str] = []
    problem: RefusedError | None = None
    has_many = len(book.sheets) > 1
    most = -1
    for sheet in book.sheets:
        rows = _first_rows(sheet)
        found = _best(rows, of)
        if found is None:
            continue
        try:
            fitting.append(Fitting(sheet, found, _with_units(heading(found.cells, of), rows[: found.first], of)))
            continue
        except RefusedError as refusal:
            refused = _in_sheet(sheet, refusal, has_many)
        if 2 * found.known >= len(of.columns) and found.known > 1:
            raise refused
        if found.known > most:
            most, problem = found.known, refused
        left.append(sheet.name)
    if not fitting:
        raise problem or RefusedError(EMPTY)
    if len({item.heading.units for item in fitting}) > 1:
        raise RefusedError(_UNITS_DIFFER)
    with uncollected():
        return _joined(book, fitting, tuple(left), of)


def _with_units(found: Heading, above: Sequence[Sequence[str]], of: Wanted) -> Heading:
    for said in preamble.read_preamble(above).units:
        found = with_unit(found, said, of)
    return found


def _first_rows(sheet: Sheet) -> list[list[str]]:
    return [[text(value) for value in row] for row in sheet.rows[:LOOK]]


def _best(rows: list[list[str]], of: Wanted) -> FoundHeader | None:
    try:
        return best_heading(rows, of)
    except RefusedError:
        return None


def _joined(book: Workbook, fitting: list[Fitting], left: tuple[str, ...], of: Wanted) -> Grid:
    parts, numbers = [], []
    has_many, notes = len(book.sheets) > 1, sheet_notes(book, left)
    for number, item in enumerate(fitting):
        begin = item.found.last + 1
        rows = item.sheet.rows[begin:]
        is_row = np.fromiter((_is_row(row) for row in rows), dtype=np.bool_, count=len(rows))
        lines = np.flatnonzero(is_row) + begin + item.sheet.first_row + number * SHEET_LINES
        numbers.append(lines.astype(np.int32))
        if item.sheet.is_marked:
            of_data = set((lines - number * SHEET_LINES).tolist())
            notes += cell_notes(item.sheet, of.columns, item.heading.layout, of_data, has_many=has_many)
        if not is_row.all():
            rows = [row for row, kept in zip(rows, is_row, strict=True) if kept]
        columns = _columns(rows, item.heading.layout, of)
        _allow(columns, lines, item.sheet, of)
        parts.append(columns)
    ignored = tuple(dict.fromkeys(name for item in fitting for name in item.heading.ignored))
    first = fitting[0]
    return Grid(
        book.kind,
        tuple(pa.chunked_array([part[index] for part in parts]) for index in range(len(of.columns))),
        np.concatenate(numbers),
        first.heading.layout,
        ignored,
        first.heading.units,
        tuple(item.sheet.name for item in fitting),
        has_many,
        tuple(notes),
        tuple(cells[0] for cells in first.found.cells),
        tuple(fitting),
    )


def _is_row(row: Sequence[Value]) -> bool:
    """Whether a row holds anything, and is not the example of a template; a zero is something."""
    first = row[0]
    if type(first) is str and first and not first.isspace():
        return first != EXAMPLE
    return any(value != "" and not (isinstance(value, str) and value.isspace()) for value in row)


def _allow(columns: Sequence[pa.Array], lines: npt.NDArray[np.int64], sheet: Sheet, of: Wanted) -> None:
    """Refuse a sheet with a cell longer than any spreadsheet program writes."""
    for values, column in zip(columns, of.columns, strict=True):
        lengths = pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False)
        if len(lengths) and lengths.max() > MOST_CELL_BYTES:
            line = int(lines[lengths.argmax()]) % SHEET_LINES
            raise RefusedError(
                Said(
                    f"工作表“{sheet.name}”第 {line} 行“{column.header}”的内容过长（{lengths.max() >> 10} KiB）；"
                    "请检查该单元格后重新报送。",
                    f"Sheet {sheet.name}, line {line}, {column.header}: the cell holds {lengths.max() >> 10} KiB;"
                    " check it and send the file again.",
                )
            )


def _columns(rows: Sequence[Sequence[Value]], layout: tuple[int, ...], of: Wanted) -> list[pa.Array]:
    """Columns of the contract, block by block: the cells of a block are still in the processor's cache."""
    blocks: list[list[pa.Array]] = [[] for _ in layout]
    for begin in range(0, len(rows), _BLOCK_ROWS):
        by_position = list(zip(*rows[begin : begin + _BLOCK_ROWS], strict=True))
        for block, position, column in zip(blocks, layout, of.columns, strict=True):
            if position >= 0:
                block.append(_texts(by_position[position], column.kind))
    return [pa.concat_arrays(block) if block else pa.nulls(len(rows), pa.string()) for block in blocks]


def _texts(values: Sequence[Value], kind: Kind) -> pa.Array:
    """A column of values as text: as arrays where all are of one type, else value by value."""
    types = set(map(type, values))
    if types == {str}:
        return pa.array(values, pa.string())
    if types == {float}:
        figures = np.array(values, dtype=np.float64)
        if np.all((figures == np.trunc(figures)) & (np.abs(figures) < _MOST_EXACT)):
            return pa.array(figures.astype(np.int64)).cast(pa.string())
    if types == {date}:
        return pa.array(values, pa.date32()).cast(pa.string())
    written = _in_month if kind is Kind.MONTH else _in_choice if kind is Kind.YES_NO else text
    return pa.array([value if type(value) is str else written(value) for value in values], pa.string())


def text(value: Value) -> str:
    """A cell's value as a person would type it; a number too long to be exact as the spreadsheet shows it."""
    shown = str(value)
    match value:
        case bool():
            shown = shown.upper()
        case int() | float():
            shown = _number(float(value))
        case datetime() if value.time() == time():
            shown = value.date().isoformat()
    return shown


def _number(value: float) -> str:
    if not math.isfinite(value) or abs(value) >= _MOST_EXACT:
        return f"{value:.5E}"
    return str(int(value)) if value.is_integer() else repr(value)


def _in_month(value: Value) -> str:
    """2020.10 typed as a number is 2020.1, and so is 2020.1: nobody can tell January from October."""
    if isinstance(value, float) and round(value % 1, 9) == 0.1:
        return f"{value}（1月或10月？）"
    return text(value)


def _in_choice(value: Value) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else text(value)


def _in_sheet(sheet: Sheet, refusal: RefusedError, has_many: bool) -> RefusedError:
    said = refusal.said
    return (
        RefusedError(Said(f"工作表“{sheet.name}”：{said.zh}", f"Sheet {sheet.name}: {said.en}"))
        if has_many
        else refusal
    )


_UNITS_DIFFER = Said(
    "各工作表写的计量单位不同；请统一单位，或分成几个文件报送。",
    "The sheets state different units; use one unit, or send several files.",
)
_SHOWN = 3


def sheet_notes(book: Workbook, left: Sequence[str]) -> list[Said]:
    """Of the workbook as a whole; ``left`` are sheets whose header does not fit."""
    notes = list(book.notes)
    if left:
        names = "、".join(left)
        notes.append(
            Said(f"工作表“{names}”的表头不合约定，未读取。", f"Sheets without a fitting header were not read: {names}.")
        )
    if book.hidden:
        names = "、".join(sheet.name for sheet in book.hidden)
        notes.append(Said(f"隐藏的工作表“{names}”未读取；需要时请取消隐藏。", f"Hidden sheets were not read: {names}."))
    return notes


def cell_notes(
    sheet: Sheet, columns: Sequence[Column], layout: Sequence[int], rows: Collection[int], *, has_many: bool
) -> list[Said]:
    """Of one sheet that is read: ``rows`` are the numbers of its rows of data, ``layout`` the place of each column."""
    where = Said(f"工作表“{sheet.name}”", f"Sheet {sheet.name}, ") if has_many else Said("", "")
    placed = {
        place + sheet.first_column: column.header for column, place in zip(columns, layout, strict=True) if place >= 0
    }
    notes = []
    if hidden := [row for row in sheet.unseen.rows if row in rows]:
        zh, en = _lines(hidden)
        notes.append(
            Said(
                f"{where.zh}{zh}是隐藏的或被筛选掉的行，已照常检查和采用；如是遗留内容，请删去这些行后重新报送。",
                f"{where.en}{en}: hidden or filtered out in the sheet, checked and taken like the others; if they are"
                " left over, delete them and send the file again.",
            )
        )
    if unseen := [header for place, header in sorted(placed.items()) if place in sheet.unseen.columns]:
        names = "、".join(unseen)
        notes.append(
            Said(
                f"{where.zh}隐藏的列“{names}”已照常读取；请取消隐藏并核对其内容。",
                f"{where.en}hidden columns were read like the others: {names}; show them and check what they hold.",
            )
        )
    merged: dict[int, set[str]] = {}
    for (top, left), (bottom, right) in sheet.merged:
        headers = {header for place, header in placed.items() if left <= place <= right}
        if headers and bottom > top and top + 1 in rows:
            merged.setdefault(top + 1, set()).update(headers)
    if merged:
        zh, en = _lines(sorted(merged))
        names = "、".join(header for _, header in sorted(placed.items()) if header in set().union(*merged.values()))
        notes.append(
            Said(
                f"{where.zh}自{zh}起，“{names}”列有跨行的合并单元格，只有首行有值，其余各行按空白处理；"
                "请取消合并并逐行填写后重新报送。",
                f"{where.en}from {en} on, cells of {names} are merged over several rows: only the first row has the"
                " value, the others were read as empty; unmerge them, fill in every row and send the file again.",
            )
        )
    return notes


def _lines(rows: Sequence[int]) -> tuple[str, str]:
    shown = rows[:_SHOWN]
    zh, en = "、".join(f"第 {row} 行" for row in shown), ", ".join(f"line {row}" for row in shown)
    more = len(rows) - len(shown)
    return (f"{zh}等 {len(rows)} 行", f"{en} and {more} more") if more else (zh, en)
