"""Kill -9 while a backup is made, tried out or put back: a whole one or none, and the next attempt goes through."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.operations import inventory
from tests.faults.killer import Point
from tests.faults.nursery import Kill, Nursery, calls_of
from tests.house import House
from tests.pipeline.tier_house import house_of
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("backup")
SHARES = (0.2, 0.8, 0.93, 0.985)
if IS_LONG:
    SHARES = tuple(share / 50 for share in range(1, 50))
BACKUP = [["backup", "--keep", "1"]]


@pytest.fixture(scope="module")
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with a backup. Nobody changes it: copy it."""
    place = house_of(request).copy(tmp_path_factory.mktemp("calm") / "house")
    place.gangshao("backup")
    return place


def whole(place: House) -> list[str]:
    """Backups that pass a drill: all that look like one must."""
    found = inventory.backups(place.data / "backups")
    for backup in found:
        place.gangshao("drill", str(backup.folder))
    return [backup.name for backup in found]


def test_a_backup_killed_anywhere_leaves_whole_ones_only_and_the_next_goes_through(
    calm: House, nursery: Nursery, kill: Kill, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds a folder that looks like a backup and is none."""
    status, said = nursery.work(house(calm), BACKUP, tmp_path / "calls")
    assert status == 0, said
    calls = calls_of(tmp_path / "calls")["upkeep"]
    assert calls > 150
    place = house(calm)
    before = whole(place)
    for share in SHARES:
        kill(place, BACKUP, Point("upkeep", round(share * calls)))
        after = whole(place)
        assert after, share
        assert set(before) <= set(after) or len(after) == 1, "the old one goes when the new one has passed its drill"
        place.gangshao("audit", "verify")
        before = after
    place.gangshao("backup", "--keep", "1")
    assert len(whole(place)) == 1
    assert [path.name for path in (place.data / "backups").iterdir()] == whole(place), "nothing half is left"


def test_a_restore_killed_anywhere_leaves_nothing_or_all_and_the_next_goes_through(
    calm: House, nursery: Nursery, kill: Kill, house: Callable[[House], House], tmp_path: Path
) -> None:
    place = house(calm)
    into = tmp_path / "again" / "var"
    order = [["restore", str(place.data / "backups"), "--into", str(into)]]
    status, said = nursery.work(place, order, tmp_path / "calls")
    assert status == 0, said
    again = House(into.parent)
    wanted = again.hashes()
    calls = calls_of(tmp_path / "calls")["upkeep"]
    into.rename(tmp_path / "first")
    for share in SHARES:
        kill(place, order, Point("upkeep", round(share * calls)))
        if into.exists():
            assert share > 0.9, "the folder got its name before the end"
            assert again.hashes() == wanted
            shutil.rmtree(into)
    status, said = nursery.work(place, order)
    assert status == 0, said
    assert again.hashes() == wanted
    again.gangshao("audit", "verify")
    assert {path.name for path in into.parent.iterdir()} == {"var", "liaocheng"}, "nothing lies about beside it"
