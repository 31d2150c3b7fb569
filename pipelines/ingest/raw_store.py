"""The drops exactly as received, person feeds sealed, and the list of them: all that a rebuild needs."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipelines.core.domain import UserError
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.blocks import read_ahead
from pipelines.formcheck.parsing.submission import Keeping, Submission
from pipelines.ingest.encryption import FRAME, SealError, decrypt, encrypt
from pipelines.ingest.encryption_keys import Keys

# One fsync a file is dear; beyond this many files the whole file system is flushed once instead.
_FEW = 64
_TAIL = 1 << 16  # bytes of the list before a mark by which its sameness is told: hundreds of entries


SEALED = "sealed"
"""Folder within a feed's folder of what is sealed though the feed is about no persons."""
_SEALED_SUFFIX = ".sealed"


class ChangedError(Exception):
    """A file was written to while it was being read."""


@dataclass(frozen=True)
class RawEntry:
    """A line of the list: which content came under which name, when. ``received_at`` is UTC without a zone.

    ``drop_id`` stays as it was understood then; what the file speaks for is asked anew of its name at every load.
    ``reason`` and ``reason_en`` are written where the content may not be kept, or must not be opened again: a rebuild
    goes by them.
    """

    drop_id: str
    content_hash: str
    feed: str
    file_name: str
    received_at: datetime
    is_backfilled: bool
    reason: str = ""
    reason_en: str = ""

    @property
    def precedence(self) -> tuple[datetime, str]:
        """Of several arrivals of one drop the first counts."""
        return self.received_at, self.file_name


@dataclass(frozen=True)
class Mark:
    """A place between two lines of the list: bytes before it, and a digest of the last of them."""

    size: int
    digest: str


