"""What people wait for who read all at once, while editions are published: times of their answers, and errors."""

import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests
from rich.console import Console
from rich.table import Table

from pipelines.core.domain import Audience, Edition, Viewer
from pipelines.core.region import load as regions
from pipelines.ledger import open_ledger
from pipelines.ledger.accounts import link
from pipelines.published.read import close, read
from tests.bench.apart import apart
from tests.bench.day import REGION, settings
from tests.bench.load_check import Checked, check
from tests.bench.load_editions import Published, prepare, publish_in_turn
from tests.bench.load_overload import Span, overload
from tests.bench.load_viewers import KINDS, PATIENCE, Answer, Crowd, actions, cast
from tests.bench.place import ROOT, now
from tests.faults.watcher import wait_until_it_answers

AFTER = 4.0  # seconds the load goes on after the last edition


@dataclass(frozen=True)
class Size:
    """How large the city is, how many look at it, and every how many seconds an edition begins at the earliest;
    ``beyond``: editions that are begun under overload, as many as come in its ``span``.
    """

    days: int
    scale: float
    replay: int
    viewers: int
    editions: int
    every: float
    beyond: int
    span: Span


FULL = Size(900, 0.1, 35, 50, 20, 30.0, beyond=20, span=Span(180.0, 75.0))
SMALL = Size(150, 0.05, 5, 10, 4, 8.0, beyond=2, span=Span(20.0, 20.0))


@dataclass
class Load:
    """What was measured; processor times as shares of one core while the load lasted; ``prepared``: seconds from the
    server's start until it called itself prepared."""

    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    cookies: dict[Viewer, dict[str, str]] = field(default_factory=dict)
    url: str = ""
    generator: float = 0.0
    server: float = 0.0
    server_mib: float = 0.0
    prepared: float = 0.0
    load_average: float = 0.0


def run(small: bool) -> dict[str, Any]:
    """The city of `make run`, 50 viewers, 20 editions; small: a smaller city, 10 viewers, 4 editions."""
    size = SMALL if small else FULL
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as name:
        folder = Path(name)
        everything = apart(prepare, folder, size.days, size.scale, size.replay, size.editions + size.beyond).answer
        wanted, more = everything[: size.editions], everything[size.editions :]
        load = _load(folder, size.viewers, wanted, size.every)
        told = _told(size, load, check(folder, load.url, load.answers, load.cookies))
        return {"load": told, "overload": _overload(folder, size, more)}


def _load(folder: Path, viewers: int, wanted: Sequence[Edition], every: float) -> Load:
    """Let the viewers act from before the first edition until after the last, once the server calls itself prepared."""
    started = time.monotonic()
    with _served(folder) as (server, url):
        while not requests.get(url + "/readyz", timeout=PATIENCE).json()["has_figures"]:
            time.sleep(0.2)
        prepared = time.monotonic() - started
        crowd = Crowd(url)
        _sign_in(folder, crowd, viewers)
        load = Load(url=url, cookies=crowd.cookies(), prepared=prepared)
        fresh = multiprocessing.get_context("spawn")
        receiver, sender = fresh.Pipe(duplex=False)
        publisher = fresh.Process(target=publish_in_turn, args=(folder, wanted, every, sender))
        begun, ours, its = time.monotonic(), _own_seconds(), _seconds(server)
        crowd.start()
        publisher.start()
        sender.close()
        try:
            while len(load.published) < len(wanted):
                load.published.append(receiver.recv())
            time.sleep(AFTER)
        except EOFError as error:
            raise RuntimeError("the publisher ended before its last edition") from error
        finally:
            crowd.stop()
            publisher.join()
        load.seconds = time.monotonic() - begun
        load.generator = (_own_seconds() - ours) / load.seconds
        load.server = (_seconds(server) - its) / load.seconds
        load.server_mib = server.memory_info().rss / 2**20
        load.load_average = os.getloadavg()[1]
        load.answers = crowd.answers
    return load


