"""Check digits agree with an independent implementation, for numbers right and wrong."""

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from pipelines.formcheck.validation import identity

SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def asked(condition: str, text: str) -> bool:
    ((answer,),) = duckdb.execute(
        f"select coalesce({condition}, false) from (select $text as t)", {"text": text}
    ).fetchall()
    return bool(answer)


def is_identity(text: str) -> bool:
    return bool(identity.numbers(pa.array([text])).is_valid[0])


def is_employer_code(text: str) -> bool:
    return asked(identity.is_employer_code("t"), text)


@pytest.mark.parametrize("prefix", ["371502", "372501"])
def test_both_prefixes_of_the_city_are_accepted_whatever_the_birth_year(prefix: str) -> None:
    first = f"{prefix}19490215001"
    assert is_identity(first + ric.calc_check_digit(first + "?"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    born=st.dates(), place=st.integers(110000, 659999), serial=st.integers(0, 999), check=st.sampled_from("0123456789X")
)
def test_an_identity_number_is_right_exactly_when_its_check_digit_is(
    born: object, place: int, serial: int, check: str
) -> None:
    first = f"{place}{born:%Y%m%d}{serial:03d}".replace(" ", "0")
    is_plausible = "1900" <= first[6:10] < "2100"
    assert is_identity(first + check) == (is_plausible and check == ric.calc_check_digit(first + "?"))


@pytest.mark.parametrize(
    "text",
    [
        "", "37150219800229001X", "371502198001010", "3.71502E+17", "37150219800101001", "abc", "37150219800101 011",
        "３７１５０２１９８００１０１００１１", "-71502198001010011",
    ],
)  # fmt: skip
def test_what_is_no_identity_number_is_refused(text: str) -> None:
    assert not is_identity(text)


@pytest.mark.parametrize(("place", "is_right"), [("011502", False), ("111502", True), ("911502", True)])
def test_no_place_code_begins_with_a_zero_whatever_the_check_digit_says(place: str, is_right: bool) -> None:
    first = f"{place}19800101001"
    assert is_identity(first + ric.calc_check_digit(first + "?")) is is_right


@settings(max_examples=60, deadline=None, derandomize=True)
@given(first=st.text(SYMBOLS, min_size=17, max_size=17), check=st.sampled_from(SYMBOLS))
def test_an_employer_code_is_right_exactly_when_its_check_character_is(first: str, check: str) -> None:
    right = uscc.calc_check_digit(first)
    assert is_employer_code(first + right)
    assert is_employer_code(first + check) == (check == right)


@pytest.mark.parametrize(
    "text", ["91350100M000100Y4Z", "91350100M000100Y4", "91350100M000100Y433", "91350100I000100Y43", ""]
)
def test_what_is_no_employer_code_is_refused(text: str) -> None:
    assert not is_employer_code(text)
