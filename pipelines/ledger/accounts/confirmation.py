"""Two accounts give access to what the bureau sees: one administrator asks, another one or a leader confirms.

Whoever confirms is shown the link for the password and hands it over, so that neither of the two gets in alone: who
asked never sees the link, who confirms cannot ask for it under the same account. Until another account that may confirm
has signed in for the first time (a bureau's first days) what is asked for is done at once; it is entered in the audit
trail, and leaders and the auditor are told (``given_roles``). Closing such accounts, or taking their role, does not
bring these days back. The command line, which is the server's own, does not ask.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from pipelines.core.domain import Audience, Role, Said, SaidError, Viewer
from pipelines.core.region.permissions import Permissions, PermittedAct
from pipelines.ledger.accounts import account, link
from pipelines.ledger.accounts.link import LinkPurpose
from pipelines.ledger.accounts.session import join_areas, split_areas
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext, Entry
from pipelines.ledger.db.schema import account as account_table
from pipelines.ledger.db.schema import account_request
from pipelines.ledger.db.store import Ledger

LASTS = timedelta(days=7)
TOLD_FOR = timedelta(days=7)
OWNER_TOLD_FOR = timedelta(days=14)
_column = account_request.c


@dataclass(frozen=True)
class Request:
    """What somebody asks for: an account with a role and areas, and a link for its password. ``asked_at`` in UTC."""

    request_id: int
    name: str
    person: str
    role: Role
    areas: frozenset[str]
    old_role: Role
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class Given:
    """A link for a password, or a role, that somebody gave: when (UTC), by whom, to which account of which role."""

    at: datetime
    by: str
    role: Role
    name: str
    is_link: bool


def needs_two(role: Role, areas: Collection[str]) -> bool:
    """Whether a role is given by two accounts: any but that of an office of one area."""
    return Viewer(role).audience is not Audience.OFFICE or len(areas) > 1


def give_link(ledger: Ledger, permissions: Permissions, context: ActContext, account_id: str) -> str | None:
    """The token of a link for an account's password; None when another account has to confirm it first."""
    with ledger.writing() as connection:
        found = account.row_of(connection, account_id)
        role, areas = Role(found.role), split_areas(found.areas)
        if _ask(connection, permissions, context, account_id, role, areas):
            return None
        return link.issue_password_link(connection, context.actor, account_id, context.at)


def give_role(
    ledger: Ledger, permissions: Permissions, context: ActContext, account_id: str, role: Role, areas: Collection[str]
) -> bool:
    """Give an account another role or other areas; False when another account has to confirm it first."""
    with ledger.writing() as connection:
        account.check_role(account.row_of(connection, account_id).person, role, areas)
        if _ask(connection, permissions, context, account_id, role, frozenset(areas)):
            return False
        account.give_role(connection, context.actor, account_id, role, areas, context.at)
        return True


def open_requests(ledger: Ledger, now: datetime) -> list[Request]:
    """What waits for a confirmation, oldest first."""
    query = (
        select(account_request, account_table.c.name, account_table.c.person, account_table.c.role.label("old_role"))
        .join(account_table, account_table.c.account_id == _column.account_id)
        .where(*_is_open(now), account_table.c.disabled_at.is_(None))
        .order_by(_column.request_id)
    )
    with ledger.reading() as connection:
        return [
            Request(
                row.request_id,
                row.name,
                row.person,
                Role(row.role),
                split_areas(row.areas),
                Role(row.old_role),
                row.asked_by,
                row.asked_at,
            )
            for row in connection.execute(query)
        ]


def may_confirm(permissions: Permissions, viewer: Viewer, asked: Request) -> bool:
    """Whether a viewer is the other account that a request needs."""
    is_permitted = permissions.may(viewer, PermittedAct.CONFIRM_ACCOUNT)
    return is_permitted and viewer.name not in (asked.asked_by, asked.name)


def confirm(ledger: Ledger, permissions: Permissions, context: ActContext, request_id: int) -> str:
    """Do what was asked for; returns the token of the link that the confirmer hands over.

    An account that gets another role by this loses its password: who knew it may be who asked. Raises SaidError for
    whoever may not confirm, and for a request that is answered or too old.
    """
    viewer, by, now = context.viewer, context.actor, context.at
    asked = _asked(ledger, request_id, now)
    with ledger.writing() as connection:
        others = _confirmers(connection, permissions, asked.asked_by, asked.name)
        if viewer.name not in others or not may_confirm(permissions, viewer, asked):
            raise SaidError(
                Said("须由另一位系统管理员或市局领导确认", "another administrator or a leader has to confirm it")
            )
        account_id = _answer(connection, viewer, request_id, now)
        found = account.row_of(connection, account_id)
        if (found.role, found.areas) != (asked.role.value, join_areas(asked.areas)):
            account.give_role(connection, by, account_id, asked.role, asked.areas, now)
            account.forget_password(connection, account_id)
        return link.issue_password_link(connection, by, account_id, now, asked_by=asked.asked_by)


