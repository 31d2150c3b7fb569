"""Any order of ingesting, any repetition, any grouping of the same drops gives the same tables."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.region import Region
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv

FEED = "benefit_claim"
FIRST = claims([1, 2, 3])
DROPS = [
    ("2020-03-06", "benefit_claim_371521_20200305.csv", FIRST),
    ("2020-03-09", "benefit_claim_371521_20200305.csv", FIRST),
    ("2020-03-07", "benefit_claim_371521_20200305_v2.csv", csv(CLAIM_HEADER, claim(1), claim(2, area="379999"))),
    ("2020-03-07", "benefit_claim_371521_20200305 (2).csv", FIRST),
    ("2020-03-08", "benefit_claim_371521_20200305.csv", claims([1, 2, 4], "gb18030")),
    ("2020-03-08", "benefit_claim_371521_20200305_supplement.csv", claims([5])),
    ("2020-03-08", "benefit_claim_371522_20200305.csv", csv(CLAIM_HEADER)),
    ("2020-03-08", "benefit_claim_371522_20200305.csv", b"no header of ours\n"),
]


def ingested(region: Region, keys: Path, rounds: list[list[int]]) -> dict[str, str]:
    with TemporaryDirectory() as folder:
        place = Place.at(Path(folder), region, keys)
        for numbers in rounds:
            for number in numbers:
                place.drop(FEED, *DROPS[number])
            if numbers:
                place.ingest()
        return place.hashes()


@pytest.fixture(scope="module")
def at_once(region: Region, keys: Path) -> dict[str, str]:
    return ingested(region, keys, [list(range(len(DROPS)))[:7], [7]])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(order=st.permutations(range(len(DROPS))), again=st.lists(st.integers(0, 7), max_size=3), cut=st.integers(0, 8))
def test_order_repeats_and_grouping_do_not_matter(
    region: Region, keys: Path, at_once: dict[str, str], order: list[int], again: list[int], cut: int
) -> None:
    # Two drops of one day under one name cannot wait together; they come one after the other.
    sequence = [*order, *again]
    rounds: list[list[int]] = [[]]
    for position, number in enumerate(sequence):
        if position == cut or any(DROPS[number][:2] == DROPS[other][:2] for other in rounds[-1]):
            rounds.append([])
        rounds[-1].append(number)
    assert ingested(region, keys, rounds) == at_once
