"""Rows that would pass as data and say themselves that they are totals: counted, they would count their rows twice."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.parsing.grid import SHEET_LINES, Grid
from pipelines.formcheck.parsing.header import plain
from pipelines.formcheck.parsing.text import Text, cells_of

TOTAL = re.compile(r"(?:全市|全县|全区|本页|本月|本日)?(合计|总计|小计|共计|累计)(?:数|人数)?[:]?")
Bools = npt.NDArray[np.bool_]
_LAST = "计"
_NEAR = re.compile(r"(?:合|总|小|共|累)(?:\s|　)*计".encode())
_NEAR_IN_CELL = r"(?:合|总|小|共|累)[\s\p{Zs}]*计"
_SERIAL = frozenset({"序号", "编号", "行号", "no", "no."})


def tight(text: str) -> str:
    """A cell without blanks, differences of width and the marks people put around a word."""
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*'\"-—")


def total_rows(received: pa.Table, sources: Mapping[int, Text | Grid], contract: Contract) -> Bools:
    """For each received row (drop_no, line_number, c0…) whether a column that names it, or numbers it, says a total.

    Codes, areas, industries and groups are not asked: of them a total is a value that a publisher may send.
    """
    found = np.zeros(received.num_rows, dtype=np.bool_)
    for index, column in enumerate(contract.columns):
        if _is_name(column):
            found |= _says_total(received.column(f"c{index}"))
    for number, source in sources.items():
        lines = list(_numbered_as_total(source))
        if lines:
            of_source = received.column("drop_no").to_numpy() == number
            found |= of_source & np.isin(received.column("line_number").to_numpy(), lines)
    return found


def _is_name(column: Column) -> bool:
    return column.kind in (Kind.TEXT, Kind.NAME) and (column.is_required or not column.name)


def _says_total(cells: pa.ChunkedArray) -> Bools:
    buffers = (chunk.buffers()[2] for chunk in cells.chunks)
    if not any(buffer and _LAST.encode() in memoryview(buffer).tobytes() for buffer in buffers):
        return np.zeros(len(cells), dtype=np.bool_)
    near = pc.fill_null(pc.match_substring_regex(cells, _NEAR_IN_CELL), False)
    texts = [text for text in pc.unique(cells.filter(near)).to_pylist() if TOTAL.fullmatch(tight(text))]
    return np.asarray(pc.is_in(cells, pa.array(texts, pa.string())).to_numpy(), dtype=np.bool_)


def _numbered_as_total(source: Text | Grid) -> Iterator[int]:
    """Line numbers of rows with a total in a serial number's column, which no contract has."""
    if isinstance(source, Grid):
        for number, item in enumerate(source.fitting):
            header = tuple(cells[0] for cells in item.found.cells)
            places, begin = _serial_places(header, item.heading.layout), item.found.last + 1
            for at, row in enumerate(item.sheet.rows[begin:] if places else ()):
                texts = (value for value in (row[place] for place in places) if isinstance(value, str))
                if any(_LAST in text and TOTAL.fullmatch(tight(text)) for text in texts):
                    yield begin + at + item.sheet.first_row + number * SHEET_LINES
    elif places := _serial_places(source.header, source.layout):
        body, line, until = source.body, source.first_line, 0
        for match in _NEAR.finditer(body):
            begin, end = body.rfind(b"\n", 0, match.start()) + 1, body.find(b"\n", match.end())
            line += body.count(b"\n", until, begin)
            until = begin
            text = body[begin : end if end >= 0 else len(body)].decode(errors="replace")
            cells = cells_of(text, source.separator)
            if any(place < len(cells) and TOTAL.fullmatch(tight(cells[place])) for place in places):
                yield line


def _serial_places(header: tuple[str, ...], layout: tuple[int, ...]) -> list[int]:
    names = [(place, plain(name)) for place, name in enumerate(header) if place not in layout]
    return [place for place, name in names if name in _SERIAL or (not name and place == 0)]