class RawStore:
    """The folder of received files. Files are named by content hash, so keeping one twice changes nothing."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder, self._keys = folder, keys
        self._register = folder / "register.jsonl"
        self._unsettled: list[Path] = []
        self._folders: set[Path] = set()

    def path(self, contract: Contract, content_hash: str) -> Path:
        """Where a content is kept."""
        suffix = ".csv.sealed" if contract.is_person else ".csv"
        return Path(f"{self._folder}/{contract.feed}/{content_hash[:1]}/{content_hash}{suffix}")

    def _aside_path(self, contract: Contract, content_hash: str) -> Path:
        """Where a content is kept that is sealed though its feed is about no persons: nobody could search it."""
        return self._folder / contract.feed / SEALED / f"{content_hash}.sealed"

    def _found(self, contract: Contract, content_hash: str) -> Path:
        path = self.path(contract, content_hash)
        aside = self._aside_path(contract, content_hash)
        return aside if not path.exists() and aside.exists() else path

    def twin_path(self, contract: Contract, content_hash: str, drop_id: str) -> Path:
        """Where the masked twin of a drop is kept once the content is gone (``pipelines.ingest.retention``)."""
        return self.path(contract, content_hash).with_name(f"{content_hash[:16]}.{drop_id}.twin.zip")

    def is_purged(self, contract: Contract, content_hash: str, drop_id: str) -> bool:
        """Whether of a drop only its masked twin is left; while the sealed content is there, that counts."""
        if not contract.is_person or self.path(contract, content_hash).exists():
            return False
        return self.twin_path(contract, content_hash, drop_id).exists()

    def masked_copy(self, contract: Contract, content_hash: str, drop_id: str) -> bytes | None:
        """The masked twin of a drop whose content has been purged; None while the content is there or both are gone."""
        if not self.is_purged(contract, content_hash, drop_id):
            return None
        path = self.twin_path(contract, content_hash, drop_id)
        try:
            return path.read_bytes()
        except OSError as error:
            raise UserError(f"脱敏副本 {path} 无法读取（{error.strerror}）；请从备份恢复。") from error

    def keep(self, contract: Contract, drop: Submission) -> None:
        """Write a drop aside and rename it into place. ``settle`` makes it last."""
        path = self.path(contract, drop.content_hash)
        if not contract.is_person and drop.keeping is not Keeping.AS_FEED:
            path = self._aside_path(contract, drop.content_hash)
        if path.exists():
            return
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        aside = path.with_name(f".{path.name}.part")
        pieces = (drop.content[at : at + FRAME] for at in range(0, len(drop.content), FRAME))
        is_sealed = path.suffix == _SEALED_SUFFIX
        with open(aside, "wb", opener=_for_the_owner if is_sealed else None) as file:
            file.writelines(encrypt(self._keys.raw, pieces) if is_sealed else pieces)
        aside.replace(path)
        self._unsettled.append(path)

    def receive(self, contract: Contract, source: BinaryIO) -> str:
        """Keep an open file of any size in one pass; returns its content hash. See ``keep``.

        Raises ChangedError when the file changed meanwhile; then nothing is kept.
        """
        before = os.fstat(source.fileno())
        folder = self._folder / contract.feed
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            while chunk := source.read(FRAME):
                digest.update(chunk)
                yield chunk

        aside = folder / ".receiving.part"  # one run at a time: whatever lies there was left by a crash
        try:
            with aside.open("wb") as file:
                pieces = read_ahead(chunks())
                file.writelines(encrypt(self._keys.raw, pieces) if contract.is_person else pieces)
            after = os.fstat(source.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise ChangedError
            path = self.path(contract, digest.hexdigest())
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                aside.replace(path)
                self._unsettled.append(path)
        finally:
            aside.unlink(missing_ok=True)
        return digest.hexdigest()

    def size(self, contract: Contract, content_hash: str) -> int:
        """Bytes that a content takes in the folder, its seal included; 0 when it is gone."""
        path = self._found(contract, content_hash)
        return path.stat().st_size if path.exists() else 0

    def content(self, contract: Contract, content_hash: str) -> bytes:
        """The bytes as received. Raises UserError when the file is gone, damaged or sealed with another key."""
        return b"".join(self.chunks(contract, content_hash))

    def head(self, contract: Contract, content_hash: str, size: int) -> bytes:
        """The first ``size`` bytes or more of a content, or all of it. Raises UserError as ``content`` does."""
        parts: list[bytes] = []
        held = 0
        for chunk in self.chunks(contract, content_hash):
            parts.append(chunk)
            held += len(chunk)
            if held >= size:
                break
        return b"".join(parts)

    def chunks(self, contract: Contract, content_hash: str) -> Iterator[bytes]:
        """The bytes as received, a chunk at a time. Raises UserError as ``content`` does, at the latest at the end."""
        path = self._found(contract, content_hash)
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                for chunk in (
                    decrypt(self._keys.raw, file, content_hash) if path.suffix == _SEALED_SUFFIX else _read(file)
                ):
                    digest.update(chunk)
                    yield chunk
        except OSError as error:
            raise UserError(f"原始报送文件 {path} 无法读取（{error.strerror}）；请从备份恢复。") from error
        except SealError as error:
            if error.is_other_key:
                raise UserError(f"原始报送文件 {path} 不是用现有密钥 raw.key 加密的；请恢复原来的密钥。") from error
            raise UserError(f"原始报送文件 {path} 已损坏，无法解密；请从备份恢复。") from error
        if digest.hexdigest() != content_hash:
            raise UserError(f"原始报送文件 {path} 已损坏（内容与登记的不符）；请从备份恢复。")

    def enter(self, entries: Iterable[RawEntry]) -> None:
        """Append to the list of drops and make it, and the files kept before, outlast a power failure."""
        lines = "".join(json.dumps(_line(entry), ensure_ascii=False) + "\n" for entry in entries)
        if not lines:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._register.open("ab+") as file:
            file.truncate(_complete_size(file.fileno()))
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        self.sync()

    def sync(self) -> None:
        """Make the files kept so far outlast a power failure; ``enter`` does so too."""
        if len(self._unsettled) > _FEW:
            os.sync()
        else:
            for path in self._unsettled:
                flush(path)
                flush(path.parent)
        self._unsettled.clear()

    def entries(self, after: Mark | None = None) -> Iterator[RawEntry]:
        """The list of drops, in the order they came, after a mark or all; a line torn by a crash is not yet an entry.

        A mark that the list does not bear out (another list, an older one) counts as none.
        """
        yield from register_entries(self._folder, after)

    def mark(self) -> Mark | None:
        """The place behind the last entry; None while there is no list."""
        if not self._register.exists():
            return None
        with self._register.open("rb") as file:
            return _mark(file, _complete_size(file.fileno()))


def register_entries(folder: Path, after: Mark | None = None) -> Iterator[RawEntry]:
    """As ``Raw.entries``, for who looks at the list alone and needs no key."""
    path = folder / "register.jsonl"
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(after.size if after is not None and after == _mark(file, after.size) else 0)
        for line in file:
            if line.endswith(b"\n"):
                fields = json.loads(line)
                fields["received_at"] = datetime.fromisoformat(fields["received_at"])
                yield RawEntry(**fields)


def newest_arrival(folder: Path) -> datetime | None:
    """When the last files came that were received by the clock (UTC without a zone); None without such a line.

    Looked for in the last lines of the list, which are in the order of arrival.
    """
    path = folder / "register.jsonl"
    if not path.exists():
        return None
    with path.open("rb") as file:
        size = _complete_size(file.fileno())
        file.seek(max(0, size - _TAIL))
        lines = file.read(min(size, _TAIL)).splitlines()[1 if size > _TAIL else 0 :]
    told = [json.loads(line) for line in lines]
    return max((datetime.fromisoformat(one["received_at"]) for one in told if not one["is_backfilled"]), default=None)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _mark(file: BinaryIO, size: int) -> Mark:
    file.seek(max(0, size - _TAIL))
    return Mark(size, hashlib.sha256(file.read(min(size, _TAIL))).hexdigest())


def _line(entry: RawEntry) -> dict[str, object]:
    fields = {name: value for name, value in vars(entry).items() if value != ""}
    return fields | {"received_at": entry.received_at.isoformat()}


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(FRAME):
        yield chunk


def _complete_size(descriptor: int) -> int:
    """Bytes of the list up to the end of its last whole line."""
    size = os.fstat(descriptor).st_size
    tail_at = max(0, size - _TAIL)
    return tail_at + os.pread(descriptor, size - tail_at, tail_at).rfind(b"\n") + 1


def flush(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
