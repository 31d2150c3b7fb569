"""Rows of a feed on their way to files: the file each belongs to, and its bytes as CSV or workbook."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Encoding:
    """How a sender writes: codec, what stands before the header, and how lines end."""

    codec: str
    mark: bytes
    line_end: str


GB18030: Final = Encoding("gb18030", b"", "\r\n")
UTF8: Final = Encoding("utf-8", b"\xef\xbb\xbf", "\n")


@dataclass(frozen=True)
class Sheet:
    """All files of one feed. Rows are in the order of files; file ``i`` holds rows ``edge[i]`` to ``edge[i + 1]``.

    ``parts(rows, encoding)`` gives binary arrays whose concatenation is each row's line, line end included.
    ``is_free`` marks rows that may be spoilt or missing from a first version (rows of events never are).
    ``spoil`` maps a column to what makes its value wrong; ``revise`` is how a row read in a first version.
    ``workbook_of`` names the senders that write workbooks, with the title above their tables.
    """

    feed: str
    header: tuple[str, ...]
    sender: list[str]
    period: list[str]
    encoding: list[Encoding]
    received: Ints
    corrected: Ints
    edge: Ints
    is_free: Bools
    parts: Callable[[Ints, Encoding], list[pa.Array]]
    spoil: dict[str, Callable[[str], str]] = field(default_factory=dict)
    revise: Callable[[list[str]], None] = lambda _values: None
    workbook_of: dict[str, str] = field(default_factory=dict)


class Texts:
    """Pools of strings in each encoding, made once; ``take`` repeats them by row."""

    def __init__(self) -> None:
        """Start without pools."""
        self._pools: dict[tuple[str, str], pa.Array] = {}

    def select(self, name: str, values: Callable[[], list[str]], rows: Ints, encoding: Encoding) -> pa.Array:
        """Rows of the pool ``name``, whose strings are made by ``values`` the first time."""
        key = (name, encoding.codec)
        if key not in self._pools:
            self._pools[key] = pa.array([value.encode(encoding.codec) for value in values()], type=pa.binary())
        return self._pools[key].take(pa.array(rows.astype(np.int32)))


def fixed(values: NDArray[np.bytes_]) -> pa.Array:
    """An array of byte strings that all fill their width, without copying one by one."""
    values = np.ascontiguousarray(values)
    width = values.dtype.itemsize
    array = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(values), [None, pa.py_buffer(values)])
    return array.cast(pa.binary())


def join(parts: list[pa.Array]) -> tuple[memoryview, Ints]:
    """Concatenate the parts of each row; the bytes of all rows in a run and the offsets (rows + 1,) within it."""
    lines = pc.binary_join_element_wise(*parts, b"")
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    _, offsets, data = lines.buffers()
    at = np.frombuffer(offsets, dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1].astype(np.int64)
    return memoryview(data if data is not None else b""), at


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can say; the clock must not be in the bytes


def write_workbook(title: str, sender: str, period: str, lines: list[list[str]]) -> bytes:
    """The bytes of an XLSX with one sheet: title, 报送单位, 报送期间, then the header and rows; days are real days.

    The same arguments give the same bytes.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("报表")
    sheet.append([title])
    sheet.append(["报送单位：", sender])
    sheet.append(["报送期间：", period])
    for line in lines:
        sheet.append([date.fromisoformat(cell) if _DAY.fullmatch(cell) else cell or None for cell in line])
    saved = io.BytesIO()
    book.save(saved)
    return _timeless(saved)


def _timeless(saved: io.BytesIO) -> bytes:
    """The archive with every instant of its making taken out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", b"2016-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(item.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
