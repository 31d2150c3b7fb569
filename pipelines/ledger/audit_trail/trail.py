"""The audit trail: who did what, when, from where; entries are only added, and each carries the hash of the one before.

Network security law of the PRC, art. 21(3): kept for at least six months. Nothing here removes an entry.
"""

import hashlib
import json
import os
import pwd
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, union_all

from pipelines.core.domain import Viewer
from pipelines.ledger.db.schema import audit as audit_table
from pipelines.ledger.db.store import Ledger

FIRST_PREVIOUS = "0" * 64  # what the first entry names as the hash before it
_LONGEST = {"who": 200, "source": 64, "target": 200, "once_key": 200}


class Act(StrEnum):
    """What is entered; the list is closed."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    LINK = "link"
    ACCOUNT = "account"
    REFUSAL = "refusal"
    SMALL_CELL_VIEW = "small_cell_view"
    EMPLOYER_SEEN = "employer_seen"
    EXPORT = "export"
    UPLOAD = "upload"
    DECISION = "decision"
    TRANSITION = "transition"
    ACKNOWLEDGEMENT = "acknowledgement"
    MEASURE = "measure"
    RULE_CHANGE = "rule_change"
    SETTING_CHANGE = "setting_change"
    INGEST = "ingest"
    RUN = "run"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    SEND = "send"
    REPLAY = "replay"
    RESTATE = "restate"
    REBUILD = "rebuild"
    PURGE = "purge"
    BACKUP = "backup"
    DRILL = "drill"
    RESTORE = "restore"


class Result(StrEnum):
    """How it ended. Begun: a long act is entered before it starts, so that a crash leaves a trace of it."""

    DONE = "done"
    BEGUN = "begun"
    REFUSED = "refused"
    FAILED = "failed"
    WAITING = "waiting"


@dataclass(frozen=True)
class Actor:
    """Who acts and from where: a role with its name and the address, or a user of this machine."""

    who: str
    source: str


@dataclass(frozen=True)
class ActContext:
    """Who acts, as what the trail names them, at what instant (UTC), and why, in their words."""

    viewer: Viewer
    actor: Actor
    at: datetime
    note: str = ""


SYSTEM = Actor("system", "")
"""The program itself: it noticed something that nobody told it."""


@dataclass(frozen=True)
class NewEntry:
    """An entry before it is added; ``target`` is what the act is about, ``details`` has no personal data."""

    act: Act
    actor: Actor
    target: str
    at: datetime
    result: Result = Result.DONE
    details: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Entry:
    """One entry as it is stored; ``at`` is UTC as text, ``details`` JSON without personal data.

    ``once_key`` is None, or what there is at most one entry of.
    """

    seq: int
    at: str
    who: str
    source: str
    act: str
    target: str
    result: str
    details: str
    once_key: str | None
    previous_hash: str
    own_hash: str


def this_process() -> Actor:
    """Whoever started this program: the user of the operating system, on this machine; the environment is not asked."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user may have no name
        user = str(os.getuid())
    return Actor(f"command_line:{user}", socket.gethostname())


def actor_of(viewer: Viewer, address: str) -> Actor:
    """A signed-in viewer at a network address."""
    role = viewer.role.value if viewer.role else "guest"
    return Actor(f"{role}:{viewer.name}" if viewer.name else role, address)


def append_entry(
    connection: Connection,
    act: Act,
    actor: Actor,
    target: str,
    at: datetime,
    *,
    result: Result = Result.DONE,
    details: Mapping[str, object] | None = None,
) -> Entry:
    """Add an entry inside the caller's writing transaction, whose lock keeps every other writer away.

    ``target`` is what the act is about.
    """
    return _insert_entry(connection, NewEntry(act, actor, target, at, result, details), None)


def write_entry(
    ledger: Ledger,
    act: Act,
    actor: Actor,
    target: str,
    at: datetime,
    *,
    result: Result = Result.DONE,
    details: Mapping[str, object] | None = None,
) -> Entry:
    """Add an entry in a transaction of its own; otherwise as ``append_entry``."""
    with ledger.writing() as connection:
        return append_entry(connection, act, actor, target, at, result=result, details=details)


def write_once(ledger: Ledger, once_key: str, entry: NewEntry) -> Entry | None:
    """Add an entry in a transaction of its own, unless there is one of this ``once_key``: then None."""
    key = _clean(once_key, "once_key")
    with ledger.writing() as connection:
        if connection.execute(select(audit_table.c.seq).where(audit_table.c.once_key == key)).first() is not None:
            return None
        return _insert_entry(connection, entry, key)


