"""What waits in the inbox: complete files of known feeds, in the order they came; everything else is left and named."""

import fcntl
import os
import signal
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pipelines.core.domain import UserError
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.blocks import HEAD
from pipelines.formcheck.parsing.workbook import is_unfinished
from pipelines.formcheck.validation.cell import visible
from pipelines.ingest.raw_store import ChangedError

# A file still being copied, or the editor's own.
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
_HIDDEN = (".", "~$")
MOST_FILES = 2000
MOST_BYTES = 64 << 20
_PIECE = 8 << 20
# A larger file is not read at all; the limits of spreadsheets and archives are judged where they are opened.
MOST_FILE_BYTES = 1 << 30
# In a batch a packed file counts as what it may unpack to.
_PACKED = {".xlsx": 12, ".xls": 4, ".et": 4, ".zip": 12}
SETTLED_S = 60
"""Seconds without a change after which a file is whole where nobody can tell whether somebody writes to it."""
ABANDONED_S = 900
"""Seconds without a change after which a file is taken though a program still holds it open for writing."""


@dataclass(frozen=True)
class WaitingFile:
    """A file in the inbox; ``day`` is its day folder, None when it lies directly under its feed."""

    path: Path
    feed: str
    day: date | None
    size: int


@dataclass(frozen=True)
class Scan:
    """Files to take, ordered by feed, day and name; and a sentence for each thing that is left where it is."""

    files: list[WaitingFile]
    sentences: list[str]


def scan(inbox: Path, contracts: Mapping[str, Contract], needs_day: bool) -> Scan:
    """Look through ``inbox/<feed>/[<YYYY-MM-DD>/]<file>``. With ``needs_day`` (backfill) a file without day is left."""
    files: list[WaitingFile] = []
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
            found.add(Path(entry.path))
            files += found.files
            sentences += found.sentences
    return Scan(files, sentences)


class _Folder:
    """The files of one feed's folder."""

    def __init__(self, feed: str, needs_day: bool) -> None:
        self._feed, self._needs_day = feed, needs_day
        self.files: list[WaitingFile] = []
        self.sentences: list[str] = []

    def add(self, folder: Path) -> None:
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
            if not entry.is_file(follow_symlinks=False):
                kind = "是链接，" if entry.is_symlink() else "不是普通文件，"
                self.sentences.append(
                    f"inbox/{self._feed} 下的“{entry.name}”{kind}未动；请放入文件本身。(no plain file, left)"
                )
                continue
            size = entry.stat(follow_symlinks=False).st_size
            if size > MOST_FILE_BYTES:
                self.sentences.append(
                    f"inbox/{self._feed} 下的“{entry.name}”超过 {MOST_FILE_BYTES >> 20} MiB，未动；"
                    "请分成几个文件报送。(too large, left)"
                )
            else:
                self.files.append(WaitingFile(Path(entry.path), self._feed, day, size))


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


