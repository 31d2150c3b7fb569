"""Editions as they were run: a rebuild repeats them with their stored cut-offs, in this order."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, delete, func, insert, select, update

from pipelines.core.domain import Edition, UserError
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Result
from pipelines.ledger.db.job import CLOCKS_DIFFER
from pipelines.ledger.db.schema import audit as audit_table
from pipelines.ledger.db.schema import edition as edition_table
from pipelines.ledger.db.schema import notice as notice_table
from pipelines.ledger.db.store import Ledger
from pipelines.ledger.notifications.notice import Notice, NoticeState, notice_of


@dataclass(frozen=True)
class RecordedEdition:
    """An edition, whether it was replayed over past days, and when its run ended (UTC)."""

    edition: Edition
    is_replay: bool
    finished_at: datetime


def record_edition(ledger: Ledger, edition: Edition, is_replay: bool, finished_at: datetime) -> RecordedEdition:
    """Remember an edition; a second time changes nothing and returns the first record.

    Raises UserError when the same day and number was recorded with another cut-off: it would be another edition.
    """
    with ledger.writing() as connection:
        found = connection.execute(
            select(edition_table).where(edition_table.c.edition_id == edition.edition_id)
        ).one_or_none()
        if found is None:
            connection.execute(
                insert(edition_table).values(
                    edition_id=edition.edition_id,
                    day=edition.day,
                    number=edition.number,
                    cutoff_at=edition.cutoff_at,
                    is_replay=is_replay,
                    finished_at=finished_at,
                )
            )
            details = {"cutoff_at": trail.instant(edition.cutoff_at), "is_replay": is_replay}
            trail.append_entry(
                connection, Act.RUN, trail.this_process(), f"edition {edition.edition_id}", finished_at, details=details
            )
            return RecordedEdition(edition, is_replay, finished_at)
    recorded = _recorded(found)
    if recorded.edition.cutoff_at != edition.cutoff_at:
        raise UserError(
            f"版次 {edition.edition_id} 已用另一截止时间 {recorded.edition.cutoff_at.isoformat()} 记录，请换版次号"
            " (this edition exists with another cut-off)"
        )
    return recorded


def recorded_editions(ledger: Ledger) -> list[RecordedEdition]:
    """All editions, by cut-off, then day and number: the order in which what was published became known."""
    with ledger.reading() as connection:
        rows = connection.execute(
            select(edition_table).order_by(edition_table.c.cutoff_at, edition_table.c.day, edition_table.c.number)
        ).all()
    return [_recorded(row) for row in rows]


def is_ahead(edition: Edition, now: datetime) -> bool:
    """Whether an edition's cut-off is still to come: only a clock that was wrong can have made it."""
    return edition.cutoff_at > now + CLOCKS_DIFFER


def next_number(ledger: Ledger, day: date) -> int:
    """The number a further edition of this day gets; 1 for the first. One that was withdrawn keeps its number."""
    with ledger.reading() as connection:
        last = connection.execute(
            select(func.max(edition_table.c.number)).where(edition_table.c.day == day)
        ).scalar_one()
    return max(int(last or 0) + 1, first_number(ledger, day))


def first_number(ledger: Ledger, day: date) -> int:
    """The number of this day's first edition: 1, or one more than an edition that was withdrawn has.

    What was mailed of that one keeps its keys and Message-IDs.
    """
    table = audit_table.c
    query = select(table.target).where(
        table.act == Act.WITHDRAW.value, table.result == Result.DONE.value, table.target.startswith(f"edition {day}.")
    )
    with ledger.reading() as connection:
        targets = connection.execute(query).scalars().all()
    return 1 + max((int(target.rpartition(".")[2]) for target in targets), default=0)


def withdraw_edition(
    ledger: Ledger, edition: Edition, before: Edition | None, reason: str, now: datetime
) -> list[Notice]:
    """Forget an edition, in one transaction with its entry in the trail; returns its mails that the server has taken.

    Mails of it that wait are not sent. What the others told counts as told with the edition ``before``, so that nobody
    is told the same again.
    """
    its = notice_table.c
    with ledger.writing() as connection:
        connection.execute(delete(edition_table).where(edition_table.c.edition_id == edition.edition_id))
        is_of_it = its.edition_id == edition.edition_id
        cancelled = connection.execute(
            update(notice_table)
            .where(is_of_it, its.state.in_((NoticeState.QUEUED.value, NoticeState.AMBIGUOUS.value)))
            .values(state=NoticeState.NOT_DUE.value, is_due=False, next_attempt_at=None)
        ).rowcount
        if before is not None:
            connection.execute(update(notice_table).where(is_of_it).values(cutoff_at=before.cutoff_at))
        rows = connection.execute(select(notice_table).where(is_of_it, its.is_due).order_by(its.notice_id)).mappings()
        sent = [notice_of(row) for row in rows]
        details = {
            "cutoff_at": trail.instant(edition.cutoff_at),
            "reason": reason,
            "mails_sent": len(sent),
            "in_force": before.edition_id if before else "",
            "mails_cancelled": cancelled,
        }
        target = f"edition {edition.edition_id}"
        trail.append_entry(connection, Act.WITHDRAW, trail.this_process(), target, now, details=details)
    return sent


def _recorded(row: Row[tuple[object, ...]]) -> RecordedEdition:
    stored = row._mapping
    return RecordedEdition(
        Edition(stored["day"], stored["number"], stored["cutoff_at"]), stored["is_replay"], stored["finished_at"]
    )
