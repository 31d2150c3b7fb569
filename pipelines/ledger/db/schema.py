"""The ledger's tables, as the newest migration leaves them; queries are built from these."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """An instant, always aware and in UTC on our side: SQLite forgets the zone, PostgreSQL answers in the session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody can say which instant it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


edition = Table(
    "edition",
    metadata,
    Column("edition_id", String(32), primary_key=True),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cutoff_at", Instant, nullable=False),
    Column("is_replay", Boolean, nullable=False),
    Column("finished_at", Instant, nullable=False),
    UniqueConstraint("day", "number", name="edition_day_number"),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("areas", Text, nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("purpose", String(16), nullable=False, server_default="demonstration"),
    Column("account_id", String(32)),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("areas", Text, nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("account_id", String(32)),
    Index("session_account", "account_id"),
)

# A person who may sign in. ``password_hash`` is empty until the person has set a password by a link.
account = Table(
    "account",
    metadata,
    Column("account_id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("person", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("areas", Text, nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_set_at", Instant),
    Column("signed_in_at", Instant),
    Column("disabled_at", Instant),
)

# What one administrator asked for and another account has to confirm: a role with its areas, and a link for a password.
account_request = Table(
    "account_request",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("account_id", String(32), ForeignKey("account.account_id"), nullable=False),
    Column("role", String(32), nullable=False),
    Column("areas", Text, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_by", String(64)),
    Column("answered_at", Instant),
)

# Wrong passwords in a row, by account, by address, by browser; forgotten a day after the last.
attempt = Table(
    "attempt",
    metadata,
    Column("attempt_key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)

# A browser in which somebody signed in before: guesses of others do not make its owner wait.
device = Table(
    "device",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(32), ForeignKey("account.account_id"), nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# One row a decision: what a recipient was told, or why not. ``content`` holds the open warnings and their levels the
# decision was about; the next decision compares with it.
notice = Table(
    "notice",
    metadata,
    Column("notice_id", Integer, primary_key=True),
    Column("edition_id", String(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("cutoff_at", Instant, nullable=False),
    Column("office_id", String(64), nullable=False),
    Column("address", String(320), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("purpose_key", String(64), nullable=False),
    Column("is_due", Boolean, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("subject", Text, nullable=False),
    Column("is_demonstration", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("is_ambiguous", Boolean, nullable=False),
    Column("smtp_reply", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("handed_over_at", Instant),
    Column("sent_at", Instant),
    Column("episode_id", String(32)),
    Column("not_before", Instant),
    Column("next_attempt_at", Instant),
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("is_urgent", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("office_id", "address", "purpose_key", name="notice_purpose"),
    Index("notice_state", "state"),
)

# Why a recipient was told of an open warning in an edition, or why not: exactly one row, whether or not a mail went.
warning_notice = Table(
    "warning_notice",
    metadata,
    Column("edition_id", String(32), primary_key=True),
    Column("office_id", String(64), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("episode_id", String(32), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", String(200), nullable=False),
    Column("notice_id", Integer, ForeignKey("notice.notice_id")),
    Index("warning_notice_episode", "episode_id"),
)

# The mail of a notice that is due, byte for byte: what we said is remembered, and a second attempt says the same.
mail = Table(
    "mail",
    metadata,
    Column("notice_id", Integer, ForeignKey("notice.notice_id"), primary_key=True),
    Column("file_name", String(200), nullable=False),
    Column("message", LargeBinary, nullable=False),
)

# What a person decided about a drop of the warehouse: the run follows it from acted_at on.
drop_act = Table(
    "drop_act",
    metadata,
    Column("act_id", Integer, primary_key=True),
    Column("drop_id", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("acted_at", Instant, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

# A file that somebody sent by the upload page: its form was right when it went into the inbox; ``stage`` says what the
# ingest made of it. ``version``, ``drop_id`` and ``content_hash`` are those of the drop it becomes.
upload = Table(
    "upload",
    metadata,
    Column("upload_id", Integer, primary_key=True),
    Column("feed", String(64), nullable=False),
    Column("area", String(16), nullable=False),
    Column("period", Date, nullable=False),
    Column("grain", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_supplement", Boolean, nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("drop_id", String(32), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("rows_total", Integer, nullable=False),
    Column("rows_wrong", Integer, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("settled_at", Instant),
    Column("rows_accepted", Integer),
    Column("rows_quarantined", Integer),
    Column("reason", Text, nullable=False),
    Column("reason_en", Text, nullable=False),
    Index("upload_slot", "feed", "area", "period"),
    Index("upload_stage", "stage"),
)

# A step of a warning's human side. Steps of an episode count from 1: of two at once only one can be the next.
warning_step = Table(
    "warning_step",
    metadata,
    Column("step_id", Integer, primary_key=True),
    Column("episode_id", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("edition_id", String(32), nullable=False),
    Column("level", Integer, nullable=False),
    Column("seen_level", Integer, nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("acted_at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("cause", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("undoes", Integer),
    UniqueConstraint("episode_id", "number", name="warning_step_number"),
)

# Somebody of an office took a warning on: until it expires, is undone, or the warning gets worse than ``level``.
acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("acknowledgement_id", Integer, primary_key=True),
    Column("episode_id", String(32), nullable=False),
    Column("office_id", String(64), nullable=False),
    Column("edition_id", String(32), nullable=False),
    Column("level", Integer, nullable=False),
    Column("who", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("acknowledged_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("undone_by", String(200)),
    Index("acknowledgement_episode", "episode_id"),
)

# A measure of the playbook assigned to a warning; ``closed_at`` with a result when done, or with why it was dropped.
measure = Table(
    "measure",
    metadata,
    Column("measure_id", Integer, primary_key=True),
    Column("episode_id", String(32), nullable=False),
    Column("playbook", String(32), nullable=False),
    Column("area", String(16), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("deputy", String(200), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    Column("assigned_by", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", String(200)),
    Column("result", Text, nullable=False),
    Index("measure_episode", "episode_id"),
)

# What a rule would have done on vintages; ``rule_hash`` is over the rule's rows, so that a changed rule has none.
rule_backtest = Table(
    "rule_backtest",
    metadata,
    Column("backtest_id", Integer, primary_key=True),
    Column("rule_id", String(64), nullable=False),
    Column("rule_hash", String(64), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("figures", Text, nullable=False),
    Index("rule_backtest_hash", "rule_hash"),
)

# Who proposed, approved or withdrew a rule as it stands under a hash; a rule counts when two persons stand behind it,
# each entered under an account of its own (``entered_by``, as the audit trail calls it).
rule_act = Table(
    "rule_act",
    metadata,
    Column("act_id", Integer, primary_key=True),
    Column("rule_id", String(64), nullable=False),
    Column("rule_hash", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("backtest_id", Integer, ForeignKey("rule_backtest.backtest_id")),
    Column("acted_at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("entered_by", String(200), nullable=False, server_default=""),
    Index("rule_act_hash", "rule_hash"),
)

# Who may do a thing that two must not do at once, and until when without saying so again.
lease = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Instant, nullable=False),
)

# A job of the schedule at one of its times: at most one row, so that it is done once.
job_run = Table(
    "job_run",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("result", String(16), nullable=False),
    Column("said", Text, nullable=False),
)

# What anybody did. Instants are text, for the hash is over what is stored, byte for byte; entries are only added.
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("who", String(200), nullable=False),
    Column("source", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("target", String(200), nullable=False),
    Column("result", String(16), nullable=False),
    Column("details", Text, nullable=False),
    Column("once_key", String(200), unique=True),
    Column("previous_hash", String(64), nullable=False),
    Column("own_hash", String(64), nullable=False),
    Index("audit_act", "act", "seq"),
)

Row = Mapping[str, object]
