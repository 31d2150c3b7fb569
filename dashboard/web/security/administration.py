"""What an administrator does with accounts, and everybody with the own password; all of it JSON, behind the guard."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, make_response

from dashboard.locale import text
from dashboard.web.security.entrance import Clock, known_words
from dashboard.web.security.request_body import answer_sentence, must_wait, read_field, read_fields
from dashboard.web.security.session import current_permissions, current_viewer, read_token, set_token
from dashboard.web.security.trail import actor, address
from pipelines.core.domain import Role, UserError
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import account, confirmation
from pipelines.ledger.accounts.sign_in import Refused, set_own_password
from pipelines.ledger.audit_trail.trail import ActContext
from pipelines.ledger.notifications import queue

ACTIONS: dict[str, Callable[..., None]] = {
    "disable": account.disable,
    "enable": account.enable,
    "sign-out": account.sign_out,
    "forgive": account.forgive,
}
_WAITS = (
    "Asked for. Another administrator or a leader confirms it under “My account”, and hands the link over to the owner."
)


def administration(ledger: Ledger, settings: Settings, clock: Clock) -> Blueprint:
    """The writing side of the pages of accounts as a Flask blueprint; who may use it says ``viewer.may_open``."""
    acts = Blueprint("administration", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        return answer_sentence(error, 400)

    @acts.post("/accounts/new")
    def new() -> Response:
        name, person = read_field("name"), read_field("person")
        account_id = account.create(ledger, actor(), name, person, _role(), areas(), clock())
        return _given(confirmation.give_link(ledger, current_permissions(), acting(), account_id))

    @acts.post("/accounts/<account_id>/link")
    def new_link(account_id: str) -> Response:
        return _given(confirmation.give_link(ledger, current_permissions(), acting(), account_id))

    @acts.post("/accounts/<account_id>/change")
    def change(account_id: str) -> Response:
        if confirmation.give_role(ledger, current_permissions(), acting(), account_id, _role(), areas()):
            return make_response(jsonify(to="/accounts"))
        return answer_sentence(text(_WAITS), 200)

    @acts.post("/accounts/sign-out-everybody")
    def sign_out_everybody() -> Response:
        account.sign_out_everybody(ledger, actor(), clock())
        return make_response(jsonify(to="/sign-in"))

    @acts.post("/accounts/<account_id>/<action>")
    def act(account_id: str, action: str) -> Response:
        if action not in ACTIONS:
            return answer_sentence(text("This page does not exist"), 404)
        ACTIONS[action](ledger, actor(), account_id, clock())
        return make_response(jsonify(to="/accounts"))

    @acts.post("/account/request/<int(max=999999999):number>/confirm")
    def confirm(number: int) -> Response:
        return _handed_over(confirmation.confirm(ledger, current_permissions(), acting(), number))

    @acts.post("/account/request/<int(max=999999999):number>/refuse")
    def refuse(number: int) -> Response:
        confirmation.refuse(ledger, current_permissions(), acting(), number)
        return make_response(jsonify(to="/account"))

    @acts.post("/account/password")
    def password() -> Response:
        if read_field("password") != read_field("again"):
            return answer_sentence(text("The two passwords differ."), 400)
        token = read_token(settings) or ""
        words = known_words(settings.region)
        found = set_own_password(ledger, token, read_field("old"), read_field("password"), words, clock(), address())
        if not isinstance(found, Refused):
            answer = answer_sentence(text("The password has been changed; your other sessions have ended."), 200)
            set_token(answer, found, settings)
            return answer
        return must_wait(found.wait) if found.wait else answer_sentence(text("The old password is wrong."), 401)

    def acting() -> ActContext:
        return ActContext(current_viewer(), actor(), clock())

    def areas() -> list[str]:
        chosen = read_fields("areas")
        if not set(chosen) <= set(load(settings.region).units):
            raise UserError(text("Choose areas of this region."))
        return chosen

    def _given(token: str | None) -> Response:
        return answer_sentence(text(_WAITS), 200) if token is None else _handed_over(token)

    def _handed_over(token: str) -> Response:
        sentence = text("Hand this address over in person. It works once, for 24 hours; the password is set there.")
        return answer_sentence(sentence, 200, link=f"{settings.address}/sign-in/{token}")

    return acts


def _role() -> Role:
    if read_field("role") not in list(Role):
        raise UserError(text("Choose a role."))
    return Role(read_field("role"))


def delivering(ledger: Ledger, clock: Clock) -> Blueprint:
    """The writing side of the page of mails as a Flask blueprint; who may use it says ``viewer.may_open``."""
    acts = Blueprint("delivering", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        return answer_sentence(error, 400)

    @acts.post("/delivery/<notice_id>/resend")
    def resend(notice_id: str) -> Response:
        if not notice_id.isdecimal() or len(notice_id) > 9:  # as far as both engines count
            return answer_sentence(text("This page does not exist"), 404)
        queue.resend_mail(ledger, int(notice_id), actor(), clock())
        return make_response(jsonify(to="/delivery"))

    return acts
