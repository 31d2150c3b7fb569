"""Jobs of the schedule as they were done: one row a job and due time, begun once, ended with a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from pipelines.ledger.db import lease
from pipelines.ledger.db.schema import job_run
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


def begin(ledger: Ledger, job: str, due_at: datetime, holder: str, now: datetime) -> bool:
    """Write down that a job is begun; False when it was done already, or the holder's lease is lost.

    One that was cut off or failed may be begun again.
    """
    with ledger.writing() as connection:
        if not lease.is_held_by(connection, LEASE, holder, now):
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


def finish(ledger: Ledger, job: str, due_at: datetime, result: Ending, said: str, now: datetime) -> None:
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


def last(ledger: Ledger, job: str) -> JobRun | None:
    """The newest of a job's due times that was begun."""
    query = select(job_run).where(_column.job == job).order_by(_column.due_at.desc()).limit(1)
    with ledger.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _job_run(dict(row._mapping))


def names(ledger: Ledger) -> list[str]:
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
