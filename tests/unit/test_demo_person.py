"""Invented people and employers pass every check and are nobody."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from stdnum.cn import ric, uscc

from pipelines.core.region.load import load
from pipelines.demo.city import City, build_city
from pipelines.demo.person import birth_slots, credit_codes, identity_numbers

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(load(LIAOCHENG), scale=0.02, seed=5, last_day=date(2026, 10, 31))


def test_the_standard_example_gets_the_check_digit_the_standard_prints() -> None:
    # GB 11643-1999 gives 11010519491231002X; only place and era prefix differ here, the arithmetic is the same.
    made = identity_numbers(np.array(["1990-12-31"], "datetime64[D]"), np.array([2]), np.array([0]), "3715")[0].decode()
    assert made[:17] == "37259019901231002"
    assert made[17] == ric.calc_check_digit(made)


def test_identity_numbers_are_valid_unique_and_of_no_county_that_exists(city: City) -> None:
    numbers = [number.decode() for number in city.identity]
    assert len(set(numbers)) == len(numbers)
    assert all(number[-1] == ric.calc_check_digit(number) for number in numbers[::7])
    assert all(ric.get_birth_date(number) < date(2008, 1, 1) for number in numbers[::7])
    assert {number[:4] for number in numbers} == {"3715", "3725"}
    assert all(int(number[4:6]) >= 90 for number in numbers)


def test_people_born_before_1997_carry_the_former_prefix_and_later_ones_the_new(city: City) -> None:
    for number in city.identity:
        assert (number[:4] == b"3725") == (int(number[6:10]) < 1997)


def test_both_sexes_appear(city: City) -> None:
    men = np.mean([int(number[16:17]) % 2 for number in city.identity])
    assert 0.4 < men < 0.6


def test_employer_codes_are_valid_and_unique(city: City) -> None:
    codes = [code.decode() for code in city.credit_code]
    assert len(set(codes)) == len(codes)
    assert all(uscc.is_valid(code) for code in codes)


def test_employer_codes_stay_valid_far_into_the_series() -> None:
    serial = np.array([0, 1, 30, 31, 961, 123_456, 31**6 - 1])
    codes = credit_codes(serial, np.full(len(serial), b"371500", dtype="S6"))
    assert all(uscc.is_valid(code.decode()) for code in codes)


def test_birth_slots_never_repeat_a_day_and_sequence() -> None:
    birth, sequence = birth_slots(50_000, np.datetime64("1967-01-01"), np.datetime64("2007-12-31"))
    assert len({*zip(birth.astype(int).tolist(), sequence.tolist(), strict=True)}) == 50_000
    assert sequence.min() >= 1
    assert sequence.max() <= 999


def test_names_say_that_they_are_examples(city: City) -> None:
    assert all(name.startswith("示例") for name in city.employer_name)
    assert len(set(city.employer_name)) == len(city.employer_name)


def test_people_of_an_employer_lie_in_its_run(city: City) -> None:
    for employer in (0, len(city.size) // 2, len(city.size) - 1):
        first, last = city.first_person[employer : employer + 2]
        assert (city.employer_of[first:last] == employer).all()
        assert last - first == city.size[employer]


def test_sizes_are_heavy_tailed_and_manufacturing_leads() -> None:
    whole = build_city(load(LIAOCHENG), scale=1, seed=1, last_day=date(2026, 10, 31))
    assert 950_000 < whole.size.sum() < 1_050_000
    assert len(whole.size) == 30_000
    assert np.median(whole.size) < 15
    assert 5 <= (whole.size >= 1000).sum() <= 200
    by_section = dict(zip(whole.sections, whole.insured.reshape(11, -1).sum(axis=0), strict=True))
    assert max(by_section, key=lambda section: by_section[section]) == "C"
    assert 0 < by_section["T"] < 3000
