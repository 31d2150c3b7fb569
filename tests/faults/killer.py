"""A run that dies: works as the command line does, counts the calls of each stage, and kills itself at a given one."""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from pipelines.cli import notices
from pipelines.cli.app import HELP, app, load_command
from pipelines.ingest import arrivals, inbox
from pipelines.notifying import outbox as mail

for _name in HELP:
    load_command(_name)  # before anything is forked or counted

# A module belongs to the stage of its longest prefix here; what a stage calls of others, in Python or C, counts too.
STAGES = {
    "pipelines.ingest": "ingest",
    "pipelines.formcheck": "ingest",
    "pipelines.ingest.encryption_keys": "keys",
    "pipelines.run": "run",
    "pipelines.warehouse.store": "run",
    "pipelines.warehouse.transform": "transform",
    "pipelines.warehouse.expected_submissions": "transform",
    "pipelines.warehouse.forecast": "forecast",
    "pipelines.warehouse.panel": "forecast",
    "models": "forecast",
    "pipelines.judging.judge": "judge",
    "pipelines.judging.findings": "judge",
    "pipelines.judging.lifecycle": "judge",
    "pipelines.publishing.edition": "publish",
    "pipelines.publishing.disclosure": "publish",
    "pipelines.ledger": "record",
    "pipelines.ledger.notifications.notice": "notify",
    "pipelines.operations.backup": "upkeep",
    "pipelines.operations.inventory": "upkeep",
    "pipelines.operations.restore": "upkeep",
    "pipelines.notify": "notify",
    "pipelines.notifying.notices": "notify",
    "pipelines.notifying.message": "notify",
    "pipelines.notifying.audience": "notify",
    "pipelines.notifying.outbox": "mail",
    "pipelines.notifying.smtp": "mail",
    "pipelines.ledger.notifications.queue": "mail",
}
FILES_A_BATCH = "GANGSHAO_TEST_FILES_A_BATCH"
"""In the environment of a process: a small inbox then has several batches of one feed."""
ROUNDS = "GANGSHAO_TEST_ROUNDS"
"""In the environment too: so many calls from one line count, else a loop over rows would have nearly all the points."""
NOW = "GANGSHAO_TEST_NOW"
"""In the environment of a process: what the outbox's commands take for the time."""
SMTP_SECONDS = "GANGSHAO_TEST_SMTP_SECONDS"
"""In the environment too: how long a mail server is waited for."""


def work(commands: list[list[str]]) -> int:
    """Run commands one after the other, whatever they return; returns the exit status of the last."""
    return [int(app(command, standalone_mode=False) or 0) for command in commands][-1]


@dataclass(frozen=True)
class Point:
    """The ``nth`` call of a stage, or the first at which one function calls another (``"editions -> record"``); death comes ``milliseconds`` later, wherever the work then is, in mid-statement too."""

    stage: str
    nth: int | str
    milliseconds: int = 0


class Counting:
    """Counts calls by stage; at a point, before the call is made, calls ``at_point`` with who calls what.

    ``first`` says at which call of its stage one function first calls another: ``"run: editions -> record"``.
    """

    def __init__(self, point: Point | None, at_point: Callable[[str], None]) -> None:
        self.calls: Counter[str] = Counter()
        self.first: dict[str, int] = {}
        self._point, self._at_point = point, at_point
        self._stage_of_file: dict[str, str] = {}
        self._rounds: Counter[tuple[str, int]] = Counter()
        self._most_rounds = int(os.environ.get(ROUNDS, "3"))

    def watch(self, frame: FrameType, event: str, argument: object) -> None:
        """A profile function: see sys.setprofile."""
        if event == "call":
            caller = frame.f_back
            stage = (self._stage_of(caller) if caller else "") or self._stage_of(frame)
        elif event == "c_call":
            caller = frame
            stage = self._stage_of(frame)
        else:
            return
        if not stage or caller is None:
            return
        line = (caller.f_code.co_filename, caller.f_lineno)
        self._rounds[line] += 1
        if self._rounds[line] > self._most_rounds:
            return
        self.calls[stage] += 1
        called = frame.f_code.co_qualname if event == "call" else getattr(argument, "__qualname__", "?")
        what = f"{caller.f_code.co_qualname} -> {called}"
        self.first.setdefault(f"{stage}: {what}", self.calls[stage])
        if self._point is not None and stage == self._point.stage and self._point.nth in (self.calls[stage], what):
            self._at_point(f"{caller.f_globals.get('__name__')}:{caller.f_lineno} {what}")

    def _stage_of(self, frame: FrameType) -> str:
        file = frame.f_code.co_filename
        if file not in self._stage_of_file:
            parts = str(frame.f_globals.get("__name__", "")).split(".")
            prefixes = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
            self._stage_of_file[file] = next((STAGES[prefix] for prefix in prefixes if prefix in STAGES), "")
        return self._stage_of_file[file]


def counted(commands: list[list[str]], report: Path, point: Point | None) -> int:
    """Work to the end and report the calls of each stage; or report that the point is reached, and die."""

    def kill(after: float) -> None:
        time.sleep(after)
        os.kill(os.getpid(), signal.SIGKILL)

    def die(what: str) -> None:
        sys.setprofile(None)
        assert point is not None
        report.write_text(f"KILLED {point.stage} {point.nth} {what}\n", encoding="utf-8")
        if point.milliseconds:
            threading.Thread(target=kill, args=[point.milliseconds / 1000], daemon=True).start()
        else:
            kill(0)

    counting = Counting(point, die)
    sys.setprofile(counting.watch)
    try:
        status = work(commands)
    finally:
        sys.setprofile(None)
    report.write_text(json.dumps({"calls": counting.calls, "first": counting.first}), encoding="utf-8")
    return status


def _set_up(environment: dict[str, str]) -> None:
    """Small batches, another time, an impatient sender, where the environment asks for them."""
    if size := environment.get(FILES_A_BATCH):
        arrivals.MOST_FILES = inbox.MOST_FILES = int(size)
    if at := environment.get(NOW):
        notices.now = lambda: datetime.fromisoformat(at)
    if seconds := environment.get(SMTP_SECONDS):
        mail.SMTP_SECONDS = float(seconds)


def nursery() -> None:
    """Fork a process for each line of standard input and say how it ended: imports take longer than a small city's run.

    A line holds the commands, the environment, the file for what is printed, the report (none: nothing is counted) and
    the point (none: nobody is killed).
    """
    for line in sys.stdin:
        commands, environment, said, report, point = json.loads(line)
        child = os.fork()
        if child == 0:
            with Path(said).open("w", encoding="utf-8") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            os.environ.clear()
            os.environ.update(environment)
            _set_up(environment)
            status = 1
            try:
                at = Point(*point) if point else None
                status = counted(commands, Path(report), at) if report else work(commands)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    nursery()
