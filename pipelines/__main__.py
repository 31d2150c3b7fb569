"""The door of the command line `gangshao`: what goes wrong is a sentence or a traceback without anybody's data."""

import errno
import logging
import os
import resource
import sys
import traceback
from time import perf_counter

from pipelines.cli.app import HELP, app
from pipelines.core.domain import QUIET, BusyError, UserError
from pipelines.core.log import configure, redacted, tell
from pipelines.core.memory_tuning import become_lean

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
    began, command = perf_counter(), _called()
    if sys.argv[1:] in ([], ["--help"]):  # needs no settings and is no event
        app()
    if command == "serve":
        become_lean()
    from pipelines.core import settings as all_settings  # noqa: PLC0415  # pydantic takes longer than help does

    try:
        configure(all_settings.load(), "web" if command == "serve" else "run")
        tell(log, "command began", command=command)
        app()
    except UserError as error:
        log.info("command refused", exc_info=True, extra={"fields": {"command": command}})
        from pipelines.cli.terminal import console  # noqa: PLC0415  # after become_lean, for it brings pandas

        console.print(str(error), style="bold")
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


def _called() -> str:
    """The command as it is known, never another word of the command line: those may be anybody's name."""
    return next((word for word in sys.argv[1:2] if word in HELP), "")


if __name__ == "__main__":
    main()
