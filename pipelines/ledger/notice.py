"""What each recipient was told, when, why or why not, and what the mail server answered: decisions and the outbox."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from pipelines.ledger import audit
from pipelines.ledger.audit import Act, Result
from pipelines.ledger.schema import mail as mail_table
from pipelines.ledger.schema import notice as notice_table
from pipelines.ledger.store import Ledger


class Reason(StrEnum):
    """Why a mail is due, or why not; a decision has exactly one."""

    FIRST = "first"
    NEW_WARNINGS = "new_warnings"
    WORSENED = "worsened"
    EASED = "eased"
    LIFTED = "lifted"
    NOTHING_NEW = "nothing_new"
    NOTHING_OF_YOURS = "nothing_of_yours"
    ALREADY_TOLD = "already_told"
    RETROSPECTIVE = "retrospective"
    DEMONSTRATION = "demonstration"
    ISSUED = "issued"
    NOT_REPORTED = "not_reported"
    TOLD_AT_ONCE = "told_at_once"
    OUTSIDE_HOURS = "outside_hours"
    NOT_FOR_POST = "not_for_post"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    PERIODIC = "periodic"
    ANCHOR = "anchor"


class State(StrEnum):
    """Where a decision stands. Handed over: given to the mail server, its answer not yet recorded."""

    NOT_DUE = "not_due"
    RETROSPECTIVE = "retrospective"
    QUEUED = "queued"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    FAILED = "failed"


# What the recipient has been told, or will be as soon as the server takes it. A failed mail told nobody anything.
_TOLD = (State.QUEUED.value, State.HANDED_OVER.value, State.SENT.value)
DIGEST = "digest"
IMMEDIATE = "immediate"
AUDIT = "audit"


@dataclass(frozen=True)
class Decision:
    """A decision about one recipient and one edition, before it is stored.

    ``content`` maps the open warnings of the recipient's areas to their levels. ``message`` is the mail of a due
    decision, byte for byte, and None otherwise. ``key`` tells decisions of one purpose apart, by default the edition.
    """

    edition_id: str
    day: date
    cutoff_at: datetime
    office_id: str
    address: str
    reason: Reason
    state: State
    content: dict[str, int]
    message_id: str
    is_demonstration: bool
    decided_at: datetime
    subject: str = ""
    file_name: str = ""
    message: bytes | None = None
    purpose: str = DIGEST
    key: str = ""
    episode_id: str | None = None
    not_before: datetime | None = None

    @property
    def is_due(self) -> bool:
        """Whether a mail goes out."""
        return self.state is State.QUEUED

    @property
    def purpose_key(self) -> str:
        """At most one decision an office, address and this key, however often an edition is decided or rebuilt."""
        return f"{self.purpose}:{self.key or self.edition_id}"


@dataclass(frozen=True)
class Notice:
    """A stored decision and what became of it."""

    notice_id: int
    edition_id: str
    day: date
    cutoff_at: datetime
    office_id: str
    address: str
    purpose: str
    is_due: bool
    reason: Reason
    content: dict[str, int]
    message_id: str
    subject: str
    is_demonstration: bool
    state: State
    attempts: int
    is_ambiguous: bool
    smtp_reply: str
    decided_at: datetime
    handed_over_at: datetime | None
    sent_at: datetime | None
    episode_id: str | None
    not_before: datetime | None


@dataclass(frozen=True)
class Outgoing:
    """A mail to be sent."""

    notice_id: int
    address: str
    message_id: str
    file_name: str
    message: bytes
    is_demonstration: bool


def add(connection: Connection, decision: Decision) -> Notice:
    """Store a decision, with its mail if it is due, in the caller's transaction. The key must not exist yet."""
    stored: dict[str, Any] = {
        "edition_id": decision.edition_id,
        "day": decision.day,
        "cutoff_at": decision.cutoff_at,
        "office_id": decision.office_id,
        "address": decision.address,
        "purpose": decision.purpose,
        "purpose_key": decision.purpose_key,
        "is_due": decision.is_due,
        "reason": decision.reason.value,
        "content": json.dumps(decision.content, sort_keys=True, separators=(",", ":")),
        "message_id": decision.message_id,
        "subject": decision.subject,
        "is_demonstration": decision.is_demonstration,
        "state": decision.state.value,
        "attempts": 0,
        "is_ambiguous": False,
        "smtp_reply": "",
        "decided_at": decision.decided_at,
        "episode_id": decision.episode_id,
        "not_before": decision.not_before,
    }
    row = connection.execute(insert(notice_table).values(stored).returning(notice_table)).mappings().one()
    if decision.message is not None:
        connection.execute(
            insert(mail_table).values(
                notice_id=row["notice_id"], file_name=decision.file_name, message=decision.message
            )
        )
    return _notice(row)


