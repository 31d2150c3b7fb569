"""The persons of a run: a pseudonym for each identity number, made once, in memory only."""

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.ingest.identity import PSEUDONYM_LENGTH, Numbers, Pads, numbers, pseudonym

# The same people come again and again: so many are remembered, which takes some 80 MiB.
_MOST = 1_500_000
_SLOT_BITS = 22
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: neighbouring numbers get slots far apart
_SEXES = pa.array(["F", "M"])

Ints = npt.NDArray[np.int64]


class _Places:
    """Which place each number has in the order they first came: a hash table of arrays; a block is asked at once."""

    def __init__(self) -> None:
        self._slots = np.zeros(1 << _SLOT_BITS, dtype=np.int32)  # place + 1
        self._numbers = np.empty(_MOST, dtype=np.int64)
        self.count = 0

    def of(self, number: Ints) -> tuple[Ints, Ints]:
        """The place of each number, and the positions of those that had none; there must be room for all."""
        place, new = np.empty(len(number), dtype=np.int64), []
        slot = ((number.view(np.uint64) * _SPREAD) >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        left = np.arange(len(number))
        while len(left):
            free = left[self._slots[slot[left]] == 0]
            self._slots[slot[free]] = free + 1  # several may want one slot: the last gets it
            first = free[self._slots[slot[free]] == free + 1]
            places = self.count + np.arange(len(first))
            self._slots[slot[first]], self._numbers[places] = places + 1, number[first]
            self.count += len(first)
            new.append(first)
            place[left] = self._slots[slot[left]] - 1
            left = left[self._numbers[place[left]] != number[left]]
            slot[left] = (slot[left] + 1) % len(self._slots)
        return place, np.concatenate(new)


class Persons:
    """Turns identity numbers into what may be kept of a person; ``connection`` must not spill to a disk."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, key: Pads | None) -> None:
        self._connection, self._key = connection, key
        self._forget()

    def _forget(self) -> None:
        self._places = _Places()
        self._pseudonyms = np.empty(_MOST, dtype=f"S{PSEUDONYM_LENGTH}")

    def columns(self, cells: pa.StringArray) -> pa.Table:
        """Of trimmed cells: person, sex, birth_year and digits, the first 17; NULL where a cell is no identity number.

        Without a key person is always NULL.
        """
        found = numbers(cells)
        valid = np.flatnonzero(found.is_valid)
        place = np.full(len(cells), -1, dtype=np.int32)
        place[valid] = np.arange(len(valid), dtype=np.int32)
        at = pa.array(place, mask=~found.is_valid)
        persons = pa.nulls(len(cells), pa.string())
        if self._key is not None:
            persons = self._persons(found, cells, valid, self._key).take(at)
        return pa.table(
            {
                "person": persons,
                "sex": _SEXES.take(pa.array(found.is_male.astype(np.int8))).take(at),
                "birth_year": pa.array(found.birth_year).take(at),
                "digits": _strings(found.digits).take(at),
            }
        )

    def _persons(self, found: Numbers, cells: pa.StringArray, valid: Ints, key: Pads) -> pa.StringArray:
        made = []
        for begin in range(0, len(valid), _MOST):
            part = slice(begin, begin + _MOST)
            if self._places.count + len(found.number[part]) > _MOST:
                self._forget()
            known = self._places.count
            place, new = self._places.of(found.number[part])
            if len(new):
                codes = cells.take(pa.array(valid[part][new]))
                self._pseudonyms[known : self._places.count] = self._hashed(codes, key)
            made.append(self._pseudonyms[place])
        return _strings(np.concatenate(made or [self._pseudonyms[:0]]))

    def _hashed(self, codes: pa.StringArray, key: Pads) -> npt.NDArray[np.bytes_]:
        self._connection.register("fresh", pa.table({"code": codes}))
        made = self._connection.sql(
            f"select {pseudonym('upper(code)')} from fresh", params={"inner": key.inner, "outer": key.outer}
        ).to_arrow_table()
        self._connection.unregister("fresh")
        return np.frombuffer(made.column(0).combine_chunks().buffers()[2], self._pseudonyms.dtype, len(codes))


def _strings(texts: npt.NDArray[np.bytes_]) -> pa.StringArray:
    """Texts of one length as an arrow array."""
    offsets = np.arange(len(texts) + 1, dtype=np.int32) * texts.itemsize
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(texts))
