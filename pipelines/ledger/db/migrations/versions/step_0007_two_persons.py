"""What two accounts do: who entered an act about a rule, and requests about accounts that another one confirms.

For acts entered before, the account is taken from the audit trail.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column and the table; each act about a rule and its audit entry were written in one transaction."""
    op.create_table(
        "account_request",
        sa.Column("request_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("areas", sa.Text, nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(64)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    op.add_column("rule_act", sa.Column("entered_by", sa.String(200), nullable=False, server_default=""))
    connection = op.get_bind()
    acts = sa.table("rule_act", *map(sa.column, ("act_id", "rule_id", "rule_hash", "kind", "who", "entered_by")))
    audit = sa.table("audit", *map(sa.column, ("seq", "who", "act", "target", "details")))
    entries = connection.execute(
        sa.select(audit.c.who, audit.c.target, audit.c.details)
        .where(audit.c.act == "rule_change", audit.c.target.startswith("rule "))
        .order_by(audit.c.seq)
    ).all()
    entered: dict[tuple[str, ...], list[str]] = {}
    for entry in entries:
        told = json.loads(entry.details)
        key = (entry.target.removeprefix("rule "), *(str(told.get(name)) for name in ("rule_hash", "kind", "person")))
        entered.setdefault(key, []).append(entry.who)
    for row in connection.execute(sa.select(acts).order_by(acts.c.act_id)).all():
        of_same = entered.get((row.rule_id, row.rule_hash, row.kind, row.who), [])
        if of_same:
            connection.execute(sa.update(acts).where(acts.c.act_id == row.act_id).values(entered_by=of_same.pop(0)))
