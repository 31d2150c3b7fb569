"""The first form of the ledger: editions, sign-in links, sessions, notices and their mails."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "edition",
        sa.Column("edition_id", sa.String(32), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cutoff_at", _INSTANT, nullable=False),
        sa.Column("is_replay", sa.Boolean, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("day", "number", name="edition_day_number"),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("areas", sa.Text, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("areas", sa.Text, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_seen_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
    )
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.Integer, primary_key=True),
        sa.Column("edition_id", sa.String(32), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("cutoff_at", _INSTANT, nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("purpose_key", sa.String(64), nullable=False),
        sa.Column("is_due", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("is_demonstration", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("is_ambiguous", sa.Boolean, nullable=False),
        sa.Column("smtp_reply", sa.Text, nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=False),
        sa.Column("handed_over_at", _INSTANT),
        sa.Column("sent_at", _INSTANT),
        sa.UniqueConstraint("office_id", "address", "purpose_key", name="notice_purpose"),
    )
    op.create_index("notice_state", "notice", ["state"])
    op.create_table(
        "mail",
        sa.Column("notice_id", sa.Integer, sa.ForeignKey("notice.notice_id"), primary_key=True),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
