"""What an ordinary day costs a city with five years of history, and how much more than with one year."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines import run as runs
from pipelines.core.domain import Edition
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.demo import CitySpec, generate_city
from pipelines.ledger import open_ledger
from pipelines.publishing.edition import publish
from pipelines.warehouse import store
from pipelines.warehouse.transform import Change
from tests.bench.apart import Measured, apart
from tests.bench.place import ROOT, now

REGION = ROOT / "data" / "regions" / "liaocheng"
DAY = date(2026, 11, 10)  # a Tuesday, and the day by which the monthly feeds are due
YEARS = (5, 1)
_DAYS = {5: 1826, 1: 365}


def settings(folder: Path) -> Settings:
    """The settings of a data folder below ``folder``."""
    return Settings(data=folder / "var", keys=folder / "keys", region=REGION, _env_file=None)


def make(folder: Path, scale: float) -> int:
    """Five years of an invented city, received up to the day; the rows of its files."""
    last = DAY - timedelta(days=1)
    inbox = settings(folder).inbox
    return generate_city(
        regions.load(REGION), inbox, CitySpec(_DAYS[5], scale, 1, last), truth=folder / "truth.csv"
    ).rows


def share(source: Path, target: Path, first: date, last: date) -> int:
    """Link into another inbox the files received between two days; how many."""
    files = 0
    for day in settings(source).inbox.glob("*/*"):
        if first <= date.fromisoformat(day.name) <= last:
            shutil.copytree(day, settings(target).inbox / day.parent.name / day.name, copy_function=_link)
            files += len(list(day.iterdir()))
    return files


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def ingest(folder: Path) -> int:
    """Take everything in, received as the day folders say; the files."""
    with_place = settings(folder)
    return runs.ingest_all(with_place, regions.load(REGION), open_ledger(with_place), True, now()).files


@dataclass(frozen=True)
class Seconds:
    """Of one edition: until the readings were current, and all of it."""

    transform: float
    edition: float


def compute(folder: Path, day: date) -> Seconds:
    """One edition, from opening the warehouse to its commit, and what is kept for the next."""
    region = regions.load(REGION)
    begun = time.perf_counter()
    with store.connect(settings(folder)) as warehouse:
        work = runs.start(warehouse.connection, settings(folder), region, day)
        current = 0.0
        transform = work.transform.run

        def watched(cutoff_at: datetime) -> Change:
            nonlocal current
            change = transform(cutoff_at)
            current = time.perf_counter() - begun
            return change

        work.transform.run = watched  # type: ignore[method-assign]
        runs.compute(work, _edition(day))
        work.forecaster.keep()
    return Seconds(current, time.perf_counter() - begun)


def _edition(day: date) -> Edition:
    return Edition(day, 1, regions.load(REGION).cutoff_at(day))


def publish_edition(folder: Path, day: date) -> int:
    """Publish one edition; bytes of its files."""
    here = settings(folder)
    with store.connect(here) as warehouse:
        made = publish(warehouse.connection, here.published, regions.load(REGION), _edition(day), runs.manifest(here))
    return sum(path.stat().st_size for path in made.glob("*.duckdb"))


def run(small: bool) -> dict[str, Any]:
    """Scale 1; small: scale 0.05."""
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as folder:
        bench = _Bench(Path(folder), 0.05 if small else 1.0)
        return {"day": bench.run()}


@dataclass
class _Bench:
    """Two data folders of the same city, one with five years of history and one with the last of them."""

    folder: Path
    scale: float

    def run(self) -> dict[str, Any]:
        source = self.folder / "source"
        rows = apart(make, source, self.scale).answer
        table = Table(title=f"scale {self.scale}, {rows:,} rows in five years, received on {DAY}")
        for column in ("stage", *(f"{years} y, s" for years in YEARS), "5 ÷ 1", "peak MiB"):
            table.add_column(column, justify="left" if column == "stage" else "right")
        days = {years: self._day(source, years) for years in YEARS}
        for name in ("history in", "first edition", "day in", "day's edition", "readings", "day published"):
            self._show(table, name, [days[years][name] for years in YEARS])
        files = days[5]["day in"].answer
        table.caption = f"{files} files on the day"
        Console().print(table)
        cost = {years: sum(self._costs(day)) for years, day in days.items()}
        taken, current, published = self._costs(days[5])
        return {
            "ingest_s": round(taken, 2),
            "transform_s": round(current, 2),
            "publish_s": round(published, 2),
            "published_mib": round(days[5]["day published"].answer / 2**20, 1),
            "day_cost_year5_over_year1": round(cost[5] / cost[1], 2),
        }

    @staticmethod
    def _costs(day: dict[str, Measured]) -> tuple[float, float, float]:
        return day["day in"].seconds, day["readings"].seconds, day["day published"].seconds

    @staticmethod
    def _show(table: Table, name: str, measured: Sequence[Measured]) -> None:
        seconds = [item.seconds for item in measured]
        peak = max(item.peak_mib for item in measured)
        cells = [f"{value:.2f}" for value in (*seconds, seconds[0] / seconds[1])]
        table.add_row(name, *cells, f"{peak:.0f}")

    def _day(self, source: Path, years: int) -> dict[str, Measured]:
        place = self.folder / f"{years} years"
        before = DAY - timedelta(days=1)
        share(source, place, DAY - timedelta(days=_DAYS[years]), before)
        found = {"history in": apart(ingest, place), "first edition": apart(compute, place, before)}
        apart(publish_edition, place, before)
        share(source, place, DAY, DAY)
        found["day in"] = apart(ingest, place)
        found["day's edition"] = edition = apart(compute, place, DAY)
        found["readings"] = Measured(edition.answer.transform, 0.0, edition.peak_mib, None)
        found["day published"] = apart(publish_edition, place, DAY)
        return found
