"""A run that is killed anywhere is completed by the next one, tells nobody twice, and the dashboard never notices."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipelines.core.settings import Settings
from pipelines.operations.doctor import table_hashes
from tests import tier
from tests.faults.evening import DAY, Evening
from tests.faults.killer import STAGES, Point
from tests.faults.nursery import Kill, Nursery, calls_of, first_of
from tests.faults.watcher import DOWNLOADS, LAYOUT, watched
from tests.house import House
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("night")
BEFORE, AFTER = "2026-10-31.1", f"{DAY}.1"
NIGHT = [["ingest", "--backfill"], ["run", "--day", DAY]]
NEXT_DAY = [["run", "--day", "2026-11-02"]]
# Where to kill: in each stage at these shares of its calls. In "publish" 0.865 is where the new folder gets its name,
# 0.93 where the pointer is replaced; in "run" 0.896 is the commit of an edition; in "record" 0.93 its line in the
# ledger; in "mail" 0.54 is between a file in the outbox and the ledger knowing it.
SHORT = {
    "ingest": (0.7,),
    "transform": (0.6,),
    "forecast": (0.7,),
    "judge": (0.95,),
    "run": (0.896,),
    "publish": (0.865, 0.93),
    "record": (0.93,),
    "notify": (0.7,),
    "mail": (0.54,),
}
# Of these the ones with a reason of their own, each run going on from what the killed one before it left: an ingest in
# the middle of its files, the longest transaction near its end, and between any two of the things that no transaction
# holds together: the new folder's name, the pointer, the ledger's line of it, the decisions, a mail's file, its state.
IN_TURN: list[tuple[str, float | str]] = [
    ("ingest", 0.7), ("judge", 0.95), ("publish", "_into_place -> Path.rename"),
    ("publish", "_switch -> TextIOWrapper.write"), ("record", "enter_publication -> write_entry"), ("notify", "_decided -> record_words"),
    ("mail", 0.54),
]  # fmt: skip
LONG = (0.02, 0.14, 0.26, 0.38, 0.5, 0.62, 0.74, 0.86, 0.97)
# A delay lets the kill fall into the middle of a statement of DuckDB; these stages go on long enough after it.
DELAYED = [(stage, share, delay) for stage in ("ingest", "run", "publish") for share in LONG[:8] for delay in (3, 25)]
POINTS = [(stage, share, 0) for stage, shares in SHORT.items() for share in shares]
LEFT_BEHIND: list[tuple[str, float | str, bool]] = [
    ("run", "editions -> record_edition", False)
]  # not yet in the ledger
if IS_LONG:
    LEFT_BEHIND += [("publish", 0.5, True)]
    POINTS += [(stage, share, 0) for stage in SHORT for share in LONG if share not in SHORT[stage]] + DELAYED
    POINTS += [("ingest", 0.25, 0), ("publish", 0.4, 0)]


@dataclass(frozen=True)
class End:
    """What is there after a run, clock and attempts left out: table hashes, decisions, mails, files not taken in."""

    hashes: dict[str, str]
    notices: list[tuple[str, ...]]
    mails: list[str]
    waiting: list[str]


@dataclass(frozen=True)
class Calm:
    """The run that nobody killed: its house, how many calls each stage made, which call was the first of what, its end."""

    house: House
    calls: dict[str, int]
    first: dict[str, int]
    end: End

    def at(self, stage: str, where: float | str, delay: int = 0) -> Point:
        """A point at a share of a stage's calls, or where one function calls another for the first time."""
        nth = self.first[f"{stage}: {where}"] if isinstance(where, str) else round(where * self.calls[stage])
        return Point(stage, nth, delay)


