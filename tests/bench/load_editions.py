"""A city to load: published once before the load begins, then edition after edition while people read."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from pipelines import run as runs
from pipelines.core.domain import Edition
from pipelines.core.region import load as regions
from pipelines.demo import CitySpec, generate_city
from pipelines.ledger import Ledger, open_ledger
from tests.bench.day import REGION, settings
from tests.bench.place import LAST_DAY, now


@dataclass(frozen=True)
class Published:
    """One edition that was computed and published during the load; ``at``: seconds of the monotonic clock."""

    edition: Edition
    seconds: float
    at: float


def prepare(folder: Path, days: int, scale: float, replay: int, during: int) -> list[Edition]:
    """Invent and take in a city, publish ``replay`` editions; returns the ``during`` editions to come, a day each."""
    here, region = settings(folder), regions.load(REGION)
    generate_city(region, here.inbox, CitySpec(days, scale, 1, LAST_DAY), truth=folder / "truth.csv")
    here.demonstration_mark.touch()
    ledger = open_ledger(here)
    runs.ingest_all(here, region, ledger, True, now())
    last = LAST_DAY + timedelta(days=1)
    _run(folder, _days(ledger, last - timedelta(days=during + replay - 1), last - timedelta(days=during)))
    keep(folder)
    later = _days(ledger, last - timedelta(days=during - 1), last)
    ledger.close()
    return later


def _days(ledger: Ledger, first: date, last: date) -> list[Edition]:
    return runs.first_editions(regions.load(REGION), ledger, first, last)


def _run(folder: Path, wanted: Sequence[Edition]) -> None:
    here = settings(folder)
    ledger = open_ledger(here)
    try:
        runs.editions(here, regions.load(REGION), ledger, wanted, now(), is_replay=True)
    finally:
        ledger.close()


def publish_in_turn(folder: Path, wanted: Sequence[Edition], every: float, told: Connection) -> None:
    """Compute and publish one edition after the other, one begun every ``every`` seconds or as soon as the one before
    is done; tells each and keeps its files.
    """
    due = time.monotonic()
    for edition in wanted:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic()) + every
        begun = time.monotonic()
        _run(folder, [edition])
        told.send(Published(edition, time.monotonic() - begun, time.monotonic()))
        keep(folder)
    told.close()


def keep(folder: Path) -> None:
    """Keep the files of the edition in force, which a later one would remove: a folder with a pointer of its own."""
    published = settings(folder).published
    edition_id = (published / "current").read_text(encoding="utf-8").strip()
    shutil.copytree(published / edition_id, kept(folder, edition_id) / edition_id, copy_function=os.link)
    (kept(folder, edition_id) / "current").write_text(edition_id + "\n", encoding="utf-8")


def kept(folder: Path, edition_id: str) -> Path:
    """Where an edition stands alone."""
    return folder / "kept" / edition_id
