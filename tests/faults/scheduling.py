"""A scheduler in a process of its own, on a clock that says what it is told and then goes on."""

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.cli import schedule as schedule_desk
from pipelines.core import settings as all_settings
from pipelines.core.region import load as regions
from pipelines.ledger import open_ledger
from pipelines.operations import schedule

LEASE_SECONDS = 3


def main() -> None:
    """Start at the instant of the first argument; say in the file of the second that a job's command is at work."""
    start, began = datetime.fromisoformat(sys.argv[1]), time.monotonic()
    settings = all_settings.load()
    schedule.LEASE = timedelta(seconds=LEASE_SECONDS)
    schedule_desk.TICK_SECONDS = 0.5
    region = regions.load(settings.region)

    def work(command: schedule.Command, is_to_go_on: object) -> tuple[int, str]:
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(" ".join(command) + "\n")
        return schedule_desk.work(command, is_to_go_on)  # type: ignore[arg-type]

    def clock() -> datetime:
        return start + timedelta(seconds=time.monotonic() - began)

    scheduler = schedule.Scheduler(settings, region, open_ledger(settings), clock, work)
    schedule_desk.go_on(scheduler, region.time_zone)
    scheduler.stop()


if __name__ == "__main__":
    main()
