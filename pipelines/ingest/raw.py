"""The drops exactly as received, person feeds sealed, and the list of them: all that a rebuild needs."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.domain import UserError
from pipelines.feeds.contract import Contract
from pipelines.ingest.drop import Drop
from pipelines.ingest.keys import Keys, fingerprint

_MAGIC = b"GANGSHAO1"
_NONCE_BYTES = 12
# One fsync a file is dear; beyond this many files the whole file system is flushed once instead.
_FEW = 64


@dataclass(frozen=True)
class Entry:
    """A line of the list: which content came under which name, when. ``received_at`` is UTC without a zone.

    ``drop_id`` stays as it was understood then; what the file speaks for is asked anew of its name at every load.
    ``reason`` and ``reason_en`` are written where the content may not be kept: then they are all that is left of it.
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


class Raw:
    """The folder of received files. Files are named by content hash, so keeping one twice changes nothing."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder, self._keys = folder, keys
        self._cipher = AESGCM(keys.raw)
        self._register = folder / "register.jsonl"
        self._unsettled: list[Path] = []
        self._folders: set[Path] = set()

    def path(self, contract: Contract, content_hash: str) -> Path:
        """Where a content is kept."""
        suffix = ".csv.sealed" if contract.is_person else ".csv"
        return Path(f"{self._folder}/{contract.feed}/{content_hash[:1]}/{content_hash}{suffix}")

    def twin_path(self, contract: Contract, content_hash: str, drop_id: str) -> Path:
        """Where the masked twin of a drop is kept once the content is gone (``pipelines.ingest.purge``)."""
        return self.path(contract, content_hash).with_name(f"{content_hash[:16]}.{drop_id}.twin.zip")

    def twin(self, contract: Contract, content_hash: str, drop_id: str) -> bytes | None:
        """The masked twin of a drop whose content has been purged; None while the content is there or both are gone."""
        path = self.twin_path(contract, content_hash, drop_id)
        if self.path(contract, content_hash).exists() or not path.exists():
            return None
        try:
            return path.read_bytes()
        except OSError as error:
            raise UserError(f"脱敏副本 {path} 无法读取（{error.strerror}）；请从备份恢复。") from error

    def keep(self, contract: Contract, drop: Drop) -> None:
        """Write a drop aside and rename it into place. ``settle`` makes it last."""
        path = self.path(contract, drop.content_hash)
        if path.exists():
            return
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(self._sealed(drop) if contract.is_person else drop.content)
        aside.replace(path)
        self._unsettled.append(path)

    def _sealed(self, drop: Drop) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, drop.content, drop.content_hash.encode())
        return b"".join((_MAGIC, fingerprint(self._keys.raw), nonce, sealed))

    def content(self, contract: Contract, content_hash: str) -> bytes:
        """The bytes as received. Raises UserError when the file is gone, damaged or sealed with another key."""
        path = self.path(contract, content_hash)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(f"原始报送文件 {path} 无法读取（{error.strerror}）；请从备份恢复。") from error
        if contract.is_person:
            content = self._opened(path, content, content_hash)
        if hashlib.sha256(content).hexdigest() != content_hash:
            raise UserError(f"原始报送文件 {path} 已损坏（内容与登记的不符）；请从备份恢复。")
        return content

    def _opened(self, path: Path, sealed: bytes, content_hash: str) -> bytes:
        head = len(_MAGIC) + len(fingerprint(self._keys.raw))
        if sealed[:head] != _MAGIC + fingerprint(self._keys.raw):
            raise UserError(f"原始报送文件 {path} 不是用现有密钥 raw.key 加密的；请恢复原来的密钥。")
        try:
            nonce, body = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
            return self._cipher.decrypt(nonce, body, content_hash.encode())
        except InvalidTag as error:
            raise UserError(f"原始报送文件 {path} 已损坏，无法解密；请从备份恢复。") from error

    def enter(self, entries: Iterable[Entry]) -> None:
        """Append to the list of drops and make it, and the files kept before, outlast a power failure."""
        lines = "".join(json.dumps(_line(entry), ensure_ascii=False) + "\n" for entry in entries)
        if not lines:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._register.open("ab+") as file:
            _cut_torn_line(file.fileno())
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        if len(self._unsettled) > _FEW:
            os.sync()
        else:
            for path in self._unsettled:
                _flush(path)
        self._unsettled.clear()

    def entries(self) -> Iterator[Entry]:
        """The list of drops, in the order they came; a line torn by a crash is not yet an entry."""
        if not self._register.exists():
            return
        with self._register.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    fields = json.loads(line)
                    fields["received_at"] = datetime.fromisoformat(fields["received_at"])
                    yield Entry(**fields)


def _line(entry: Entry) -> dict[str, object]:
    fields = {name: value for name, value in vars(entry).items() if value != ""}
    return fields | {"received_at": entry.received_at.isoformat()}


def _cut_torn_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    tail_at = max(0, size - (1 << 16))
    tail = os.pread(descriptor, size - tail_at, tail_at)
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(descriptor, tail_at + tail.rfind(b"\n") + 1)


def _flush(path: Path) -> None:
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
