"""Sign-in links that work once: issued to a person, opened as a page, used up by a press of its button."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from pipelines.domain import Role, UserError, Viewer
from pipelines.ledger import audit, session
from pipelines.ledger.audit import Act, Actor
from pipelines.ledger.schema import sign_in_link
from pipelines.ledger.session import Session
from pipelines.ledger.store import Ledger
from pipelines.ledger.token import joined, new_token, parted, token_hash

DEMONSTRATION_LINK_LASTS = timedelta(hours=12)


def issue(
    ledger: Ledger, role: Role, areas: Iterable[str], name: str, valid_for: timedelta, now: datetime,
    by: Actor | None = None,
) -> str:  # fmt: skip
    """Make a link's token. Only its hash is stored: whoever loses the token asks for another link.

    ``by`` is who issues it, None: whoever started this program.

    Raises UserError when an office's role comes without areas: it would see nothing of its own.
    """
    own = frozenset(areas)
    if role in {Role.COUNTY_HEAD, Role.COUNTY_CLERK} and not own:
        raise UserError(f"角色 {role.value} 须写明所属地区 (an office's role needs its areas)")
    token = new_token()
    with ledger.writing() as connection:
        connection.execute(
            insert(sign_in_link).values(
                token_hash=token_hash(token),
                role=role.value,
                areas=joined(own),
                name=name,
                created_at=now,
                expires_at=now + valid_for,
                used_at=None,
            )
        )
        for_whom = audit.actor_of(Viewer(role, own, name), "").who
        details = {"areas": sorted(own), "hours": valid_for / timedelta(hours=1)}
        audit.append(connection, Act.LINK, by or audit.this_process(), for_whom, now, details=details)
    return token


def inspect(ledger: Ledger, token: str, now: datetime) -> Viewer | None:
    """Who would be signed in, without using the link up; None when it is unknown, used or expired."""
    with ledger.reading() as connection:
        row = connection.execute(
            select(sign_in_link).where(
                sign_in_link.c.token_hash == token_hash(token),
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires_at > now,
            )
        ).one_or_none()
    return None if row is None else Viewer(Role(row.role), parted(row.areas), row.name)


def redeem(ledger: Ledger, token: str, now: datetime, address: str = "") -> Session | None:
    """Use the link up and start a session; None when it is unknown, used or expired. Of many at once, one succeeds."""
    with ledger.writing() as connection:
        row = connection.execute(
            update(sign_in_link)
            .where(
                sign_in_link.c.token_hash == token_hash(token),
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(sign_in_link.c.role, sign_in_link.c.areas, sign_in_link.c.name)
        ).one_or_none()
        if row is None:
            return None
        return session.begin(connection, Viewer(Role(row.role), parted(row.areas), row.name), now, address)
