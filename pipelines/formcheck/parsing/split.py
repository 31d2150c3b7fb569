"""Lines to columns of text by arrow's CSV reader: plain lines only, and whole files when all their lines are plain."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from pipelines.formcheck.parsing.text import Text

# Longer lines are no record of ours; the reader's block must hold the longest.
MAX_LINE_BYTES = 1 << 16
_BLOCK = 8 << 20


def schema(column_count: int) -> pa.Schema:
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
    return pa.table([pa.array(drop_no), pa.array(line_number), *cells], schema=schema(len(layout)))


def split(buffer: bytes, width: int, layout: Sequence[int], separator: str) -> tuple[int, dict[int, pa.ChunkedArray]]:
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


def regular(texts: Sequence[tuple[int, Text]], buffer: bytes) -> pa.Table | None:
    """Files of one layout as a table when every line is a plain record; None when anything asks for a closer look.

    ``buffer`` is their joined bodies. Nearly all files are like this, and then no line need be found: counting line
    ends is enough. What is looked for is cheap: a few bytes by memory search, one look per 32 KiB for a line too long.
    """
    layout, width, separator = texts[0][1].layout, texts[0][1].width, texts[0][1].separator
    if not buffer or width < 2 or _is_unusual(buffer, width, separator):
        return None
    counts = [ended(text.body).count(b"\n") for _, text in texts]
    try:
        count, fields = split(buffer, width, layout, separator)
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
