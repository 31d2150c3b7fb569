"""Seconds and peak memory of each stage, every stage in a process of its own."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines import run as runs
from pipelines.core.domain import Edition
from pipelines.publishing.edition import publish
from pipelines.warehouse import store
from tests.bench.place import LAST_DAY, Place, place


def _generate(here: Place, days: int, scale: float) -> None:
    here.generate(days, scale, seed=1, quiet=False)


def _ingest(here: Place, _days: int, _scale: float) -> None:
    here.ingest()


def _edition(here: Place) -> Edition:
    day = LAST_DAY + timedelta(days=1)
    return Edition(day, 1, here.region.cutoff_at(day))


def _forecast(here: Place, _days: int, _scale: float) -> None:
    edition = _edition(here)
    with store.connect(here.settings) as warehouse:
        runs.compute(runs.start(warehouse.connection, here.settings, here.region, edition.day), edition)


def _publish(here: Place, _days: int, _scale: float) -> None:
    with store.connect(here.settings) as warehouse:
        publish(
            warehouse.connection, here.settings.published, here.region, _edition(here), runs.manifest(here.settings)
        )


def _child(
    stage: Callable[[Place, int, float], None], here: Place, days: int, scale: float, answer: Connection
) -> None:
    begun = time.perf_counter()
    stage(here, days, scale)
    seconds = time.perf_counter() - begun
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def run(small: bool) -> dict[str, Any]:
    """Scale 1 and three years; small: scale 0.1 and one year."""
    scale, days = (0.1, 365) if small else (1.0, 1095)
    stages = {"generated": _generate, "ingested": _ingest, "forecast": _forecast, "published": _publish}
    measured: list[dict[str, Any]] = []
    spawn = multiprocessing.get_context("fork")
    with place() as here:
        here.ledger.close()
        for name, stage in stages.items():
            receiver, sender = spawn.Pipe(duplex=False)
            child = spawn.Process(target=_child, args=(stage, here, days, scale, sender))
            child.start()
            sender.close()
            seconds, peak = receiver.recv()
            child.join()
            measured.append({"name": name, "seconds": round(seconds, 2), "peak_mib": round(peak)})
        with here.warehouse() as warehouse:
            rows = warehouse.connection.execute("select sum(rows_total) from drop_register").fetchall()[0][0]
        size = sum(path.stat().st_size for path in Path(here.settings.published).rglob("*.duckdb")) / 2**20
    table = Table(title=f"scale {scale}, {days} days, {rows:,} rows, published {size:.0f} MiB")
    for column in ("stage", "seconds", "peak MiB"):
        table.add_column(column, justify="right")
    for item in measured:
        table.add_row(item["name"], f"{item['seconds']:.1f}", f"{item['peak_mib']:.0f}")
    Console().print(table)
    return {"stages": {"scale": scale, "days": days, "rows": int(rows), "stages": measured}}
