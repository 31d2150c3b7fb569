"""A step of a warning may be taken back by a further entry that names it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; no step was taken back before."""
    op.add_column("warning_step", sa.Column("undoes", sa.Integer))
