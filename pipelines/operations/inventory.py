"""The manifest of a backup: each file with size and hash, the paths excluded and why, and comparison of contents."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.core.sql import Sql, names, step
from pipelines.ingest.raw_store import register_entries
from pipelines.ledger.audit_trail.publication import sha256_of
from pipelines.publishing.edition import current_edition
from pipelines.warehouse import store

NAME = "manifest.json"
FORMAT = 2
"""1: the first. 2: says whether it is a full copy."""
LEDGER = "ledger.sqlite"


class DamagedError(UserError):
    """A backup is not what was written; the sentence says which file."""


@dataclass(frozen=True)
class Kept:
    """A file of a backup: path below its folder, bytes, SHA-256, mode, time of the original, and what it is for.

    ``role``: ledger, published, raw, anchors, backtests, mark, region.
    """

    path: str
    size: int
    sha256: str
    mode: int
    mtime_ns: int
    role: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. ``tables`` are hashes of published tables, ``ledger`` those of the ledger's tables.

    ``is_full``: it shares no file with another backup.
    """

    made_at: str
    program: str
    duckdb: str
    ledger_revision: str
    edition: str
    schema_version: str
    region: str
    is_demonstration: bool
    keys: dict[str, str]
    ledger: dict[str, str]
    tables: dict[str, str]
    left_out: dict[str, str]
    files: tuple[Kept, ...]
    format: int = FORMAT
    is_full: bool = False

    def of_role(self, role: str) -> list[Kept]:
        """The files of a role."""
        return [file for file in self.files if file.role == role]


@dataclass(frozen=True)
class Backup:
    """A finished backup: its folder and its manifest."""

    folder: Path
    manifest: Manifest = field(repr=False)

    @property
    def name(self) -> str:
        """The instant at which it was made, as its folder is called."""
        return self.folder.name


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest durably, a file a line."""
    told = asdict(manifest)
    files = told.pop("files")
    head = json.dumps(told, ensure_ascii=False, indent=1)[:-2]
    lines = ",\n".join("  " + json.dumps(file, ensure_ascii=False) for file in files)
    with (folder / NAME).open("w", encoding="utf-8") as file:
        file.write(f'{head},\n "files": [\n{lines}\n ]\n}}\n')
        file.flush()
        os.fsync(file.fileno())
    (folder / NAME).chmod(0o600)


def read_manifest(folder: Path) -> Backup:
    """A backup by its folder. Raises UserError when it is none, damaged, or of a newer program."""
    path = folder / NAME
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] > FORMAT:
            raise UserError(f"备份 {folder} 由更新版本的程序写成，请先升级程序 (a newer program made this backup)")
        files = tuple(Kept(**file) for file in told.pop("files"))
        manifest = Manifest(**told, files=files)
    except FileNotFoundError as error:
        raise UserError(f"{folder} 不是一份备份：没有 {NAME} (not a backup)") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"备份清单 {path} 无法读取或已损坏 (the manifest is damaged)") from error
    for file in files:
        if Path(file.path).is_absolute() or ".." in Path(file.path).parts:
            raise DamagedError(f"备份清单 {path} 已损坏：{file.path} 指到备份之外 (a path leads outside the backup)")
    return Backup(folder, manifest)


def backups(folder: Path) -> list[Backup]:
    """Finished backups of a folder, oldest first. One whose manifest cannot be read is left out."""
    found = []
    for path in sorted(folder.glob("[0-9]*Z")) if folder.exists() else []:
        try:
            found.append(read_manifest(path))
        except UserError:
            continue
    return found


def choose_backup(path: Path) -> Backup:
    """The backup at a path, or the newest one of a folder of backups. Raises UserError when there is none."""
    if (path / NAME).exists():
        return read_manifest(path)
    found = backups(path)
    if not found:
        raise UserError(f"{path} 中没有备份，请先运行 gangshao backup (no backup here)")
    return found[-1]


def folder_name(made_at: datetime) -> str:
    """Names in the order of time, without characters some disks refuse: ``20261123T040000Z``."""
    return made_at.strftime("%Y%m%dT%H%M%SZ")


def hash_in_name(path: str) -> str | None:
    """SHA-256 that a plain content of raw has by its name; None for a sealed one, a twin and all other files."""
    name = Path(path).name
    return name.removesuffix(".csv") if path.startswith("raw/") and re.fullmatch(r"[0-9a-f]{64}\.csv", name) else None


def compare_contents(folder: Path, files: Iterable[Kept]) -> Iterator[Kept]:
    """Read every file and give it back when it is as the manifest says; raises DamagedError where it is not."""
    for file in files:
        path = folder / file.path
        try:
            is_same = path.stat().st_size == file.size and sha256_of(path) == file.sha256
        except OSError as error:
            raise DamagedError(
                f"备份中的 {path} 无法读取（{error.strerror}）；请改用另一份备份，并重新备份 (cannot be read)"
            ) from error
        if not is_same:
            raise DamagedError(f"备份中的 {path} 与清单不符，已损坏；请改用另一份备份，并重新备份 (damaged)")
        yield file


def published_tables(folder: Path) -> dict[str, str]:
    """Hashes of the tables of an edition's two files, as ``doctor --hashes`` tells them."""
    told: dict[str, str] = {}
    for name in ("general", "restricted"):
        path = folder / f"{name}.duckdb"
        with store.Warehouse(duckdb.connect(str(path), read_only=True), path) as opened:
            told |= {f"{name}.{table}": value for table, value in store.table_hashes(opened).items()}
    return told


