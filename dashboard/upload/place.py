"""Puts an uploaded file into the inbox: written under a name the ingest passes over, then given its own at once."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from dashboard.locale import text
from pipelines.core.domain import Grain, UserError
from pipelines.feeds.contract import SUFFIXES, Slice

_FORGOTTEN = 3600.0  # seconds after which what was written aside was left by a server that broke off


@dataclass
class Aside:
    """A file that is written and that nobody takes up yet."""

    path: Path

    def take_place(self, name: str) -> None:
        """Give the file its name; from now on the ingest takes it. Raises FileExistsError rather than overwrite."""
        aside, named = self.path, self.path.with_name(name)
        os.link(aside, named)
        self.path = named
        aside.unlink()
        _keep(named.parent)


@contextmanager
def written_aside(inbox: Path, feed: str, content: bytes) -> Iterator[Aside]:
    """Write a file beside its place in ``inbox/<feed>/``; it stays only where it took its place and nothing failed.

    A folder of the inbox need not be readable to us, only open to new files. Raises UserError where writing fails.
    """
    folder = inbox / feed
    aside = folder / f".{secrets.token_hex(8)}.part"
    try:
        _open_folder(folder)
        _tidy(folder)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise _cannot() from error
    written = Aside(aside)
    try:
        yield written
    except BaseException as error:  # what is not entered must not be taken in
        for path in {aside, written.path}:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot() from error
        raise
    aside.unlink(missing_ok=True)


def _open_folder(folder: Path) -> None:
    """Make the folder of a feed as open to the group as the inbox is: who runs takes files out of it."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(folder.parent.stat().st_mode & 0o777)


def _keep(folder: Path) -> None:
    """Have the disk keep the names of a folder, where we may read it."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(folder: Path) -> None:
    """Remove what was written aside long ago and never took its place."""
    with suppress(PermissionError):
        for left in folder.glob(".*.part"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _FORGOTTEN:
                    left.unlink()


def _cannot() -> UserError:
    return UserError(text("The file cannot be stored now; nothing was kept. Tell the administrator."))


def name_of(feed: str, named: Slice, file_name: str, number: int) -> str:
    """The name under which a file waits: what it speaks for, and in brackets, which are passed over, its receipt.

    The sender's own name is not kept: it may name a person.
    """
    digits = f"{named.period:%Y%m}" if named.grain is Grain.MONTH else f"{named.period:%Y%m%d}"
    version = f"_v{named.version}" if named.version != 1 else ""
    supplement = "_supplement" if named.is_supplement else ""
    suffix = PurePath(file_name).suffix.lower()
    return f"{feed}_{named.sender}_{digits}{version}{supplement} ({number}){suffix if suffix in SUFFIXES else '.csv'}"
