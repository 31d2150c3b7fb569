"""Of the city's figures an office does not see those that would say, less its own, too much of the others."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from pipelines.core.domain import Role, Viewer
from pipelines.published.read import read
from tests.house import House
from tests.pipeline.general_place import CITY, REGION, UNITS, Place
from tests.pipeline.test_release import BASE, JULY, JUNE

OWN = UNITS[0]
AUGUST = date(2026, 8, 1)


@pytest.fixture
def place() -> Iterator[Place]:
    here = Place()
    yield here
    here.con.close()


def told(place: Place, indicator: str, inner: np.ndarray, **more: np.ndarray) -> None:
    place.know(AUGUST, indicator, JULY, inner, **more)
    place.edition(AUGUST)
    place.release()


@pytest.mark.parametrize(("others", "is_kept"), [(9, True), (10, False)])
def test_the_city_less_its_own_is_not_fewer_persons_than_may_be_told(place: Place, others: int, is_kept: bool) -> None:
    inner = BASE.copy()
    inner[:, 0] = [400, others - 2, 1, 1]
    told(place, "benefit_claim", inner)
    assert place.told("benefit_claim", JULY)[CITY, "C"] == 400 + others
    assert ("C" in place.kept(OWN, "benefit_claim", JULY)) is is_kept
    assert not place.kept(UNITS[1], "benefit_claim", JULY)


@pytest.mark.parametrize(("second", "kept"), [(5, {"C", "E", "F"}), (6, {"C", "E"})])
def test_so_many_others_of_the_table_go_with_it_that_its_total_does_not_tell_it(
    place: Place, second: int, kept: set[str]
) -> None:
    """Without its own, four in one industry and five in another are nine: a third goes with them; ten may be told."""
    inner = BASE.copy()
    inner[:, 0] = [400, 2, 1, 1]
    inner[:, 1] = [400, second - 2, 1, 1]
    inner[:, 2] = [400, 10, 1, 1]
    told(place, "benefit_claim", inner)
    assert place.kept(OWN, "benefit_claim", JULY) == kept


@pytest.mark.parametrize(("employers", "is_kept"), [(2, True), (3, False)])
def test_nor_fewer_employers(place: Place, employers: int, is_kept: bool) -> None:
    inner, units = np.full((4, 4), 500), np.full((4, 4), 20)
    units[1:, 0] = [employers, 0, 0]
    inner[2:, 0] = 0
    told(place, "insured_headcount", inner, units=units)
    assert place.told("insured_headcount", JULY)[CITY, "C"] == inner[:, 0].sum()
    assert ("C" in place.kept(OWN, "insured_headcount", JULY)) is is_kept


def test_a_rate_is_kept_from_an_office_with_its_count(place: Place) -> None:
    insured, change = np.full((4, 4), 500), BASE.copy()
    change[:, 0] = [400, 2, 1, 1]
    place.know(AUGUST, "insured_headcount", JUNE, insured)
    place.know(AUGUST, "insured_net_change", JULY, change)
    told(place, "insured_net_change_rate", change, denominator=insured, units=insured)
    kept = place.kept(OWN, "insured_net_change", JULY)
    assert "C" in kept
    assert place.kept(OWN, "insured_net_change_rate", JULY) >= kept


def test_a_week_that_is_kept_takes_the_month_in_which_it_ends_with_it(place: Place) -> None:
    weeks = [np.array([[40], [30], [20], [30]]) for _ in range(4)]
    weeks[3] = np.array([[40], [2], [1], [1]])
    first = date(2027, 2, 1)
    for number, inner in enumerate(weeks):
        place.know(date(2027, 3, 1), "benefit_claim", first + timedelta(days=7 * number), inner, grain="week")
    place.know(date(2027, 3, 1), "benefit_claim", first, np.hstack([sum(weeks) - 30, *[np.full((4, 1), 10)] * 3]))
    place.edition(date(2027, 3, 1))
    place.release()
    assert place.kept(OWN, "benefit_claim", date(2027, 2, 22)) == {"ALL"}
    assert len(place.kept(OWN, "benefit_claim", first)) == 3  # the total, and two without which it would be a sum


def test_no_office_of_a_published_city_can_subtract_its_own(replayed: House) -> None:
    """Every told figure of the city less the office's own is nobody, which no row says, or ten persons and more."""
    compared = 0
    for area in REGION.units:
        viewer = Viewer(Role.COUNTY_HEAD, frozenset({area}))
        asked = {"published": replayed.data / "published", "grain": "month", "since": date(2025, 1, 1)}
        city, own = (read("readings", viewer, area=code, **asked) for code in (CITY, area))
        both = city[~city["is_suppressed"]].merge(own, on=["indicator", "industry", "period"])
        both = both[both["indicator"].isin(["insured_leave", "benefit_claim", "unemployment_registration"])]
        compared += len(both)
        left = both["numerator_x"] - both["numerator_y"]
        assert (left >= 10).all(), both[left < 10]
    assert compared > 100
    both = Viewer(Role.COUNTY_HEAD, frozenset(REGION.units[:2]))  # nobody has looked at what these two could subtract
    asked = {"published": replayed.data / "published", "grain": "month", "since": date(2025, 1, 1)}
    assert read("readings", both, area=CITY, **asked)["is_suppressed"].all()
    assert not read("readings", both, area=REGION.units[0], **asked)["is_suppressed"].any()
