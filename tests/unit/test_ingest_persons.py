"""What is kept of people: one pseudonym a number, whatever came before it, and nothing of what is no number."""

import hashlib
import hmac

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from stdnum.cn import ric

from pipelines.formcheck.validation import identity
from pipelines.formcheck.validation.identity import PSEUDONYM_LENGTH, pads

KEY = b"k" * 32


def number(serial: int) -> str:
    first = f"{371502 + serial // 1000}19{50 + serial % 50}0215{serial % 1000:03d}"
    return first + ric.calc_check_digit(first + "?")


def pseudonym(text: str) -> str:
    return hmac.digest(KEY, text.upper().encode(), hashlib.sha256).hex()[:PSEUDONYM_LENGTH]


@pytest.mark.parametrize("most", [identity._MOST, 700])
def test_a_number_has_one_pseudonym_whatever_came_before(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_MOST", most)
    known = identity.Persons(duckdb.connect(), pads(KEY))
    rng = np.random.default_rng(1)
    for _ in range(4):
        cells = [number(serial).lower() for serial in rng.integers(0, 3000, 1000).tolist()]
        assert known.columns(pa.array(cells)).column("person").to_pylist() == [pseudonym(cell) for cell in cells]


def test_of_what_is_no_number_nothing_is_known() -> None:
    cells = [None, number(7), "", number(7)[:-1] + "?", "一二三四五六", number(8)]
    found = identity.Persons(duckdb.connect(), pads(KEY)).columns(pa.array(cells)).to_pydict()
    assert found["person"] == [None, pseudonym(number(7)), None, None, None, pseudonym(number(8))]
    assert found["birth_year"] == [None, 1957, None, None, None, 1958]
    assert found["digits"] == [None, number(7)[:17], None, None, None, number(8)[:17]]
    assert found["sex"] == [None, "M", None, None, None, "F"]


def test_without_a_key_nobody_has_a_pseudonym() -> None:
    found = identity.Persons(duckdb.connect(), None).columns(pa.array([number(7)])).to_pylist()
    assert found == [{"person": None, "sex": "M", "birth_year": 1957, "digits": number(7)[:17]}]


def test_numbers_that_want_one_slot_get_places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_SLOT_BITS", 4)
    places = identity._Places()
    numbers = np.array([5, 9, 5, 11, 2, 9, 77, 13, 5], dtype=np.int64)
    place, new = places.of(numbers)
    assert len(new) == places.count == len(set(numbers.tolist()))
    assert dict(zip(place.tolist(), numbers.tolist(), strict=True)) == dict(enumerate(numbers[new].tolist()))
    again, fresh = places.of(numbers[::-1].copy())
    assert again.tolist() == place[::-1].tolist()
    assert not len(fresh)