def _overload(folder: Path, size: Size, more: Sequence[Edition]) -> dict[str, Any]:
    """The same crowd on a machine that others keep busy, from a server's start on."""
    with _served(folder) as (_, url):
        while not requests.get(url + "/readyz", timeout=PATIENCE).json()["has_figures"]:
            time.sleep(0.2)
        crowd = Crowd(url, waits=True)
        _sign_in(folder, crowd, size.viewers)
        return overload(folder, crowd, more, size.span)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """`gangshao serve` over the folder, in a process of its own; its process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = settings(folder)
    own = {
        "GANGSHAO_DATA": here.data,
        "GANGSHAO_KEYS": here.keys,
        "GANGSHAO_REGION": here.region,
        "GANGSHAO_PORT": port,
    }
    environment = os.environ | {name: str(value) for name, value in own.items()}
    command = [sys.executable, "-m", "pipelines", "serve"]  # as it is started: a fork would bring what else is imported
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=said, stderr=said)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", lambda: process.poll() is None)
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _sign_in(folder: Path, crowd: Crowd, viewers: int) -> None:
    """A demonstration link a viewer; each goes to areas and warnings that it may see."""
    here, region = settings(folder), regions.load(REGION)
    ledger = open_ledger(here)
    for number, viewer in enumerate(cast(viewers, region.units)):
        token = link.issue_link(ledger, viewer.role, viewer.areas, viewer.name, timedelta(hours=1), now())  # type: ignore[arg-type]
        units = viewer.areas if viewer.audience is Audience.OFFICE else region.units
        warnings = list(read("open_warning", viewer, published=here.published)["episode_id"])
        crowd.sign_in(viewer, f"/sign-in/{token}", actions(number, [region.city, *sorted(units)], warnings))
    ledger.close()
    close()


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _told(size: Size, load: Load, found: Checked) -> dict[str, Any]:
    """The figures, and the table for people."""
    for fault in found.faults[:20]:
        Console(stderr=True).print(fault, markup=False)
    took = {kind: _milliseconds(load.answers, kind) for kind in KINDS}
    every = np.concatenate(list(took.values()))
    told = {
        "viewers": size.viewers,
        "errors": len(found.faults),
        "p50_ms": _share(every, 50),
        "p95_ms": _share(every, 95),
        "p99_ms": _share(every, 99),
        "answers": len(every),
        "seconds": round(load.seconds, 1),
        "editions_published": len(load.published),
        "editions_seen": len(found.editions),
        "edition_s": round(float(np.median([one.seconds for one in load.published])), 2),
        "asked_again": found.asked_again,
        "generator_cpu": round(load.generator, 3),
        "server_cpu": round(load.server, 3),
        "server_mib": round(load.server_mib),
        "prepared_s": round(load.prepared, 1),
        "load_average": round(load.load_average, 1),
        "by_minute": _by_minute(load.answers),
        "by_kind": {
            kind: {"answers": len(ms), "p50_ms": _share(ms, 50), "p95_ms": _share(ms, 95)} for kind, ms in took.items()
        },
    }
    table = Table(
        title=f"{size.viewers} viewers, {len(every)} answers in {load.seconds:.0f} s, {len(load.published)} editions"
    )
    for column in ("action", "answers", "p50 ms", "p95 ms", "slowest ms"):
        table.add_column(column, justify="left" if column == "action" else "right")
    for kind, ms in {**took, "all": every}.items():
        cells = (_share(ms, 50), _share(ms, 95), _share(ms, 100))
        table.add_row(kind, str(len(ms)), *(f"{cell:.0f}" for cell in cells))
    table.caption = (
        f"errors {len(found.faults)}; an edition takes {told['edition_s']} s; cores used: server {load.server:.2f}, "
        f"generator {load.generator:.2f}; server {load.server_mib:.0f} MiB; load average {load.load_average:.1f}"
    )
    Console().print(table)
    return told


def _by_minute(answers: Sequence[Answer]) -> list[dict[str, float]]:
    """Of each minute of the load: how many actions were due in it, how long half and 95 of a hundred of them took."""
    minutes = np.array([answer.due // 60 for answer in answers])
    took = np.array([answer.seconds * 1000 for answer in answers])
    return [
        {"answers": int(due.sum()), "p50_ms": _share(took[due], 50), "p95_ms": _share(took[due], 95)}
        for due in (minutes == minute for minute in range(int(minutes.max()) + 1))
    ]


def _milliseconds(answers: Sequence[Answer], kind: str) -> Any:
    return np.array([answer.seconds * 1000 for answer in answers if answer.action.kind == kind])


def _share(milliseconds: Any, percent: float) -> float:
    return round(float(np.percentile(milliseconds, percent)), 1) if len(milliseconds) else 0.0