@pytest.fixture(scope="session")
def calm(evening: Evening, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    house = evening.house.copy(folder / "house")
    status, said = nursery.work(house, NIGHT, folder / "calls")
    assert status == 0, said
    return Calm(house, calls_of(folder / "calls"), first_of(folder / "calls"), end_of(house))


def end_of(house: House) -> End:
    with sqlite3.connect(house.data / "ledger.sqlite") as ledger:
        notices = ledger.execute(
            "select edition_id, office_id, address, reason, state, message_id from notice order by 1, 2, 3, 6"
        ).fetchall()
    return End(
        table_hashes(Settings(data=house.data, keys=house.folder / "keys")),
        notices,
        sorted(path.name for path in (house.data / "outbox").glob("*")),
        [str(path.relative_to(house.data)) for path in (house.data / "inbox").rglob("*") if path.is_file()],
    )


def test_the_undisturbed_night_has_work_for_every_stage(calm: Calm) -> None:
    assert calm.calls.keys() == set(STAGES.values()) - {"upkeep"} == {*SHORT, "keys"}
    assert len(calm.end.mails) >= 3
    assert {reason for _, _, _, reason, _, _ in calm.end.notices} >= {"retrospective", "first", "nothing_of_yours"}
    assert not calm.end.waiting


def test_a_run_killed_in_stage_after_stage_gets_on_and_is_completed_while_the_dashboard_serves(
    evening: Evening, calm: Calm, nursery: Nursery, kill: Kill, house: Callable[[House], House]
) -> None:
    """Only this finds what one killed stage leaves in the way of the next; each point alone is a case of the sweep."""
    tired = house(evening.house)
    with watched(tired, evening.path) as watcher:
        assert watcher.look() == {BEFORE}
        for stage, where in IN_TURN:
            kill(tired, NIGHT, Point(stage, where) if isinstance(where, str) else calm.at(stage, where))
            assert watcher.look() <= {BEFORE, AFTER}
        status, said = nursery.work(tired, NIGHT)
        assert status == 0, said
        assert watcher.until(AFTER) == {AFTER}
    assert end_of(tired) == calm.end
    assert not watcher.faults
    assert {edition for address, edition in watcher.answers if address != LAYOUT} == {BEFORE, AFTER}
    assert not watcher.changed(), "an edition never changes under its reader"


@tier.long
@pytest.mark.parametrize(("stage", "where", "delay"), POINTS)
def test_a_killed_run_is_completed_by_the_next_one_while_the_dashboard_serves(
    stage: str, where: float | str, delay: int, evening: Evening, calm: Calm, nursery: Nursery, kill: Kill,
    house: Callable[[House], House],
) -> None:  # fmt: skip
    killed = house(evening.house)
    with watched(killed, evening.path) as watcher:
        assert watcher.look() == {BEFORE}
        kill(killed, NIGHT, calm.at(stage, where, delay))
        assert watcher.look() <= {BEFORE, AFTER}
        status, said = nursery.work(killed, NIGHT)
        assert status == 0, said
        assert watcher.until(AFTER) == {AFTER}
    assert end_of(killed) == calm.end
    assert not watcher.faults
    assert {edition for address, edition in watcher.answers if address != LAYOUT} == {BEFORE, AFTER}
    assert not watcher.changed(), "an edition never changes under its reader"


@pytest.mark.parametrize(("stage", "where", "is_recorded"), LEFT_BEHIND)
def test_the_next_days_run_remembers_the_edition_that_a_killed_run_left_unpublished(
    stage: str, where: float | str, is_recorded: bool, evening: Evening, calm: Calm, nursery: Nursery, kill: Kill,
    house: Callable[[House], House],
) -> None:  # fmt: skip
    killed, undisturbed = house(evening.house), house(calm.house)
    kill(killed, NIGHT, calm.at(stage, where))
    assert killed.ask("select max(edition_id) from edition") == [(BEFORE,)], "not published"
    with duckdb.connect(str(killed.data / "warehouse.duckdb")) as warehouse:
        assert warehouse.execute("select max(edition_id) from edition").fetchall() == [(AFTER,)], "computed"
    with sqlite3.connect(killed.data / "ledger.sqlite") as ledger:
        latest = ledger.execute("select max(edition_id) from edition").fetchone()
    assert latest == ((AFTER if is_recorded else BEFORE),)
    for continued in (killed, undisturbed):
        status, said = nursery.work(continued, NEXT_DAY)
        assert status == 0, said
    assert end_of(killed).hashes == end_of(undisturbed).hashes
    if IS_LONG:  # what a rebuild takes from nowhere else: test_replay
        status, said = nursery.work(killed, [["run", "--rebuild"]])
        assert status == 0, said
        assert end_of(killed).hashes == end_of(undisturbed).hashes


def test_publishing_the_edition_in_force_again_may_be_killed_and_the_dashboard_keeps_serving_it(
    evening: Evening, calm: Calm, nursery: Nursery, kill: Kill, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds files in force that are changed or gone while a page reads them."""
    again = house(calm.house)
    status, said = nursery.work(again, [["publish"]], tmp_path / "calls")
    assert status == 0, said
    calls = calls_of(tmp_path / "calls")["publish"]
    with watched(again, evening.path) as watcher:
        around = range(round(0.81 * calls), round(0.89 * calls))  # the files getting their place
        for nth in around if IS_LONG else (around[0], around[len(around) // 2], around[-1]):
            kill(again, [["publish"]], Point("publish", nth))
            assert watcher.ask(DOWNLOADS[0]) == AFTER
        status, said = nursery.work(again, [["publish"]])
        assert status == 0, said
        assert watcher.look() == {AFTER}
    assert end_of(again) == calm.end
    assert not watcher.faults
    assert not watcher.changed()


def test_a_first_ingest_killed_while_it_makes_the_keys_leaves_no_half_key(
    evening: Evening, nursery: Nursery, kill: Kill, tmp_path: Path
) -> None:
    def fresh(name: str) -> House:
        place = House(tmp_path / name)
        shutil.copytree(evening.house.data / "inbox", place.data / "inbox")
        return place

    status, said = nursery.work(fresh("whole"), NIGHT[:1], tmp_path / "calls")
    assert status == 0, said
    calls = calls_of(tmp_path / "calls")["keys"]
    for share in (0.43, 0.46, 0.62, 0.64, 0.98) if IS_LONG else (0.46, 0.64):  # of either key, none is whole yet
        place = fresh(f"killed{share}")
        kill(place, NIGHT[:1], Point("keys", round(share * calls)))
        status, said = nursery.work(place, NIGHT[:1])
        assert status == 0, said
        assert not list((place.data / "inbox").rglob("*.csv"))
        assert sorted(path.name for path in (place.folder / "keys").iterdir()) == ["pseudonym.key", "raw.key"]