def _insert_entry(connection: Connection, entry: NewEntry, key: str | None) -> Entry:
    last = connection.execute(
        select(audit_table.c.seq, audit_table.c.own_hash).order_by(audit_table.c.seq.desc()).limit(1)
    ).one_or_none()
    content: dict[str, object] = {
        "seq": last.seq + 1 if last else 1,
        "at": instant(entry.at),
        "who": _clean(entry.actor.who, "who"),
        "source": _clean(entry.actor.source, "source"),
        "act": entry.act.value,
        "target": _clean(entry.target, "target"),
        "result": entry.result.value,
        "details": _canonical(entry.details or {}).encode("utf-8", "replace").decode(),
        "once_key": key,
        "previous_hash": last.own_hash if last else FIRST_PREVIOUS,
    }
    values = {**content, "own_hash": hash_of(content)}
    connection.execute(insert(audit_table).values(values))
    return Entry(**values)  # type: ignore[arg-type]


def hash_of(content: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of all fields but ``own_hash``."""
    kept = {name: value for name, value in content.items() if name != "own_hash"}
    return hashlib.sha256(_canonical(kept).encode()).hexdigest()


def is_intact(entry: Entry) -> bool:
    """Whether an entry says what it said when it was added."""
    return hash_of(asdict(entry)) == entry.own_hash


def head(ledger: Ledger) -> Entry | None:
    """The last entry; None while there is none."""
    with ledger.reading() as connection:
        row = connection.execute(select(audit_table).order_by(audit_table.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else Entry(**row._mapping)


def last_details(connection: Connection, act: Act) -> dict[str, Any]:
    """Details of the last entry of an act, inside the caller's transaction; empty while there is none."""
    row = connection.execute(
        select(audit_table.c.details).where(audit_table.c.act == act.value).order_by(audit_table.c.seq.desc()).limit(1)
    ).one_or_none()
    details: dict[str, Any] = {} if row is None else json.loads(row.details)
    return details


def entries(
    ledger: Ledger,
    *,
    since: datetime | None = None,
    who: str = "",
    act: Act | None = None,
    target_end: str = "",
    before: int | None = None,
    most: int | None = None,
) -> Sequence[Entry]:
    """Entries, newest first: since an instant, of whoever has ``who`` in the name, of one act, of targets that end so,
    before a number.
    """
    query: Select[tuple[object, ...]] = select(audit_table).order_by(audit_table.c.seq.desc())
    if since is not None:
        query = query.where(audit_table.c.at >= instant(since))
    if who:
        query = query.where(audit_table.c.who.contains(who, autoescape=True))
    if act is not None:
        query = query.where(audit_table.c.act == act.value)
    if target_end:
        query = query.where(audit_table.c.target.endswith(target_end, autoescape=True))
    if before is not None:
        query = query.where(audit_table.c.seq < before)
    if most is not None:
        query = query.limit(most)
    with ledger.reading() as connection:
        return [Entry(**row._mapping) for row in connection.execute(query)]


def last_done(ledger: Ledger, act: Act) -> Entry | None:
    """The last entry of an act that ended well; None when there is none."""
    query = select(audit_table).where(audit_table.c.act == act.value, audit_table.c.result == Result.DONE.value)
    with ledger.reading() as connection:
        row = connection.execute(query.order_by(audit_table.c.seq.desc()).limit(1)).one_or_none()
    return Entry(**row._mapping) if row is not None else None


def last_number(connection: Connection, acts: Collection[Act]) -> int:
    """The number of the last entry of any of these acts; 0 while there is none. Each is looked up in the index."""
    last = [select(func.max(audit_table.c.seq).label("seq")).where(audit_table.c.act == act.value) for act in acts]
    return int(connection.execute(select(func.max(union_all(*last).subquery().c.seq))).scalar_one() or 0)


def count_done(ledger: Ledger, act: Act) -> int:
    """How many entries of an act ended well."""
    is_meant = (audit_table.c.act == act.value, audit_table.c.result == Result.DONE.value)
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(audit_table).where(*is_meant)).scalar_one())


def instant(at: datetime) -> str:
    """An instant as it is stored: UTC to the microsecond, so that the order of texts is the order of time."""
    if at.tzinfo is None:
        raise ValueError(f"an instant without a zone: {at!r}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _canonical(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _clean(text: str, column: str) -> str:
    """No line break, no control character, no half character: an entry is one line wherever it is shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[: _LONGEST[column]]
