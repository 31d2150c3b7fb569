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
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, request

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.reference import region
from dashboard.upload.choice import Choice, choice_of, feeds_to_send, refuse_repeated
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.web.security.entrance import Clock
from dashboard.web.security.request_body import answer_sentence, read_field
from dashboard.web.security.trail import at_page, is_refused
from pipelines.core.domain import UserError
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.ledger import Ledger

PATH, TEMPLATE, RECEIPT = "/data/upload", "/data/template", "/data/receipt"
MOST_FILE = 8 << 20
"""Bytes of a file; larger ones go into the inbox on another way."""
MOST_BODY = 12 << 20
"""Bytes of the JSON that holds it in base64. Only this route, behind the session and the role, takes so much."""
_LONGEST_NAME = 200
_AT_ONCE = 2  # checks, each of which may take pipelines.formcheck.sandbox.UPLOAD of memory
_WAITING = 2  # more of the server's threads must not stand and wait
_PATIENCE = 30.0  # seconds to wait for one's turn
_turns = threading.BoundedSemaphore(_AT_ONCE)
_places = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
_CHOSEN = ("feed", "area", "period", "kind")


@dataclass(frozen=True)
class SentFile:
    """What somebody sends: for which slice, under which name, the bytes and their SHA-256."""

    choice: Choice
    file_name: str
    content: bytes
    content_hash: str


def upload_routes(ledger: Ledger, settings: Settings, clock: Clock) -> Blueprint:
    """Upload and templates as a Flask blueprint; who may use it says ``rights``."""
    acts = Blueprint("uploading", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        if not is_refused():
            trail().refuse("act_refused")
        return answer_sentence(error, 400)

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
        return answer_sentence(_too_large(), 413)

    @acts.post(PATH)
    def upload() -> Response:
        choice = choice_of({name: read_field(name) for name in _CHOSEN})
        content, file_name = _content(), read_field("name")[-_LONGEST_NAME:] or "file.csv"
        sent = SentFile(choice, file_name, content, hashlib.sha256(content).hexdigest())
        refuse_repeated(choice, sent.content_hash)
        from dashboard.upload.check import answer_sender, check_file  # noqa: PLC0415 - brings Arrow in, and most only read

        with _turn():
            answer = check_file(sent, settings.region)
        return answer_sender(ledger, settings, clock, sent, answer)

    @acts.get(f"{TEMPLATE}/table.xlsx")
    def workbook() -> Response:
        from pipelines.formcheck.template import template  # noqa: PLC0415 - as above

        contract, meant = _wanted()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _file(template(contract, region(), data.today(), meant), contract, "xlsx", kind)

    @acts.get(f"{TEMPLATE}/table.csv")
    def text_file() -> Response:
        from pipelines.formcheck.template import template_text  # noqa: PLC0415 - as above

        contract, meant = _wanted()
        return _file(template_text(contract, region(), data.today(), meant), contract, "csv", "text/csv")

    return acts


def _content() -> bytes:
    try:
        content = base64.b64decode(read_field("content"), validate=True)
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
