"""A stage of a benchmark in a process of its own: its seconds, processor seconds and peak memory are its alone."""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What a stage took and what it returned; ``processor`` are seconds of all threads."""

    seconds: float
    processor: float
    peak_mib: float
    answer: Any


def apart(stage: Callable[..., Any], *arguments: Any) -> Measured:
    """Run ``stage(*arguments)`` in a new interpreter. The clock starts when its module is imported.

    Raises RuntimeError when the process ends without an answer; what went wrong is on its standard error.
    """
    fresh = multiprocessing.get_context("spawn")
    receiver, sender = fresh.Pipe(duplex=False)
    child = fresh.Process(target=_child, args=(stage, arguments, sender))
    child.start()
    sender.close()
    try:
        measured: Measured = receiver.recv()
    except EOFError as error:
        raise RuntimeError(f"{stage.__name__} ended without an answer") from error
    finally:
        child.join()
    return measured


def _child(stage: Callable[..., Any], arguments: tuple[Any, ...], answer: Connection) -> None:
    begun, used = time.perf_counter(), os.times()
    returned = stage(*arguments)
    seconds, now = time.perf_counter() - begun, os.times()
    processor = now.user + now.system - used.user - used.system
    answer.send(Measured(seconds, processor, _peak_mib(), returned))


def _peak_mib() -> float:
    """Of this interpreter alone where the system tells; what getrusage tells began with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
