"""The drill: a backup restored aside and compared, so that the day it is needed is not the first time it is tried."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.raw_store import RawStore
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail import anchor, publication, trail
from pipelines.ledger.audit_trail.cross_check import breaches
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.audit_trail.verify import verify
from pipelines.ledger.db.portable import sqlite_at
from pipelines.ledger.editions import recorded_editions
from pipelines.operations import inventory
from pipelines.operations.backup import Progress
from pipelines.operations.inventory import LEDGER, Backup, DamagedError
from pipelines.operations.restore import lacking_keys, lay_out
from pipelines.published.read import close, edition_in_force

FRESH_FOR = timedelta(days=7)  # a drill older than this is told by the doctor
PARTS = 14  # of the sealed files one part is opened at each drill: all of them before the last of 14 backups goes


@dataclass(frozen=True)
class Drilled:
    """What a drill met: files and entries of the audit trail compared, sealed files opened, and what is lacking."""

    files: int
    entries: int
    tables: int
    opened: int
    lacking: tuple[str, ...]


def drill(backup: Backup, settings: Settings, progress: Progress, turn: int = 0) -> Drilled:
    """Restore a backup beside it, on the same disk, look at all of it, and remove what was made.

    Compared: every file's hash, of plain contents of raw also with their names, the ledger's tables, the audit trail
    with all it tells of, the editions, the published files and the hashes of their tables; opened, where the keys are
    here: of each person feed the newest sealed file, and of all of them the part whose ``turn`` (drills so far) it is.
    Raises UserError that names the first thing that does not hold. Lacking keys are told, not raised: they are kept
    elsewhere.
    """
    for file in backup.manifest.of_role("raw"):
        if inventory.hash_in_name(file.path) not in {None, file.sha256}:
            raise DamagedError(
                f"备份 {backup.name} 中的 {file.path} 在备份时已损坏（内容与名称中的散列不符）；请改用另一份备份"
                " (it was damaged when it was copied)"
            )
    aside = Path(tempfile.mkdtemp(prefix=".drill-", suffix=".partial", dir=backup.folder.parent))
    try:
        lay_out(backup, aside, progress, is_linked=True)
        there = Settings(data=aside, keys=settings.keys, region=settings.region, ledger_url="")
        entries = _ledger_holds(backup, there)
        tables = _published_holds(backup, there)
        lacking = tuple(lacking_keys(backup, settings.keys))
        opened = _seals_open(there, turn % PARTS) if backup.manifest.keys and not lacking else 0
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
    entry = trail.last_done(ledger, Act.DRILL)
    return datetime.fromisoformat(entry.at) if entry else None


def _ledger_holds(backup: Backup, there: Settings) -> int:
    ledger = sqlite_at(there.data / LEDGER)
    try:
        anchors = anchor.known(there)
        verdict = verify(ledger, anchors)
        breach = verdict.breach or next(iter(breaches(there, ledger, anchors)), "")
        if not breach:
            publication.check(there.published, ledger)
        known = {item.edition.edition_id for item in recorded_editions(ledger)}
    except (anchor.DamagedError, UserError) as error:
        raise DamagedError(f"备份 {backup.name}：{error}") from error
    finally:
        ledger.close()
    if breach:
        raise DamagedError(f"备份 {backup.name}：{breach}")
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


def turn_of(ledger: Ledger) -> int:
    """How many drills ended well so far."""
    return trail.count_done(ledger, Act.DRILL)


def _seals_open(there: Settings, part: int) -> int:
    """Open the newest sealed file of every person feed and one part of all others; returns how many."""
    raw = RawStore(there.raw, all_keys.load_keys(there))
    newest = {entry.feed: entry for entry in raw.entries() if not entry.reason}
    chosen = {(entry.content_hash, entry.drop_id): entry for entry in newest.values()}
    for entry in raw.entries():
        if not entry.reason and int(entry.content_hash[:8], 16) % PARTS == part:
            chosen[entry.content_hash, entry.drop_id] = entry
    opened = 0
    for entry in chosen.values():
        contract = contracts().get(entry.feed)
        if contract is None or not contract.is_person:
            continue
        if raw.is_purged(contract, entry.content_hash, entry.drop_id):
            raw.twin(contract, entry.content_hash, entry.drop_id)
        else:
            raw.content(contract, entry.content_hash)
        opened += 1
    return opened
