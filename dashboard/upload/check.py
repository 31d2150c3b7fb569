"""What becomes of a file that is sent: checked in a process of its own, sent back, or put into the inbox."""

import base64
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePath

from flask import Response, jsonify, make_response

from dashboard.locale import Language, count, language, text
from dashboard.summary.reference import region
from dashboard.upload.choice import Choice, refuse_contradiction
from dashboard.upload.submission import RECEIPT, SentFile
from dashboard.web import data
from dashboard.web.security import current_permissions, trail
from dashboard.web.security.entrance import Clock
from dashboard.web.security.request_body import read_field
from dashboard.web.security.trail import actor
from pipelines.core.domain import Grain, UserError
from pipelines.core.settings import Settings
from pipelines.feeds.contract import SUFFIXES, Slice
from pipelines.formcheck.error_report import Rows, further_messages
from pipelines.formcheck.sandbox import SandboxAnswer, check_in_sandbox
from pipelines.formcheck.validation.file_result import FileOutcome
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import Act, ActContext, Result
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Sending

_FORGOTTEN = 3600.0  # seconds after which what was written aside was left by a server that broke off


@dataclass
class Aside:
    """A file that is written and that nobody takes up yet."""

    path: Path

    def take_place(self, name: str) -> None:
        """Give the file its name; from now on the ingest takes it. Raises FileExistsError rather than overwrite."""
        aside, named = self.path, self.path.with_name(name)
        os.link(aside, named)
        self.path = named
        aside.unlink()
        _keep(named.parent)


@contextmanager
def written_aside(inbox: Path, feed: str, content: bytes) -> Iterator[Aside]:
    """Write a file beside its place in ``inbox/<feed>/``; it stays only where it took its place and nothing failed.

    A folder of the inbox need not be readable to us, only open to new files. Raises UserError where writing fails.
    """
    folder = inbox / feed
    aside = folder / f".{secrets.token_hex(8)}.part"
    try:
        _open_folder(folder)
        _tidy(folder)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise _cannot() from error
    written = Aside(aside)
    try:
        yield written
    except BaseException as error:  # what is not entered must not be taken in
        for path in {aside, written.path}:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot() from error
        raise
    aside.unlink(missing_ok=True)


