"""The outbox: which mail a sender may take, what became of it, when it is tried again; no two senders take the same.

A mail goes queued → claimed → handed over → accepted or bounced. A claim is a lease: when its sender dies, another one
takes the mail over. One that was handed over without an answer on record becomes ambiguous: only such a mail can reach
its recipient twice, both times with the same Message-ID.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, true, update

from pipelines.core.domain import Said, SaidError
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor, Result
from pipelines.ledger.db.schema import mail as mail_table
from pipelines.ledger.db.schema import notice as notice_table
from pipelines.ledger.db.store import Ledger
from pipelines.ledger.notifications.notice import UNFINISHED, Notice, NoticeState, notice_of

# Longer than a mail can take: connecting, five answers and the text, each within SMTP_SECONDS of notifying.outbox.
LEASE = timedelta(minutes=5)
_FREE = (NoticeState.QUEUED.value, NoticeState.AMBIGUOUS.value)
_TAKEN = (NoticeState.CLAIMED.value, NoticeState.HANDED_OVER.value)
_column = notice_table.c


@dataclass(frozen=True)
class Sender:
    """Who sends. ``place`` names a lock of which there is one holder: its claims of earlier are those of the dead."""

    place: str
    name: str


@dataclass(frozen=True)
class Outgoing:
    """A mail in a sender's hands; ``attempts`` counts this one."""

    notice_id: int
    office_id: str
    address: str
    message_id: str
    file_name: str
    message: bytes
    attempts: int
    is_urgent: bool


@dataclass(frozen=True)
class Backlog:
    """Mails that wait or are being sent, and how many of them hold invented data."""

    waiting: int
    demonstration: int


@dataclass(frozen=True)
class Overdue:
    """Mails that should have gone: how many, since when the oldest, and the last answer about it."""

    mails: int
    since: datetime
    reply: str


def sender_at(place: str) -> Sender:
    """A sender of its own, told from every other, in whatever process or on whatever machine."""
    return Sender(place, f"{place}:{os.getpid()}:{secrets.token_hex(4)}")


def backlog(ledger: Ledger) -> Backlog:
    """What is in the queue."""
    query = select(func.count(), func.count(case((_column.is_demonstration, 1)))).where(_column.state.in_(UNFINISHED))
    with ledger.reading() as connection:
        return Backlog(*connection.execute(query).one())


