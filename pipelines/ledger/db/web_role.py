"""What the database role of the dashboard may do on PostgreSQL: read the audit trail and add to it, nothing more."""

import re

from pipelines.core.domain import UserError
from pipelines.ledger.db.schema import metadata

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_NUMBERED = (
    "warning_step_step_id_seq",
    "acknowledgement_acknowledgement_id_seq",
    "measure_measure_id_seq",
    "upload_upload_id_seq",
    "rule_act_act_id_seq",
    "account_request_request_id_seq",
)


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
        f"grant insert, update on session, sign_in_link, account, account_request to {role}",
        f"grant insert, update, delete on attempt, device to {role}",
        f"grant update (state, not_before, next_attempt_at) on notice to {role}",  # a mail is to be sent again
        f"grant insert on audit to {role}",
        f"grant insert on warning_step, acknowledgement, measure, upload, rule_act to {role}",
        f"grant update (undone_at, undone_by) on acknowledgement to {role}",
        f"grant update (state, closed_at, closed_by, result) on measure to {role}",
        f"grant update (file_name) on upload to {role}",  # the name bears the number of the row
        f"grant usage on sequence {', '.join(_NUMBERED)} to {role}",
    ]