def _open_folder(folder: Path) -> None:
    """Make the folder of a feed as open to the group as the inbox is: who runs takes files out of it."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(folder.parent.stat().st_mode & 0o777)


def _keep(folder: Path) -> None:
    """Have the disk keep the names of a folder, where we may read it."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(folder: Path) -> None:
    """Remove what was written aside long ago and never took its place."""
    with suppress(PermissionError):
        for left in folder.glob(".*.part"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _FORGOTTEN:
                    left.unlink()


def _cannot() -> UserError:
    return UserError(text("The file cannot be stored now; nothing was kept. Tell the administrator."))


def name_of(feed: str, named: Slice, file_name: str, number: int) -> str:
    """The name under which a file waits: what it speaks for, and in brackets, which are passed over, its receipt.

    The sender's own name is not kept: it may name a person.
    """
    digits = f"{named.period:%Y%m}" if named.grain is Grain.MONTH else f"{named.period:%Y%m%d}"
    version = f"_v{named.version}" if named.version != 1 else ""
    supplement = "_supplement" if named.is_supplement else ""
    suffix = PurePath(file_name).suffix.lower()
    return f"{feed}_{named.sender}_{digits}{version}{supplement} ({number}){suffix if suffix in SUFFIXES else '.csv'}"


MOST_SAID = 200
"""So many problems are listed; the error sheets have them all."""
_UNPROCESSABLE = 422
_SHOWN_WHOLE = 2 << 20  # of a larger file the workbook of errors shows the wrong rows only


class Question(StrEnum):
    """What the sender is asked; the name of the field that answers it, with what was agreed to."""

    LEAVE_WRONG = "leave_wrong"
    NOTHING = "nothing"
    AS_NOTED = "as_noted"


def agreement(outcome: FileOutcome) -> str:
    """What a yes is a yes to: this file for this slice, and so many rows that do not count."""
    return f"{outcome.drop_id} {outcome.rows_quarantined}"


def refuse_file(choice: Choice, answer: SandboxAnswer, file_name: str, question: Question | None) -> Response:
    """Say what is wrong; ``question``: on what condition the file is taken all the same."""
    is_chinese = language() is Language.CHINESE
    outcome = answer.only_file
    rows = answer.quarantined.sort_by("line_number").column("reason" if is_chinese else "reason_en")
    more = len(rows) - MOST_SAID
    told = {
        "say": _summary(choice, outcome, is_chinese),
        "problems": [*further_messages(outcome, english=not is_chinese), *rows[:MOST_SAID].to_pylist()],
        "more": text("… and {number} more; the error sheets have them all.", number=count(more)) if more > 0 else "",
        "sheets": _sheets(answer, file_name),
        "again": _again(outcome, question),
    }
    return make_response(jsonify(told), _UNPROCESSABLE)


def _summary(choice: Choice, outcome: FileOutcome, is_chinese: bool) -> str:
    if outcome.status == "refused":
        reason = outcome.reason if is_chinese else outcome.reason_en
        return text("{slice}: the file cannot be taken. {reason}", slice=choice.words, reason=reason or "")
    if not outcome.rows_total:
        return text("{slice}: the file has no rows. Nothing has been sent yet.", slice=choice.words)
    if not outcome.rows_quarantined:
        return text(
            "{slice}: all rows are right, but something is to be seen. Nothing has been sent yet.", slice=choice.words
        )
    return text(
        "{slice}: {wrong} of {rows} rows are wrong. Nothing has been sent yet.",
        slice=choice.words,
        wrong=count(outcome.rows_quarantined),
        rows=count(outcome.rows_total),
    )


def _sheets(answer: SandboxAnswer, file_name: str) -> list[dict[str, str]]:
    stem = PurePath(file_name).stem
    made = (
        (answer.error_sheet, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (answer.error_rows, "csv", "text/csv"),
    )
    return [
        {
            "title": text("Error sheet ({kind})", kind=suffix.upper()),
            "name": text("{name}_problems.{suffix}", name=stem, suffix=suffix),
            "kind": kind,
            "content": base64.b64encode(content).decode(),
        }
        for content, suffix, kind in made
        if content
    ]


def _again(outcome: FileOutcome, question: Question | None) -> dict[str, str] | None:
    """The button that sends the file all the same."""
    if question is None or outcome.status == "refused":
        return None
    words = {
        Question.LEAVE_WRONG: text(
            "Send it all the same: {good} rows count, {wrong} are sent back",
            good=count(outcome.rows_accepted),
            wrong=count(outcome.rows_quarantined),
        ),
        Question.NOTHING: text("Send it: there is nothing to report for this period"),
        Question.AS_NOTED: text("I have seen this; send it"),
    }
    return {"field": str(question), "title": words[question], "value": agreement(outcome)}


def check_file(sent: SentFile, region_folder: Path) -> SandboxAnswer:
    """What the form check says of a file; raises SaidError as ``check_in_sandbox`` does."""
    choice, sheet = sent.choice, Rows.ALL if len(sent.content) <= _SHOWN_WHOLE else Rows.REFUSED
    return check_in_sandbox(
        sent.content, sent.file_name, region_folder, choice.contract.feed, sheet, meant=choice.meant
    )


def answer_sender(ledger: Ledger, settings: Settings, clock: Clock, sent: SentFile, answer: SandboxAnswer) -> Response:
    """Send a file back with its problems or a question, or take it: then the answer leads to its receipt."""
    outcome, choice = answer.only_file, sent.choice
    if outcome.named is not None and outcome.status != "refused":
        refuse_contradiction(choice, outcome.named)
    question = _question(outcome)
    if outcome.status == "refused" or _is_all_wrong(outcome) or question is not None:
        trail().enter(
            Act.UPLOAD,
            f"{choice.contract.feed} {choice.area} {choice.period}",
            {"hash": sent.content_hash, "rows": outcome.rows_total, "wrong": outcome.rows_quarantined},
            Result.REFUSED,
        )
        return refuse_file(choice, answer, sent.file_name, question)
    number = _enter_file(ledger, settings, clock, sent, outcome)
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
    return None if read_field(asked) == agreement(outcome) else asked


def _is_all_wrong(outcome: FileOutcome) -> bool:
    """Whether no row would count: such a file must not stand for a period in which there was nothing to report."""
    return outcome.rows_quarantined > 0 and not outcome.rows_accepted


def _enter_file(ledger: Ledger, settings: Settings, clock: Clock, sent: SentFile, outcome: FileOutcome) -> int:
    """Put the file into the inbox and enter it; the number of the receipt."""
    named = outcome.named or sent.choice.meant
    feed = sent.choice.contract.feed
    sending = Sending(
        feed,
        named.sender,
        named.period,
        named.grain,
        named.version,
        named.is_supplement,
        outcome.drop_id,
        sent.content_hash,
        len(sent.content),
        outcome.rows_total,
        outcome.rows_quarantined,
    )
    with written_aside(settings.inbox, feed, sent.content) as aside:
        made = uploads.enter_upload(
            ledger,
            current_permissions(),
            ActContext(data.viewer(), actor(), clock()),
            region().city,
            sending,
            partial(name_of, feed, named, sent.file_name),
            aside.take_place,
        )
    return made.upload_id
