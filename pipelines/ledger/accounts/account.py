"""Accounts: a person each, with a role and, for an office, its areas; made, changed and closed by administrators."""

import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, delete, func, insert, select, update

from pipelines.core.domain import Audience, Role, Said, SaidError, Viewer
from pipelines.ledger.accounts import session
from pipelines.ledger.accounts.session import join_areas, split_areas, viewer_in
from pipelines.ledger.accounts.throttle import forget_addresses, forget_attempts, of_account, of_device, of_owner
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor
from pipelines.ledger.db.schema import account as account_table
from pipelines.ledger.db.schema import device, sign_in_link
from pipelines.ledger.db.schema import session as session_table
from pipelines.ledger.db.store import Ledger

_NAME = re.compile(r"[\w.@-]{2,64}")
_LONGEST_PERSON = 100


@dataclass(frozen=True)
class Account:
    """An account as administrators see it; ``open_sessions`` counts those that are signed in now."""

    account_id: str
    name: str
    person: str
    role: Role
    areas: frozenset[str]
    created_at: datetime
    password_set_at: datetime | None
    signed_in_at: datetime | None
    disabled_at: datetime | None
    open_sessions: int


def cleaned(name: str) -> str:
    """A sign-in name as it is compared: full-width letters narrow, capitals small. Raises SaidError when it is none."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not _NAME.fullmatch(plain):
        raise SaidError(
            Said(
                "账号须为 2 至 64 个字，只用文字、数字和 . _ - @",
                "a sign-in name has 2 to 64 letters, digits and . _ - @",
            )
        )
    return plain


def create(ledger: Ledger, by: Actor, name: str, person: str, role: Role, areas: Collection[str], now: datetime) -> str:
    """Open an account without a password, return its identity. Raises SaidError for a name that is taken or wrong."""
    with ledger.writing() as connection:
        return add(connection, by, name, person, role, areas, now)


def add(
    connection: Connection, by: Actor, name: str, person: str, role: Role, areas: Collection[str], now: datetime
) -> str:
    """As ``create``, inside the caller's transaction."""
    plain = cleaned(name)
    own = check_role(person, role, areas)
    if connection.execute(select(account_table.c.name).where(account_table.c.name == plain)).first() is not None:
        raise SaidError(Said(f"账号“{plain}”已经有了，请换一个", f"there is an account “{plain}” already"))
    account_id = secrets.token_hex(8)
    connection.execute(
        insert(account_table).values(
            account_id=account_id,
            name=plain,
            person=person.strip(),
            role=role.value,
            areas=join_areas(own),
            password_hash="",
            created_at=now,
        )
    )
    enter(connection, by, plain, "created", now, role=role.value, areas=sorted(own))
    return account_id


def change(ledger: Ledger, by: Actor, account_id: str, role: Role, areas: Collection[str], now: datetime) -> None:
    """Give an account another role or other areas; its sessions end, for they would go on with the old ones."""
    with ledger.writing() as connection:
        give_role(connection, by, account_id, role, areas, now)


def give_role(
    connection: Connection, by: Actor, account_id: str, role: Role, areas: Collection[str], now: datetime
) -> None:
    """As ``change``, inside the caller's transaction."""
    found = row_of(connection, account_id)
    own = check_role(found.person, role, areas)
    if role is not Role.ADMINISTRATOR:
        _leave_an_administrator(connection, account_id)
    connection.execute(_of(account_id).values(role=role.value, areas=join_areas(own)))
    end_sessions(connection, account_id, now)
    enter(connection, by, found.name, "changed", now, role=role.value, areas=sorted(own))


def forget_password(connection: Connection, account_id: str) -> None:
    """Leave an account without a password, as a new one is, inside the caller's transaction."""
    connection.execute(_of(account_id).values(password_hash="", password_set_at=None))


def disable(ledger: Ledger, by: Actor, account_id: str, now: datetime) -> None:
    """Close an account: its sessions end, its links and known browsers are forgotten.

    Raises SaidError for the last administrator's.
    """
    with ledger.writing() as connection:
        found = row_of(connection, account_id)
        _leave_an_administrator(connection, account_id)
        connection.execute(_of(account_id).values(disabled_at=now))
        end_sessions(connection, account_id, now)
        void_links(connection, account_id, now)
        connection.execute(delete(device).where(device.c.account_id == account_id))
        enter(connection, by, found.name, "disabled", now)


def enable(ledger: Ledger, by: Actor, account_id: str, now: datetime) -> None:
    """Open a closed account again; it has no password until a new link has been used."""
    with ledger.writing() as connection:
        found = row_of(connection, account_id)
        connection.execute(_of(account_id).values(disabled_at=None, password_hash="", password_set_at=None))
        enter(connection, by, found.name, "enabled", now)


def sign_out(ledger: Ledger, by: Actor, account_id: str, now: datetime) -> None:
    """End all sessions of an account."""
    with ledger.writing() as connection:
        found = row_of(connection, account_id)
        ended = end_sessions(connection, account_id, now)
        enter(connection, by, found.name, "signed_out", now, sessions=ended)


def sign_out_everybody(ledger: Ledger, by: Actor, now: datetime) -> None:
    """End all sessions there are, the asking one too."""
    with ledger.writing() as connection:
        ended = connection.execute(
            update(session_table).where(session_table.c.ended_at.is_(None)).values(ended_at=now)
        ).rowcount
        enter(connection, by, "", "everybody_signed_out", now, sessions=ended)


