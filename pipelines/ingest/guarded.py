"""Keeps one file that nobody can read from stopping the others, even where opening it ends the process."""

import hashlib
import json
import logging
import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from pipelines.core.domain import Said, UserError
from pipelines.core.log import tell
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.submission import Keeping, Submission, closed_submission, submission_of, submissions_of
from pipelines.formcheck.validation.file_result import Checked
from pipelines.ingest.load import Checks

log = logging.getLogger(__name__)
_STAGES = ("open", "check")
MOST_DEATHS = 2
"""A content during whose opening the process ended so often is not opened again: once may be a power cut."""


class OpeningNote:
    """A file that says which contents are being opened, so that the next run knows of one that ended the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._length = path.stat().st_size if path.exists() else 0
        self._deaths: dict[str, int] = {}
        if path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found = {}
            self._deaths = found.get("deaths", {})
            for at_work in found.get("at_work", []):
                self._deaths[at_work] = self._deaths.get(at_work, 0) + 1

    def is_suspect(self, content_hash: str) -> bool:
        """Whether the process has ended while the content was being opened or judged, perhaps with others."""
        return any(f"{stage} {content_hash}" in self._deaths for stage in _STAGES)

    def is_fatal(self, content_hash: str) -> bool:
        """Whether that happened so often that the content must not be opened again."""
        return any(self._deaths.get(f"{stage} {content_hash}", 0) >= MOST_DEATHS for stage in _STAGES)

    @contextmanager
    def noted(self, stage: str, content_hashes: Sequence[str]) -> Iterator[None]:
        """Note contents while they are at a stage, ``open`` or ``check``; afterwards no suspect is one there."""
        at_work = [f"{stage} {content_hash}" for content_hash in content_hashes]
        self._write(at_work)
        try:
            yield
        finally:
            for name in at_work:
                self._deaths.pop(name, None)
            self._write([])

    def _write(self, at_work: list[str]) -> None:
        """In place and in one call: what is torn by a power cut says nothing, and need not.

        Never shortened, but padded: a file that was truncated is written to the disk when it is closed, which would
        take longer than opening most files.
        """
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o640), "r+b", buffering=0)
        told = json.dumps({"at_work": at_work, "deaths": self._deaths}).encode().ljust(self._length)
        self._length = len(told)
        os.pwrite(self._file.fileno(), told, 0)


class Opener:
    """Files to drops, whatever is in them."""

    def __init__(self, region: Region, note: OpeningNote) -> None:
        self._region, self._note = region, note

    def drops_of(self, content: bytes, file_name: str, contract: Contract) -> list[Submission]:
        """The drops of a file that has come; see ``pipelines.formcheck.parsing.submission``."""
        content_hash = hashlib.sha256(content).hexdigest()
        closed = self._closed(content, content_hash, file_name, contract)
        if closed is not None:
            return [closed]
        try:
            with self._note.noted("open", [content_hash]):
                return submissions_of(content, file_name, contract, self._region)
        except UserError:
            raise
        except Exception as error:  # whatever a file does to those who read it, the others must be taken
            return [self._failed(error, content, content_hash, file_name, contract)]

    def drop_of(self, content: bytes, file_name: str, contract: Contract, content_hash: str) -> Submission:
        """The drop of a content that raw keeps."""
        closed = self._closed(content, content_hash, file_name, contract)
        if closed is not None:
            return closed
        try:
            with self._note.noted("open", [content_hash]):
                return submission_of(content, file_name, contract, self._region, content_hash)
        except UserError:
            raise
        except Exception as error:  # as above
            return self._failed(error, content, content_hash, file_name, contract)

    def _closed(self, content: bytes, content_hash: str, file_name: str, contract: Contract) -> Submission | None:
        if not self._note.is_fatal(content_hash):
            return None
        return closed_submission(content, content_hash, file_name, contract, self._region, _FATAL, Keeping.ASIDE)

    def _failed(
        self, error: Exception, content: bytes, content_hash: str, file_name: str, contract: Contract
    ) -> Submission:
        _log(error, contract)
        return closed_submission(content, content_hash, file_name, contract, self._region, _FAILED)


class GuardedChecks:
    """Judges drops together; where that fails, each alone, and the one that fails alone is refused."""

    def __init__(self, checks: Checks, note: OpeningNote) -> None:
        self._checks, self._note = checks, note

    def check(self, contract: Contract, drops: Sequence[Submission]) -> Checked:
        """See ``Checks``. Drops that may have ended the process before are judged alone."""
        if len(drops) == 1 and self._note.is_fatal(drops[0].content_hash):
            return self._checks.check(contract, [_refused(drops[0], _FATAL)])
        if len(drops) == 1 or not any(self._note.is_suspect(drop.content_hash) for drop in drops):
            try:
                with self._note.noted("check", [drop.content_hash for drop in drops]):
                    return self._checks.check(contract, drops)
            except UserError:
                raise
            except Exception as error:  # whatever a file does to those who judge it, the others must be taken
                _log(error, contract)
                if len(drops) == 1:
                    return self._checks.check(contract, [_refused(drops[0], _FAILED)])
        return _joined([self.check(contract, [drop]) for drop in drops])


def _refused(drop: Submission, said: Said) -> Submission:
    return replace(drop, refusal=said, workbook=None)


def _joined(parts: Sequence[Checked]) -> Checked:
    return Checked(
        [outcome for part in parts for outcome in part.outcomes],
        pa.concat_tables([part.accepted for part in parts]),
        pa.concat_tables([part.quarantined for part in parts]),
    )


def _log(error: Exception, contract: Contract) -> None:
    """Where it failed, but not what was said: that may hold what is in the file."""
    places = traceback.extract_tb(error.__traceback__)[-3:]
    where = ", ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
    tell(log, "file cannot be read", feed=contract.feed, error=type(error).__name__, where=where)


_FATAL = Said(
    "打开这个文件曾使程序异常中止，不再打开；请在本机检查，另存为 CSV 后重新报送。",
    "Opening this file has ended the program before, so it is not opened again; check it, save it as CSV and send it.",
)
_FAILED = Said(
    "程序无法处理这个文件；请检查内容，另存为 CSV 后重新报送，并告知系统管理员。",
    "The program cannot process this file; check it, save it as CSV, send it again, and tell the administrator.",
)
