"""The house that backups and upgrades are tried on: the small one, in `make torture` the whole city with all its feeds."""

import pytest

from tests.faults import evening
from tests.house import House
from tests.pipeline import small_house
from tests.tier import IS_LONG

LAST, DAY, AREA = ("2026-10-31.1", evening.DAY, "371503") if IS_LONG else (small_house.LAST, small_house.NEXT, "371521")
"""Its last edition, the day after it, and an area that it has files of."""


def house_of(request: pytest.FixtureRequest) -> House:
    """The house with editions out. Nobody changes it: copy it."""
    house: House = request.getfixturevalue("recent" if IS_LONG else "small")
    return house


def put_night(request: pytest.FixtureRequest, copied: House) -> None:
    """Put the files of the night after its last edition into a copy of it."""
    if IS_LONG:
        evening.evening_of(copied, request.getfixturevalue("files"))
    else:
        small_house.put_night(copied)
