"""What every command of `gangshao` shares: the terminal, a progress bar, the place it works on, the time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines.core import settings as all_settings
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings

# sentences name files as senders named them: nothing in them is markup, and a log gets each in one line
console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """Progress for a person at a terminal; a stage gets a line of its own.

    Where nobody can watch a bar (a log, a pipe) each stage says when it begins, and at its end how long it took.
    """
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, int] = {}

        def report(what: str, done: int, total: int) -> None:
            stage = what.split(" ", 1)[0]
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total, description=what)  # type: ignore[arg-type]

        yield report


def _lines() -> Callable[[str, int, int], None]:
    began: dict[str, float] = {}
    ended: set[str] = set()

    def report(what: str, done: int, total: int) -> None:
        stage = what.split(" ", 1)[0]
        if stage not in began:
            began[stage] = perf_counter()
            console.print(f"{stage} …")
        if done == total and stage not in ended:
            ended.add(stage)
            console.print(f"{stage}：{total:,} 项，{perf_counter() - began[stage]:.0f} 秒")

    return report


def to_day(text: str) -> date:
    """A day as it is written on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"日期“{text}”写法有误，请写成 2026-03-05 (write days as YYYY-MM-DD)") from error


def place() -> tuple[Settings, Region]:
    """Settings and region of this call."""
    settings = all_settings.load()
    return settings, regions.load(settings.region)


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
