"""The upload page's writing side: a file is checked at once and goes into the inbox when its form is right.

Nothing of a file is kept unless it goes into the inbox; what is wrong with it, and its error sheet, are in the answer
to whoever sent it and nowhere else.
"""

import base64
import binascii
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, make_response, request

from dashboard import data, reference
from dashboard.locale import text
from dashboard.region import region
from dashboard.security import trail
from dashboard.security.entrance import Clock
from dashboard.security.form import field, said
from dashboard.security.trail import actor, at_page, is_refused
from dashboard.upload_answer import Question, agreed_to, sent_back
from dashboard.upload_choice import Choice, choice_of, feeds_to_send, refuse_contradiction, refuse_repeated
from dashboard.upload_place import name_of, written_aside
from pipelines.domain import UserError
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.ingest.apart import check_apart
from pipelines.ingest.check import Outcome
from pipelines.ingest.error_sheet import Rows
from pipelines.ingest.template import template
from pipelines.ingest.template_text import template_text
from pipelines.ingest.told import more_to_say
from pipelines.ledger import Ledger
from pipelines.ledger import upload as uploads
from pipelines.ledger.audit import Act, Result
from pipelines.ledger.upload import Sending
from pipelines.settings import Settings

PATH, TEMPLATE, RECEIPT = "/data/upload", "/data/template", "/data/receipt"
MOST_FILE = 8 << 20
"""Bytes of a file; larger ones go into the inbox on another way."""
MOST_BODY = 12 << 20
"""Bytes of the JSON that holds it in base64. Only this route, behind the session and the role, takes so much."""
_SHOWN_WHOLE = 2 << 20  # of a larger file the workbook of errors shows the wrong rows only
_LONGEST_NAME = 200
_AT_ONCE = 2  # checks, each of which may take pipelines.ingest.apart.UPLOAD of memory
_WAITING = 2  # more of the server's threads must not stand and wait
_PATIENCE = 30.0  # seconds to wait for one's turn
_turns = threading.BoundedSemaphore(_AT_ONCE)
_places = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
_CHOSEN = ("feed", "area", "period", "kind")


def uploading(ledger: Ledger, settings: Settings, clock: Clock) -> Blueprint:
    """Upload and templates as a Flask blueprint; who may use it says ``rights``."""
    acts = Blueprint("uploading", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        if not is_refused():
            trail().refuse("act_refused")
        return said(error, 400)

    @acts.before_request
    def take_more() -> Response | None:
        if request.path != PATH:
            return None
        request.max_content_length = MOST_BODY
        too_much = request.content_length is not None and request.content_length > MOST_BODY
        if not too_much:
            return None
        at_page(PATH)  # the body, which may say for which page it is, is not read
        trail().refuse("act_refused")
        return said(_too_large(), 413)

    @acts.post(PATH)
    def upload() -> Response:
        choice = choice_of({name: field(name) for name in _CHOSEN})
        content, file_name = _content(), field("name")[-_LONGEST_NAME:] or "file.csv"
        content_hash = hashlib.sha256(content).hexdigest()
        refuse_repeated(choice, content_hash)
        sheet = Rows.ALL if len(content) <= _SHOWN_WHOLE else Rows.REFUSED
        with _turn():
            answer = check_apart(content, file_name, settings.region, choice.contract.feed, sheet, meant=choice.meant)
        outcome = answer.outcome
        if outcome.named is not None and outcome.status != "refused":
            refuse_contradiction(choice, outcome.named)
        question = _question(outcome)
        if outcome.status == "refused" or _is_all_wrong(outcome) or question is not None:
            trail().enter(
                Act.UPLOAD, f"{choice.contract.feed} {choice.area} {choice.period}",
                {"hash": content_hash, "rows": outcome.rows_total, "wrong": outcome.rows_quarantined}, Result.REFUSED,
            )  # fmt: skip
            return sent_back(choice, answer, file_name, question)
        number = _received(ledger, settings, clock, choice, outcome, file_name, content, content_hash)
        return make_response(jsonify(to=f"{RECEIPT}/{number}"))

    @acts.get(f"{TEMPLATE}/table.xlsx")
    def workbook() -> Response:
        contract, meant = _wanted()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _file(template(contract, region(), data.today(), meant), contract, "xlsx", kind)

    @acts.get(f"{TEMPLATE}/table.csv")
    def text_file() -> Response:
        contract, meant = _wanted()
        return _file(template_text(contract, region(), data.today(), meant), contract, "csv", "text/csv")

    return acts


def _content() -> bytes:
    try:
        content = base64.b64decode(field("content"), validate=True)
    except (binascii.Error, ValueError):
        raise UserError(text("Choose a file.")) from None
    if len(content) > MOST_FILE:
        raise UserError(_too_large())
    return content


def _too_large() -> str:
    return text(
        "The file is larger than {most} MiB. Split it, or hand it to the city's administrator.", most=MOST_FILE >> 20
    )


@contextmanager
def _turn() -> Iterator[None]:
    """So many checks at once and no more: each takes memory and a core."""
    if not _places.acquire(blocking=False):
        raise _busy()
    try:
        if not _turns.acquire(timeout=_PATIENCE):
            raise _busy()
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()


def _busy() -> UserError:
    return UserError(text("Many files are being checked just now. Nothing was kept; try again in a minute."))


def _question(outcome: Outcome) -> Question | None:
    """What is still to be asked before a file whose form is right, or partly right, is sent."""
    if outcome.status == "refused" or _is_all_wrong(outcome):
        return None
    if outcome.rows_quarantined:
        asked = Question.LEAVE_WRONG
    elif not outcome.rows_total:
        asked = Question.NOTHING
    elif more_to_say(outcome, english=True):
        asked = Question.AS_NOTED
    else:
        return None
    return None if field(asked) == agreed_to(outcome) else asked


def _is_all_wrong(outcome: Outcome) -> bool:
    """Whether no row would count: such a file must not stand for a period in which there was nothing to report."""
    return outcome.rows_quarantined > 0 and not outcome.rows_accepted


def _received(
    ledger: Ledger, settings: Settings, clock: Clock, choice: Choice, outcome: Outcome, file_name: str, content: bytes,
    content_hash: str,
) -> int:  # fmt: skip
    """Put the file into the inbox and enter it; the number of the receipt."""
    named = outcome.named or choice.meant
    feed = choice.contract.feed
    sending = Sending(
        feed, named.sender, named.period, named.grain, named.version, named.is_supplement, outcome.drop_id,
        content_hash, len(content), outcome.rows_total, outcome.rows_quarantined,
    )  # fmt: skip
    with written_aside(settings.inbox, feed, content) as aside:
        made = uploads.enter(
            ledger, data.viewer(), actor(), region().city, sending, partial(name_of, feed, named, file_name),
            aside.take_place, clock(),
        )  # fmt: skip
    return made.upload_id


def _wanted() -> tuple[Contract, Slice | None]:
    """The feed whose template is asked for, and what its head says already; nothing where the choice is incomplete."""
    feed = request.args.get("feed", "")
    if feed not in feeds_to_send():
        trail().refuse("not_found")
        raise UserError(text("Choose one of the feeds that you send."))
    try:
        return contracts()[feed], choice_of(request.args).meant
    except UserError:
        return contracts()[feed], None


def _file(content: bytes, contract: Contract, suffix: str, kind: str) -> Response:
    shown = text("{feed}_template.{suffix}", feed=reference.feed(contract.feed), suffix=suffix)
    plain = f"{contract.feed}_template.{suffix}"
    return Response(
        content,
        mimetype=kind,
        headers={"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown)}"},
    )
