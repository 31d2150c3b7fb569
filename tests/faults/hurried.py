"""A scheduler and the commands it starts, each a process of its own, on one clock that runs ahead of the wall's."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

CLOCK = "GANGSHAO_TEST_CLOCK"
"""In the environment of a process: an instant, the second of the wall clock at which it was that, how much faster."""

PATIENCE = 300.0
"""Seconds of the wall's clock that a sender waits for an answer: a server of these tests may keep it for long."""


def clock_from(start: datetime, speed: float) -> str:
    """What the environment says of a clock that starts now."""
    return f"{start.isoformat()} {time.time()} {speed}"


def _clock() -> Callable[[], datetime]:
    start, at, speed = os.environ[CLOCK].split()
    began, faster = float(at), float(speed)
    return lambda: datetime.fromisoformat(start).astimezone(UTC) + timedelta(seconds=(time.time() - began) * faster)


def schedule(folder: Path) -> None:
    """The schedule until it is told to end; says in a file of the folder, named for its process, what it began."""
    from pipelines.cli import schedule as schedule_desk  # noqa: PLC0415
    from pipelines.core import settings  # noqa: PLC0415
    from pipelines.core.region import load as regions  # noqa: PLC0415
    from pipelines.ledger import open_ledger  # noqa: PLC0415
    from pipelines.operations import schedule  # noqa: PLC0415

    python = folder / f"python-{os.getpid()}"  # its commands are begun as `python -m pipelines …`
    python.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} -m {__spec__.name} "$@"\n', encoding="utf-8")
    python.chmod(0o700)
    schedule_desk.TICK_SECONDS = 0.5
    schedule_desk.sys = SimpleNamespace(executable=str(python))
    own = settings.load()
    region = regions.load(own.region)

    def work(command: schedule.Command, is_to_go_on: Callable[[], bool]) -> tuple[int, str]:
        with (folder / f"begun-{os.getpid()}").open("a", encoding="utf-8") as file:
            file.write(" ".join(command) + "\n")
        return schedule_desk.work(command, is_to_go_on)

    scheduler = schedule.Scheduler(own, region, open_ledger(own), _clock(), work)
    schedule_desk.go_on(scheduler, region.time_zone)
    scheduler.stop()


def main() -> None:
    """``schedule FOLDER``, or any command of gangshao."""
    if sys.argv[1] == "schedule":
        schedule(Path(sys.argv[2]))
        return
    from pipelines.cli import terminal  # noqa: PLC0415
    from pipelines.notifying import outbox  # noqa: PLC0415

    terminal.now = _clock()  # before the commands take it
    outbox.SMTP_SECONDS = PATIENCE  # sockets know no hurry
    importlib.import_module("pipelines.__main__").main()


if __name__ == "__main__":
    main()
