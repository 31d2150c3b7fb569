"""The log: what the program did, a line of JSON an event, without anything about anybody.

An event is a fixed text with named numbers and identities of ours (edition, feed, file counts); no cell of a file, no
address of a reader and no argument of a command is one. Of an exception its type and where it happened are kept, not
its message, which may quote data. What libraries say goes through ``redacted`` besides.
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.core.settings import Settings  # help needs the log, not pydantic

OURS = ("pipelines", "dashboard", "models")
_ROOT = Path(__file__).resolve().parents[2]
_HIDDEN = "…"
_PATTERNS = (
    re.compile(r"(?<=/sign-in/)[^\s\"'/?]+"),  # the secret of a link
    re.compile(r"(?<=://)[^\s/@]+(?=@)"),  # name and password of an address
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),  # a mail address
    re.compile(r"\d{14,17}[\dXx]?[\dXx]*"),  # an identity number, old or new, with slips
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),  # a mobile number
)
_secrets: set[str] = set()
Field = str | int | float | bool | None


def configure(settings: "Settings", part: str) -> None:
    """Send events to a file a day below the data folder, warnings to stderr too; once a process.

    ``part``: which program writes, *run* or *web*: they may be two system users. ``log_days`` of the settings says how
    long files are kept; with 0 all events go to stderr as lines of JSON, for a journal that keeps them itself.
    """
    _secrets.update(value for value in (settings.smtp_password, settings.ledger_url) if value)
    on_screen: logging.Handler = logging.StreamHandler()
    on_screen.setFormatter(JsonLine())
    handlers = [on_screen]
    if settings.log_days:
        on_screen.setLevel(logging.WARNING)
        on_screen.setFormatter(_Plain())
        in_file = DailyFile(settings.log, part, settings.log_days)
        in_file.setFormatter(JsonLine())
        handlers.append(in_file)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def tell(logger: logging.Logger, event: str, **fields: Field) -> None:
    """Log an event with named values: numbers, and identities that are ours."""
    logger.info(event, extra={"fields": fields})


def redacted(text: str) -> str:
    """A text without known secrets, and without what looks like one or like somebody."""
    for secret in _secrets:
        text = text.replace(secret, _HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(_HIDDEN, text)
    return text


class JsonLine(logging.Formatter):
    """A record as a line of JSON: instant (UTC), level, logger, event, process, fields, an error's type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redacted(record.getMessage()),
            "process": record.process,
        }
        for name, value in getattr(record, "fields", {}).items():
            told[name] = redacted(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0] is not None:
            told |= {"error": record.exc_info[0].__name__, "stack": list(_places(record.exc_info[2]))}
        return json.dumps(told, ensure_ascii=False)


class _Plain(logging.Formatter):
    """A record for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        lines = [f"{at} UTC {record.levelname} {record.name}: {redacted(record.getMessage())}"]
        if record.exc_info and record.exc_info[0] is not None:
            lines += [record.exc_info[0].__name__, *(f"  {place}" for place in _places(record.exc_info[2]))]
        return "\n".join(lines)


class DailyFile(logging.Handler):
    """Appends to ``<day>.<part>.jsonl``, day in UTC; any number of processes may. Opening a day removes old files.

    Nothing is written before the data folder exists, and a log that cannot be written stops nobody: it is said once.
    """

    def __init__(self, folder: Path, part: str, days: int) -> None:
        super().__init__()
        self._folder, self._part, self._days = folder, part, days
        self._day, self._file, self._has_failed = "", -1, False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line at once, whole."""
        if not self._folder.parent.exists():
            return
        try:
            day = datetime.fromtimestamp(record.created, UTC).date().isoformat()
            if day != self._day:
                self._open(day)
            os.write(self._file, (self.format(record) + "\n").encode("utf-8", "replace"))
        except OSError as error:
            if not self._has_failed:
                self._has_failed = True
                sys.stderr.write(f"日志 {self._folder} 无法写入（{error.strerror}）(the log cannot be written)\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._day, self._file = "", -1
        super().close()

    def _open(self, day: str) -> None:
        self._folder.mkdir(mode=0o770, exist_ok=True)  # run and dashboard may share a group
        opened = os.open(self._folder / f"{day}.{self._part}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        if self._file >= 0:
            os.close(self._file)
        self._day, self._file = day, opened
        first = (datetime.fromisoformat(day) - timedelta(days=self._days)).date().isoformat()
        for path in self._folder.glob(f"*.{self._part}.jsonl"):
            if path.name[:10] < first:
                with suppress(OSError):  # another process removes it just now
                    path.unlink()


def _places(trace: TracebackType | None) -> Iterable[str]:
    """File, line and function of each step, from the outermost on."""
    for frame in traceback.extract_tb(trace):
        path = Path(frame.filename)
        shown = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path.name
        yield f"{shown}:{frame.lineno} {frame.name}"