# What is not copied, and why; the rest of the data folder is, or is named as unknown.
REASONS = {
    "inbox": "等待接收的文件：尚未收到，由报送单位再报 (not received yet)",
    "outbox": "写成文件的邮件：内容在台账中 (in the ledger)",
    "warehouse.duckdb": "由 raw 与台账重建 (rebuilt from raw and ledger)",
    "warehouse.duckdb.wal": "由 raw 与台账重建 (rebuilt from raw and ledger)",
    "memory": "重建时重新学得 (learnt again)",
    "region": "恢复时放下的地区配置；现行的在备份中 (laid down by a restore)",
    "log": "运行日志，另有保存期 (kept for its own time)",
    "ledger.sqlite-wal": "在台账的副本中 (in the copy of the ledger)",
    "ledger.sqlite-shm": "在台账的副本中 (in the copy of the ledger)",
}
_LOCKS = {"run.lock", "backup.lock", "mail.lock"}
UNKNOWN = "程序不认识，没有备份 (unknown to the program)"
_TAKEN = {"ledger.sqlite", "raw", "audit", "published", "backtests", "DEMONSTRATION"}
_KEYS = "密钥：从不备份，须另行保管 (never in a backup; keep them elsewhere)"


def excluded_paths(settings: Settings) -> dict[str, str]:
    """Everything in the data folder that is not in the backup, with the reason; and the keys."""
    told = {"keys": _KEYS}
    for path in sorted(settings.data.iterdir()):
        if path.name not in _TAKEN and path.name not in _LOCKS and path != settings.backups:
            told[path.name] = REASONS.get(path.name, UNKNOWN)
    waiting = sum(path.is_file() for path in settings.inbox.rglob("*")) if settings.inbox.exists() else 0
    if waiting:
        told["inbox"] = f"{waiting} 个{REASONS['inbox']}"
    return told


_MOST_NAMED = 5
# What readers saw: the same keys and values. Other columns may have come with a later form of the files.
_COMPARED = {
    "reading": ("indicator", "area", "industry", "cohort", "grain", "period", "value", "known_from", "known_to"),
    "episode": ("episode_id", "level", "status", "known_from", "known_to"),
}


def lost_drops(settings: Settings) -> str:
    """A sentence on files that the published edition counts and the warehouse does not know; empty when there is none.

    Files read again (replay, restate) are left out: a rebuild reads all by the contracts of today.
    """
    query = (
        "select file_name from published.drop_register where origin_id is null "
        "and drop_id not in (select drop_id from warehouse.drop_register) order by received_at, file_name"
    )
    lost = [str(name) for (name,) in _asked(settings, query)]
    if not lost:
        return ""
    return (
        f"已发布的版次用了 {len(lost)} 个文件，重建后的仓库中没有：{_named(lost)}；"
        "raw/register.jsonl 缺行，请从备份恢复它再重建"
        " (lines of the list of received files are lacking)"
    )


def differences(settings: Settings) -> list[str]:
    """A sentence for each table of which the warehouse says otherwise than what was published."""
    told = []
    for table, columns in _COMPARED.items():
        places = {place: Sql(f"{place}.{table}") for place in ("published", "warehouse")}
        rows = _asked(settings, step("published_differs", columns=names(columns), **places))
        if rows and (number := rows[0][0]):
            told.append(
                f"{table} 有 {number} 行与已发布的不同：重新读取过文件或升级过程序属正常，否则请核对"
                " (the rebuilt table differs from what was published)"
            )
    return told


def unnamed_contents(raw: Path) -> str:
    """A sentence on contents of raw that no line of the list names; empty when there is none."""
    known = {entry.content_hash for entry in register_entries(raw)}
    short = {content_hash[:16] for content_hash in known}
    unnamed = [
        str(path.relative_to(raw))
        for path in sorted(raw.glob("*/**/*"))
        if path.is_file() and not path.name.startswith(".") and path.name.split(".")[0] not in known | short
    ]
    if not unnamed:
        return ""
    return (
        f"raw 中有 {len(unnamed)} 个文件，raw/register.jsonl 没有登记：{_named(unnamed)}；"
        "登记缺行，请从备份恢复它再重建"
        " (contents that no line of the list names)"
    )


def _asked(settings: Settings, query: str) -> list[tuple[object, ...]]:
    edition = current_edition(settings.published)
    if edition is None:
        return []
    with duckdb.connect() as con:
        con.execute(f"attach '{settings.published / edition / 'restricted.duckdb'}' as published (read_only)")
        con.execute(f"attach '{settings.warehouse}' as warehouse (read_only)")
        return con.execute(query).fetchall()


def _named(names: Sequence[str]) -> str:
    more = " 等" if len(names) > _MOST_NAMED else ""
    return "、".join(names[:_MOST_NAMED]) + more
