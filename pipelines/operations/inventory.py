"""The manifest of a backup: every file with size and hash, what the files say, and what was left out and why."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.core.domain import UserError
from pipelines.ledger.audit_trail.publication import sha256_of
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


def write(folder: Path, manifest: Manifest) -> None:
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


def read(folder: Path) -> Backup:
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
            found.append(read(path))
        except UserError:
            continue
    return found


def chosen(path: Path) -> Backup:
    """The backup at a path, or the newest one of a folder of backups. Raises UserError when there is none."""
    if (path / NAME).exists():
        return read(path)
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


def compare(folder: Path, files: Iterable[Kept]) -> Iterator[Kept]:
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