def overdue(ledger: Ledger, before: datetime, *, is_put_off_too: bool) -> Overdue | None:
    """Mails that could have gone before an instant and are still there; None when there is none.

    Those that the server put off and that wait for their next attempt count when they are urgent or are asked for.
    """
    since = case((_column.not_before > _column.decided_at, _column.not_before), else_=_column.decided_at)
    is_idle = or_(_column.next_attempt_at.is_(None), _column.next_attempt_at <= before)
    is_meant = true() if is_put_off_too else or_(is_idle, _column.is_urgent)
    query = (
        select(since.label("since"), _column.smtp_reply)
        .where(_column.state.in_(UNFINISHED), since <= before, is_meant)
        .order_by(since)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    return Overdue(len(rows), rows[0].since, rows[0].smtp_reply) if rows else None


def take_over(ledger: Ledger, place: str, now: datetime) -> int:
    """Free the mails whose lease ran out, and those this place claimed earlier; returns how many.

    Only the holder of the place's lock may ask: to anybody else they may be in the hands of a living sender.
    """
    is_dead = or_(
        _column.claimed_until.is_(None), _column.claimed_until <= now, _column.claimed_by.startswith(f"{place}:")
    )
    was_given = or_(_column.state == NoticeState.HANDED_OVER.value, _column.is_ambiguous)
    with ledger.writing() as connection:
        return connection.execute(
            update(notice_table)
            .where(_column.state.in_(_TAKEN), is_dead)
            .values(
                state=case((was_given, NoticeState.AMBIGUOUS.value), else_=NoticeState.QUEUED.value),
                is_ambiguous=was_given,
                claimed_by=None,
                claimed_until=None,
            )
        ).rowcount


def claim_mails(ledger: Ledger, sender: Sender, due_by: datetime, now: datetime) -> Outgoing | None:
    """Take the next mail that is due at an instant, urgent ones first; None when there is none. Counts an attempt."""
    first = select(_column.notice_id).where(_is_due(due_by)).order_by(_column.is_urgent.desc(), _column.notice_id)
    with ledger.writing() as connection:
        taken = connection.execute(
            update(notice_table)
            .where(_column.notice_id == first.limit(1).scalar_subquery(), _column.state.in_(_FREE))
            .values(
                state=NoticeState.CLAIMED.value,
                attempts=_column.attempts + 1,
                claimed_by=sender.name,
                claimed_until=now + LEASE,
            )
            .returning(
                _column.notice_id,
                _column.office_id,
                _column.address,
                _column.message_id,
                _column.attempts,
                _column.is_urgent,
            )
        ).one_or_none()
        if taken is None:
            return None
        mail = connection.execute(select(mail_table).where(mail_table.c.notice_id == taken.notice_id)).one()
    return Outgoing(
        taken.notice_id,
        taken.office_id,
        taken.address,
        taken.message_id,
        mail.file_name,
        mail.message,
        taken.attempts,
        taken.is_urgent,
    )


def is_any_due(ledger: Ledger, due_by: datetime) -> bool:
    """Whether there is a mail to take at an instant."""
    with ledger.reading() as connection:
        return connection.execute(select(_column.notice_id).where(_is_due(due_by)).limit(1)).first() is not None


def is_any_left(ledger: Ledger, now: datetime) -> bool:
    """Whether there is a mail whose sender's lease ran out."""
    is_left = or_(_column.claimed_until.is_(None), _column.claimed_until <= now)
    with ledger.reading() as connection:
        query = select(_column.notice_id).where(_column.state.in_(_TAKEN), is_left).limit(1)
        return connection.execute(query).first() is not None


def hand_over(ledger: Ledger, sender: Sender, notice_id: int, now: datetime) -> bool:
    """Say, before the server is given the text, that it may have it: a crash after this leaves a trace.

    False when the mail is no longer this sender's, because its lease ran out: then it must not be given.
    """
    with ledger.writing() as connection:
        changed = connection.execute(
            update(notice_table)
            .where(
                _column.notice_id == notice_id,
                _column.state == NoticeState.CLAIMED.value,
                _column.claimed_by == sender.name,
                _column.claimed_until > now,
            )
            .values(state=NoticeState.HANDED_OVER.value, handed_over_at=now, claimed_until=now + LEASE)
        )
        return changed.rowcount == 1


def mark_accepted(ledger: Ledger, notice_id: int, reply: str, now: datetime) -> None:
    """The server, or the outbox folder, has it: a fact, whoever holds the mail by now."""
    is_news = _column.state != NoticeState.ACCEPTED.value
    _conclude(
        ledger, notice_id, is_news, now, Result.DONE, state=NoticeState.ACCEPTED.value, smtp_reply=reply, sent_at=now
    )


def mark_bounced(ledger: Ledger, sender: Sender, notice_id: int, reply: str, now: datetime) -> None:
    """The server refused it for good (5xx)."""
    _conclude(
        ledger, notice_id, _is_with(sender), now, Result.FAILED, state=NoticeState.BOUNCED.value, smtp_reply=reply
    )


def defer_mail(
    ledger: Ledger,
    sender: Sender,
    notice_id: int,
    reply: str,
    now: datetime,
    next_attempt_at: datetime,
    *,
    is_ambiguous: bool,
) -> None:
    """It is tried again later (4xx, or the line broke). Ambiguous: it broke when the server may have had the text."""
    flag = true() if is_ambiguous else _column.is_ambiguous
    state = case((flag, NoticeState.AMBIGUOUS.value), else_=NoticeState.QUEUED.value)
    _conclude(
        ledger,
        notice_id,
        _is_with(sender),
        now,
        Result.WAITING,
        state=state,
        is_ambiguous=flag,
        smtp_reply=reply,
        next_attempt_at=next_attempt_at,
    )


def give_back_mails(ledger: Ledger, sender: Sender, notice_id: int) -> None:
    """Put a claimed mail back as it was: the server did not get as far as hearing whom it is for."""
    with ledger.writing() as connection:
        connection.execute(
            update(notice_table)
            .where(_column.notice_id == notice_id, _is_with(sender))
            .values(
                state=case((_column.is_ambiguous, NoticeState.AMBIGUOUS.value), else_=NoticeState.QUEUED.value),
                attempts=_column.attempts - 1,
                claimed_by=None,
                claimed_until=None,
            )
        )


def explain_waiting(ledger: Ledger, reply: str) -> None:
    """Note why mails are waiting, where no attempt at them was made."""
    with ledger.writing() as connection:
        connection.execute(update(notice_table).where(_column.state.in_(_FREE)).values(smtp_reply=reply))


def count_ambiguous(ledger: Ledger, notice_ids: Sequence[int]) -> int:
    """How many of these mails may reach their recipient twice."""
    query = select(func.count()).where(_column.notice_id.in_(notice_ids), _column.is_ambiguous)
    with ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def ambiguous_since(ledger: Ledger, since: datetime) -> int:
    """How many mails decided since an instant may reach, or have reached, their recipient twice."""
    query = select(func.count()).where(_column.decided_at >= since, _column.is_ambiguous)
    with ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def handed_over_since(ledger: Ledger, since: datetime) -> list[datetime]:
    """When mails were last given to a server, oldest first, after an instant."""
    query = select(_column.handed_over_at).where(_column.handed_over_at > since).order_by(_column.handed_over_at)
    with ledger.reading() as connection:
        return [row.handed_over_at for row in connection.execute(query)]


def resend_mail(ledger: Ledger, notice_id: int, who: Actor, now: datetime) -> None:
    """Let one mail, and no other, be tried with the next: a bounced one, or one that waits for its hour.

    It keeps its text and its Message-ID. Entered in the audit trail with who asked. Raises UserError for a mail that
    the server has accepted, that is being sent, or that does not exist.
    """
    with ledger.writing() as connection:
        changed = connection.execute(
            update(notice_table)
            .where(
                _column.notice_id == notice_id,
                _column.state.in_((NoticeState.BOUNCED.value, *_FREE)),
                select(mail_table.c.notice_id).where(mail_table.c.notice_id == notice_id).exists(),
            )
            .values(
                state=case((_column.is_ambiguous, NoticeState.AMBIGUOUS.value), else_=NoticeState.QUEUED.value),
                not_before=None,
                next_attempt_at=None,
            )
        )
        if changed.rowcount != 1:
            zh = f"第 {notice_id} 号通知没有可重发的邮件：只有被拒收的和等待中的可以重发，已被接收的、正在发送的不可以"
            raise SaidError(Said(zh, "only a mail that bounced or waits can be sent again"))
        trail.append_entry(connection, Act.SEND, who, f"notice {notice_id}", now, result=Result.BEGUN)


def newest_mails(ledger: Ledger, state: NoticeState | None, most: int, before: int | None = None) -> list[Notice]:
    """Decisions, newest first, of one state or all; ``before`` is the number of one, for those older than it."""
    query = select(notice_table).order_by(_column.notice_id.desc()).limit(most)
    if state is not None:
        query = query.where(_column.state == state.value)
    if before is not None:
        query = query.where(_column.notice_id < before)
    with ledger.reading() as connection:
        return [notice_of(row) for row in connection.execute(query).mappings()]


def bounced_since(connection: Connection, since: datetime) -> list[Notice]:
    """Mails refused for good that were decided since an instant, oldest first."""
    is_meant = and_(_column.state == NoticeState.BOUNCED.value, _column.decided_at >= since)
    rows = connection.execute(select(notice_table).where(is_meant).order_by(_column.notice_id)).mappings()
    return [notice_of(row) for row in rows]


def _is_due(due_by: datetime) -> ColumnElement[bool]:
    return and_(
        _column.state.in_(_FREE),
        # One without its text cannot be sent; it must not keep those after it waiting.
        select(mail_table.c.notice_id).where(mail_table.c.notice_id == _column.notice_id).exists(),
        or_(_column.not_before.is_(None), _column.not_before <= due_by),
        or_(_column.next_attempt_at.is_(None), _column.next_attempt_at <= due_by),
    )


def _is_with(sender: Sender) -> ColumnElement[bool]:
    return and_(_column.state.in_(_TAKEN), _column.claimed_by == sender.name)


def _conclude(
    ledger: Ledger, notice_id: int, where: ColumnElement[bool], now: datetime, result: Result, **values: object
) -> None:
    """End an attempt, with its line in the audit trail; nothing changes when the mail is somebody else's by now."""
    with ledger.writing() as connection:
        row = connection.execute(
            update(notice_table)
            .where(_column.notice_id == notice_id, where)
            .values(claimed_by=None, claimed_until=None, **values)
            .returning(_column.edition_id, _column.office_id, _column.purpose, _column.attempts, _column.is_ambiguous)
        ).one_or_none()
        if row is None:
            return
        details = dict(row._mapping)  # no address: the number of the notice leads to it
        trail.append_entry(
            connection, Act.SEND, trail.this_process(), f"notice {notice_id}", now, result=result, details=details
        )
