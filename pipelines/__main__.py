"""The door of the command line `gangshao`: what goes wrong is a sentence or a traceback without anybody's data."""

import errno
import importlib
import logging
import os
import resource
import sys
import traceback
from time import perf_counter

import typer

from pipelines import settings as all_settings
from pipelines.domain import QUIET, BusyError, UserError
from pipelines.lean import become_lean
from pipelines.log import configure, redacted, tell

log = logging.getLogger(__name__)
DISK_FULL = "磁盘已满；请腾出空间后重新运行，已完成的部分不受影响 (the disk is full; make room and run again)\n"
_NO_SPACE = ("database or disk is full", "No space left on device", "Disk quota exceeded")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Run the command line; a UserError or a full disk is a sentence and exit status 2 (BusyError: 3), no traceback."""
    os.umask(os.umask(0o077) | 0o007)  # nothing for others; the group has what whoever starts it lets it have
    # A core file would hold what is in memory: persons of the files that are read.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.environ |= ONE_THREAD  # more of them add in another order, and figures must not hang on the machine
    began, app = perf_counter(), _app()
    command = _command(app)
    try:
        configure(all_settings.load(), "web" if command == "serve" else "run")
        tell(log, "command began", command=command)
        app()
    except UserError as error:
        log.info("command refused", exc_info=True, extra={"fields": {"command": command}})
        console = importlib.import_module("pipelines.terminal").console
        console.print(f"[bold]{error}[/bold]" if sys.stderr.isatty() else str(error), markup=sys.stderr.isatty())
        sys.exit(QUIET if isinstance(error, BusyError) else 2)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
        tell(log, "command ended", command=command, status=status, seconds=round(perf_counter() - began, 1))
        raise
    except Exception as failure:  # told and ended with status 1; only what it says of people is taken out first
        log.info("command failed", exc_info=True, extra={"fields": {"command": command}})
        if is_disk_full(failure):
            sys.stderr.write(DISK_FULL)
            sys.exit(2)
        sys.stderr.write(redacted(traceback.format_exc()))
        sys.exit(1)


def is_disk_full(error: BaseException) -> bool:
    """Whether this, or what it came from, says that no space is left: the file system, SQLite or DuckDB."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if any(words in str(found) for words in _NO_SPACE):
            return True
        found = found.__cause__ or found.__context__
    return False


def _app() -> typer.Typer:
    """All commands; to serve, that one alone, for importing the others takes a second and 60 MiB that stay."""
    if sys.argv[1:2] == ["serve"]:
        become_lean()
        return importlib.import_module("pipelines.serve_desk").alone  # type: ignore[no-any-return]
    return importlib.import_module("pipelines.commands").app  # type: ignore[no-any-return]


def _command(app: typer.Typer) -> str:
    """The command as it is registered, never another word of the command line: those may be anybody's name."""
    names = {item.name or getattr(item.callback, "__name__", "") for item in app.registered_commands}
    names |= {str(group.name) for group in app.registered_groups}
    return next((word for word in sys.argv[1:2] if word in names), "")


if __name__ == "__main__":
    main()
