"""Links that work once: to make the first account, to set a password, to look at invented data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from pipelines.core.domain import Role, Said, SaidError, UserError, Viewer
from pipelines.ledger.accounts import account, session
from pipelines.ledger.accounts.password import hashed, must_be_good
from pipelines.ledger.accounts.session import Session, join_areas, new_token, token_hash, viewer_in
from pipelines.ledger.accounts.sign_in import SignedIn, remember
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor
from pipelines.ledger.db.schema import account as account_table
from pipelines.ledger.db.schema import sign_in_link
from pipelines.ledger.db.store import Ledger

DEMONSTRATION_LINK_LASTS = timedelta(hours=12)
PASSWORD_LINK_LASTS = timedelta(hours=24)


class LinkPurpose(StrEnum):
    """What a link is for."""

    DEMONSTRATION = "demonstration"
    SET_UP = "set_up"
    PASSWORD = "password"  # noqa: S105


@dataclass(frozen=True)
class Opened:
    """What an unused link would do: for whom, and what for. Of a set-up link the viewer has no name yet."""

    purpose: LinkPurpose
    viewer: Viewer


@dataclass(frozen=True)
class NewAccount:
    """What somebody enters who makes the first account: its name, the person it belongs to and the password."""

    name: str
    person: str
    password: str


def issue_link(
    ledger: Ledger,
    role: Role,
    areas: Iterable[str],
    name: str,
    valid_for: timedelta,
    now: datetime,
    by: Actor | None = None,
) -> str:
    """Make the token of a link that signs a role in to invented data; its caller makes sure of that.

    Only the token's hash is stored: whoever loses it asks for another. ``by``: who issues it, None: whoever started
    this program. Raises UserError when an office's role comes without areas: it would see nothing of its own.
    """
    own = frozenset(areas)
    if role in {Role.COUNTY_HEAD, Role.COUNTY_CLERK} and not own:
        raise UserError(f"角色 {role.value} 须写明所属地区 (an office's role needs its areas)")
    with ledger.writing() as connection:
        return _insert_link(
            connection, Opened(LinkPurpose.DEMONSTRATION, Viewer(role, own, name)), None, valid_for, now, by
        )


def issue_set_up_link(ledger: Ledger, now: datetime) -> str | None:
    """The token of a link that makes the first account, an administrator's; earlier ones end. None: there is one."""
    with ledger.writing() as connection:
        if account.is_any(connection):
            return None
        connection.execute(
            update(sign_in_link)
            .where(sign_in_link.c.purpose == LinkPurpose.SET_UP.value, sign_in_link.c.used_at.is_(None))
            .values(used_at=now)
        )
        opened = Opened(LinkPurpose.SET_UP, Viewer(Role.ADMINISTRATOR))
        return _insert_link(connection, opened, None, PASSWORD_LINK_LASTS, now, None)


def insert_password_link(ledger: Ledger, by: Actor, account_id: str, now: datetime) -> str:
    """The token of a link by which an account's owner sets a password; earlier ones end. Raises SaidError."""
    with ledger.writing() as connection:
        return issue_password_link(connection, by, account_id, now)


def issue_password_link(connection: Connection, by: Actor, account_id: str, now: datetime, **more: object) -> str:
    """As ``insert_password_link``, inside the caller's transaction; ``more`` is entered in the audit trail besides."""
    row = connection.execute(select(account_table).where(account_table.c.account_id == account_id)).one_or_none()
    if row is None or row.disabled_at is not None:
        raise SaidError(Said("没有这个账号，或已停用", "there is no such account, or it is closed"))
    account.void_links(connection, account_id, now)
    opened = Opened(LinkPurpose.PASSWORD, viewer_in(row))
    told = {"had_password": row.password_set_at is not None, **more}
    return _insert_link(connection, opened, account_id, PASSWORD_LINK_LASTS, now, by, **told)


