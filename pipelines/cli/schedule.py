"""Commands that keep the day going: the schedule, and the small check that somebody looks at it."""

import logging
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import tzinfo
from typing import Annotated

import typer
from apscheduler.schedulers.blocking import BlockingScheduler

from pipelines.cli.terminal import console, now, place
from pipelines.ledger import open_ledger
from pipelines.operations.schedule import GIVEN_UP, Command, Scheduler
from pipelines.operations.watch import find_troubles, tell_duty

TICK_SECONDS = 5


def schedule(once: Annotated[bool, typer.Option("--once", help="只做此刻到期的，然后结束")] = False) -> None:
    """按地区的时刻表做一天的事：接收、运行、发邮件、备份；错过的补做 (do the day's jobs by the region's hours)."""
    settings, region = place()
    scheduler = Scheduler(settings, region, open_ledger(settings), now, work)
    try:
        if once:
            console.print(f"做了 {scheduler.tick()} 件到期的事")
            return
        console.print("定时任务已开始；按 Ctrl+C 结束 (the schedule is on)")
        go_on(scheduler, region.time_zone)
        console.print("定时任务已结束")
    finally:
        scheduler.stop()


def go_on(scheduler: Scheduler, zone: tzinfo) -> None:
    """Look every few seconds for what is due, until the process is told to end."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it would say that a look waits for a long job
    loop = BlockingScheduler(timezone=zone)
    loop.add_job(scheduler.tick, "interval", seconds=TICK_SECONDS, max_instances=1, coalesce=True, next_run_time=now())

    def end(*_: object) -> None:
        scheduler.stop()  # a job at work is ended, and begun again by the next scheduler
        loop.shutdown()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    loop.start()


def work(command: Command, is_to_go_on: Callable[[], bool]) -> tuple[int, str]:
    """Do a command in a process of its own: whatever becomes of it, the schedule goes on."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 # our own command line
            [sys.executable, "-m", "pipelines", *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            status = _waited(process, is_to_go_on)
        finally:
            if process.poll() is None:  # given up, or it is not known whether to go on: never beside a second one
                process.terminate()
                process.wait()
        said.seek(0)
        return status, said.read().decode("utf-8", "replace")


def _waited(process: "subprocess.Popen[bytes]", is_to_go_on: Callable[[], bool]) -> int:
    while True:
        try:
            return process.wait(timeout=TICK_SECONDS)
        except subprocess.TimeoutExpired:
            if not is_to_go_on():
                return GIVEN_UP


def watch() -> None:
    """查看当天的版次、发件箱、定时任务，有事告知值班岗；供 cron 调用 (a small check for cron; tells the duty desk)."""
    settings, region = place()
    ledger = open_ledger(settings)
    troubles = find_troubles(settings, region, ledger, now())
    if not troubles:
        typer.echo(f"一切正常 {now().astimezone(region.time_zone):%Y-%m-%d %H:%M} (all quiet)")
        return
    for trouble in troubles:
        typer.echo(trouble.sentence, err=True)
    typer.echo(tell_duty(troubles, settings, region, ledger, now()), err=True)
    raise typer.Exit(1)
