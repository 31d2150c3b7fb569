"""Warnings acted on: steps, acknowledgements, measures, reasons, rules and their backtests, the schedule's runs."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables; a notice may be about one warning, wait for its hour, be claimed by one sender."""
    op.add_column("notice", sa.Column("episode_id", sa.String(32)))
    for name in ("not_before", "next_attempt_at", "claimed_until"):
        op.add_column("notice", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("notice", sa.Column("claimed_by", sa.String(64)))
    op.add_column("notice", sa.Column("is_urgent", sa.Boolean, nullable=False, server_default=sa.false()))
    notice = sa.table("notice", sa.column("state", sa.String))
    for earlier, state in (("sent", "accepted"), ("failed", "bounced")):
        op.execute(notice.update().where(notice.c.state == earlier).values(state=state))
    op.create_table(
        "warning_notice",
        sa.Column("edition_id", sa.String(32), primary_key=True),
        sa.Column("office_id", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(320), primary_key=True),
        sa.Column("episode_id", sa.String(32), primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("notice_id", sa.Integer, sa.ForeignKey("notice.notice_id")),
    )
    op.create_table(
        "warning_step",
        sa.Column("step_id", sa.Integer, primary_key=True),
        sa.Column("episode_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("edition_id", sa.String(32), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("seen_level", sa.Integer, nullable=False),
        sa.Column("from_state", sa.String(16), nullable=False),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.UniqueConstraint("episode_id", "number", name="warning_step_number"),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("acknowledgement_id", sa.Integer, primary_key=True),
        sa.Column("episode_id", sa.String(32), nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("edition_id", sa.String(32), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.String(200)),
    )
    op.create_table(
        "measure",
        sa.Column("measure_id", sa.Integer, primary_key=True),
        sa.Column("episode_id", sa.String(32), nullable=False),
        sa.Column("playbook", sa.String(32), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("deputy", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("result", sa.Text, nullable=False),
    )
    op.create_table(
        "rule_backtest",
        sa.Column("backtest_id", sa.Integer, primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("rule_hash", sa.String(64), nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )
    op.create_table(
        "rule_act",
        sa.Column("act_id", sa.Integer, primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("rule_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("backtest_id", sa.Integer, sa.ForeignKey("rule_backtest.backtest_id")),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(64), primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("warning_notice_episode", "warning_notice", ["episode_id"])
    op.create_index("acknowledgement_episode", "acknowledgement", ["episode_id"])
    op.create_index("measure_episode", "measure", ["episode_id"])
    op.create_index("rule_backtest_hash", "rule_backtest", ["rule_hash"])
    op.create_index("rule_act_hash", "rule_act", ["rule_hash"])
