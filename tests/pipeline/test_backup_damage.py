"""A damaged raw file gets into no backup and through no fourteen drills; each week's backup stands alone."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.ingest import encryption_keys
from pipelines.ingest.raw_store import RawStore
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail.publication import sha256_of
from pipelines.operations import inventory
from pipelines.operations.backup import back_up
from pipelines.operations.inventory import Backup
from pipelines.operations.restore import PARTS, run_drill
from tests.house import House

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Kept:
    """A small city of which backups are made in this process."""

    settings: Settings
    ledger: Ledger

    def back_up(self, after: timedelta) -> Backup:
        return back_up(self.settings, regions.load(self.settings.region), self.ledger, NOW + after, silent)

    def file(self, suffix: str) -> Path:
        return sorted(self.settings.raw.glob(f"*/*/*{suffix}"))[0]


def silent(*_: object) -> None:
    pass


def damage(path: Path) -> bytes:
    content = path.read_bytes()
    path.unlink()  # a copied house shares it with the first one
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    return content


@pytest.fixture
def kept(small: House, house: Callable[[House], House]) -> Iterator[Kept]:
    place = house(small)
    settings = Settings(data=place.data, keys=place.folder / "keys", region=place.region)
    ledger = open_ledger(settings)
    yield Kept(settings, ledger)
    ledger.close()


@pytest.mark.requirement("M5")
@pytest.mark.parametrize("suffix", ["csv", "csv.sealed"])
def test_a_raw_file_damaged_since_the_last_backup_is_refused_with_the_good_copy_named(suffix: str, kept: Kept) -> None:
    good = kept.back_up(timedelta())
    path = kept.file(f".{suffix}")
    damage(path)
    with pytest.raises(UserError, match="已损坏（内容与收到时不符）") as refused:
        kept.back_up(DAY)
    copy = good.folder / path.relative_to(kept.settings.data)
    assert f"请从 {copy} 复制回来" in str(refused.value)
    assert [one.name for one in inventory.backups(kept.settings.backups)] == [good.name]
    shutil.copyfile(copy, path)
    run_drill(kept.back_up(2 * DAY), kept.settings, silent)


def test_a_plain_file_damaged_before_the_first_backup_is_refused(kept: Kept) -> None:
    damage(kept.file(".csv"))
    with pytest.raises(UserError, match="现有备份中没有完好的，请由报送单位重报"):
        kept.back_up(timedelta())


def test_a_content_that_was_sealed_again_is_no_damage(kept: Kept) -> None:
    path, contract = kept.file(".csv.sealed"), contracts()["benefit_claim"]
    first = kept.back_up(timedelta()).folder / path.relative_to(kept.settings.data)
    raw = RawStore(kept.settings.raw, encryption_keys.load_keys(kept.settings))
    content = raw.content(contract, path.name.split(".")[0])
    path.unlink()
    plain = kept.settings.data / "received.csv"
    plain.write_bytes(content)
    with plain.open("rb") as file:
        raw.receive(contract, file)
    again = kept.back_up(DAY).folder / path.relative_to(kept.settings.data)
    assert again.read_bytes() == path.read_bytes() != first.read_bytes()


def test_a_backup_a_week_shares_no_file_with_the_others(kept: Kept) -> None:
    name = kept.file(".csv").relative_to(kept.settings.data)
    days = (0, 1, 6, 7, 8)
    places = [(kept.back_up(day * DAY).folder / name).stat().st_ino for day in days]
    first, second = places[0], places[3]
    assert places == [first, first, first, second, second]
    assert first != second
    assert [one.manifest.is_full for one in inventory.backups(kept.settings.backups)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_damage_that_an_earlier_program_copied_is_found_by_the_drill(kept: Kept) -> None:
    made = kept.back_up(timedelta())
    path = made.folder / kept.file(".csv").relative_to(kept.settings.data)
    damage(path)
    told = rewritten(made, path)
    with pytest.raises(UserError, match="在备份时已损坏（内容与名称中的散列不符）"):
        run_drill(told, kept.settings, silent)


def test_each_sealed_file_is_opened_once_in_fourteen_drills(kept: Kept) -> None:
    made = kept.back_up(timedelta())
    entries = [
        entry
        for entry in RawStore(kept.settings.raw, encryption_keys.load_keys(kept.settings)).entries()
        if entry.feed == "benefit_claim"
    ]
    old, newest = entries[0], entries[-1]
    assert old.content_hash != newest.content_hash
    path = next(made.folder.glob(f"raw/benefit_claim/*/{old.content_hash}.csv.sealed"))
    damage(path)
    told = rewritten(made, path)
    part = int(old.content_hash[:8], 16) % PARTS
    assert run_drill(told, kept.settings, silent, part + 1).opened >= 1
    with pytest.raises(UserError, match=old.content_hash):
        run_drill(told, kept.settings, silent, part + PARTS)


def rewritten(backup: Backup, path: Path) -> Backup:
    """The backup with the file as it is now in its manifest."""
    manifest = backup.folder / inventory.NAME
    told = json.loads(manifest.read_text(encoding="utf-8"))
    for file in told["files"]:
        if backup.folder / file["path"] == path:
            file["sha256"] = sha256_of(path)
    manifest.write_text(json.dumps(told), encoding="utf-8")
    return inventory.read_manifest(backup.folder)