def find(connection: Connection, office_id: str, address: str, purpose_key: str) -> Notice | None:
    """The decision of this key, if it was made."""
    table = notice_table.c
    row = (
        connection.execute(
            select(notice_table).where(
                table.office_id == office_id, table.address == address, table.purpose_key == purpose_key
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else _notice(row)


def last_told(connection: Connection, office_id: str, address: str, purpose: str, before: datetime) -> Notice | None:
    """The last mail this recipient got, or has in the queue, about editions up to this cut-off (UTC)."""
    table = notice_table.c
    row = (
        connection.execute(
            select(notice_table)
            .where(
                table.office_id == office_id,
                table.address == address,
                table.purpose == purpose,
                table.cutoff_at <= before,
                table.state.in_(_TOLD),
            )
            .order_by(table.cutoff_at.desc(), table.notice_id.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else _notice(row)


def recorded_notices(ledger: Ledger, edition_id: str | None = None) -> list[Notice]:
    """All decisions, or those of one edition, in the order in which they were made."""
    query = select(notice_table).order_by(notice_table.c.notice_id)
    if edition_id is not None:
        query = query.where(notice_table.c.edition_id == edition_id)
    with ledger.reading() as connection:
        return [_notice(row) for row in connection.execute(query).mappings()]


def waiting(ledger: Ledger) -> list[int]:
    """Mails to be sent, oldest first: the queue, and those handed over by a process that died before the answer.

    Only the holder of the sender's lock may ask: to anybody else a mail handed over is one being sent right now.
    """
    with ledger.reading() as connection:
        rows = connection.execute(
            select(notice_table.c.notice_id)
            .where(notice_table.c.state.in_((State.QUEUED.value, State.HANDED_OVER.value)))
            .order_by(notice_table.c.notice_id)
        )
        return [int(row.notice_id) for row in rows]


def outgoing(ledger: Ledger, notice_id: int) -> Outgoing:
    """The mail of a waiting notice."""
    with ledger.reading() as connection:
        row = connection.execute(
            select(
                notice_table.c.notice_id,
                notice_table.c.address,
                notice_table.c.message_id,
                notice_table.c.is_demonstration,
                mail_table.c.file_name,
                mail_table.c.message,
            )
            .join_from(notice_table, mail_table, notice_table.c.notice_id == mail_table.c.notice_id)
            .where(notice_table.c.notice_id == notice_id)
        ).one()
    return Outgoing(row.notice_id, row.address, row.message_id, row.file_name, row.message, row.is_demonstration)


def hand_over(ledger: Ledger, notice_id: int, now: datetime) -> None:
    """Say, before the server is given the mail, that it may have it: a crash after this leaves a trace.

    A mail that was handed over before, without an answer on record, becomes ambiguous: the recipient may get it
    twice, both times with the same Message-ID.
    """
    with ledger.writing() as connection:
        connection.execute(
            update(notice_table)
            .where(notice_table.c.notice_id == notice_id)
            .values(
                state=State.HANDED_OVER.value,
                attempts=notice_table.c.attempts + 1,
                is_ambiguous=notice_table.c.is_ambiguous | (notice_table.c.state == State.HANDED_OVER.value),
                handed_over_at=now,
            )
        )


def mark_sent(ledger: Ledger, notice_id: int, reply: str, now: datetime) -> None:
    """The server, or the outbox, has it."""
    _conclude(ledger, notice_id, now, Result.DONE, state=State.SENT.value, smtp_reply=reply, sent_at=now)


def mark_failed(ledger: Ledger, notice_id: int, reply: str, now: datetime) -> None:
    """The server refused it for good (5xx)."""
    _conclude(ledger, notice_id, now, Result.FAILED, state=State.FAILED.value, smtp_reply=reply)


def mark_waiting(ledger: Ledger, notice_id: int, reply: str, now: datetime, *, is_ambiguous: bool = False) -> None:
    """It stays in the queue (4xx, or the connection broke). Ambiguous: broke when the server may have had it."""
    more: dict[str, object] = {"is_ambiguous": True} if is_ambiguous else {}
    _conclude(ledger, notice_id, now, Result.WAITING, state=State.QUEUED.value, smtp_reply=reply, **more)


def count_ambiguous(ledger: Ledger, notice_ids: Sequence[int]) -> int:
    """How many of these mails may reach their recipient twice."""
    query = select(func.count()).where(notice_table.c.notice_id.in_(notice_ids), notice_table.c.is_ambiguous)
    with ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def explain_waiting(ledger: Ledger, notice_ids: Sequence[int], reply: str) -> None:
    """Note why these mails are still waiting, where no attempt at them was made."""
    with ledger.writing() as connection:
        connection.execute(
            update(notice_table).where(notice_table.c.notice_id.in_(notice_ids)).values(smtp_reply=reply)
        )


def _conclude(ledger: Ledger, notice_id: int, now: datetime, result: Result, **values: object) -> None:
    table = notice_table.c
    with ledger.writing() as connection:
        row = connection.execute(
            update(notice_table)
            .where(table.notice_id == notice_id)
            .values(**values)
            .returning(table.edition_id, table.office_id, table.purpose, table.attempts, table.is_ambiguous)
        ).one()
        details = dict(row._mapping)  # no address: the number of the notice leads to it
        actor = audit.this_process()
        audit.append(connection, Act.SEND, actor, f"notice {notice_id}", now, result=result, details=details)


def _notice(row: RowMapping) -> Notice:
    return Notice(
        notice_id=row["notice_id"],
        edition_id=row["edition_id"],
        day=row["day"],
        cutoff_at=row["cutoff_at"],
        office_id=row["office_id"],
        address=row["address"],
        purpose=row["purpose"],
        is_due=row["is_due"],
        reason=Reason(row["reason"]),
        content=json.loads(row["content"]),
        message_id=row["message_id"],
        subject=row["subject"],
        is_demonstration=row["is_demonstration"],
        state=State(row["state"]),
        attempts=row["attempts"],
        is_ambiguous=row["is_ambiguous"],
        smtp_reply=row["smtp_reply"],
        decided_at=row["decided_at"],
        handed_over_at=row["handed_over_at"],
        sent_at=row["sent_at"],
        episode_id=row["episode_id"],
        not_before=row["not_before"],
    )
