"""A data folder of its own with an inbox to fill, and rows as senders write them; all people are invented."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ingest import inbox
from pipelines.ingest.ingest_report import IngestReport
from pipelines.warehouse import store
from pipelines.warehouse.as_of import create_views

ROOT = Path(__file__).resolve().parents[2]
REGION = ROOT / "data" / "regions" / "liaocheng"
NOW = datetime(2020, 6, 1, 1, tzinfo=UTC)
CLAIM_HEADER = "申领流水号,身份证号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期,受理日期"
EMPLOYER = "91350100M000100Y43"  # the valid example of GB 32100-2015
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def person(number: int) -> str:
    """A valid identity number, another one for each ``number`` below 1000."""
    first = f"{'371522' if number % 2 else '372522'}1985{1 + number % 12:02d}15{number:03d}"
    return first + "10X98765432"[sum(int(c) * w for c, w in zip(first, _WEIGHTS, strict=True)) % 11]


def claim(number: int, area: str = "371521", filed: str = "2020-03-05", **cells: str) -> str:
    """One good line of benefit_claim, with some cells replaced."""
    row = {
        "id": f"L{number:03d}", "person": person(number), "name": f"虚构人{number:03d}", "employer": EMPLOYER,
        "area": area, "industry": "C", "reason": "11", "lost": "2020-02-20", "filed": filed,
    }  # fmt: skip
    return ",".join((row | cells).values())


def claims(
    numbers: Iterable[int], encoding: str = "utf-8-sig", area: str = "371521", filed: str = "2020-03-05"
) -> bytes:
    """A file of good claims."""
    return csv(CLAIM_HEADER, *(claim(number, area, filed) for number in numbers), encoding=encoding)


def csv(*lines: str, encoding: str = "utf-8-sig") -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


@dataclass
class Place:
    """One data folder; ``keys`` may be shared so that pseudonyms agree."""

    region: Region
    settings: Settings

    @classmethod
    def at(cls, folder: Path, region: Region, keys: Path | None = None) -> "Place":
        return cls(region, Settings(data=folder / "var", keys=keys or folder / "keys", region=REGION, _env_file=None))

    def drop(self, feed: str, day: str | None, name: str, content: bytes) -> Path:
        folder = self.settings.inbox / feed / (day or "")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        return path

    def ingest(
        self, backfill: bool = True, now: datetime = NOW, progress: Callable[[str, int, int], None] | None = None
    ) -> IngestReport:
        with store.connect(self.settings) as warehouse:
            return inbox.ingest_inbox(self.settings, self.region, warehouse, backfill, now, progress)

    def rows(self, sql: str, **parameters: object) -> list[tuple[object, ...]]:
        with store.connect(self.settings) as warehouse:
            return warehouse.connection.execute(sql, parameters).fetchall()

    def hashes(self) -> dict[str, str]:
        with store.connect(self.settings) as warehouse:
            return {table: value for table, value in store.table_hashes(warehouse).items() if value != "0:0"}

    def in_force(self, cutoff_at: datetime) -> set[str]:
        """File names in force at an instant, as an edition would see them."""
        with store.connect(self.settings) as warehouse:
            create_views(warehouse.connection, cutoff_at.astimezone(UTC).replace(tzinfo=None))
            return {
                name
                for (name,) in warehouse.connection.execute(
                    "select file_name from in_force join drop_register using (drop_id)"
                ).fetchall()
            }

    def morning(self, day: str) -> datetime:
        """The cut-off of a day."""
        return self.region.cutoff_at(date.fromisoformat(day))

    def files(self) -> set[str]:
        """What still waits in the inbox."""
        return {path.name for path in self.settings.inbox.rglob("*") if path.is_file()}
