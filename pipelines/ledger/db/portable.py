"""The ledger as one SQLite file, whatever engine holds it: what a backup keeps and a restore reads.

Rows are read in one transaction that sees one instant (a snapshot of SQLite's WAL, *repeatable read* on PostgreSQL),
while others go on writing; the file is put back into SQLite by its name, into PostgreSQL row by row.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, Row, Table, func, insert, select, text, update

from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.ledger.db.schema import metadata, session, sign_in_link
from pipelines.ledger.db.store import Ledger, open_ledger

_BLOCK = 2000


def sqlite_at(path: Path) -> Ledger:
    """Open (make, upgrade) a ledger in an SQLite file of any name. Close it before the file is moved or copied."""
    return open_ledger(Settings(data=path.parent, ledger_url=f"sqlite:///{path}"))


def write_portable(ledger: Ledger, path: Path) -> dict[str, str]:
    """Write all of a ledger as it is at one instant into a new SQLite file; returns ``contents`` of both."""
    copy = sqlite_at(path)
    try:
        with _at_one_instant(ledger) as source:
            with copy.writing() as target:
                _copy(source, target)
            told = contents(source)
        with copy.reading() as written:
            if contents(written) != told:
                raise UserError("台账的副本与台账不符，请重试 (the copy of the ledger differs from it)")
    finally:
        settle_database(copy)
    return told


def load_portable(path: Path, ledger: Ledger) -> dict[str, str]:
    """Put the rows of a portable file into an empty ledger, all or none; returns ``contents``.

    Raises UserError when the ledger holds anything.
    """
    source = sqlite_at(path)
    try:
        with source.reading() as rows, ledger.writing() as target:
            if any(not value.startswith("0:") for value in contents(target).values()):
                raise UserError(
                    "GANGSHAO_LEDGER_URL 所指的台账已有内容，不能恢复到其中；请给一个空的数据库"
                    " (this ledger is not empty; give an empty database)"
                )
            _copy(rows, target)
            if target.dialect.name == "postgresql":
                _count_on(target)
            return contents(target)
    finally:
        source.close()


def contents(connection: Connection) -> dict[str, str]:
    """Of every table the number of rows and a hash of them in the order of their key: the same on either engine."""
    told = {}
    for table in metadata.sorted_tables:
        digest, count = hashlib.sha256(), 0
        for block in _blocks(connection, table):
            count += len(block)
            for row in block:
                digest.update(repr(tuple(_plain(value) for value in row)).encode())
        told[table.name] = f"{count}:{digest.hexdigest()[:32]}"
    return told


def revision(ledger: Ledger) -> str:
    """The last step of the migrations this ledger has taken."""
    with ledger.reading() as connection:
        return str(connection.execute(text("select version_num from alembic_version")).scalar_one())


def close_ways_in(ledger: Ledger, now: datetime) -> int:
    """End every open session and let every unused sign-in link expire; returns how many.

    In a ledger put back from a backup they may be ones that were used or ended since.
    """
    with ledger.writing() as connection:
        sessions = connection.execute(update(session).where(session.c.ended_at.is_(None)).values(ended_at=now))
        unused = sign_in_link.c.used_at.is_(None) & (sign_in_link.c.expires_at > now)
        links = connection.execute(update(sign_in_link).where(unused).values(expires_at=now))
    return int(sessions.rowcount + links.rowcount)


def settle_database(ledger: Ledger) -> None:
    """Bring all of an SQLite ledger into its one file, and close it."""
    with ledger.engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("pragma wal_checkpoint(truncate)")
        cursor.execute("pragma journal_mode = delete")
        cursor.close()
    ledger.close()


@contextmanager
def _at_one_instant(ledger: Ledger) -> Iterator[Connection]:
    engine = ledger.engine
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            repeatable = connection.execution_options(isolation_level="REPEATABLE READ")
            with repeatable.begin():
                yield repeatable
        return
    with ledger.reading() as connection:  # SQLite's WAL: a reader sees the instant of its first statement
        yield connection


def _copy(source: Connection, target: Connection) -> None:
    for table in metadata.sorted_tables:
        for block in _blocks(source, table):
            target.execute(insert(table), [dict(row._mapping) for row in block])


def _blocks(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=_BLOCK)
    yield from connection.execute(query).partitions()


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def _count_on(connection: Connection) -> None:
    """PostgreSQL numbers new rows by sequences: let them go on behind the rows put back."""
    for table in metadata.sorted_tables:
        for column in table.primary_key:
            name = {"table": table.name, "column": column.name}
            sequence = connection.execute(text("select pg_get_serial_sequence(:table, :column)"), name).scalar()
            if sequence is None or not isinstance(column.type, Integer):
                continue
            last = connection.execute(select(func.max(column))).scalar()
            if last is not None:
                connection.execute(text("select setval(:sequence, :last)"), {"sequence": sequence, "last": last})
