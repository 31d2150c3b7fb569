"""The audit trail: a table to which entries are only added, one after the other."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SQLITE = (
    """create trigger audit_is_not_changed before update on audit
    begin select raise(abort, 'the audit trail is never changed'); end""",
    """create trigger audit_is_not_deleted before delete on audit
    begin select raise(abort, 'the audit trail is never deleted'); end""",
    # "insert or replace" would delete without asking the trigger above
    """create trigger audit_only_grows before insert on audit
    when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
    begin select raise(abort, 'the audit trail only grows at its end'); end""",
)
_POSTGRESQL = (
    """create function audit_is_not_changed() returns trigger language plpgsql as
    $$ begin raise exception 'the audit trail is never changed'; end $$""",
    """create trigger audit_is_not_changed before update or delete or truncate on audit
    for each statement execute function audit_is_not_changed()""",
)


def upgrade() -> None:
    """Make the table and what keeps it from being changed."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("once_key", sa.String(200), unique=True),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("own_hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_act", "audit", ["act", "seq"])
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
