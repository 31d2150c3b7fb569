"""Makes a backup: a folder written aside, complete with its manifest, then given its name.

What belongs together is copied under the run's lock, which a run that is at work is waited for: the ledger first, then
the edition the pointer names, the anchors and the lists of raw. No edition is made and none published in between, so
whatever the ledger says refers to what the published files show, every anchor names an entry the ledger has, and every
file the ledger's editions used is in the list. The dashboard goes on writing to the ledger; what it writes after the
ledger's instant is in the next backup. The contents of raw come last and without the run's lock: a run only adds to
them; purging, which replaces some, waits for the backup.

Contents of raw that the backup before holds unchanged become hard links to it, after they were read and compared, so
that damage is not handed on; all else is copied. Once a week everything is, so that one damaged inode is not in all
backups. A content of raw that is not what its name says, or has changed since the backup before, is refused: contents
never change, and a backup of a damaged one would push the last good one out.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout
from sqlalchemy.exc import DatabaseError

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.raw_store import RawStore
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.publication import sha256_of
from pipelines.ledger.db.portable import revision, write_portable
from pipelines.operations import inventory
from pipelines.operations.inventory import LEDGER, Backup, Kept, Manifest, excluded_paths
from pipelines.publishing.edition import current_edition

FULL_EVERY = timedelta(days=7)
WAIT_SECONDS = 3600.0  # a rebuild takes so long at most where a backup is worth waiting for it
Progress = Callable[[str, int, int], None]
_RUNNING = "另一个任务一直在运行，没有备份；请等它结束后再试 (another run is at work; no backup was made)"


@dataclass(frozen=True)
class _Saved:
    """The edition that was copied, and of the ledger what its tables hold and the step it has taken."""

    edition: str
    contents: dict[str, str]
    revision: str


def back_up(
    settings: Settings, region: Region, ledger: Ledger, now: datetime, progress: Progress, wait: float = WAIT_SECONDS
) -> Backup:
    """Make a backup in ``settings.backups``. Raises UserError (a run that does not end, no edition, no space)."""
    earlier = inventory.backups(settings.backups)
    is_full = not any(_is_recent_copy(one, now) for one in earlier)
    folder = settings.backups / inventory.folder_name(now)
    aside = settings.backups / f".{folder.name}.partial"
    if folder.exists():
        raise UserError(f"备份 {folder} 已存在，请稍后再试 (this backup exists)")
    try:
        with holding_raw(settings, wait):
            _clear(settings.backups)
            aside.mkdir(mode=0o700, parents=True)
            with _still(settings, wait):
                saved, files = _together(settings, region, ledger, aside)
                contents = list(_contents(settings))
            files += _keep_contents(settings, contents, aside, earlier, is_full, progress)
            manifest = _manifest(settings, region, now, saved, files, is_full, aside)
            inventory.write_manifest(aside, manifest)
            _sync_folder(aside)
            aside.rename(folder)
            _sync(settings.backups)
    except OSError as error:
        raise UserError(
            f"备份没有完成：{error.filename or settings.backups} 无法读写（{error.strerror}）；"
            "请检查权限和磁盘空间 (the backup could not be made)"
        ) from error
    except (duckdb.Error, DatabaseError) as error:
        raise UserError(
            "备份没有完成：台账或已发布文件无法读取，可能已损坏；请用 gangshao doctor 和 gangshao audit verify 检查"
            " (the ledger or a published file cannot be read)"
        ) from error
    return Backup(folder, manifest)


def thin(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest ``keep`` backups; returns the names of those removed."""
    gone = inventory.backups(folder)[:-keep]
    for backup in gone:
        dying = folder / f".{backup.name}.partial"
        backup.folder.rename(dying)  # a kill while it is removed leaves nothing that looks like a backup
        shutil.rmtree(dying)
    return [backup.name for backup in gone]


@contextmanager
def holding_raw(settings: Settings, wait: float = 0) -> Iterator[None]:
    """Keep everybody from removing contents of raw, or from making a second backup meanwhile."""
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.data / "backup.lock", timeout=wait):
            yield
    except Timeout as error:
        raise UserError("正在备份，请等它结束后再试 (a backup is being made)") from error


@contextmanager
def _still(settings: Settings, wait: float) -> Iterator[None]:
    """The run's lock, waited for."""
    try:
        with FileLock(settings.run_lock, timeout=wait):
            yield
    except Timeout as error:
        raise UserError(_RUNNING) from error


def _clear(folder: Path) -> None:
    for left in folder.glob(".*.partial"):
        shutil.rmtree(left)


def _together(settings: Settings, region: Region, ledger: Ledger, aside: Path) -> tuple[_Saved, list[Kept]]:
    """What must be of one instant, in this order: ledger, pointer and its files, anchors, lists of raw."""
    edition = current_edition(settings.published)
    if edition is None:
        raise UserError("还没有发布过版次，没有可备份的 (nothing has been published, there is nothing to back up)")
    contents = write_portable(ledger, aside / LEDGER)
    (aside / LEDGER).chmod(0o600)
    here = settings.data / LEDGER
    mode = 0o600 if settings.ledger_url or not here.exists() else here.stat().st_mode & 0o777
    files = [_backed_up(aside, LEDGER, "ledger", mode, (aside / LEDGER).stat().st_mtime_ns)]
    source = settings.published / edition
    for path in sorted(source.iterdir()):
        files.append(_copy(path, aside, f"published/{edition}/{path.name}", "published"))
    files.append(_copy(settings.published / "current", aside, "published/current", "published"))
    if settings.anchors.exists():
        files.append(_copy(settings.anchors, aside, "audit/anchors.jsonl", "anchors"))
    lists = [path for path in sorted(settings.raw.glob("*.json*")) if path.is_file()]
    files += [_copy(path, aside, f"raw/{path.name}", "raw") for path in lists]
    files += [
        _copy(path, aside, f"backtests/{path.name}", "backtests") for path in sorted(settings.backtests.glob("*"))
    ]
    if settings.demonstration_mark.exists():
        files.append(_copy(settings.demonstration_mark, aside, settings.demonstration_mark.name, "mark"))
    files += [
        _copy(path, aside, f"region/{path.name}", "region")
        for path in sorted(region.folder.iterdir())
        if path.is_file()
    ]
    return _Saved(edition, contents, revision(ledger)), files


