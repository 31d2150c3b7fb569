"""What waits in the inbox: complete files of known feeds, in the order they came; everything else is left and named."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from pipelines.domain import UserError
from pipelines.feeds.contract import Contract
from pipelines.ingest.raw import ChangedError

# A file still being copied, or the editor's own.
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
_HIDDEN = (".", "~$")
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_HEAD_BYTES = 1 << 16
MOST_FILES = 2000
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Waiting:
    """A file in the inbox; ``day`` is its day folder, None when it lies directly under its feed."""

    path: Path
    feed: str
    day: date | None
    size: int


@dataclass(frozen=True)
class Scan:
    """Files to take, ordered by feed, day and name; and a sentence for each thing that is left where it is."""

    files: list[Waiting]
    sentences: list[str]


def scan(inbox: Path, contracts: Mapping[str, Contract], needs_day: bool) -> Scan:
    """Look through ``inbox/<feed>/[<YYYY-MM-DD>/]<file>``. With ``needs_day`` (backfill) a file without day is left."""
    files: list[Waiting] = []
    sentences: list[str] = []
    for entry in _listed(inbox):
        if not entry.is_dir(follow_symlinks=False):
            sentences.append(
                f"“{entry.name}”直接放在收件箱中，不知属于哪个数据来源；请移入 inbox/<数据来源>/ 后重试，文件未动。"
            )
        elif entry.name not in contracts:
            sentences.append(
                f"没有名为“{entry.name}”的数据来源，其中的文件未动；可用的有：{'、'.join(contracts)}。(unknown feed)"
            )
        else:
            found = _Folder(entry.name, needs_day)
            found.look(Path(entry.path))
            files += found.files
            sentences += found.sentences
    return Scan(files, sentences)


class _Folder:
    """The files of one feed's folder."""

    def __init__(self, feed: str, needs_day: bool) -> None:
        self._feed, self._needs_day = feed, needs_day
        self.files: list[Waiting] = []
        self.sentences: list[str] = []

    def look(self, folder: Path) -> None:
        loose: list[os.DirEntry[str]] = []
        for entry in _listed(folder):
            if entry.is_dir(follow_symlinks=False):
                self._look_into(entry)
            else:
                loose.append(entry)
        if loose and self._needs_day:
            self.sentences.append(
                f"补录时须知道收到日期：inbox/{self._feed} 下的“{loose[0].name}”等 {len(loose)} 个文件"
                "没有放在日期文件夹（如 2020-03-05）中，文件未动。"
            )
            return
        self._add(loose, None)

    def _look_into(self, entry: os.DirEntry[str]) -> None:
        try:
            day = date.fromisoformat(entry.name)
        except ValueError:
            self.sentences.append(f"inbox/{self._feed}/{entry.name} 不是日期文件夹（如 2020-03-05），其中的文件未动。")
            return
        self._add(_listed(Path(entry.path)), day)

    def _add(self, entries: Sequence[os.DirEntry[str]], day: date | None) -> None:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                self.files.append(Waiting(Path(entry.path), self._feed, day, entry.stat(follow_symlinks=False).st_size))
            else:
                self.sentences.append(f"inbox/{self._feed} 下的“{entry.name}”不是普通文件，未动。")


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            shown = (entry for entry in entries if not entry.name.startswith(_HIDDEN))
            whole = (entry for entry in shown if not entry.name.endswith(_UNFINISHED))
            return sorted(whole, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"收件箱文件夹 {folder} 无法读取（{error.strerror}）；请检查权限。") from error


def batches(files: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Consecutive files of one feed, few enough to be checked as one table."""
    batch: list[Waiting] = []
    size = 0
    for file in files:
        if batch and (file.feed != batch[0].feed or len(batch) >= MOST_FILES or size + file.size > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


@dataclass(frozen=True)
class Found:
    """What reading a waiting file gave: its bytes and the state it was in, or None and a sentence unless it is gone."""

    file: Waiting
    content: bytes | None
    state: tuple[int, int, int] | None = None
    problem: str | None = None


def _place(file: Waiting) -> str:
    day = f"{file.day.isoformat()}/" if file.day else ""
    return f"inbox/{file.feed}/{day}{file.path.name}"


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_waiting(file: Waiting) -> Found:
    """Read a file of the inbox."""
    try:
        with file.path.open("rb") as opened:
            content = opened.read()
            return Found(file, content, _state(os.fstat(opened.fileno())))
    except FileNotFoundError:
        return Found(file, None)
    except OSError as error:
        return Found(file, None, problem=f"{_place(file)} 无法读取（{error.strerror}），文件未动。")


def receive_waiting(file: Waiting, receive: Callable[[BinaryIO], str]) -> tuple[Found, str]:
    """Hand a large file of the inbox on as it is read; what was found, its content the first bytes, and its hash."""
    try:
        with file.path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
            opened.seek(0)
            content_hash = receive(opened)
            return Found(file, head, _state(os.fstat(opened.fileno()))), content_hash
    except FileNotFoundError:
        return Found(file, None), ""
    except ChangedError:
        return Found(file, None, problem=f"{_place(file)} 在接收时仍在被写入，文件未动；请等它写完后重试。"), ""


def is_text(path: Path) -> bool:
    """Whether a file begins like no archive or workbook: those cannot be read block by block. False when it is gone."""
    try:
        with path.open("rb") as opened:
            return not opened.read(4).startswith(_PACKED)
    except OSError:
        return False


def remove(found: Found) -> str | None:
    """Remove a file that has been taken; a sentence when that fails. A newer file that took its place stays."""
    try:
        if _state(found.file.path.stat(follow_symlinks=False)) == found.state:
            found.file.path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{_place(found.file)} 已接收，但无法从收件箱移走（{error.strerror}）；请检查权限。"
    return None


def remove_empty(folder: Path) -> None:
    """Remove a day folder, unless something has come or is still being copied."""
    with suppress(OSError):
        folder.rmdir()
