"""What each recipient was told, when, why or why not: decisions, with their mails; the queue is in ``queue``."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from pipelines.ledger.db.schema import mail as mail_table
from pipelines.ledger.db.schema import notice as notice_table
from pipelines.ledger.db.store import Ledger


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
    BOUNCED = "bounced"
    NO_EDITION = "no_edition"
    STUCK = "stuck"
    NO_SCHEDULE = "no_schedule"
    EDITION_AHEAD = "edition_ahead"


class Purpose(StrEnum):
    """What a mail is for; the list is closed, and each can be looked at before it goes (notifying/preview.py)."""

    DIGEST = "digest"
    IMMEDIATE = "immediate"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    BRIEF = "brief"
    WEEKLY = "weekly"
    QUALITY = "quality"
    TEST = "test"
    AUDIT = "audit"
    ADMINISTRATION = "administration"
    WATCH = "watch"


class NoticeState(StrEnum):
    """Where a decision stands.

    Claimed: a sender has it in hand, nobody else may. Handed over: the mail server is being given the text, its answer
    is not recorded yet. Ambiguous: the answer was lost, so the server may have it; it is sent again under the same
    Message-ID. Accepted and bounced (refused for good) are the ends.
    """

    NOT_DUE = "not_due"
    RETROSPECTIVE = "retrospective"
    QUEUED = "queued"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    AMBIGUOUS = "ambiguous"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"


UNFINISHED = (NoticeState.QUEUED, NoticeState.CLAIMED, NoticeState.HANDED_OVER, NoticeState.AMBIGUOUS)
"""States of a mail that is still to be sent, or being sent."""
# What the recipient has been told, or will be as soon as the server takes it. A bounced mail told nobody anything.
TOLD = tuple(state.value for state in (*UNFINISHED, NoticeState.ACCEPTED))


@dataclass(frozen=True)
class NoticeDecision:
    """A decision about one recipient and one edition, before it is stored.

    ``content`` maps the open warnings of the recipient's areas to their levels. ``message`` is the mail of a due
    decision, byte for byte, and None otherwise. It is not sent ``not_before``; an urgent one goes before the others
    and knows no working time, when it is tried again either.
    """

    edition_id: str
    day: date
    cutoff_at: datetime
    office_id: str
    address: str
    reason: Reason
    state: NoticeState
    content: dict[str, int]
    message_id: str
    is_demonstration: bool
    decided_at: datetime
    subject: str = ""
    file_name: str = ""
    message: bytes | None = None
    purpose: Purpose = Purpose.DIGEST
    episode_id: str | None = None
    not_before: datetime | None = None
    is_urgent: bool = False
    subject_key: str = ""
    """What a mail is about that is not about its edition as a whole: a part of its key."""

    @property
    def is_due(self) -> bool:
        """Whether a mail goes out."""
        return self.state is NoticeState.QUEUED

    @property
    def purpose_key(self) -> str:
        """At most one decision an office, address and this key, however often an edition is decided or rebuilt."""
        return f"{self.purpose}:{self.subject_key or self.edition_id}"


@dataclass(frozen=True)
class Notice:
    """A stored decision and what became of it."""

    notice_id: int
    edition_id: str
    day: date
    cutoff_at: datetime
    office_id: str
    address: str
    purpose: Purpose
    purpose_key: str
    is_due: bool
    reason: Reason
    content: dict[str, int]
    message_id: str
    subject: str
    is_demonstration: bool
    state: NoticeState
    attempts: int
    is_ambiguous: bool
    smtp_reply: str
    decided_at: datetime
    handed_over_at: datetime | None
    sent_at: datetime | None
    episode_id: str | None
    not_before: datetime | None
    next_attempt_at: datetime | None
    is_urgent: bool


def add_notice(connection: Connection, decision: NoticeDecision) -> Notice:
    """Store a decision, with its mail if it is due, in the caller's transaction. The key must not exist yet."""
    stored: dict[str, Any] = {
        "edition_id": decision.edition_id,
        "day": decision.day,
        "cutoff_at": decision.cutoff_at,
        "office_id": decision.office_id,
        "address": decision.address,
        "purpose": decision.purpose.value,
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
        "is_urgent": decision.is_urgent,
    }
    row = connection.execute(insert(notice_table).values(stored).returning(notice_table)).mappings().one()
    if decision.message is not None:
        connection.execute(
            insert(mail_table).values(
                notice_id=row["notice_id"], file_name=decision.file_name, message=decision.message
            )
        )
    return notice_of(row)


def find_notice(connection: Connection, office_id: str, address: str, purpose_key: str) -> Notice | None:
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
    return None if row is None else notice_of(row)


def last_notified(
    connection: Connection, office_id: str, address: str, purpose: Purpose, before: datetime
) -> Notice | None:
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
                table.state.in_(TOLD),
            )
            .order_by(table.cutoff_at.desc(), table.notice_id.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else notice_of(row)


def recorded_notices(ledger: Ledger, edition_id: str | None = None) -> list[Notice]:
    """All decisions, or those of one edition, in the order in which they were made."""
    query = select(notice_table).order_by(notice_table.c.notice_id)
    if edition_id is not None:
        query = query.where(notice_table.c.edition_id == edition_id)
    with ledger.reading() as connection:
        return [notice_of(row) for row in connection.execute(query).mappings()]


def of_purpose(connection: Connection, purpose: Purpose) -> list[Notice]:
    """All decisions of one purpose, in the order in which they were made."""
    query = select(notice_table).where(notice_table.c.purpose == purpose).order_by(notice_table.c.notice_id)
    return [notice_of(row) for row in connection.execute(query).mappings()]


def notice_of(row: RowMapping) -> Notice:
    """A row of the table as what it says."""
    return Notice(
        notice_id=row["notice_id"],
        edition_id=row["edition_id"],
        day=row["day"],
        cutoff_at=row["cutoff_at"],
        office_id=row["office_id"],
        address=row["address"],
        purpose=Purpose(row["purpose"]),
        purpose_key=row["purpose_key"],
        is_due=row["is_due"],
        reason=Reason(row["reason"]),
        content=json.loads(row["content"]),
        message_id=row["message_id"],
        subject=row["subject"],
        is_demonstration=row["is_demonstration"],
        state=NoticeState(row["state"]),
        attempts=row["attempts"],
        is_ambiguous=row["is_ambiguous"],
        smtp_reply=row["smtp_reply"],
        decided_at=row["decided_at"],
        handed_over_at=row["handed_over_at"],
        sent_at=row["sent_at"],
        episode_id=row["episode_id"],
        not_before=row["not_before"],
        next_attempt_at=row["next_attempt_at"],
        is_urgent=row["is_urgent"],
    )
