"""The door of the command line `gangshao`: what goes wrong is a sentence or a traceback without anybody's data."""

import importlib
import logging
import os
import sys
import traceback
from time import perf_counter

import typer

from pipelines import settings as all_settings
from pipelines.domain import QUIET, BusyError, UserError
from pipelines.lean import become_lean
from pipelines.log import configure, redacted, tell

log = logging.getLogger(__name__)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Run the command line; a UserError is a sentence and exit status 2 (BusyError: 3), never a traceback."""
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
    except Exception:  # told and ended with status 1; only what it says of people is taken out first
        log.info("command failed", exc_info=True, extra={"fields": {"command": command}})
        sys.stderr.write(redacted(traceback.format_exc()))
        sys.exit(1)


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
