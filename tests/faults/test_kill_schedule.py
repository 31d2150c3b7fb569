"""Of two schedulers at work the one that holds the lease is killed in the middle of a run; the other finishes it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.evening import DAY, Evening
from tests.house import ROOT, House

pytestmark = pytest.mark.xdist_group("night")
START = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)  # eight in the morning of DAY there: the run is an hour late
PATIENCE = 90.0


def started(house: House, begun: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.faults.scheduling", START.isoformat(), str(begun)]
    return subprocess.Popen(command, cwd=ROOT, env=house.env)


def asked(house: House, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(house.data / "ledger.sqlite", timeout=30) as ledger:
        return ledger.execute(sql).fetchall()


def wait_for(what: Callable[[], object], why: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def children(process: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()] + [
        int(number)
        for task in Path(f"/proc/{process}/task").iterdir() if task.name != str(process)
        for number in (task / "children").read_text().split()
    ]  # fmt: skip


def test_a_scheduler_killed_in_the_middle_of_a_run_is_followed_by_another_that_finishes_it_once(
    evening: Evening, house: Callable[[House], House], tmp_path: Path
) -> None:
    """Only this finds a lease or a job that a dead process holds for ever."""
    office = house(evening.house)
    office.gangshao("ingest", "--backfill")
    begun = [tmp_path / "first", tmp_path / "second"]
    first = started(office, begun[0])
    wait_for(begun[0].exists, "nothing was begun")
    second = started(office, begun[1])
    try:
        wait_for((office.data / "warehouse.duckdb.wal").exists, "the run does not write")
        (run,) = children(first.pid)
        os.kill(first.pid, signal.SIGKILL)
        os.kill(run, signal.SIGKILL)
        assert first.wait(timeout=10) == -signal.SIGKILL
        assert asked(office, "select job, result from job_run") == [("run", "running")]
        assert not begun[1].exists(), "the second one did nothing while the first held the lease"
        for job in ("run", "remind"):  # the second comes after the first
            wait_for(
                lambda job=job: (job, "done") in asked(office, "select job, result from job_run"), "nobody took over"
            )
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=30) == 0
    for path in begun:
        assert path.read_text(encoding="utf-8").splitlines()[0] == f"run --day {DAY}"
    assert asked(office, "select job, result from job_run where job = 'run'") == [("run", "done")]
    assert asked(office, f"select count(*) from edition where day = '{DAY}'") == [(1,)]
    due = f"from notice where edition_id = '{DAY}.1' and is_due"
    assert asked(office, f"select count(*) > 0, count(distinct message_id) = count(*) {due}") == [(1, 1)]
    unsent = asked(office, f"select state, not_before is null {due} and state <> 'accepted'")
    assert set(unsent) <= {("queued", 0)}, "they wait for their office's hours"
    (sent,) = asked(office, "select count(*) from notice where state = 'accepted'")[0]
    assert len(list((office.data / "outbox").glob("*.eml"))) == sent
    assert asked(office, "select count(*) from lease") == [(0,)], "given back at the end"
