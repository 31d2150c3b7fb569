"""The command line in processes of its own, each forked from one that has imported everything: imports take longer
than most commands on a small city."""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the process all others are forked from
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pipelines.__main__", "dashboard.web.serve", "tests.preloaded"])


def start(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    out: Path,
    err: Path,
    prepare: Callable[[], None] | None = None,
) -> BaseProcess:
    """Start a command; what it prints goes into the files ``out`` and ``err``, which may be one.

    The process calls ``prepare``, a function of a module that imports little, before the command.
    """
    process = _FORKS.Process(target=_work, args=(arguments, environment, out, err, prepare))
    process.start()
    return process


def _work(
    arguments: tuple[str, ...], environment: dict[str, str], out: Path, err: Path, prepare: Callable[[], None] | None
) -> None:
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    if prepare is not None:
        prepare()
    sys.argv = ["gangshao", *arguments]
    importlib.import_module("pipelines.__main__").main()  # by name: the judge of figures imports nothing of ours