def _contents(settings: Settings) -> Iterator[Path]:
    """The contents and twins of raw, which never change under their name; what a crash left aside is none."""
    for path in sorted(settings.raw.glob("*/**/*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _keep_contents(
    settings: Settings, contents: list[Path], aside: Path, earlier: list[Backup], is_full: bool, progress: Progress
) -> list[Kept]:
    before = earlier[-1] if earlier else None
    known = {file.path: file for file in before.manifest.of_role("raw")} if before else {}
    files = []
    for done, path in enumerate(contents):
        progress("备份", done, len(contents))
        name = f"raw/{path.relative_to(settings.raw)}"
        kept = None if is_full else _linked(path, aside, before, known.get(name))
        if kept is None:
            kept = _copy(path, aside, name, "raw")
            _refuse_damaged(settings, path, kept, known.get(name), earlier)
        files.append(kept)
    progress("备份", len(contents), len(contents))
    return files


def _is_recent_copy(backup: Backup, now: datetime) -> bool:
    return backup.manifest.is_full and now - datetime.fromisoformat(backup.manifest.made_at) < FULL_EVERY


def _refuse_damaged(settings: Settings, path: Path, kept: Kept, known: Kept | None, earlier: list[Backup]) -> None:
    """Raise UserError when a content of raw is not what it was when it was received."""
    by_name = inventory.hash_in_name(kept.path)
    is_damaged = kept.sha256 != by_name if by_name else known is not None and known.sha256 != kept.sha256
    if not is_damaged or (not by_name and _opens(settings, path)):
        return
    wanted = by_name or (known.sha256 if known else "")
    good = [one.folder / kept.path for one in earlier for file in one.manifest.files if _is(file, kept.path, wanted)]
    way_out = f"请从 {good[-1]} 复制回来" if good else "现有备份中没有完好的，请由报送单位重报"
    raise UserError(
        f"原始文件 {path} 已损坏（内容与收到时不符），没有备份；{way_out}，然后重新备份 (a raw file is damaged)"
    )


def _is(file: Kept, path: str, sha256: str) -> bool:
    return (file.path, file.sha256) == (path, sha256)


def _opens(settings: Settings, path: Path) -> bool:
    """Whether a sealed content that differs from the one kept before is a good one: received and sealed again."""
    content_hash, _, suffix = path.name.partition(".")
    contract = contracts().get(path.relative_to(settings.raw).parts[0])
    if suffix != "csv.sealed" or contract is None:
        return False
    try:
        for _ in RawStore(settings.raw, all_keys.load_keys(settings)).chunks(contract, content_hash):
            pass
    except UserError:
        return False
    return True


def _linked(path: Path, aside: Path, before: Backup | None, known: Kept | None) -> Kept | None:
    """The same content in the backup before, linked, if it is still what its manifest says; else None."""
    if before is None or known is None:
        return None
    now = path.stat()
    if (now.st_size, now.st_mtime_ns) != (known.size, known.mtime_ns):
        return None
    kept = before.folder / known.path
    try:
        if sha256_of(kept) != known.sha256:
            return None
        (aside / known.path).parent.mkdir(parents=True, exist_ok=True)
        os.link(kept, aside / known.path)
    except OSError:  # gone, unreadable, or a disk without links
        return None
    return known


def _copy(source: Path, aside: Path, name: str, role: str) -> Kept:
    target = aside / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = source.stat()
    shutil.copyfile(source, target)
    target.chmod(0o600)
    return _backed_up(aside, name, role, before.st_mode & 0o777, before.st_mtime_ns)


def _backed_up(aside: Path, name: str, role: str, mode: int, mtime_ns: int) -> Kept:
    path = aside / name
    return Kept(name, path.stat().st_size, sha256_of(path), mode, mtime_ns, role)


def _manifest(
    settings: Settings, region: Region, now: datetime, saved: _Saved, files: list[Kept], is_full: bool, aside: Path
) -> Manifest:
    tables = inventory.published_tables(aside / "published" / saved.edition)
    prints = aside / "raw" / "keys.json"
    path = aside / "published" / saved.edition / "restricted.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        schema = con.execute("select value from manifest where key = 'schema_version'").fetchall()
    return Manifest(
        made_at=now.isoformat(),
        program=version("gangshao"),
        duckdb=duckdb.__version__,
        ledger_revision=saved.revision,
        edition=saved.edition,
        schema_version=str(schema[0][0]),
        region=region.folder.name,
        is_demonstration=settings.demonstration_mark.exists(),
        keys=json.loads(prints.read_text(encoding="ascii")) if prints.exists() else {},
        ledger=saved.contents,
        tables=tables,
        left_out=excluded_paths(settings),
        files=tuple(files),
        is_full=is_full,
    )


def _sync_folder(folder: Path) -> None:
    """Make all of it outlast a power failure."""
    os.sync()
    _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
