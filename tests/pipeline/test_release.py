"""When a table is told to the general audience, what is hidden in it, and how revisions are told."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from tests.pipeline.general_place import CITY, Place

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
BASE = np.array([[40, 30, 50, 20], [25, 80, 12, 31], [44, 60, 70, 19], [33, 21, 45, 90]])
SMALL = np.where(np.arange(16).reshape(4, 4) == 0, 4, BASE)


@pytest.fixture
def place() -> Iterator[Place]:
    here = Place()
    yield here
    here.con.close()


def test_a_period_is_told_when_it_is_over_and_complete(place: Place) -> None:
    place.know(date(2026, 6, 20), "benefit_claim", JUNE, BASE)
    place.edition(date(2026, 6, 20))
    place.release()
    assert not place.told("benefit_claim", JUNE)
    place.edition(date(2026, 7, 1))
    place.release()
    assert place.told("benefit_claim", JUNE)[CITY, "ALL"] == BASE.sum()
    assert None not in place.told("benefit_claim", JUNE).values()


@pytest.mark.parametrize(("day", "is_told"), [(date(2026, 7, 15), False), (date(2026, 7, 16), True)])
def test_an_incomplete_one_fifteen_days_later(place: Place, day: date, is_told: bool) -> None:
    place.know(date(2026, 7, 1), "benefit_claim", JUNE, BASE, is_provisional=True)
    place.edition(date(2026, 7, 1))
    place.edition(day)
    place.release()
    assert bool(place.told("benefit_claim", JUNE)) is is_told


def test_a_small_cell_is_hidden_with_three_others_and_the_reasons_are_the_bureaus(place: Place) -> None:
    place.know(date(2026, 7, 1), "benefit_claim", JUNE, SMALL)
    place.edition(date(2026, 7, 1))
    place.release()
    hidden = {cell for cell, figure in place.told("benefit_claim", JUNE).items() if figure is None}
    assert ("371502", "C") in hidden
    assert len(hidden) == 4
    assert place.reasons() == {cell: "small" if cell == ("371502", "C") else "complement" for cell in hidden}


def test_revisions_wait_for_the_first_edition_of_a_quarter_and_hidden_cells_stay_hidden(place: Place) -> None:
    place.know(date(2026, 7, 1), "benefit_claim", JUNE, SMALL)
    place.edition(date(2026, 7, 1))
    place.release()
    before = place.told("benefit_claim", JUNE)
    revised = SMALL + np.arange(16).reshape(4, 4)
    revised[0, 0] = 40
    place.know(date(2026, 8, 1), "benefit_claim", JUNE, revised)
    for day in (date(2026, 8, 1), date(2026, 9, 30)):
        place.edition(day)
        place.release()
        assert place.told("benefit_claim", JUNE) == before
    place.edition(date(2026, 10, 2))
    place.release()
    after = place.told("benefit_claim", JUNE)
    assert after[CITY, "ALL"] == revised.sum()
    assert {cell for cell, figure in after.items() if figure is None} == {
        cell for cell, figure in before.items() if figure is None
    }


def test_a_cell_that_fell_below_the_line_becomes_hidden_and_is_marked_as_revised(place: Place) -> None:
    place.know(date(2026, 7, 1), "benefit_claim", JUNE, BASE)
    place.edition(date(2026, 7, 1))
    place.release()
    fallen = BASE + 1
    fallen[1, 2] = 6
    place.know(date(2026, 8, 1), "benefit_claim", JUNE, fallen)
    place.edition(date(2026, 10, 1))
    place.release()
    assert place.told("benefit_claim", JUNE)["371503", "F"] is None
    assert place.reasons()["371503", "F"] == "revised"
    assert sorted(place.reasons().values()) == ["complement", "complement", "complement", "revised"]


def test_revisions_wait_longer_where_unchanged_neighbours_would_give_a_fallen_cell_away(place: Place) -> None:
    """All else was told and did not change, so the new totals would say what the one cell has become."""
    place.know(date(2026, 7, 1), "benefit_claim", JUNE, BASE)
    place.edition(date(2026, 7, 1))
    place.release()
    before = place.told("benefit_claim", JUNE)
    fallen = BASE.copy()
    fallen[1, 2] = 6
    place.know(date(2026, 8, 1), "benefit_claim", JUNE, fallen)
    place.edition(date(2026, 10, 1))
    place.release()
    after = place.told("benefit_claim", JUNE)
    changed = {cell for cell in after if after[cell] != before[cell]}
    assert all(after[cell] is None for cell in changed)


def test_a_month_is_hidden_from_which_a_hidden_week_could_be_told(place: Place) -> None:
    """February 2027 is four whole weeks: month less three told weeks is the fourth."""
    weeks = [
        np.array([[40], [50], [60], [30]]),
        *[np.array([[12], [50], [60], [30]])] * 2,
        np.array([[4], [9], [60], [30]]),
    ]
    for number, inner in enumerate(weeks):
        place.know(date(2027, 3, 1), "benefit_claim", date(2027, 2, 1 + 7 * number), inner, grain="week")
    spread = sum(weeks)[:, 0]
    month = np.column_stack([spread - 30, np.full(4, 10), np.full(4, 10), np.full(4, 10)])
    place.know(date(2027, 3, 1), "benefit_claim", date(2027, 2, 1), month)
    place.edition(date(2027, 3, 1))
    place.release()
    rows = place.con.execute(
        "select area from general.reading where grain = 'month' and industry = 'ALL' and is_suppressed"
    ).fetchall()
    assert {"371502", "371503"} <= {area for (area,) in rows}


def test_a_rate_is_hidden_where_its_count_is(place: Place) -> None:
    insured = np.full((4, 4), 500)
    place.know(date(2026, 8, 1), "insured_headcount", JUNE, insured)
    place.know(date(2026, 8, 1), "insured_net_change", JULY, SMALL)
    place.know(date(2026, 8, 1), "insured_net_change_rate", JULY, SMALL, denominator=insured, units=insured)
    place.edition(date(2026, 8, 1))
    place.release()
    counts, rates = (place.told(name, JULY) for name in ("insured_net_change", "insured_net_change_rate"))
    hidden = {cell for cell, figure in counts.items() if figure is None}
    assert ("371502", "C") in hidden
    assert hidden == {cell for cell, figure in rates.items() if figure is None}


def test_a_rate_waits_for_the_counts_it_is_made_of(place: Place) -> None:
    insured = np.full((4, 4), 500)
    place.know(date(2026, 8, 1), "insured_net_change", JULY, SMALL)
    place.know(date(2026, 8, 1), "insured_net_change_rate", JULY, SMALL, denominator=insured, units=insured)
    place.edition(date(2026, 8, 1))
    place.release()
    assert not place.told("insured_net_change_rate", JULY)
    place.know(date(2026, 8, 5), "insured_headcount", JUNE, insured)
    place.edition(date(2026, 8, 5))
    place.release()
    assert place.told("insured_net_change_rate", JULY)
