"""Job runs of the schedule, one row a job and due time, and the leases under which one process works at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, or_, select, update

from pipelines.ledger.db.schema import job_run
from pipelines.ledger.db.schema import lease as lease_table
from pipelines.ledger.db.store import Ledger

LEASE = "schedule"
_column = job_run.c


class Ending(StrEnum):
    """How a job stands. One that is running while nobody holds the schedule's lease was cut off."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class JobRun:
    """A job at one of its times (UTC), and what it said."""

    job: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    result: Ending
    said: str


def begin_job_run(ledger: Ledger, job: str, due_at: datetime, holder: str, now: datetime) -> bool:
    """Write down that a job is begun; False when it was done already, or the holder's lease is lost.

    One that was cut off or failed may be begun again.
    """
    with ledger.writing() as connection:
        if not is_held_by(connection, LEASE, holder, now):
            return False
        this = (_column.job == job, _column.due_at == due_at)
        found = connection.execute(select(_column.result).where(*this)).one_or_none()
        values = {"started_at": now, "finished_at": None, "result": Ending.RUNNING.value, "said": ""}
        if found is None:
            connection.execute(insert(job_run).values(job=job, due_at=due_at, **values))
            return True
        if found.result == Ending.DONE.value:
            return False
        connection.execute(update(job_run).where(*this).values(values))
        return True


def finish_job_run(ledger: Ledger, job: str, due_at: datetime, result: Ending, said: str, now: datetime) -> None:
    """Write down how a job ended."""
    with ledger.writing() as connection:
        connection.execute(
            update(job_run)
            .where(_column.job == job, _column.due_at == due_at)
            .values(finished_at=now, result=result.value, said=said)
        )


def forget_after(ledger: Ledger, jobs: Sequence[str], now: datetime) -> int:
    """Take away these jobs' ended runs of times that are still to come; returns how many there were.

    They are of before the clock was set back: their times come again.
    """
    is_ahead = (_column.due_at > now, _column.result != Ending.RUNNING.value)
    with ledger.writing() as connection:
        return connection.execute(delete(job_run).where(_column.job.in_(jobs), *is_ahead)).rowcount


def last_job_run(ledger: Ledger, job: str) -> JobRun | None:
    """The newest of a job's due times that was begun."""
    query = select(job_run).where(_column.job == job).order_by(_column.due_at.desc()).limit(1)
    with ledger.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _job_run(dict(row._mapping))


def job_names(ledger: Ledger) -> list[str]:
    """The jobs that were ever begun."""
    with ledger.reading() as connection:
        return list(connection.execute(select(_column.job).distinct().order_by(_column.job)).scalars())


def unfinished(ledger: Ledger) -> list[JobRun]:
    """Jobs that were begun and did not end, oldest first."""
    query = select(job_run).where(_column.result == Ending.RUNNING.value).order_by(_column.due_at, _column.job)
    with ledger.reading() as connection:
        return [_job_run(dict(row)) for row in connection.execute(query).mappings()]


def _job_run(row: dict[str, object]) -> JobRun:
    return JobRun(**{**row, "result": Ending(str(row["result"]))})  # type: ignore[arg-type]


CLOCKS_DIFFER = timedelta(minutes=2)  # of two machines at work on one ledger
_lease_column = lease_table.c


def acquire_lease(ledger: Ledger, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take a lease or keep it for so long from now; False while somebody else's has not run out.

    One that would last longer than any can, by whichever clock, was taken before the clock was set back; who lives
    takes it anew at once.
    """
    with ledger.writing() as connection:
        is_of_another_time = _lease_column.until > now + length + CLOCKS_DIFFER
        mine = or_(_lease_column.holder == holder, _lease_column.until <= now, is_of_another_time)
        changed = connection.execute(
            update(lease_table).where(_lease_column.name == name, mine).values(holder=holder, until=now + length)
        )
        if changed.rowcount:
            return True
        if connection.execute(select(_lease_column.name).where(_lease_column.name == name)).first() is not None:
            return False
        connection.execute(insert(lease_table).values(name=name, holder=holder, until=now + length))
        return True


def release_lease(ledger: Ledger, name: str, holder: str) -> None:
    """End a lease before its time, if it is still the holder's."""
    with ledger.writing() as connection:
        connection.execute(delete(lease_table).where(_lease_column.name == name, _lease_column.holder == holder))


def is_held_by(connection: Connection, name: str, holder: str, now: datetime) -> bool:
    """Whether the lease is this holder's at an instant, in the caller's transaction."""
    query = select(_lease_column.until).where(
        _lease_column.name == name, _lease_column.holder == holder, _lease_column.until > now
    )
    return connection.execute(query).first() is not None


def runs_until(ledger: Ledger, name: str) -> datetime | None:
    """Until when a lease was taken, whether or not that is over; None when it was given back or never taken."""
    with ledger.reading() as connection:
        row = connection.execute(select(_lease_column.until).where(_lease_column.name == name)).one_or_none()
    return None if row is None else row.until
