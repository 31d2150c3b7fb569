"""When a table is told to the general audience, what is hidden in it, and how revisions are told."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.general_place import CITY, UNITS, Place
from tests.pipeline.second_attacker import bounds

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
FEBRUARY = date(2027, 2, 1)
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


def february(place: Place, weeks: list[np.ndarray], more: int = 10) -> None:
    """February 2027 is four whole weeks; each month has these people in one industry and ``more`` in each other one."""
    for number, inner in enumerate(weeks):
        place.know(date(2027, 3, 1), "benefit_claim", FEBRUARY + timedelta(days=7 * number), inner, grain="week")
    month = np.hstack([sum(weeks) - 3 * more, *[np.full((4, 1), more)] * 3])
    place.know(date(2027, 3, 1), "benefit_claim", FEBRUARY, month)
    place.edition(date(2027, 3, 1))
    place.release()


def test_weeks_are_told_of_the_city_alone_where_months_are_told_of_its_areas(place: Place) -> None:
    """Without this the month less three told weeks is the fourth."""
    february(place, [*[np.array([[40], [50], [60], [30]])] * 3, np.array([[4], [9], [60], [30]])])
    for number in range(4):
        told = place.told("benefit_claim", FEBRUARY + timedelta(days=7 * number), "week")
        assert {area for (area, _), figure in told.items() if figure is not None} == {CITY}
    month = place.told("benefit_claim", FEBRUARY, "month")
    assert None not in {month[area, "ALL"] for area in (CITY, *UNITS)}
    assert set(place.reasons().values()) == {"grain", "small"}


@pytest.mark.parametrize(("people", "is_hidden"), [(9, True), (10, False)])
def test_a_hidden_week_of_the_city_takes_the_total_of_the_month_with_it(
    place: Place, people: int, is_hidden: bool
) -> None:
    february(place, [*[np.array([[40], [50], [60], [30]])] * 3, np.array([[people], [0], [0], [0]])])
    last = place.told("benefit_claim", FEBRUARY + timedelta(days=21), "week")
    assert (last[CITY, "ALL"] is None) is is_hidden
    assert (place.told("benefit_claim", FEBRUARY, "month")[CITY, "ALL"] is None) is is_hidden
    rows = place.con.execute(
        "select *, false as is_ratio from general.reading where known_to is null and cohort = 'all'"
    ).df()
    found = bounds(rows.assign(period=pd.to_datetime(rows["period"])), CITY)
    assert (found["most"] - found["least"] >= 9).all()


@pytest.mark.parametrize(("grain", "industries"), [("week", {"ALL"}), ("month", {"ALL", "C", "E", "F", "G"})])
def test_industries_are_told_by_month_and_never_by_week(place: Place, grain: str, industries: set[str]) -> None:
    place.know(date(2027, 3, 1), "vacancy", FEBRUARY, BASE, grain=grain)
    place.edition(date(2027, 3, 1))
    place.release()
    assert {industry for _, industry in place.told("vacancy", FEBRUARY, grain)} == industries


def test_reports_of_employers_are_told_of_the_city_alone(place: Place) -> None:
    """A row of an area or industry would say that somebody of it reported, and one that lacks that nobody did."""
    place.know(date(2026, 8, 1), "layoff_reported", JULY, BASE, units=np.full((4, 4), 5))
    place.edition(date(2026, 8, 16))
    place.release()
    assert set(place.told("layoff_reported", JULY)) == {(CITY, "ALL")}


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