def batches(files: Sequence[WaitingFile]) -> Iterator[list[WaitingFile]]:
    """Consecutive files of one feed, few enough to be checked as one table."""
    batch: list[WaitingFile] = []
    size = 0
    for file in files:
        weight = file.size * _PACKED.get(file.path.suffix.lower(), 1)
        if batch and (file.feed != batch[0].feed or len(batch) >= MOST_FILES or size + weight > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += weight
    if batch:
        yield batch


@dataclass(frozen=True)
class FoundFile:
    """What reading a waiting file gave: its bytes and the state it was in, or None and a sentence unless it is gone.

    ``has_writer``: a program held it open for writing, but had written nothing for long.
    """

    file: WaitingFile
    content: bytes | None
    state: tuple[int, int, int] | None = None
    problem: str | None = None
    has_writer: bool = False


def _place(file: WaitingFile) -> str:
    day = f"{file.day.isoformat()}/" if file.day else ""
    return visible(f"inbox/{file.feed}/{day}{file.path.name}")


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


class _NoFileError(Exception):
    """What lies in the inbox is no plain file any more."""


class _UnfinishedError(Exception):
    """Somebody is still writing to the file."""


def _leased(descriptor: int) -> bool | None:
    """Whether the kernel lets us have a read lease, which it does while nobody has the file open for writing.

    None where it cannot tell: the file is somebody else's, or its file system knows no leases. Until the descriptor is
    closed, whoever opens the file for writing waits; the kernel then signals us, with a signal that by default does
    nothing.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except (OSError, AttributeError):
        return None
    return True


def _has_writer(descriptor: int, found: os.stat_result, now: datetime, *, is_cut: bool) -> bool:
    """Whether a writer is quiet for so long that its file is taken for whole; raises _UnfinishedError before.

    ``is_cut``: the content lacks an end that it must have.
    """
    leased = _leased(descriptor)
    quiet = abs(now.replace(tzinfo=UTC).timestamp() - found.st_mtime)
    if leased is False and quiet < ABANDONED_S:
        raise _UnfinishedError
    if (is_cut or leased is None) and quiet < SETTLED_S:
        raise _UnfinishedError
    return leased is False


@contextmanager
def _opened(file: WaitingFile) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """The file and how it was then.

    Nothing may be put in the place of a file that was listed: not a link, not a pipe that would never end.
    """
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise _NoFileError
        yield opened, found


def _left(file: WaitingFile, error: Exception) -> FoundFile:
    """What is said of a file that cannot be taken; nothing of one that is gone."""
    match error:
        case FileNotFoundError():
            return FoundFile(file, None)
        case _NoFileError():
            return FoundFile(file, None, problem=f"{_place(file)} 不是普通文件，未动。(no plain file, left)")
        case OSError():
            return FoundFile(file, None, problem=f"{_place(file)} 无法读取（{error.strerror}），文件未动。")
        case _UnfinishedError():
            said = "还没有传完（另有程序在写，或刚刚还有变化），未动；下次再接收。(still being written)"
            return FoundFile(file, None, problem=f"{_place(file)} {said}")
    return FoundFile(file, None, problem=f"{_place(file)} 正在被修改，未动；下次再接收。(changed while it was read)")


def read_waiting(file: WaitingFile, now: datetime) -> FoundFile:
    """Read a file of the inbox, unless it changes meanwhile or its end has not come; ``now`` is UTC without zone."""
    try:
        with _opened(file) as (opened, before):
            has_writer = _has_writer(opened.fileno(), before, now, is_cut=False)
            content = opened.read(MOST_FILE_BYTES + 1)
            if is_unfinished(content):
                _has_writer(opened.fileno(), before, now, is_cut=True)
            after = os.fstat(opened.fileno())
        if _state(before) != _state(after) or len(content) != after.st_size:
            raise ChangedError
    except (OSError, _NoFileError, _UnfinishedError, ChangedError) as error:
        return _left(file, error)
    return FoundFile(file, content, _state(after), has_writer=has_writer)


def head_of(file: WaitingFile) -> bytes | None:
    """The first bytes of a file of the inbox; None of one that cannot be read."""
    try:
        with _opened(file) as (opened, _):
            return opened.read(HEAD)
    except (OSError, _NoFileError):
        return None


def holds(file: WaitingFile, is_found: Callable[[Iterator[bytes]], bool]) -> bool:
    """Whether something is found in a large file of the inbox, which is read in pieces; not in one that is gone."""
    try:
        with _opened(file) as (opened, _):
            return is_found(iter(partial(opened.read, _PIECE), b""))
    except (OSError, _NoFileError):
        return False


def receive_waiting(
    file: WaitingFile, receive: Callable[[BinaryIO], str], is_wanted: Callable[[bytes], bool], now: datetime
) -> tuple[FoundFile, str]:
    """Hand a large file of the inbox on as it is read; what was found, its content the first bytes, and its hash.

    ``is_wanted`` is asked about the first bytes again: another file may have come in its place.
    """
    try:
        with _opened(file) as (opened, before):
            has_writer = _has_writer(opened.fileno(), before, now, is_cut=False)
            head = opened.read(HEAD)
            if not is_wanted(head):
                raise ChangedError
            opened.seek(0)
            content_hash = receive(opened)
            return FoundFile(file, head, _state(os.fstat(opened.fileno())), has_writer=has_writer), content_hash
    except (FileNotFoundError, _NoFileError, _UnfinishedError, ChangedError) as error:
        return _left(file, error), ""


def remove(found: FoundFile) -> str | None:
    """Remove a file that has been taken; a sentence when that fails.

    A newer file that took its place stays, and so does one that has been written to, or is opened for that, since.
    """
    try:
        with _opened(found.file) as (opened, now):
            if _state(now) == found.state and (found.has_writer or _leased(opened.fileno()) is not False):
                found.file.path.unlink()
    except (FileNotFoundError, _NoFileError):
        return None
    except OSError as error:
        return f"{_place(found.file)} 已接收，但无法从收件箱移走（{error.strerror}）；请检查权限。"
    return None


def remove_empty(folder: Path) -> None:
    """Remove a day folder, unless something has come or is still being copied."""
    with suppress(OSError):
        folder.rmdir()
