"""A data folder of its own for a benchmark, with everything the program needs, gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines import run as runs
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.demo import CitySpec, generate_city
from pipelines.ledger import Ledger, open_ledger
from pipelines.warehouse import store

LAST_DAY = date(2026, 10, 31)
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
REGION = ROOT / "data" / "regions" / "liaocheng"


@dataclass(frozen=True)
class Place:
    """Settings, region and ledger of a throw-away data folder."""

    settings: Settings
    region: Region
    ledger: Ledger

    @property
    def truth(self) -> Path:
        """Where the generator writes what really happened."""
        return self.settings.data / "truth.csv"

    def generate(self, days: int, scale: float, seed: int, quiet: bool) -> int:
        """Write an invented city into the inbox; returns the rows written."""
        report = generate_city(
            self.region, self.settings.inbox, CitySpec(days, scale, seed, LAST_DAY, quiet), truth=self.truth
        )
        return report.rows

    def ingest(self) -> None:
        """Take everything in, received as the day folders say."""
        runs.ingest_all(self.settings, self.region, self.ledger, True, now())

    def replay(self, first: date, last: date) -> None:
        """Compute and publish the editions between two days."""
        wanted = runs.first_editions(self.region, self.ledger, first, last)
        runs.editions(self.settings, self.region, self.ledger, wanted, now(), is_replay=True)

    @contextmanager
    def warehouse(self) -> Iterator[store.Warehouse]:
        """The warehouse, for looking."""
        with store.connect(self.settings, read_only=True) as opened:
            yield opened


def now() -> datetime:
    """The wall clock; a benchmark replays the past, so it only dates records."""
    return datetime.now(UTC)


@contextmanager
def place(region: Path = REGION) -> Iterator[Place]:
    """A fresh place on disk, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="gangshao-bench-") as folder:
        settings = Settings(data=Path(folder) / "var", keys=Path(folder) / "keys", region=region)
        settings.data.mkdir()
        settings.demonstration_mark.touch()
        ledger = open_ledger(settings)
        try:
            yield Place(settings, regions.load(region), ledger)
        finally:
            ledger.close()
