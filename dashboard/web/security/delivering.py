"""What the administrator and the duty desk do with a mail: send this one again. JSON, behind the guard, audited."""

from flask import Blueprint, Response, jsonify, make_response

from dashboard.locale import text
from dashboard.web.security.entrance import Clock
from dashboard.web.security.form import said
from dashboard.web.security.trail import actor
from pipelines.core.domain import UserError
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import queue


def delivering(ledger: Ledger, clock: Clock) -> Blueprint:
    """The writing side of the page of mails as a Flask blueprint; who may use it says ``rights``."""
    acts = Blueprint("delivering", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        return said(error, 400)

    @acts.post("/delivery/<notice_id>/resend")
    def resend(notice_id: str) -> Response:
        if not notice_id.isdecimal() or len(notice_id) > 9:  # as far as both engines count
            return said(text("This page does not exist"), 404)
        queue.resend_mail(ledger, int(notice_id), actor(), clock())
        return make_response(jsonify(to="/delivery"))

    return acts
