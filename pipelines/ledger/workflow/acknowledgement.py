"""Somebody of an office takes a warning on: who handles it, until when reminders rest, undone when it was a slip."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from pipelines.core.domain import Role, Said, SaidError, Viewer
from pipelines.core.region.permissions import Permissions, PermittedAct
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, ActContext
from pipelines.ledger.db.schema import acknowledgement as table
from pipelines.ledger.db.store import Ledger, in_parts
from pipelines.ledger.workflow.steps import Subject, refuse_ended

LASTS_DAYS = (3, 7, 14)  # [P] of these one is chosen: reminders of the same warning rest for so long


@dataclass(frozen=True)
class Acknowledgement:
    """A warning taken on by an office at a level; it holds until it expires, is undone, or the warning gets worse."""

    acknowledgement_id: int
    episode_id: str
    office_id: str
    edition_id: str
    level: int
    who: str
    role: Role
    owner: str
    note: str
    acknowledged_at: datetime
    expires_at: datetime
    undone_at: datetime | None
    undone_by: str | None

    def holds(self, level: int, now: datetime) -> bool:
        """Whether it still keeps reminders away, the machine seeing the warning at ``level``."""
        return self.undone_at is None and now < self.expires_at and not self.is_outgrown(level)

    def is_outgrown(self, level: int) -> bool:
        """Whether the machine sees the warning at a worse level than was taken on."""
        return level < self.level


def acknowledge(
    ledger: Ledger,
    permissions: Permissions,
    context: ActContext,
    subject: Subject,
    office_id: str,
    owner: str,
    days: int,
) -> int:
    """Take a warning on for an office, with the post or person that handles it; returns its number.

    Raises SaidError for a role that may not, for no owner, a number of days that is none of ``LASTS_DAYS``, or a
    warning that is over.
    """
    role = _role_that_may(permissions, context.viewer, subject)
    if not owner.strip():
        raise SaidError(Said("请写明由谁负责", "say who handles it"))
    if days not in LASTS_DAYS:
        raise SaidError(Said("请选择有效天数", "choose for how many days"))
    values = {
        "episode_id": subject.episode_id,
        "office_id": office_id,
        "edition_id": subject.edition_id,
        "level": subject.level.value,
        "who": context.actor.who,
        "role": role.value,
        "owner": owner.strip(),
        "note": context.note.strip(),
        "acknowledged_at": context.at,
        "expires_at": context.at + timedelta(days=days),
    }
    with ledger.writing() as connection:
        refuse_ended(connection, subject)
        made = connection.execute(insert(table).values(values).returning(table.c.acknowledgement_id)).scalar_one()
        details = {"office": office_id, "days": days, "edition": subject.edition_id}
        trail.append_entry(
            connection, Act.ACKNOWLEDGEMENT, context.actor, f"warning {subject.episode_id}", context.at, details=details
        )
    return int(made)


def undo_acknowledgement(
    ledger: Ledger, permissions: Permissions, context: ActContext, subject: Subject, acknowledgement_id: int
) -> None:
    """Take an acknowledgement of this warning back. Raises SaidError when it is none, or was undone already."""
    _role_that_may(permissions, context.viewer, subject)
    with ledger.writing() as connection:
        done = connection.execute(
            update(table)
            .where(
                table.c.acknowledgement_id == acknowledgement_id,
                table.c.episode_id == subject.episode_id,
                table.c.undone_at.is_(None),
            )
            .values(undone_at=context.at, undone_by=context.actor.who)
        )
        if done.rowcount != 1:
            raise SaidError(Said("没有可以撤销的签收", "there is no acknowledgement to undo"))
        details = {"undone": acknowledgement_id}
        trail.append_entry(
            connection, Act.ACKNOWLEDGEMENT, context.actor, f"warning {subject.episode_id}", context.at, details=details
        )


def acknowledgements(
    connection: Connection, episode_ids: Iterable[str], until: datetime | None = None
) -> dict[str, list[Acknowledgement]]:
    """All acknowledgements of these warnings, the newest first; ``until``: as they were known then (UTC)."""
    found: dict[str, list[Acknowledgement]] = {}
    for some in in_parts(episode_ids):
        found |= {episode_id: [] for episode_id in some}
        query = select(table).where(table.c.episode_id.in_(some)).order_by(table.c.acknowledgement_id.desc())
        if until is not None:
            query = query.where(table.c.acknowledged_at <= until)
        for row in connection.execute(query).mappings():
            values = dict(row) | {"role": Role(row["role"])}
            if until is not None and row["undone_at"] is not None and row["undone_at"] > until:
                values |= {"undone_at": None, "undone_by": None}
            found[row["episode_id"]].append(Acknowledgement(**values))
    return found


def _role_that_may(permissions: Permissions, viewer: Viewer, subject: Subject) -> Role:
    may = permissions.may_for(viewer, PermittedAct.ACKNOWLEDGE, subject.area, is_city=subject.is_city)
    if viewer.role is None or not may:
        raise SaidError(Said("您的角色不能签收这条预警", "your role does not acknowledge this warning"))
    return viewer.role
