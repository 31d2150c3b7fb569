"""A feed's rows on their way to files: which rows belong to which file, and how a block of them becomes bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
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

    def take(self, name: str, values: Callable[[], list[str]], rows: Ints, encoding: Encoding) -> pa.Array:
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
