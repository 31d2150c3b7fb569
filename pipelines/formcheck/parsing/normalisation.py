"""How people write figures, days and codes, brought to the one way the checks know; clean columns are left untouched.

A column is looked at by the smallest and largest byte in it, or for a few bytes that betray a habit; only then its
cells are matched, and only distinct cells that match are rewritten. What cannot be understood stays as the sender wrote
it and is refused with its own text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.feeds.contract import Column, Kind
from pipelines.formcheck.parsing import header
from pipelines.formcheck.parsing.csv_rows import Cells, Malformed, read_rows
from pipelines.formcheck.parsing.grid import Grid
from pipelines.formcheck.parsing.text import Text, cells_of

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_APOSTROPHES = "'‘’＇`"
_FORMULA_TEXT = re.compile('="(.*)"')
_WHOLE = re.compile(r"([0-9]+)\.0+")
_TIMED = re.compile(
    r"([0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?)[ T](?:上午|下午)?[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?(?:Z|[AP]M)?"
)
# What betrays that a cell of text may need rewriting: invisible characters, a no-break space, an apostrophe in front,
# ="…", full-width signs. First the lead bytes, which Chinese characters do not have: they are found at memory speed.
_LEADS = (b"\xe2", b"\xef", b"\xc2", b"'", b"`", b'="')
_MARKS = (
    b"\xe2\x80",
    b"\xe2\x81\xa0",
    b"\xef\xbb\xbf",
    b"\xc2\xa0",
    b"\xc2\xad",
    b"'",
    b"`",
    b'="',
    b"\xef\xbc",
    b"\xef\xbd",
)
_MARKED = "[\u200b-\u200f\u2060\ufeff\u00ad\u00a0\uff01-\uff5e'`‘’]|^=\""
_CODES = frozenset({Kind.CODE, Kind.AREA, Kind.INDUSTRY})
_DAYS = frozenset({Kind.DAY, Kind.MONTH})
_NUMBERS = frozenset({Kind.IDENTITY, Kind.EMPLOYER_CODE})
_FIGURES = frozenset({Kind.INT, Kind.NUMBER})


def normalise(table: pa.Table, columns: Sequence[Column], units: Mapping[int, tuple[str, ...]]) -> pa.Table:
    """Cells of a batch in the way the checks know: table as ``read`` gives it, drop_no, line_number, c0….

    ``units`` gives, for drops whose header states other units than the contract, the unit of each column.
    """
    for index, column in enumerate(columns):
        name = f"c{index}"
        cells = table.column(name)
        fixed = _fixed(cells, column)
        scaled = {drop: said[index] for drop, said in units.items() if said and said[index]}
        for drop_no, said in scaled.items():
            mask = pc.equal(table.column("drop_no"), drop_no)
            fixed = _rewritten(fixed, cells, mask, partial(_figure, column=column, said=said))
        if fixed is not cells:
            table = table.set_column(table.schema.get_field_index(name), name, fixed)
    return table


def _fixed(cells: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    looks = [_looked_at(chunk, column.kind) for chunk in cells.chunks]
    if not any(looks):
        return cells
    if column.kind in _FIGURES:
        fix: Callable[[str], str] = partial(_figure, column=column, said=column.unit)
        pattern = "[^-0-9]" if column.kind is Kind.INT else "[^-0-9.]"
    elif column.kind in _DAYS:
        fix, pattern = day, r"[^-0-9/.年月日]|\.0+$"
    elif column.kind in _CODES:
        fix, pattern = code, _MARKED + r"|^[0-9]+\.0+$"
    elif column.kind in _NUMBERS:
        fix, pattern = number, _MARKED + r"|\s"
    else:
        fix, pattern = plain, _MARKED
    mask = pc.fill_null(pc.match_substring_regex(cells, pattern), fill_value=False)
    return _rewritten(cells, cells, mask, fix)


def _looked_at(chunk: pa.StringArray, kind: Kind) -> bool:
    """Whether a chunk may hold a cell to rewrite."""
    buffers = chunk.buffers()
    if not len(chunk) or buffers[2] is None or not buffers[2].size:
        return False
    offsets = np.frombuffer(buffers[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    content = np.frombuffer(buffers[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    if not len(content):
        return False
    low, high, found = content.min(), content.max(), content.tobytes()
    if kind in _FIGURES | _DAYS:  # digits, minus, point, slash; a whole number has no point
        point = {Kind.INT: b".", Kind.NUMBER: b"\xff"}.get(kind, b".0")
        return bool(low < ord("-") or high > ord("9")) or point in found
    if low >= ord("0") and high <= ord("z"):  # letters and digits, the usual code
        return b"`" in found
    if (kind in _CODES and b".0" in found) or (kind in _NUMBERS and b" " in found):
        return True
    return any(lead in found for lead in _LEADS) and any(mark in found for mark in _MARKS)


def _rewritten(
    into: pa.ChunkedArray, cells: pa.ChunkedArray, mask: pa.ChunkedArray, fix: Callable[[str], str]
) -> pa.ChunkedArray:
    """``into`` with the masked cells of ``cells`` rewritten; each distinct text is rewritten once."""
    chosen = cells.filter(mask)
    if not len(chosen):
        return into
    coded = chosen.combine_chunks().dictionary_encode()
    texts = pa.array([fix(text) for text in coded.dictionary.to_pylist()], pa.string())
    fixed = texts.take(coded.indices)
    flat = into.combine_chunks() if into.num_chunks != 1 else into.chunk(0)
    flat_mask = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    return pa.chunked_array([pc.replace_with_mask(flat, flat_mask, fixed)])


def plain(text: str) -> str:
    """A text without what nobody sees: invisible characters, Excel's leading apostrophe, ="…"; ASCII in plain width."""
    shown = _INVISIBLE.sub("", text).replace("\u00a0", " ").strip()
    match = _FORMULA_TEXT.fullmatch(shown)
    shown = match[1].strip() if match else shown
    if len(shown) > 1 and shown[0] in _APOSTROPHES:
        shown = shown[1:].strip()
    narrow = unicodedata.normalize("NFKC", shown)
    return narrow if narrow.isascii() else shown