def _insert_link(
    connection: Connection,
    opened: Opened,
    account_id: str | None,
    valid_for: timedelta,
    now: datetime,
    by: Actor | None,
    **more: object,
) -> str:
    token, viewer = new_token(), opened.viewer
    role = viewer.role.value if viewer.role else ""
    connection.execute(
        insert(sign_in_link).values(
            token_hash=token_hash(token),
            role=role,
            areas=join_areas(viewer.areas),
            name=viewer.name,
            created_at=now,
            expires_at=now + valid_for,
            purpose=opened.purpose.value,
            account_id=account_id,
        )
    )
    details = {
        "purpose": opened.purpose.value,
        "areas": sorted(viewer.areas),
        "hours": valid_for / timedelta(hours=1),
        **more,
    }
    trail.append_entry(
        connection, Act.LINK, by or trail.this_process(), trail.actor_of(viewer, "").who, now, details=details
    )
    return token


def inspect_link(ledger: Ledger, token: str, now: datetime) -> Opened | None:
    """What a link would do, without using it up; None when it is unknown, used or expired."""
    with ledger.reading() as connection:
        row = connection.execute(select(sign_in_link).where(*_is_open(token, now))).one_or_none()
    if row is None:
        return None
    return Opened(LinkPurpose(row.purpose), viewer_in(row))


def redeem_link(ledger: Ledger, token: str, now: datetime, address: str = "") -> Session | None:
    """Use a demonstration link up and start a session; None when it is none, used or expired. Of many, one succeeds."""
    with ledger.writing() as connection:
        row = _use(connection, token, now, LinkPurpose.DEMONSTRATION)
        if row is None:
            return None
        return session.begin_session(connection, viewer_in(row), now, address)


def redeem_set_up(
    ledger: Ledger,
    token: str,
    new: NewAccount,
    words: Iterable[str],
    now: datetime,
    address: str = "",
    device: str = "",
) -> SignedIn | None:
    """Make the first account by a set-up link and sign it in; None when the link is spent or somebody was first.

    ``words``: names of the region, which the password must not rest on; ``device``: the token this browser got before,
    if any. The browser is known to the account from now on. Raises SaidError that says what to mend; the link stays
    good then.
    """
    plain = account.cleaned(new.name)
    must_be_good(new.password, [*words, plain, new.person])
    password_hash = hashed(new.password)
    with ledger.writing() as connection:
        if account.is_any(connection) or _use(connection, token, now, LinkPurpose.SET_UP) is None:
            return None
        by = trail.actor_of(Viewer(Role.ADMINISTRATOR, name=plain), address)
        account_id = account.add(connection, by, plain, new.person, Role.ADMINISTRATOR, (), now)
        return _with_password(connection, account_id, password_hash, now, address, device)


def redeem_password(
    ledger: Ledger, token: str, password: str, words: Iterable[str], now: datetime, address: str = "", device: str = ""
) -> SignedIn | None:
    """Set a password by its link and sign the account in; its other sessions end. As ``redeem_set_up``."""
    with ledger.reading() as connection:
        row = connection.execute(
            select(account_table.c.name, account_table.c.person)
            .join(sign_in_link, sign_in_link.c.account_id == account_table.c.account_id)
            .where(*_is_open(token, now))
        ).one_or_none()
    if row is None:
        return None
    must_be_good(password, [*words, row.name, row.person])
    password_hash = hashed(password)
    with ledger.writing() as connection:
        used = _use(connection, token, now, LinkPurpose.PASSWORD)
        if used is None:
            return None
        return _with_password(connection, used.account_id, password_hash, now, address, device)


def _with_password(
    connection: Connection, account_id: str, password_hash: str, now: datetime, address: str, device: str
) -> SignedIn:
    viewer = account.set_password(connection, account_id, password_hash, now, address)
    connection.execute(update(account_table).where(account_table.c.account_id == account_id).values(signed_in_at=now))
    begun = session.begin_session(connection, viewer, now, address, account_id)
    return SignedIn(begun, remember(connection, account_id, device, now))


def _is_open(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    its = sign_in_link.c
    return its.token_hash == token_hash(token), its.used_at.is_(None), its.expires_at > now


def _use(connection: Connection, token: str, now: datetime, purpose: LinkPurpose) -> Any:
    return connection.execute(
        update(sign_in_link)
        .where(*_is_open(token, now), sign_in_link.c.purpose == purpose.value)
        .values(used_at=now)
        .returning(sign_in_link)
    ).one_or_none()
