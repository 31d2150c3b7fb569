"""The files of a batch, text and spreadsheets, as one table of cells in the way the checks know."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import pyarrow as pa

from pipelines.feeds.contract import Column
from pipelines.formcheck.parsing.grid import Grid
from pipelines.formcheck.parsing.parse import Cells, Malformed, read
from pipelines.formcheck.parsing.text import Text, cells_of
from pipelines.formcheck.writing import written

_BLANKS = (b" ", b"\t", "　".encode())


def received(sources: Sequence[tuple[int, Text | Grid]], columns: Sequence[Column], *, goes_on: bool = False) -> Cells:
    """Read (drop_no, file) pairs of one feed. Every record that is not blank is in the table or in ``malformed``.

    ``goes_on``: the one file is the beginning of a longer text, see ``read``.
    """
    texts = {number: source for number, source in sources if isinstance(source, Text)}
    grids = [(number, source) for number, source in sources if isinstance(source, Grid)]
    cells = read(list(texts.items()), len(columns), goes_on=goes_on)
    mended, malformed = _mended(cells.malformed, texts, len(columns))
    tables = [cells.table, *([mended] if mended.num_rows else []), *(_table(number, grid) for number, grid in grids)]
    table = pa.concat_tables(tables) if len(tables) > 1 else cells.table
    units = {number: source.units for number, source in sources if any(source.units)}
    needs_trim = cells.needs_trim or any(_has_blanks(grid) for _, grid in grids)
    return Cells(written(table, columns, units), malformed, needs_trim, cells.lines, cells.rest)


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
