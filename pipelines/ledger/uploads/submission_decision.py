"""What people decided about drops: confirm a held one, withdraw one; the run follows these decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Actor
from pipelines.ledger.db.schema import drop_act
from pipelines.ledger.db.store import Ledger


@dataclass(frozen=True)
class DropAct:
    """One decision: ``kind`` is *confirm* or *withdraw*; ``acted_at`` in UTC."""

    act_id: int
    drop_id: str
    kind: str
    acted_at: datetime
    actor: str
    reason: str


def decide(
    ledger: Ledger, drop_id: str, kind: str, acted_at: datetime, actor: Actor, reason: str, now: datetime
) -> None:
    """Remember a decision about a drop, taken ``now``, that counts from ``acted_at`` (both UTC)."""
    with ledger.writing() as connection:
        connection.execute(
            insert(drop_act).values(drop_id=drop_id, kind=kind, acted_at=acted_at, actor=actor.who, reason=reason)
        )
        details = {"decision": kind, "counts_from": trail.instant(acted_at)}
        trail.append(connection, Act.DECISION, actor, f"drop {drop_id}", now, details=details)


def decided(ledger: Ledger) -> Sequence[DropAct]:
    """All decisions in the order in which they were taken."""
    with ledger.reading() as connection:
        rows = connection.execute(select(drop_act).order_by(drop_act.c.act_id)).all()
    return [DropAct(**row._mapping) for row in rows]
