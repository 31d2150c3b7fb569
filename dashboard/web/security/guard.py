"""The check before every request: our host, a safe line, our own origin for writing, a session. Deny by default."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, make_response, redirect, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from dashboard.web.security.administration import administration, delivering
from dashboard.web.security.entrance import OPEN_ENDPOINTS, Clock, entrance, refusal, sign_in_for
from dashboard.web.security.origin import (
    ScriptHashes,
    add_headers,
    is_encrypted,
    is_our_host,
    is_our_origin,
    is_this_machine,
)
from dashboard.web.security.session import (
    PERMISSIONS,
    choose_language,
    current_permissions,
    current_viewer,
    may_open,
    read_token,
    set_viewer,
)
from dashboard.web.security.trail import TRAIL, Trail, trail
from dashboard.web.serving.limits import RETRY_AFTER, refused_with
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import session

# Pages send some thousand bytes; files do not come this way.
MOST_SENT = 1 << 20
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked for by scripts and pages, not by people: a redirect to a page would only puzzle them.
_PARTS = ("/_", "/assets/")
_FAILURES = {
    404: "This page does not exist",
    405: "This cannot be done at this address.",
    413: "More was sent than is accepted here.",
    500: "The server could not answer. What happened stands in its log.",
    503: "The server is busy and has not done what was asked. Please try again in a few seconds.",
}
HEALTH = "health"  # name of the blueprint that anybody may ask, under any name of ours (dashboard/web/health.py)


class _Json(DefaultJSONProvider):
    """JSON in which what is nested too deep to be read is no JSON, as other rubbish is none."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def guard(
    server: Flask, ledger: Ledger, settings: Settings, script_hashes: ScriptHashes = tuple, clock: Clock = _wall_clock
) -> None:
    """Put the door before a Flask server: sign-in pages, the check before every request, headers after every answer.

    Everything but the sign-in pages and their style needs a session; ``current_viewer()`` then says whose it is.
    ``script_hashes`` is ``app.csp_hashes`` of a Dash application; ``clock`` (UTC) is for tests.
    """
    server.config[TRAIL] = Trail(ledger, clock)
    server.config[PERMISSIONS] = settings.region
    server.json = _Json(server)
    server.config["MAX_CONTENT_LENGTH"] = MOST_SENT
    choose_language(server, settings)
    server.register_blueprint(entrance(ledger, settings, clock))
    server.register_blueprint(administration(ledger, settings, clock))
    server.register_blueprint(delivering(ledger, clock))
    add_headers(server, settings, script_hashes)

    @server.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        """A sentence of ours, with nothing of what went wrong inside."""
        status = error.code or 500
        answer = refusal(_FAILURES.get(status, "The request cannot be understood."), status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return answer

    @server.before_request
    def check() -> Response | None:
        if request.blueprint == HEALTH:
            return None
        return (
            _refused_by_server()
            or _wrong_address(settings)
            or _foreign_write(settings)
            or _stranger(ledger, settings, clock)
            or _not_for_this_role()
        )


def _refuse(why: str, message: str, status: int) -> Response:
    trail().refuse(why)
    return refusal(message, status)


def _refused_by_server() -> Response | None:
    """Say what the server, which has not read the body or has no thread for it, refuses: neither ledger nor trail."""
    status = refused_with()
    if not status:
        return None
    answer = refusal(_FAILURES[status], status)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
        if request.method == "GET" and answer.mimetype == "text/html":
            answer.headers["Refresh"] = str(RETRY_AFTER)  # a page that is opened is asked for again by itself
    return answer


def _wrong_address(settings: Settings) -> Response | None:
    if not is_our_host(settings):
        return _refuse("wrong_host", "This address is not set as the program's own. Set GANGSHAO_BASE_URL to it.", 400)
    if not is_encrypted(settings) and not is_this_machine(settings):
        return _refuse("plain_http", "Only HTTPS is accepted, except on this machine itself.", 403)
    return None


def _foreign_write(settings: Settings) -> Response | None:
    if request.method in _READING:
        return None
    if not is_our_origin(settings):
        return _refuse("foreign_origin", "The request does not come from this site's own pages.", 403)
    if request.mimetype != "application/json":
        return _refuse("not_json", "Only JSON is accepted here.", 415)
    return None


def _stranger(ledger: Ledger, settings: Settings, clock: Clock) -> Response | None:
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    token = read_token(settings)
    viewer = session.viewer_of(ledger, token, clock()) if token is not None else None
    if viewer is not None and token is not None:
        set_viewer(viewer, session.session_mark(token))
        return None
    is_page = request.method in _READING and not request.path.startswith(_PARTS)
    if is_page and request.accept_mimetypes.accept_html:
        return make_response(redirect(sign_in_for(request.full_path.rstrip("?")), 303))
    return _refuse("no_session", "Please sign in first.", 401)


def _not_for_this_role() -> Response | None:
    if request.endpoint in OPEN_ENDPOINTS or may_open(current_permissions(), current_viewer(), request.path):
        return None
    return _refuse("other_role", "Your role may not open this.", 403)