def forgive(ledger: Ledger, by: Actor, account_id: str, now: datetime) -> None:
    """Forget the wrong passwords of an account, of the browsers it knows and of all addresses: its owner need not wait.

    From which address the owner tries to sign in nobody knows before it has been done.
    """
    with ledger.writing() as connection:
        found = row_of(connection, account_id)
        known = connection.execute(select(device.c.token_hash).where(device.c.account_id == account_id)).scalars()
        forget_attempts(connection, [of_account(account_id), of_owner(account_id), *map(of_device, known)])
        enter(connection, by, found.name, "wait_ended", now, addresses=forget_addresses(connection))


def forgive_addresses(ledger: Ledger, by: Actor, now: datetime) -> int:
    """Forget the wrong passwords of all addresses; returns how many there were."""
    with ledger.writing() as connection:
        ended = forget_addresses(connection)
        enter(connection, by, "", "wait_ended", now, addresses=ended)
        return ended


def accounts(ledger: Ledger, now: datetime) -> list[Account]:
    """All accounts by name, the closed ones last."""
    counted = (
        select(session_table.c.account_id, func.count().label("sessions"))
        .where(*session.is_open(now))
        .group_by(session_table.c.account_id)
        .subquery()
    )
    query = (
        select(account_table, func.coalesce(counted.c.sessions, 0).label("sessions"))
        .outerjoin(counted, counted.c.account_id == account_table.c.account_id)
        .order_by(account_table.c.disabled_at.is_not(None), account_table.c.name)
    )
    with ledger.reading() as connection:
        return [
            Account(
                row.account_id,
                row.name,
                row.person,
                Role(row.role),
                split_areas(row.areas),
                row.created_at,
                row.password_set_at,
                row.signed_in_at,
                row.disabled_at,
                row.sessions,
            )
            for row in connection.execute(query)
        ]


def named(ledger: Ledger, name: str, now: datetime) -> Account:
    """The account of a sign-in name. Raises SaidError when there is none."""
    plain = cleaned(name)
    for found in accounts(ledger, now):
        if found.name == plain:
            return found
    raise SaidError(Said(f"没有账号“{plain}”", f"there is no account “{plain}”"))


def person_of(ledger: Ledger, name: str) -> str:
    """Whose an account is; the name itself where there is no such account, as of who looks at invented data."""
    with ledger.reading() as connection:
        found = connection.execute(select(account_table.c.person).where(account_table.c.name == name)).scalar()
    return name if found is None else str(found)


def is_any(connection: Connection) -> bool:
    """Whether there is an account at all; while there is none, the first start gives out a set-up link."""
    return connection.execute(select(account_table.c.account_id).limit(1)).first() is not None


def end_sessions(connection: Connection, account_id: str, now: datetime, but: str = "") -> int:
    """End an account's sessions, all but the one with the token hash ``but``; returns how many ended."""
    ended = connection.execute(
        update(session_table)
        .where(
            session_table.c.account_id == account_id,
            session_table.c.ended_at.is_(None),
            session_table.c.token_hash != but,
        )
        .values(ended_at=now)
    )
    return ended.rowcount


def void_links(connection: Connection, account_id: str, now: datetime) -> None:
    """Use up all open links of an account."""
    connection.execute(
        update(sign_in_link)
        .where(sign_in_link.c.account_id == account_id, sign_in_link.c.used_at.is_(None))
        .values(used_at=now)
    )


def set_password(
    connection: Connection,
    account_id: str,
    password_hash: str,
    now: datetime,
    address: str,
    but: str = "",
    **more: object,
) -> Viewer:
    """Store a password its owner set, from an address; links and all sessions but ``but`` end. Returns whose it is.

    ``more`` is entered in the audit trail besides.
    """
    row = connection.execute(
        _of(account_id).values(password_hash=password_hash, password_set_at=now).returning(account_table)
    ).one()
    end_sessions(connection, account_id, now, but)
    void_links(connection, account_id, now)
    viewer = viewer_in(row)
    enter(connection, trail.actor_of(viewer, address), row.name, "password_set", now, **more)
    return viewer


def enter(connection: Connection, by: Actor, name: str, what: str, now: datetime, **more: object) -> None:
    """Enter an act about an account in the audit trail, inside the caller's transaction."""
    trail.append_entry(connection, Act.ACCOUNT, by, name, now, details={"what": what, **more})


def _of(account_id: str) -> Update:
    return update(account_table).where(account_table.c.account_id == account_id)


def row_of(connection: Connection, account_id: str) -> Any:
    """The row of an account, inside the caller's transaction. Raises SaidError when there is none."""
    row = connection.execute(select(account_table).where(account_table.c.account_id == account_id)).one_or_none()
    if row is None:
        raise SaidError(Said("没有这个账号，请刷新页面", "there is no such account; load the page again"))
    return row


def check_role(person: str, role: Role, areas: Collection[str]) -> frozenset[str]:
    """The areas of a role. Raises SaidError where they do not go together, or nobody is named."""
    if not 0 < len(person.strip()) <= _LONGEST_PERSON:
        raise SaidError(Said("请写明使用人的姓名，每人一个账号", "write the person's name: an account is one person's"))
    if (Viewer(role).audience is Audience.OFFICE) != bool(areas):
        raise SaidError(Said("县局角色须指定地区，其他角色不指定", "a county's role has areas, other roles have none"))
    return frozenset(areas)


def _leave_an_administrator(connection: Connection, account_id: str) -> None:
    """Refuse to take away the last administrator who can sign in."""
    rows = connection.execute(
        select(account_table.c.account_id).where(
            account_table.c.role == Role.ADMINISTRATOR.value,
            account_table.c.disabled_at.is_(None),
            account_table.c.password_hash != "",
        )
    ).all()
    if [row.account_id for row in rows] == [account_id]:
        raise SaidError(
            Said(
                "这是最后一个能登录的系统管理员，请先另设一个",
                "the last administrator who can sign in; make another first",
            )
        )
