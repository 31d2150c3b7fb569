"""Restores a backup into an empty folder, and drills it: read and compared first, written aside, then renamed.

A kill at any point leaves the folder as it was, or complete. Where the ledger is a PostgreSQL database, its rows are
committed, all at once, just before the folder gets its name; a kill between the two leaves a filled database and no
folder, and the next attempt says so.
"""

import os
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
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import anchor, publication, trail
from pipelines.ledger.audit_trail.trail import Act, Result
from pipelines.ledger.audit_trail.verification import find_breaches, verify_chain
from pipelines.ledger.db.portable import close_ways_in, contents, load_portable, revision, settle_database, sqlite_at
from pipelines.ledger.editions import recorded_editions
from pipelines.operations import inventory
from pipelines.operations.backup import Progress
from pipelines.operations.inventory import LEDGER, Backup, DamagedError, Kept
from pipelines.published.read import close, edition_in_force


def restore_backup(backup: Backup, into: Path, settings: Settings, now: datetime, progress: Progress) -> None:
    """Put a backup into ``into``, which must not exist or be empty, and the ledger where the settings say it is.

    Sessions and unused sign-in links are closed: since the backup they may have been ended or used. Raises UserError
    when the folder is not empty, a file is not what the manifest says, or the ledger's database is not empty.
    """
    aside = into.with_name(f".{into.name}.partial")
    try:
        if into.exists() and any(into.iterdir()):
            raise UserError(f"{into} 不是空文件夹；请给一个空的或还没有的文件夹 (the folder is not empty)")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700, parents=True)
        lay_out(backup, aside, progress, is_linked=False)
        target = settings.model_copy(update={"data": into})
        if settings.ledger_url:
            ledger = open_ledger(target)
            load_portable(aside / LEDGER, ledger)
            (aside / LEDGER).unlink()
            _begin_anew(ledger, backup, now)
            ledger.close()
        else:
            ledger = sqlite_at(aside / LEDGER)
            _begin_anew(ledger, backup, now)
            settle_database(ledger)
        os.sync()
        aside.chmod(0o750)
        aside.rename(into)
    except OSError as error:
        raise UserError(
            f"恢复没有完成：{error.filename or into} 无法读写（{error.strerror}）；"
            "请检查权限和磁盘空间 (the restore could not be made)"
        ) from error


def lay_out(backup: Backup, folder: Path, progress: Progress, *, is_linked: bool) -> None:
    """Read and compare all files of a backup, and put each where it stands in a data folder.

    ``is_linked``: contents of raw, which nobody changes, as links where the disk has them. The ledger in the file must
    say what the manifest does. Raises DamagedError.
    """
    files = backup.manifest.files
    for done, file in enumerate(inventory.compare_contents(backup.folder, files)):
        progress("核对", done, len(files))
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (is_linked and _is_content(file) and _link(backup.folder / file.path, target)):
            shutil.copyfile(backup.folder / file.path, target)
            target.chmod(file.mode if target.name == "general.duckdb" else file.mode & ~0o007)
            os.utime(target, ns=(file.mtime_ns, file.mtime_ns))
    progress("核对", len(files), len(files))
    ledger = sqlite_at(folder / LEDGER)
    try:
        with ledger.reading() as connection:
            told = contents(connection)
        is_upgraded = revision(ledger) != backup.manifest.ledger_revision  # its tables may have other columns now
    finally:
        settle_database(ledger)
    if not is_upgraded and any(told.get(table) != value for table, value in backup.manifest.ledger.items()):
        raise inventory.DamagedError(f"备份 {backup.name} 的台账与清单不符 (the ledger differs from the manifest)")


def lacking_keys(backup: Backup, folder: Path) -> list[str]:
    """A sentence for each key that the raw files of a backup need and that is not in the key folder; never the key."""
    told = []
    for name, wanted in sorted(backup.manifest.keys.items()):
        path = folder / f"{name}.key"
        held = all_keys.fingerprint_of(path)
        if held is None:
            told.append(f"缺少密钥 {path}（指纹 {wanted}）；请从保管处放回，否则含个人信息的文件打不开 (key missing)")
        elif held != wanted:
            told.append(f"密钥 {path} 的指纹是 {held}，备份所用的是 {wanted}；请放回原来的密钥 (another key)")
    return told


def _begin_anew(ledger: Ledger, backup: Backup, now: datetime) -> None:
    """Nobody is signed in, no link is open, and the trail says that it goes on from a backup."""
    closed = close_ways_in(ledger, now)
    details = {"backup": backup.name, "edition": backup.manifest.edition, "closed": closed}
    trail.write_entry(
        ledger, Act.RESTORE, trail.this_process(), "data folder", now, result=Result.DONE, details=details
    )


def _is_content(file: Kept) -> bool:
    return file.role == "raw" and Path(file.path).suffix not in {".json", ".jsonl"}


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


FRESH_FOR = timedelta(days=7)  # a drill older than this is told by the doctor
PARTS = 14  # of the sealed files one part is opened at each drill: all of them before the last of 14 backups goes


@dataclass(frozen=True)
class DrillResult:
    """What a drill met: files and entries of the audit trail compared, sealed files opened, and what is lacking."""

    files: int
    entries: int
    tables: int
    opened: int
    lacking: tuple[str, ...]


def run_drill(backup: Backup, settings: Settings, progress: Progress, turn: int = 0) -> DrillResult:
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
    return DrillResult(len(backup.manifest.files), entries, tables, opened, lacking)


def last_good(ledger: Ledger) -> datetime | None:
    """When the last drill ended well (UTC); None when none has."""
    entry = trail.last_done(ledger, Act.DRILL)
    return datetime.fromisoformat(entry.at) if entry else None


def _ledger_holds(backup: Backup, there: Settings) -> int:
    ledger = sqlite_at(there.data / LEDGER)
    try:
        anchors = anchor.known(there)
        verdict = verify_chain(ledger, anchors)
        breach = verdict.breach or next(iter(find_breaches(there, ledger, anchors)), "")
        if not breach:
            publication.check_publication(there.published, ledger)
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
            raw.masked_copy(contract, entry.content_hash, entry.drop_id)
        else:
            raw.content(contract, entry.content_hash)
        opened += 1
    return opened
