"""Which cells rest on too few: persons, respondents, or one respondent that is nearly all of it."""

import duckdb
import pytest

from pipelines.publish.disclosure import is_small
from pipelines.secrecy import Bounds
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
