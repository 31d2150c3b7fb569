"""Looks for people in whatever a run leaves behind: unpacks archives, databases and mails down to their texts."""

import csv
import email
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.policy import default
from functools import cached_property
from pathlib import Path

import duckdb

from pipelines.feeds import contracts
from pipelines.feeds.contract import Kind

_DIGITS = re.compile(rb"[0-9]{14,17}[0-9Xx]?[0-9Xx]*")
_UTF8 = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}")
_GB = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){3,}")
_CELL = re.compile(r"[^,\r\n]+")
_SHORTEST = 14


@dataclass(frozen=True)
class People:
    """Identity numbers and names, as bytes of UTF-8; of the names also those of three characters in GB18030."""

    numbers: frozenset[bytes]
    names: frozenset[bytes]

    @cached_property
    def _lengths(self) -> set[int]:
        return {len(number) for number in self.numbers}

    @cached_property
    def _in_gb(self) -> dict[bytes, bytes]:
        return {name.decode().encode("gb18030"): name for name in self.names if len(name) == 9}

    def __or__(self, other: "People") -> "People":
        return People(self.numbers | other.numbers, self.names | other.names)

    def within(self, content: bytes) -> set[bytes]:
        """The people named in some bytes, wherever in them; numbers also without regard to the case of an X."""
        found: set[bytes] = set()
        for match in _DIGITS.finditer(content):
            run = match[0].upper()
            found |= {
                run[at : at + length]
                for length in self._lengths
                for at in range(len(run) - length + 1)
                if run[at : at + length] in self.numbers
            }
        for match in _UTF8.finditer(content):
            found |= _windows(match[0], (6, 9), 3) & self.names
        for match in _GB.finditer(content):
            found |= {self._in_gb[part] for part in _windows(match[0], (6,), 1) if part in self._in_gb}
        return found


def _windows(run: bytes, lengths: Iterable[int], step: int) -> set[bytes]:
    return {run[at : at + length] for length in lengths for at in range(0, len(run) - length + 1, step)}


def people_of(inbox: Path, kept: Iterable[str]) -> People:
    """Everybody in the files of person feeds. A name that stands in a text which may be kept is no proof, and left out."""
    numbers: set[str] = set()
    names: set[str] = set()
    for feed, contract in contracts().items():
        columns = {column.header: column.kind for column in contract.columns if column.is_confidential}
        for path in (inbox / feed).rglob("*.csv") if columns else ():
            rows = csv.DictReader(io.StringIO(decoded(path.read_bytes())))
            for row in rows:
                for header, kind in columns.items():
                    (numbers if kind is Kind.IDENTITY else names).add(row.get(header) or "")
    allowed = "\n".join({cell for text in kept for cell in _CELL.findall(text)})
    return People(
        frozenset(number.upper().encode() for number in numbers if len(number) >= _SHORTEST),
        frozenset(name.encode() for name in names if name and name not in allowed),
    )


def decoded(content: bytes) -> str:
    """Text of a sender's file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def leaks(folder: Path, people: People, leave_out: Iterable[Path] = ()) -> dict[str, set[bytes]]:
    """Who is named where below a folder: in the bytes of a file, its name, or anything packed into it."""
    out = tuple(leave_out)
    found: dict[str, set[bytes]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(part) for part in out):
            named = people.within(path.name.encode())
            for where, content in opened(path):
                named |= people.within(content)
                if named:
                    found.setdefault(f"{path.relative_to(folder)}{where}", set()).update(named)
                    named = set()
    return found


def opened(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's bytes, and what is in it as bytes with the place within: members, tables, parts of a mail."""
    content = path.read_bytes()
    yield "", content
    if path.suffix == ".duckdb":
        yield from _duckdb(path)
    elif content.startswith(b"SQLite format 3"):
        yield from _sqlite(path)
    elif path.suffix == ".eml":
        yield from _mail(content)
    else:
        yield from _unpacked(content)


def _unpacked(content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"PK") and depth < 4:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                member = archive.read(name)
                yield f"!{name}", name.encode() + b"\n" + member
                for where, inner in _unpacked(member, depth + 1):
                    yield f"!{name}{where}", inner


def _duckdb(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as con:
        for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
            columns = con.execute("select column_name from duckdb_columns() where table_name = ?", [table]).fetchall()
            for (column,) in columns:
                values = con.execute(f'select distinct cast("{column}" as varchar) from "{table}"').fetchall()
                yield f"!{table}.{column}", "\n".join(str(value) for (value,) in values).encode()


def _sqlite(path: Path) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
        for (table,) in con.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in con.execute(f'select * from "{table}"').fetchall():
                for value in row:
                    content = value if isinstance(value, bytes) else str(value).encode()
                    yield f"!{table}", content
                    if b"\nMIME-Version" in content or content.startswith(b"MIME-Version"):
                        yield from _mail(content)


def _mail(content: bytes) -> Iterator[tuple[str, bytes]]:
    message = email.message_from_bytes(content, policy=default)
    yield "!headers", "\n".join(str(value) for value in message.values()).encode()
    for number, part in enumerate(message.walk()):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield f"!part{number}", payload
            yield from _unpacked(payload)
