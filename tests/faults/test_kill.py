"""A run that is killed anywhere is completed by the next one, tells nobody twice, and the dashboard never notices."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.doctor import table_hashes
from pipelines.settings import Settings
from tests.faults.evening import DAY, Evening, evening_of
from tests.faults.killer import STAGES
from tests.faults.watcher import LAYOUT, watched
from tests.house import ROOT, House

BEFORE, AFTER = "2026-10-31.1", f"{DAY}.1"
# Where to kill: in each stage at these shares of its calls. In "publish" 0.86 is where the new folder gets its name,
# 0.92 where the pointer is replaced; in "run" 0.86 is the commit of an edition; in "mail" a file has five calls.
SHORT = {
    "ingest": (0.25, 0.6, 0.9),
    "transform": (0.6,),
    "forecast": (0.7,),
    "judge": (0.95,),
    "run": (0.86,),
    "publish": (0.4, 0.86, 0.92),
    "record": (0.9,),
    "notify": (0.7,),
    "mail": (0.5, 0.8),
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


@pytest.fixture(scope="session")
def calm(evening: Evening, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    house = evening.house.copy(folder / "house")
    done = work(house, folder / "calls")
    assert done.returncode == 0, done.stderr
    lines = (folder / "calls").read_text(encoding="utf-8").splitlines()
    return Calm({stage: int(calls) for stage, calls in map(str.split, lines)}, end_of(house))


def work(house: House, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Take in the inbox and run the day; given a report, a stage and the number of a call, die there."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.killer", *map(str, arguments)],
        cwd=ROOT, env=house.env | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


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
    stage: str, share: float, delay: int, evening: Evening, calm: Calm, house: Callable[[House], House], tmp_path: Path
) -> None:
    nth = round(share * calm.calls[stage])
    killed = house(evening.house)
    report = tmp_path / "killed"
    with watched(killed, evening.path) as watcher:
        assert watcher.look() == {BEFORE}
        died = work(killed, report, stage, nth, delay)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert report.read_text(encoding="utf-8").startswith(f"KILLED {stage} {nth} ")
        shown = watcher.look()
        assert shown in ({BEFORE}, {AFTER})
        done = work(killed)
        assert done.returncode == 0, done.stderr
        assert watcher.look() == {AFTER}
    assert end_of(killed) == calm.end
    assert not watcher.faults
    assert {edition for address, edition in watcher.answers if address != LAYOUT} == {BEFORE, AFTER}
    assert all(len(bodies) == 1 for bodies in watcher.answers.values()), "an edition never changes under its reader"
