"""Leases: of two processes that must not do a thing at once one has it, and loses it when it no longer says so."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from pipelines.ledger.db.schema import lease as lease_table
from pipelines.ledger.db.store import Ledger

CLOCKS_DIFFER = timedelta(minutes=2)  # of two machines at work on one ledger
_column = lease_table.c


def take(ledger: Ledger, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take a lease or keep it for so long from now; False while somebody else's has not run out.

    One that would last longer than any can, by whichever clock, was taken before the clock was set back; who lives
    takes it anew at once.
    """
    with ledger.writing() as connection:
        is_of_another_time = _column.until > now + length + CLOCKS_DIFFER
        mine = or_(_column.holder == holder, _column.until <= now, is_of_another_time)
        changed = connection.execute(
            update(lease_table).where(_column.name == name, mine).values(holder=holder, until=now + length)
        )
        if changed.rowcount:
            return True
        if connection.execute(select(_column.name).where(_column.name == name)).first() is not None:
            return False
        connection.execute(insert(lease_table).values(name=name, holder=holder, until=now + length))
        return True


def give_back(ledger: Ledger, name: str, holder: str) -> None:
    """End a lease before its time, if it is still the holder's."""
    with ledger.writing() as connection:
        connection.execute(delete(lease_table).where(_column.name == name, _column.holder == holder))


def is_held_by(connection: Connection, name: str, holder: str, now: datetime) -> bool:
    """Whether the lease is this holder's at an instant, in the caller's transaction."""
    query = select(_column.until).where(_column.name == name, _column.holder == holder, _column.until > now)
    return connection.execute(query).first() is not None


def runs_until(ledger: Ledger, name: str) -> datetime | None:
    """Until when a lease was taken, whether or not that is over; None when it was given back or never taken."""
    with ledger.reading() as connection:
        row = connection.execute(select(_column.until).where(_column.name == name)).one_or_none()
    return None if row is None else row.until
