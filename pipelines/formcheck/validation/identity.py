"""Identity numbers by array operations, employer codes as SQL: check digits, and pseudonyms of persons."""

import hashlib
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.sql import Sql, step

IDENTITY_LENGTH = 18
_DIGITS = 17  # the last place may be X
# GB 11643-1999: the weights of the 17 digits are 2^17 … 2^1 modulo 11; their sum modulo 11 picks the check character.
_WEIGHTS = [pow(2, 17 - place, 11) for place in range(_DIGITS)]
_CHECK_CHARACTERS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
# GB 32100-2015: 31 symbols, without I O S V Z.
_EMPLOYER_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# 128 bits are enough for a city's persons; half the characters are half the warehouse.
PSEUDONYM_LENGTH = 32
_HMAC_BLOCK = 64
IS_IDENTITY_SHAPED = "regexp_full_match({}, '[1-9][0-9]{{16}}[0-9X]')"
# Wherever such characters stand in a row of a person feed, they are hidden from what is kept of a refused row.
LOOKS_LIKE_IDENTITY = "[0-9]{6}(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"


@dataclass(frozen=True)
class Pads:
    """The two padded forms of an HMAC-SHA256 key (RFC 2104), to be bound as parameters of the statement."""

    inner: bytes
    outer: bytes


def pads(key: bytes) -> Pads:
    """Prepare a key of any length for the statement."""
    block = (hashlib.sha256(key).digest() if len(key) > _HMAC_BLOCK else key).ljust(_HMAC_BLOCK, b"\x00")
    return Pads(bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block))


@dataclass(frozen=True)
class Numbers:
    """Which cells are identity numbers, and of those that are: their first 17 digits as ``number`` and as ``digits``,
    and what these say. Of other cells ``digits`` are zero bytes, the rest is anything.
    """

    is_valid: npt.NDArray[np.bool_]
    number: npt.NDArray[np.int64]
    digits: npt.NDArray[np.bytes_]
    birth_year: npt.NDArray[np.int32]
    is_male: npt.NDArray[np.bool_]


def numbers(cells: pa.StringArray) -> Numbers:
    """Which cells are identity numbers: 18 characters, a real date of birth, the check digit, an x of any case.

    The place code is not checked: 3715xx exists since 1997, people are older and come from everywhere.
    """
    of_length = pc.fill_null(pc.equal(pc.binary_length(cells), IDENTITY_LENGTH), fill_value=False)
    is_valid = of_length.to_numpy(zero_copy_only=False)
    if is_valid.all():
        characters = _bytes(cells).reshape(-1, IDENTITY_LENGTH)
    else:
        characters = np.zeros((len(cells), IDENTITY_LENGTH), dtype=np.uint8)
        characters[is_valid] = _bytes(cells.filter(of_length)).reshape(-1, IDENTITY_LENGTH)
    # One row a place: what follows then runs over neighbouring bytes.
    places = np.ascontiguousarray(characters.T)
    digits = places[:_DIGITS] - np.uint8(ord("0"))
    total = np.zeros(len(characters), dtype=np.uint16)
    for digit, weight in zip(digits, _WEIGHTS, strict=True):
        total += digit * np.uint16(weight)
    last = np.where(places[_DIGITS] == ord("x"), ord("X"), places[_DIGITS])
    year = _read(digits[6:10])
    is_valid = is_valid & (digits.max(axis=0, initial=0) <= 9) & (digits[0] > 0)
    is_valid &= (_CHECK_CHARACTERS[total % 11] == last) & _is_day(year, _read(digits[10:12]), _read(digits[12:14]))
    number = _read(digits[:8]) * np.int64(10**9) + _read(digits[8:])
    texts = np.ascontiguousarray(characters[:, :_DIGITS])
    texts[~is_valid] = 0
    return Numbers(is_valid, number, texts.view(f"S{_DIGITS}").reshape(-1), year, digits[_DIGITS - 1] % 2 == 1)


def _bytes(texts: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of texts, one behind the other."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(texts.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]


def _read(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """The numbers of up to nine digits that rows of digits spell, one a column; of what are no digits, anything."""
    value = np.zeros(digits.shape[1], dtype=np.int32)
    for digit in digits:
        value *= 10
        value += digit
    return value


def _is_day(
    year: npt.NDArray[np.int32], month: npt.NDArray[np.int32], day: npt.NDArray[np.int32]
) -> npt.NDArray[np.bool_]:
    """Whether the numbers are days of the Gregorian calendar from 1900 to 2099."""
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _DAYS[np.where(month <= 12, month, 0)] + (is_leap & (month == 2))
    found: npt.NDArray[np.bool_] = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (day >= 1) & (day <= days)
    return found


def pseudonym(text: str) -> str:
    """SQL: HMAC-SHA256 of the text in hexadecimal, shortened; the pads are the parameters $inner and $outer."""
    digest = f"sha256($outer::blob || unhex(sha256($inner::blob || encode({text}))))"
    return f"left({digest}, {PSEUDONYM_LENGTH})"


def is_employer_code(text: str) -> str:
    """SQL: whether an upper-case text is a unified social credit code (GB 32100-2015) with its check character."""
    total = " + ".join(
        f"(strpos('{_EMPLOYER_SYMBOLS}', substr({text}, {place + 1}, 1)) - 1) * {pow(3, place, 31)}"
        for place in range(17)
    )
    check = f"(31 - ({total}) % 31) % 31 + 1"
    return (
        f"(regexp_full_match({text}, '[{_EMPLOYER_SYMBOLS}]{{18}}')"
        f" and substr('{_EMPLOYER_SYMBOLS}', {check}, 1) = right({text}, 1))"
    )


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
            step("form_pseudonym", pseudonym=Sql(pseudonym("upper(code)"))),
            params={"inner": key.inner, "outer": key.outer},
        ).to_arrow_table()
        self._connection.unregister("fresh")
        return np.frombuffer(made.column(0).combine_chunks().buffers()[2], self._pseudonyms.dtype, len(codes))


def _strings(texts: npt.NDArray[np.bytes_], is_valid: npt.NDArray[np.bool_]) -> pa.StringArray:
    """Texts of one length as an arrow array, NULL where they are not valid."""
    offsets = np.arange(len(texts) + 1, dtype=np.int32) * texts.itemsize
    bits = None if is_valid.all() else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(texts), bits)
