"""Keys that come twice in a file too large to be held: found by their hashes, told by the keys themselves."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


def has_equal(hashes: Hashes) -> bool:
    """Whether any value comes twice; by sorting, in a twentieth of a second a million."""
    ordered = np.sort(hashes)
    return bool((ordered[1:] == ordered[:-1]).any())


class SeenKeys:
    """The keys of accepted rows, block after block of one file.

    The first time only hashes are collected, eight bytes a row. If some came in several blocks, which is rare, the file
    is read again by a second one made with these ``suspects``: only their keys are then compared, as texts.
    """

    def __init__(self, suspects: Hashes | None = None) -> None:
        self._suspects = suspects
        self._hashes: list[Hashes] = []
        self._keys: set[str] = set()

    def repeated(self, keys: pa.ChunkedArray, hashes: Hashes, fine: Bools) -> npt.NDArray[np.int64]:
        """Positions of the fine rows of the next block whose key an earlier block had; none the first time."""
        if self._suspects is None:
            self._hashes.append(hashes[fine])
            return np.zeros(0, dtype=np.int64)
        at = np.flatnonzero(fine & np.isin(hashes, self._suspects))
        suspected: list[str] = keys.take(pa.array(at)).to_pylist()
        found = np.array([key in self._keys for key in suspected], dtype=bool)
        self._keys.update(suspected)
        return np.asarray(at[found])

    def suspects(self) -> Hashes:
        """Hashes that came in more than one block; empty when the file need not be read again."""
        if not self._hashes:
            return np.zeros(0, dtype=np.uint64)
        ordered = np.sort(np.concatenate(self._hashes))
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])

    def again(self) -> "SeenKeys":
        """For reading the same file once more: what it must know, and nothing it has seen."""
        return SeenKeys(self._suspects if self._suspects is not None else np.zeros(0, dtype=np.uint64))
