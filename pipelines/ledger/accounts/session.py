"""Sessions: opened at sign-in, ended by sign-out, idleness or age; their tokens are stored as hashes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.db.job import CLOCKS_DIFFER
from pipelines.ledger.db.schema import session as session_table
from pipelines.ledger.db.store import Ledger

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=8)  # a working day
# A page asks for twenty things at once; being seen is written once a minute, not twenty times.
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """A fresh session: the token for the cookie, who it is, and its absolute end (UTC)."""

    token: str
    viewer: Viewer
    expires_at: datetime


def session_mark(token: str) -> str:
    """What the audit trail calls a session: enough to tell two apart, nothing to sign in with."""
    return token_hash(token)[:12]


def begin_session(
    connection: Connection, viewer: Viewer, now: datetime, address: str = "", account_id: str | None = None
) -> Session:
    """Start a session, and enter it in the audit trail, inside the caller's transaction (that uses up the link).

    Without an account it is one that looks at invented data.
    """
    token = new_token()
    expires_at = now + ABSOLUTE_LIMIT
    connection.execute(
        insert(session_table).values(
            token_hash=token_hash(token),
            role=viewer.role.value if viewer.role else "",
            areas=join_areas(viewer.areas),
            name=viewer.name,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            ended_at=None,
            account_id=account_id,
        )
    )
    trail.append_entry(
        connection, Act.SIGN_IN, trail.actor_of(viewer, address), "", now, details={"session": session_mark(token)}
    )
    return Session(token, viewer, expires_at)


def is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of a session that is signed in: not ended, not idle for 30 minutes, not older than 8 hours.

    Nor begun after now: a clock was ahead then, and it would stay open for as long as that.
    """
    its = session_table.c
    is_begun = its.created_at <= now + CLOCKS_DIFFER
    return its.ended_at.is_(None), is_begun, its.expires_at > now, its.last_seen_at > now - IDLE_LIMIT


def viewer_of(ledger: Ledger, token: str, now: datetime) -> Viewer | None:
    """The viewer behind a cookie; None when unknown, ended, idle for 30 minutes or older than 8 hours."""
    key = token_hash(token)
    with ledger.reading() as connection:
        row = connection.execute(
            select(session_table).where(session_table.c.token_hash == key, *is_open(now))
        ).one_or_none()
    if row is None:
        return None
    if now - row.last_seen_at >= _SEEN_STEP:
        with ledger.writing() as connection:
            connection.execute(
                update(session_table)
                .where(
                    session_table.c.token_hash == key,
                    session_table.c.ended_at.is_(None),
                    session_table.c.last_seen_at < now,
                )
                .values(last_seen_at=now)
            )
    return viewer_in(row)


def renew_session(connection: Connection, token: str) -> str:
    """Give a session another token, inside the caller's transaction; the one before opens nothing from then on."""
    fresh = new_token()
    its = session_table.c.token_hash == token_hash(token)
    connection.execute(update(session_table).where(its).values(token_hash=token_hash(fresh)))
    return fresh


def end_session(ledger: Ledger, token: str, now: datetime, address: str = "") -> None:
    """End a session at sign-out; an unknown or ended one is left as it is."""
    with ledger.writing() as connection:
        row = connection.execute(
            update(session_table)
            .where(session_table.c.token_hash == token_hash(token), session_table.c.ended_at.is_(None))
            .values(ended_at=now)
            .returning(session_table.c.role, session_table.c.areas, session_table.c.name)
        ).one_or_none()
        if row is not None:
            trail.append_entry(
                connection,
                Act.SIGN_OUT,
                trail.actor_of(viewer_in(row), address),
                "",
                now,
                details={"session": session_mark(token)},
            )


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored. No salt and no slow hash: the token is random and cannot be guessed from a list."""
    return hashlib.sha256(token.encode()).hexdigest()


def join_areas(areas: frozenset[str]) -> str:
    """Areas as one text column, in order."""
    return ";".join(sorted(areas))


def split_areas(areas: str) -> frozenset[str]:
    """The reverse of ``join_areas``."""
    return frozenset(code for code in areas.split(";") if code)


def viewer_in(row: Any) -> Viewer:
    """The viewer a row names by its columns role, areas and name."""
    return Viewer(Role(row.role) if row.role else None, split_areas(row.areas), row.name)
