"""The persons of a run: a pseudonym for each identity number, made once, in memory only."""

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.formcheck.validation.identity import PSEUDONYM_LENGTH, Numbers, Pads, numbers, pseudonym

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
            found = self._slots.take(slot)
            free = np.flatnonzero(found == 0)
            if len(free):
                self._slots[slot[free]] = free + 1  # several may want one slot: the last gets it
                first = free[self._slots[slot[free]] == free + 1]
                places = self.count + np.arange(len(first))
                self._slots[slot[first]], self._numbers[places] = places + 1, number[first]
                self.count += len(first)
                new.append(left[first])
                found[free] = self._slots[slot[free]]
            place[left] = found - 1
            others = np.flatnonzero(self._numbers.take(found - 1) != number)
            left, number, slot = left[others], number[others], (slot[others] + 1) % len(self._slots)
        return place, np.concatenate([left, *new])


class Persons:
    """Turns identity numbers into what may be kept of a person; ``connection`` must not spill to a disk."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, key: Pads | None) -> None:
        self._connection, self._key = connection, key
        self._forget()

    def _forget(self) -> None:
        self._places = _Places()
        self._pseudonyms = np.zeros(_MOST, dtype=f"S{PSEUDONYM_LENGTH}")

    def columns(self, cells: pa.StringArray) -> pa.Table:
        """Of trimmed cells: person, sex, birth_year and digits, the first 17; NULL where a cell is no identity number.

        Without a key person is always NULL.
        """
        found = numbers(cells)
        is_none = ~found.is_valid
        persons = pa.nulls(len(cells), pa.string())
        if self._key is not None:
            persons = _strings(self._persons(found, cells, self._key), found.is_valid)
        return pa.table(
            {
                "person": persons,
                "sex": _SEXES.take(pa.array(found.is_male.view(np.int8), mask=is_none)),
                "birth_year": pa.array(found.birth_year, mask=is_none),
                "digits": _strings(found.digits, found.is_valid),
            }
        )

    def _persons(self, found: Numbers, cells: pa.StringArray, key: Pads) -> npt.NDArray[np.bytes_]:
        """A pseudonym for each cell, of those that are no numbers anybody's."""
        made = []
        for begin in range(0, len(cells), _MOST):
            valid = np.flatnonzero(found.is_valid[begin : begin + _MOST])
            number = found.number[begin + valid]
            if self._places.count + len(number) > _MOST:
                self._forget()
            known = self._places.count
            place = np.zeros(min(_MOST, len(cells) - begin), dtype=np.int64)
            place[valid], new = self._places.of(number)
            if len(new):
                codes = cells.take(pa.array(begin + valid[new]))
                self._pseudonyms[known : self._places.count] = self._hashed(codes, key)
            made.append(self._pseudonyms.take(place))
        return np.concatenate(made or [self._pseudonyms[:0]])

    def _hashed(self, codes: pa.StringArray, key: Pads) -> npt.NDArray[np.bytes_]:
        self._connection.register("fresh", pa.table({"code": codes}))
        made = self._connection.sql(
            f"select {pseudonym('upper(code)')} from fresh",  # nosec B608 # our own expression; the keys are parameters
            params={"inner": key.inner, "outer": key.outer},
        ).to_arrow_table()
        self._connection.unregister("fresh")
        return np.frombuffer(made.column(0).combine_chunks().buffers()[2], self._pseudonyms.dtype, len(codes))


def _strings(texts: npt.NDArray[np.bytes_], is_valid: npt.NDArray[np.bool_]) -> pa.StringArray:
    """Texts of one length as an arrow array, NULL where they are not valid."""
    offsets = np.arange(len(texts) + 1, dtype=np.int32) * texts.itemsize
    bits = None if is_valid.all() else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(texts), bits)
