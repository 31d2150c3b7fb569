"""Files sent by the upload page, and what the ingest made of them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "upload",
        sa.Column("upload_id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.String(64), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("period", sa.Date, nullable=False),
        sa.Column("grain", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("is_supplement", sa.Boolean, nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("drop_id", sa.String(32), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("rows_total", sa.Integer, nullable=False),
        sa.Column("rows_wrong", sa.Integer, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("rows_accepted", sa.Integer),
        sa.Column("rows_quarantined", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reason_en", sa.Text, nullable=False),
    )
    op.create_index("upload_slot", "upload", ["feed", "area", "period"])
    op.create_index("upload_stage", "upload", ["stage"])