def refuse(ledger: Ledger, permissions: Permissions, context: ActContext, request_id: int) -> None:
    """Refuse what was asked for, or take back what one asked for oneself. Raises SaidError as ``confirm`` does."""
    viewer, now = context.viewer, context.at
    asked = _asked(ledger, request_id, now)
    if not permissions.may(viewer, PermittedAct.CONFIRM_ACCOUNT) or viewer.name == asked.name:
        raise SaidError(Said("须由系统管理员或市局领导办理", "an administrator or a leader has to do it"))
    with ledger.writing() as connection:
        _answer(connection, viewer, request_id, now)
        account.enter(connection, context.actor, asked.name, "request_refused", now, asked_by=asked.asked_by)


def given_roles(ledger: Ledger, now: datetime) -> list[Given]:
    """Links and roles that need two accounts and were given in the last days, newest first: for leaders and auditor."""
    found = []
    for entry, details in _entries(ledger, now - TOLD_FOR, (Act.LINK, Act.ACCOUNT)):
        is_link = entry.act == Act.LINK
        if is_link and details.get("purpose") == LinkPurpose.PASSWORD:
            role, _, name = entry.target.partition(":")
        elif details.get("what") == "changed":
            role, name = details["role"], entry.target
        else:
            continue
        if needs_two(Role(role), details["areas"]):
            found.append(Given(_instant(entry), entry.who, Role(role), name, is_link))
    return found


def told_owner(ledger: Ledger, name: str, now: datetime) -> list[Given]:
    """Links by which somebody could set an account's password anew, of the last two weeks, newest first."""
    found = []
    for entry, details in _entries(ledger, now - OWNER_TOLD_FOR, (Act.LINK,), f":{name}"):
        role, _, whose = entry.target.partition(":")
        if details.get("had_password") and whose == name:
            found.append(Given(_instant(entry), entry.who, Role(role), name, is_link=True))
    return found


def _entries(
    ledger: Ledger, since: datetime, acts: Collection[Act], target_end: str = ""
) -> list[tuple[Entry, dict[str, Any]]]:
    """Entries of some acts, of targets that end so, with their details, newest first."""
    every = [entry for act in acts for entry in trail.entries(ledger, act=act, since=since, target_end=target_end)]
    return [(entry, json.loads(entry.details)) for entry in sorted(every, key=lambda one: one.seq, reverse=True)]


def _instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at)


def _ask(
    connection: Connection,
    permissions: Permissions,
    context: ActContext,
    account_id: str,
    role: Role,
    areas: frozenset[str],
) -> bool:
    """Enter a request in place of an account's earlier one; False when none is needed.

    Raises SaidError when one is needed and nobody else can confirm it any more.
    """
    asked_by, now = context.viewer.name, context.at
    found = account.row_of(connection, account_id)
    confirms = permissions.roles(PermittedAct.CONFIRM_ACCOUNT)
    name, is_needed = found.name, needs_two(role, areas) or Role(found.role) in confirms
    if not is_needed or (confirms and not _was_another(connection, permissions, asked_by)):
        return False
    if not _confirmers(connection, permissions, asked_by, name):
        zh = "没有别的系统管理员或市局领导能登录来确认；请在服务器上用 gangshao account link 或 change 办理"
        raise SaidError(Said(zh, "nobody else can sign in and confirm it; do it at the server's command line"))
    connection.execute(
        update(account_request)
        .where(_column.account_id == account_id, _column.answered_at.is_(None))
        .values(answered_by=asked_by, answered_at=now)
    )
    connection.execute(
        insert(account_request).values(
            account_id=account_id, role=role.value, areas=join_areas(areas), asked_by=asked_by, asked_at=now
        )
    )
    account.enter(connection, context.actor, name, "requested", now, role=role.value, areas=sorted(areas))
    return True


def _was_another(connection: Connection, permissions: Permissions, asked_by: str) -> bool:
    """Whether another account that may confirm has ever been signed in, closed ones included."""
    its, roles = account_table.c, permissions.roles(PermittedAct.CONFIRM_ACCOUNT)
    query = select(its.name).where(its.role.in_(roles), its.signed_in_at.is_not(None), its.name != asked_by)
    return connection.execute(query.limit(1)).first() is not None


def _confirmers(connection: Connection, permissions: Permissions, asked_by: str, name: str) -> set[str]:
    """Names of the accounts that can sign in and confirm what somebody asks for about an account."""
    its, roles = account_table.c, permissions.roles(PermittedAct.CONFIRM_ACCOUNT)
    query = select(its.name).where(
        its.role.in_(roles), its.disabled_at.is_(None), its.password_hash != "", its.name.not_in([asked_by, name])
    )
    return set(connection.execute(query).scalars())


def _asked(ledger: Ledger, request_id: int, now: datetime) -> Request:
    for one in open_requests(ledger, now):
        if one.request_id == request_id:
            return one
    raise SaidError(Said("没有这项申请，或已办理、已过期", "there is no such request, or it is done or too old"))


def _answer(connection: Connection, viewer: Viewer, request_id: int, now: datetime) -> str:
    """Close a request, once; returns whose account it is about."""
    row = connection.execute(
        update(account_request)
        .where(_column.request_id == request_id, *_is_open(now))
        .values(answered_by=viewer.name, answered_at=now)
        .returning(_column.account_id)
    ).one_or_none()
    if row is None:
        raise SaidError(Said("没有这项申请，或已办理、已过期", "there is no such request, or it is done or too old"))
    return str(row.account_id)


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _column.answered_at.is_(None), _column.asked_at > now - LASTS
