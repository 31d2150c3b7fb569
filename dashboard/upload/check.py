"""What becomes of a file that is sent: checked in a process of its own, then sent back, or put into the inbox.

Imported when the first file comes, for it brings in what reads files.
"""

from functools import partial
from pathlib import Path

from flask import Response, jsonify, make_response

from dashboard.summary.region_tables import region
from dashboard.upload.answer import Question, agreed_to, sent_back
from dashboard.upload.choice import Choice, refuse_contradiction
from dashboard.upload.place import name_of, written_aside
from dashboard.upload.submission import RECEIPT
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.web.security.entrance import Clock
from dashboard.web.security.form import field
from dashboard.web.security.trail import actor
from pipelines.core.settings import Settings
from pipelines.formcheck.error_report import Rows, further_messages
from pipelines.formcheck.sandbox import SandboxAnswer, check_in_sandbox
from pipelines.formcheck.validation.outcome import FileOutcome
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import Act, Result
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Sending

_SHOWN_WHOLE = 2 << 20  # of a larger file the workbook of errors shows the wrong rows only


def checked(content: bytes, file_name: str, region_folder: Path, choice: Choice) -> SandboxAnswer:
    """What the form check says of a file; raises SaidError as ``check_apart`` does."""
    sheet = Rows.ALL if len(content) <= _SHOWN_WHOLE else Rows.REFUSED
    return check_in_sandbox(content, file_name, region_folder, choice.contract.feed, sheet, meant=choice.meant)


def answered(
    ledger: Ledger,
    settings: Settings,
    clock: Clock,
    choice: Choice,
    answer: SandboxAnswer,
    file_name: str,
    content: bytes,
    content_hash: str,
) -> Response:
    """Send a file back with its problems or a question, or take it: then the answer leads to its receipt."""
    outcome = answer.outcome
    if outcome.named is not None and outcome.status != "refused":
        refuse_contradiction(choice, outcome.named)
    question = _question(outcome)
    if outcome.status == "refused" or _is_all_wrong(outcome) or question is not None:
        trail().enter(
            Act.UPLOAD,
            f"{choice.contract.feed} {choice.area} {choice.period}",
            {"hash": content_hash, "rows": outcome.rows_total, "wrong": outcome.rows_quarantined},
            Result.REFUSED,
        )
        return sent_back(choice, answer, file_name, question)
    number = _received(ledger, settings, clock, choice, outcome, file_name, content, content_hash)
    return make_response(jsonify(to=f"{RECEIPT}/{number}"))


def _question(outcome: FileOutcome) -> Question | None:
    """What is still to be asked before a file whose form is right, or partly right, is sent."""
    if outcome.status == "refused" or _is_all_wrong(outcome):
        return None
    if outcome.rows_quarantined:
        asked = Question.LEAVE_WRONG
    elif not outcome.rows_total:
        asked = Question.NOTHING
    elif further_messages(outcome, english=True):
        asked = Question.AS_NOTED
    else:
        return None
    return None if field(asked) == agreed_to(outcome) else asked


def _is_all_wrong(outcome: FileOutcome) -> bool:
    """Whether no row would count: such a file must not stand for a period in which there was nothing to report."""
    return outcome.rows_quarantined > 0 and not outcome.rows_accepted


def _received(
    ledger: Ledger,
    settings: Settings,
    clock: Clock,
    choice: Choice,
    outcome: FileOutcome,
    file_name: str,
    content: bytes,
    content_hash: str,
) -> int:
    """Put the file into the inbox and enter it; the number of the receipt."""
    named = outcome.named or choice.meant
    feed = choice.contract.feed
    sending = Sending(
        feed,
        named.sender,
        named.period,
        named.grain,
        named.version,
        named.is_supplement,
        outcome.drop_id,
        content_hash,
        len(content),
        outcome.rows_total,
        outcome.rows_quarantined,
    )
    with written_aside(settings.inbox, feed, content) as aside:
        made = uploads.enter(
            ledger,
            data.viewer(),
            actor(),
            region().city,
            sending,
            partial(name_of, feed, named, file_name),
            aside.take_place,
            clock(),
        )
    return made.upload_id
