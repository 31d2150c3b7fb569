"""Puts a backup into an empty folder: everything is read and compared first, written aside, then given its name.

A kill at any point leaves the folder as it was, or complete. Where the ledger is a PostgreSQL database, its rows are
committed, all at once, just before the folder gets its name; a kill between the two leaves a filled database and no
folder, and the next attempt says so.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Result
from pipelines.ledger.db.portable import close_ways_in, contents, load_portable, revision, settle, sqlite_at
from pipelines.operations import inventory
from pipelines.operations.backup import Progress
from pipelines.operations.inventory import LEDGER, Backup, Kept


def restore(backup: Backup, into: Path, settings: Settings, now: datetime, progress: Progress) -> None:
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
            settle(ledger)
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
    for done, file in enumerate(inventory.compare(backup.folder, files)):
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
        settle(ledger)
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
    trail.write(ledger, Act.RESTORE, trail.this_process(), "data folder", now, result=Result.DONE, details=details)


def _is_content(file: Kept) -> bool:
    return file.role == "raw" and Path(file.path).suffix not in {".json", ".jsonl"}


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True
