"""Which cells rest on too few: persons, respondents, or one respondent that is nearly all of it."""

from math import inf

import duckdb
import pytest

from pipelines.alerts.lifecycle import BANDS
from pipelines.domain import UserError
from pipelines.publish.disclosure import is_small, told_bands
from pipelines.publish.outside import band_limits
from pipelines.secrecy import Bounds, bounds
from pipelines.warehouse.catalogue import catalogue

PERSONS, EMPLOYERS, VILLAGES, NOBODY = "benefit_claim", "insured_headcount", "outworking_labour", "vacancy"


@pytest.mark.parametrize(
    ("indicator", "numerator", "units", "largest", "is_hidden"),
    [
        (PERSONS, 9, 9, 1, True),
        (PERSONS, 10, 10, 1, False),
        (EMPLOYERS, 500, 2, 260, True),
        (EMPLOYERS, 500, 3, 399, False),
        (EMPLOYERS, 500, 3, 400, True),
        (EMPLOYERS, 9, 5, 3, True),
        (VILLAGES, 100, 12, 85, True),
        (VILLAGES, -100, 12, 85, True),
        (NOBODY, 1, 1, 1, False),
    ],
)
def test_a_cell_that_rests_on_too_few_or_on_one_is_hidden(
    indicator: str, numerator: float, units: int, largest: float, is_hidden: bool
) -> None:
    small = is_small(catalogue()[indicator], Bounds())
    said = duckdb.execute(
        f"select {small} from (select $n as numerator, $u as units, $l as largest_unit) as cell",
        {"n": float(numerator), "u": units, "l": float(largest)},
    ).fetchall()
    assert said == [(is_hidden,)]


@pytest.mark.parametrize(
    ("words", "limits"),
    [("<10", (0, 9)), ("20–49", (20, 49)), ("500+", (500, inf)), ("", (0, inf)), ("2% 至 4%", (0, inf))],
)
def test_a_band_is_read_as_the_whole_numbers_it_admits(words: str, limits: tuple[float, float]) -> None:
    assert band_limits(words) == limits


@pytest.mark.parametrize("persons", [2, 10, 11, 30, 31, 60])
def test_no_band_that_is_told_leaves_fewer_numbers_open_than_a_hidden_cell(persons: int) -> None:
    told = {told_bands(Bounds(persons=persons)).get(words, words) for _, words in BANDS}
    assert all(most - least + 1 >= persons for least, most in map(band_limits, told))


@pytest.mark.parametrize(
    ("name", "held", "refused"),
    [
        ("persons", (2, 10, 100), (1, 101, 9.5, True)),
        ("respondents", (2, 3, 100), (1, 101)),
        ("dominance", (0.5, 0.8, 0.99), (0.49, 1, 1.0)),
    ],
)
def test_a_region_names_bounds_within_their_limits(
    name: str, held: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    for value in held:
        assert getattr(bounds({"disclosure": {name: value}}, "x"), name) == value
    for value in refused:
        with pytest.raises(UserError, match=name):
            bounds({"disclosure": {name: value}}, "x")
