"""A run that is killed anywhere is completed by the next one, tells nobody twice, and the dashboard never notices."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from pipelines.doctor import table_hashes
from pipelines.settings import Settings
from tests.faults.evening import DAY, Evening, evening_of
from tests.faults.killer import STAGES, Point
from tests.faults.watcher import LAYOUT, watched
from tests.house import ROOT, House

BEFORE, AFTER = "2026-10-31.1", f"{DAY}.1"
# Where to kill: in each stage at these shares of its calls. In "publish" 0.86 is where the new folder gets its name,
# 0.92 where the pointer is replaced; in "run" 0.86 is the commit of an edition; in "mail" a file has five calls.
SHORT = {
    "ingest": (0.25, 0.7),
    "transform": (0.6,),
    "forecast": (0.7,),
    "judge": (0.95,),
    "run": (0.86,),
    "publish": (0.4, 0.86, 0.92),
    "record": (0.9,),
    "notify": (0.7,),
    "mail": (0.55,),
}
LONG = (0.02, 0.14, 0.26, 0.38, 0.5, 0.62, 0.74, 0.86, 0.97)
# A delay lets the kill fall into the middle of a statement of DuckDB; these stages go on long enough after it.
DELAYED = [(stage, share, delay) for stage in ("ingest", "run", "publish") for share in LONG[:8] for delay in (3, 25)]
POINTS = [(stage, share, 0) for stage, shares in SHORT.items() for share in shares]
if os.environ.get("GANGSHAO_TORTURE"):
    POINTS += [(stage, share, 0) for stage in SHORT for share in LONG if share not in SHORT[stage]] + DELAYED


@dataclass(frozen=True)
class End:
    """What is there after a run, clock and attempts left out: table hashes, decisions, mails, files not taken in."""

    hashes: dict[str, str]
    notices: list[tuple[str, ...]]
    mails: list[str]
    waiting: list[str]


@dataclass(frozen=True)
class Calm:
    """The run that nobody killed: how many calls each stage made, and its end."""

    calls: dict[str, int]
    end: End


@pytest.fixture(scope="session")
def evening(replayed: House, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return evening_of(replayed.copy(tmp_path_factory.mktemp("evening") / "house"), files)


class Nursery:
    """Processes that take in the inbox and run the day, each forked from one that has imported everything."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.killer"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},  # the same calls each time; no threads
        )  # fmt: skip

    def work(self, house: House, report: Path | None = None, point: Point | None = None) -> tuple[int, str]:
        """Work on a house to the end, or to death at a point; returns the exit status and what was printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = house.folder / "said"
        order = [house.env, str(said), report and str(report), point and astuple(point)]
        print(json.dumps(order), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        return status, said.read_text(encoding="utf-8")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    opened = Nursery()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def calm(evening: Evening, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    house = evening.house.copy(folder / "house")
    status, said = nursery.work(house, folder / "calls")
    assert status == 0, said
    lines = (folder / "calls").read_text(encoding="utf-8").splitlines()
    return Calm({stage: int(calls) for stage, calls in map(str.split, lines)}, end_of(house))


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
    assert calm.calls.keys() == set(STAGES.values()) == SHORT.keys()
    assert len(calm.end.mails) >= 3
    assert {reason for _, _, _, reason, _, _ in calm.end.notices} >= {"retrospective", "first", "nothing_of_yours"}
    assert not calm.end.waiting


@pytest.mark.parametrize(("stage", "share", "delay"), POINTS)
def test_a_killed_run_is_completed_by_the_next_one_while_the_dashboard_serves(
    stage: str, share: float, delay: int, evening: Evening, calm: Calm, nursery: Nursery,
    house: Callable[[House], House], tmp_path: Path,
) -> None:  # fmt: skip
    point = Point(stage, round(share * calm.calls[stage]), delay)
    killed = house(evening.house)
    report = tmp_path / "killed"
    with watched(killed, evening.path) as watcher:
        assert watcher.look() == {BEFORE}
        status, said = nursery.work(killed, report, point)
        assert status == -signal.SIGKILL, said
        assert report.read_text(encoding="utf-8").startswith(f"KILLED {stage} {point.nth} ")
        assert watcher.look() in ({BEFORE}, {AFTER})
        status, said = nursery.work(killed)
        assert status == 0, said
        assert watcher.look() == {AFTER}
    assert end_of(killed) == calm.end
    assert not watcher.faults
    assert {edition for address, edition in watcher.answers if address != LAYOUT} == {BEFORE, AFTER}
    assert all(len(bodies) == 1 for bodies in watcher.answers.values()), "an edition never changes under its reader"
