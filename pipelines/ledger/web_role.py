"""What the database role of the dashboard may do on PostgreSQL: read the audit trail and add to it, nothing more."""

import re

from pipelines.domain import UserError
from pipelines.ledger.schema import metadata

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def grants(role: str) -> list[str]:
    """Statements for the ledger's owner to run after every upgrade. Raises UserError for a name that needs quoting.

    The role neither owns the tables nor is a superuser, so it can change neither triggers nor rights.
    """
    if not _NAME.fullmatch(role):
        raise UserError(f"角色名“{role}”只能用小写字母、数字和下划线 (write a plain role name)")
    return [
        f"revoke all on all tables in schema public from {role}",
        f"grant usage on schema public to {role}",
        f"grant select on {', '.join(['alembic_version', *sorted(metadata.tables)])} to {role}",
        f"grant insert, update on session, sign_in_link, account to {role}",
        f"grant insert, update, delete on attempt, device to {role}",
        f"grant update (state, not_before, next_attempt_at) on notice to {role}",  # a mail is to be sent again
        f"grant insert on audit to {role}",
        f"grant insert on upload to {role}",
        f"grant update (file_name) on upload to {role}",  # the name bears the number of the row
        f"grant usage on sequence upload_upload_id_seq to {role}",
    ]
