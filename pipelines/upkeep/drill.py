"""The drill: a backup restored aside and compared, so that the day it is needed is not the first time it is tried."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.domain import UserError
from pipelines.feeds import contracts
from pipelines.ingest import keys as all_keys
from pipelines.ingest.raw import Raw
from pipelines.ledger import Ledger, anchor, audit
from pipelines.ledger.audit import Act
from pipelines.ledger.edition import recorded_editions
from pipelines.ledger.portable import sqlite_at
from pipelines.ledger.verify import verify
from pipelines.publish.read import close, edition_in_force
from pipelines.settings import Settings
from pipelines.upkeep import inventory
from pipelines.upkeep.backup import Progress
from pipelines.upkeep.inventory import LEDGER, Backup, DamagedError
from pipelines.upkeep.restore import lacking_keys, lay_out

FRESH_FOR = timedelta(days=7)  # a drill older than this is told by the doctor


@dataclass(frozen=True)
class Drilled:
    """What a drill met: files and entries of the audit trail compared, sealed files opened, and what is lacking."""

    files: int
    entries: int
    tables: int
    opened: int
    lacking: tuple[str, ...]


def drill(backup: Backup, settings: Settings, progress: Progress) -> Drilled:
    """Restore a backup beside it, on the same disk, look at all of it, and remove what was made.

    Compared: every file's hash, the ledger's tables, the audit trail with all anchors, the editions, the hashes of the
    published tables; of each person feed the newest sealed file is opened, where the keys are here. Raises UserError
    that names the first thing that does not hold. Lacking keys are told, not raised: they are kept elsewhere.
    """
    aside = Path(tempfile.mkdtemp(prefix=".drill-", suffix=".partial", dir=backup.folder.parent))
    try:
        lay_out(backup, aside, progress, is_linked=True)
        there = Settings(data=aside, keys=settings.keys, region=settings.region, ledger_url="")
        entries = _ledger_holds(backup, there)
        tables = _published_holds(backup, there)
        lacking = tuple(lacking_keys(backup, settings.keys))
        opened = _seals_open(there) if backup.manifest.keys and not lacking else 0
    except OSError as error:
        raise UserError(
            f"演练没有完成：{error.filename or aside} 无法读写（{error.strerror}）；"
            "请检查权限和磁盘空间 (the drill could not be made)"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Drilled(len(backup.manifest.files), entries, tables, opened, lacking)


def last_good(ledger: Ledger) -> datetime | None:
    """When the last drill ended well (UTC); None when none has."""
    entry = audit.last_done(ledger, Act.DRILL)
    return datetime.fromisoformat(entry.at) if entry else None


def _ledger_holds(backup: Backup, there: Settings) -> int:
    ledger = sqlite_at(there.data / LEDGER)
    try:
        verdict = verify(ledger, anchor.known(there))
        known = {item.edition.edition_id for item in recorded_editions(ledger)}
    except anchor.DamagedError as error:
        raise DamagedError(f"备份 {backup.name}：{error}") from error
    finally:
        ledger.close()
    if verdict.breach:
        raise DamagedError(f"备份 {backup.name}：{verdict.breach}")
    if backup.manifest.edition not in known:
        raise DamagedError(
            f"备份 {backup.name} 的台账中没有已发布的版次 {backup.manifest.edition} (the ledger lacks this edition)"
        )
    return verdict.entries


def _published_holds(backup: Backup, there: Settings) -> int:
    wanted = backup.manifest.tables
    found = inventory.published_tables(there.published / backup.manifest.edition)
    if backup.manifest.duckdb != duckdb.__version__:  # its hashes are its own: rows are counted instead
        wanted, found = ({name: value.split(":")[0] for name, value in told.items()} for told in (wanted, found))
    if found != wanted:
        differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise DamagedError(f"备份 {backup.name} 的已发布表与清单不符：{'、'.join(differing)} (published tables differ)")
    try:
        shown = edition_in_force(there.published)
    finally:
        close()
    if shown.edition_id != backup.manifest.edition:
        raise DamagedError(
            f"备份 {backup.name} 显示的是版次 {shown.edition_id}，应为 {backup.manifest.edition} (another edition)"
        )
    return len(found)


def _seals_open(there: Settings) -> int:
    """Open the newest sealed file of every person feed; returns how many."""
    raw = Raw(there.raw, all_keys.load(there))
    newest = {entry.feed: entry for entry in raw.entries() if not entry.reason}
    opened = 0
    for feed, entry in newest.items():
        contract = contracts().get(feed)
        if contract is None or not contract.is_person:
            continue
        if raw.is_purged(contract, entry.content_hash, entry.drop_id):
            raw.twin(contract, entry.content_hash, entry.drop_id)
        else:
            raw.content(contract, entry.content_hash)
        opened += 1
    return opened