def code(text: str) -> str:
    """A code; one that a spreadsheet took for a number has lost its point again."""
    shown = plain(text)
    match = _WHOLE.fullmatch(shown)
    return match[1] if match else shown


def number(text: str) -> str:
    """An identity number or employer code, without the blanks between its groups."""
    return "".join(plain(text).split())


def day(text: str) -> str:
    """A day or month; a time of day is left off."""
    shown = code(unicodedata.normalize("NFKC", plain(text)))
    compact = re.sub(r"\s*([年月日])\s*", r"\1", shown)
    match = _TIMED.fullmatch(compact.replace("日", "日 ").strip() if "日" in compact and ":" in compact else compact)
    return match[1] if match else compact


def _figure(text: str, column: Column, said: str) -> str:
    value = header.unit_figure(plain(text), column.unit, said)
    if value is None:
        return text
    if value == value.to_integral_value():
        return str(int(value))
    return text if column.kind is Kind.INT else format(value.normalize(), "f")


_BLANKS = (b" ", b"\t", "　".encode())


def read_cells(
    sources: Sequence[tuple[int, Text | Grid]], columns: Sequence[Column], *, goes_on: bool = False
) -> Cells:
    """Read (drop_no, file) pairs of one feed. Every record that is not blank is in the table or in ``malformed``.

    ``goes_on``: the one file is the beginning of a longer text, see ``read``.
    """
    texts = {number: source for number, source in sources if isinstance(source, Text)}
    grids = [(number, source) for number, source in sources if isinstance(source, Grid)]
    cells = read_rows(list(texts.items()), len(columns), goes_on=goes_on)
    mended, malformed = _mended(cells.malformed, texts, len(columns))
    tables = [cells.table, *([mended] if mended.num_rows else []), *(_table(number, grid) for number, grid in grids)]
    table = pa.concat_tables(tables) if len(tables) > 1 else cells.table
    units = {number: source.units for number, source in sources if any(source.units)}
    needs_trim = cells.needs_trim or any(_has_blanks(grid) for _, grid in grids)
    return Cells(normalise(table, columns, units), malformed, needs_trim, cells.lines, cells.rest)


def _table(drop_no: int, grid: Grid) -> pa.Table:
    count = len(grid.line_number)
    numbers = [pa.array([drop_no], pa.int32()).take(pa.array([0] * count, pa.int32())), pa.array(grid.line_number)]
    names = ["drop_no", "line_number", *(f"c{index}" for index in range(len(grid.columns)))]
    return pa.table([*numbers, *grid.columns], names)


def _has_blanks(grid: Grid) -> bool:
    buffers = (chunk.buffers()[2] for column in grid.columns for chunk in column.chunks)
    return any(blank in memoryview(buffer).tobytes() for buffer in buffers if buffer for blank in _BLANKS)


def _mended(
    malformed: Sequence[Malformed], texts: dict[int, Text], column_count: int
) -> tuple[pa.Table, list[Malformed]]:
    """Lines whose number of columns is wrong by empty columns at the end only are records after all."""
    found: list[tuple[int, int, list[str | None]]] = []
    left: list[Malformed] = []
    for drop_no, items in groupby(malformed, key=lambda item: item.drop_no):
        text = texts[drop_no]
        for item in items:
            fields = _fitting(item, text)
            if fields is None:
                left.append(item)
            elif any(field.strip() for field in fields):
                row = [fields[position] if position >= 0 else None for position in text.layout]
                found.append((drop_no, item.line_number, row))
    data: list[pa.Array] = [
        pa.array([drop_no for drop_no, _, _ in found], pa.int32()),
        pa.array([line for _, line, _ in found], pa.int32()),
    ]
    data += [pa.array([row[index] for _, _, row in found], pa.string()) for index in range(column_count)]
    return pa.table(data, ["drop_no", "line_number", *(f"c{index}" for index in range(column_count))]), left


def _fitting(item: Malformed, text: Text) -> list[str] | None:
    if '"' in item.text or item.text.count(text.separator) + 1 == text.width:
        return None
    fields = cells_of(item.text, text.separator)
    named = max(text.named, max(text.layout) + 1)
    if len(fields) < named or any(field.strip() for field in fields[text.width :]):
        return None
    return fields + [""] * (text.width - len(fields))


def located(quarantined: pa.Table, grids: Mapping[str, Grid]) -> pa.Table:
    """Quarantined rows with the sheet named in their sentences; ``grids`` are the workbooks of the batch by drop."""
    if not any(grid.has_many for grid in grids.values()):
        return quarantined
    rows = quarantined.to_pylist()
    for row in rows:
        grid = grids.get(row["drop_id"])
        if grid is not None:
            line = row["line_number"]
            place = grid.place(line)
            row["reason"] = place.zh + row["reason"].removeprefix(f"第 {line} 行")
            row["reason_en"] = place.en + row["reason_en"].removeprefix(f"Line {line}")
    return pa.Table.from_pylist(rows, quarantined.schema)
