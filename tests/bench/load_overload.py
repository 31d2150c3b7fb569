"""More than the machine can do: readers and editions beside processes that keep it busy; then the load ends."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from pipelines.core.domain import Edition
from tests.bench.load_editions import publish_in_turn
from tests.bench.load_viewers import Answer, Crowd

BURNERS = 14  # as the load average with which the fault was found
WINDOW = 5.0  # seconds of answers of which a share is taken
GOOD_MS = 200.0


@dataclass(frozen=True)
class Span:
    """Seconds under overload, and seconds it is watched afterwards."""

    overload: float
    afterwards: float


def overload(folder: Path, crowd: Crowd, wanted: Sequence[Edition], span: Span) -> dict[str, Any]:
    """Let the signed-in crowd read while editions are published and burners run; what it got then and afterwards.

    Each viewer asks when it has its answer and two seconds have passed, as people do; ``longest_s`` is measured from
    the asking.
    """
    fresh = multiprocessing.get_context("spawn")
    receiver, sender = fresh.Pipe(duplex=False)
    others = [fresh.Process(target=_burn, args=(span.overload,), daemon=True) for _ in range(BURNERS)]
    publisher = fresh.Process(target=publish_in_turn, args=(folder, wanted, 0.0, sender))
    crowd.start()
    try:
        for one in (*others, publisher):
            one.start()
        time.sleep(span.overload)
        average = os.getloadavg()[0]
    finally:
        for one in (*others, publisher):
            one.terminate()
            one.join()
    published = sum(1 for _ in iter(receiver.poll, False) if receiver.recv())
    ended = crowd.seconds()
    time.sleep(span.afterwards)
    crowd.stop()
    return _told(crowd.answers, ended, average, published)


def _burn(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(10_000))


def _told(answers: Sequence[Answer], ended: float, average: float, published: int) -> dict[str, Any]:
    took = np.array([answer.seconds for answer in answers])
    during = np.array([answer.due < ended for answer in answers])
    told = {
        "burners": BURNERS,
        "load_average": round(average, 1),
        "editions_published": published,
        "seconds": round(ended, 1),
        "answers": int(during.sum()),
        "by_status": {str(status): many for status, many in sorted(Counter(one.status for one in answers).items())},
        "longest_s": round(float(took.max()), 2),
        "p95_s": round(float(np.percentile(took[during], 95)), 2),
        "recovered_s": recovered(answers, ended),
        "p95_afterwards_ms": round(1000 * float(np.percentile(took[~during], 95)), 1),
    }
    Console().print("overload: " + ", ".join(f"{name} {value}" for name, value in told.items()), markup=False)
    return told


def recovered(answers: Sequence[Answer], ended: float) -> float | None:
    """Seconds from the end of the load until 95 of a hundred answers take 200 ms at most, and do so to the end.

    None when they do not in the last window.
    """
    last = max(answer.due for answer in answers)
    found: float | None = None
    for start in np.arange(ended, last - WINDOW, WINDOW)[::-1]:
        took = [1000 * one.seconds for one in answers if start <= one.due < start + WINDOW]
        is_well = all(one.status == 200 for one in answers if start <= one.due < start + WINDOW)
        if not took or not is_well or np.percentile(took, 95) > GOOD_MS:
            break
        found = round(float(start - ended), 1)
    return found
