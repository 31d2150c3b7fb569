"""Editions as they were run: a rebuild repeats them with their stored cut-offs, in this order."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, func, insert, select

from pipelines.domain import Edition, UserError
from pipelines.ledger import audit
from pipelines.ledger.audit import Act
from pipelines.ledger.schema import edition as edition_table
from pipelines.ledger.store import Ledger


@dataclass(frozen=True)
class RecordedEdition:
    """An edition, whether it was replayed over past days, and when its run ended (UTC)."""

    edition: Edition
    is_replay: bool
    finished_at: datetime


def record(ledger: Ledger, edition: Edition, is_replay: bool, finished_at: datetime) -> RecordedEdition:
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
            details = {"cutoff_at": audit.instant(edition.cutoff_at), "is_replay": is_replay}
            audit.append(
                connection, Act.RUN, audit.this_process(), f"edition {edition.edition_id}", finished_at, details=details
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


def next_number(ledger: Ledger, day: date) -> int:
    """The number a further edition of this day gets; 1 for the first."""
    with ledger.reading() as connection:
        last = connection.execute(
            select(func.max(edition_table.c.number)).where(edition_table.c.day == day)
        ).scalar_one()
    return int(last or 0) + 1


def _recorded(row: Row[tuple[object, ...]]) -> RecordedEdition:
    stored = row._mapping
    return RecordedEdition(
        Edition(stored["day"], stored["number"], stored["cutoff_at"]), stored["is_replay"], stored["finished_at"]
    )
