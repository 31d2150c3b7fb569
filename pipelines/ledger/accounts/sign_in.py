"""Signing in by name and password: failed attempts slow the next ones down, and every refusal looks the same."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from pipelines.core.domain import Said, SaidError, UserError
from pipelines.ledger.accounts import account, session
from pipelines.ledger.accounts.password import hashed, matches, must_be_good
from pipelines.ledger.accounts.session import Session, new_token, token_hash, viewer_in
from pipelines.ledger.accounts.throttle import (
    Counter,
    give_back_attempt,
    of_account,
    of_address,
    of_device,
    of_owner,
    reserve_attempt,
)
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor, Result
from pipelines.ledger.db.schema import account as account_table
from pipelines.ledger.db.schema import device as device_table
from pipelines.ledger.db.schema import session as session_table
from pipelines.ledger.db.store import Ledger

DEVICE_LASTS = timedelta(days=180)


@dataclass(frozen=True)
class SignedIn:
    """A fresh session, and the token by which this browser is known to the account from now on."""

    session: Session
    device: str


@dataclass(frozen=True)
class Refused:
    """Name or password was wrong, or, with a wait, nobody looked at them."""

    wait: timedelta = timedelta()


def sign_in(
    ledger: Ledger,
    name: str,
    password: str,
    now: datetime,
    address: str = "",
    device: str = "",
    *,
    is_clients_address: bool = True,
) -> SignedIn | Refused:
    """Sign in; ``device`` is the token this browser got before, if any.

    ``is_clients_address``: whether the address is the client's own; a proxy's, which all clients share, counts none.

    Unknown names, closed accounts and wrong passwords cost the same time and get the same answer. A wrong password is
    entered in the audit trail under the account's name; of a name that is nobody's, which may be a password typed into
    the wrong field, only that.
    """
    try:
        plain = account.cleaned(name)
    except UserError:
        plain = ""
    with ledger.writing() as connection:
        row = connection.execute(
            select(account_table).where(account_table.c.name == plain, account_table.c.disabled_at.is_(None))
        ).one_or_none()
        shown = of_address(address) if is_clients_address else None
        counters = _counters(connection, row.account_id if row else _nobody(plain), shown, device, now)
        wait = reserve_attempt(connection, counters, now)
    if wait > timedelta():
        return Refused(wait)
    is_right = matches(password, row.password_hash if row else "")
    with ledger.writing() as connection:
        still = (
            row is not None
            and connection.execute(
                update(account_table)
                .where(
                    account_table.c.account_id == row.account_id,
                    account_table.c.disabled_at.is_(None),
                    account_table.c.password_hash == row.password_hash,
                )
                .values(signed_in_at=now if is_right else account_table.c.signed_in_at)
            ).rowcount
        )
        if row is None or not is_right or not still:
            trail.append_entry(
                connection,
                Act.SIGN_IN,
                Actor("stranger", address),
                row.name if row else "",
                now,
                result=Result.REFUSED,
                details={"why": "wrong_password" if row else "unknown_name"},
            )
            return Refused()
        give_back_attempt(connection, counters)
        begun = session.begin_session(connection, viewer_in(row), now, address, row.account_id)
        return SignedIn(begun, remember(connection, row.account_id, device, now))


def set_own_password(
    ledger: Ledger, token: str, old: str, new: str, words: Iterable[str], now: datetime, address: str = ""
) -> str | Refused:
    """Change the password of a session's account; its other sessions end, and this one goes on under another token.

    Returns that token. Raises SaidError for a weak password.
    """
    with ledger.writing() as connection:
        row = connection.execute(
            select(account_table)
            .join(session_table, session_table.c.account_id == account_table.c.account_id)
            .where(session_table.c.token_hash == token_hash(token))
        ).one_or_none()
        if row is None:
            raise SaidError(Said("演示账号没有密码", "who looks at invented data has no password"))
        counters = [of_owner(row.account_id)]
        wait = reserve_attempt(connection, counters, now)
    if wait > timedelta() or not matches(old, row.password_hash):
        return Refused(wait)
    must_be_good(new, [*words, row.name, row.person])
    password_hash = hashed(new)
    with ledger.writing() as connection:
        give_back_attempt(connection, counters)
        fresh = session.renew_session(connection, token)
        renewed = {"session": session.session_mark(token), "renewed": session.session_mark(fresh)}
        account.set_password(connection, row.account_id, password_hash, now, address, token_hash(fresh), **renewed)
    return fresh


def _counters(
    connection: Connection, account_id: str, address: Counter | None, device: str, now: datetime
) -> list[Counter]:
    """A browser the account knows is counted for itself alone: nobody else's guesses make its owner wait."""
    its = device_table.c
    known = connection.execute(
        select(its.token_hash).where(
            its.token_hash == token_hash(device), its.account_id == account_id, its.seen_at > now - DEVICE_LASTS
        )
    ).one_or_none()
    if known is not None:
        return [of_device(known.token_hash)]
    return [of_account(account_id), *([address] if address is not None else [])]


def _nobody(name: str) -> str:
    """What an unknown name is counted under: as long as an account's, and not the name itself."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def remember(connection: Connection, account_id: str, device: str, now: datetime) -> str:
    """Know this browser from now on, by a new token, inside the caller's transaction; ``device``: the one before."""
    token = new_token()
    connection.execute(
        delete(device_table).where(
            (device_table.c.token_hash == token_hash(device)) | (device_table.c.seen_at < now - DEVICE_LASTS)
        )
    )
    connection.execute(insert(device_table).values(token_hash=token_hash(token), account_id=account_id, seen_at=now))
    return token
