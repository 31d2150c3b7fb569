"""The pages before the door: a link opens a page, its button signs in; mail scanners that open links use up nothing."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request

from dashboard.locale import LANGUAGE, text
from dashboard.security.cookie import clear_token, read_token, set_token
from dashboard.security.trail import at_page, trail
from pipelines.domain import Role
from pipelines.ledger import Ledger, link, session
from pipelines.settings import Settings

Clock = Callable[[], datetime]
NAME = "entrance"
# What may be asked for without a session. Signing out is not among them: it needs one.
OPEN_ENDPOINTS = frozenset({f"{NAME}.{view}" for view in ("static", "waiting", "show_link", "use_link")})
ROLE_TITLES = {
    Role.CITY_LEADER: "City leader",
    Role.CITY_ANALYST: "City analyst",
    Role.CITY_DUTY: "City duty desk",
    Role.COUNTY_HEAD: "County head",
    Role.COUNTY_CLERK: "County clerk",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Auditor",
}


def entrance(ledger: Ledger, settings: Settings, clock: Clock) -> Blueprint:
    """The sign-in and sign-out pages as a Flask blueprint."""
    pages = Blueprint(
        NAME, __name__, template_folder="templates", static_folder="static", static_url_path="/sign-in/static"
    )
    pages.add_app_template_global(text, "text")

    @pages.get("/sign-in")
    def waiting() -> Response:
        return _page("waiting.html", 200)

    @pages.get("/sign-in/<token>")
    def show_link(token: str) -> Response:
        viewer = link.inspect(ledger, token, clock())
        if viewer is None or viewer.role is None:
            return _spent()
        return _page("sign_in.html", 200, role=text(ROLE_TITLES[viewer.role]), name=viewer.name)

    @pages.post("/sign-in/<token>")
    def use_link(token: str) -> Response:
        now = clock()
        fresh = link.redeem(ledger, token, now, request.remote_addr or "")
        if fresh is None:
            return _spent()
        old = read_token(settings)
        if old is not None:
            session.end(ledger, old, now, request.remote_addr or "")
        response = make_response(redirect("/", 303))
        set_token(response, fresh.token, settings)
        return response

    @pages.get("/sign-out")
    def ask_to_leave() -> Response:
        return _page("sign_out.html", 200)

    @pages.post("/sign-out")
    def leave() -> Response:
        token = read_token(settings)
        if token is not None:
            session.end(ledger, token, clock(), request.remote_addr or "")
        response = make_response(redirect("/sign-in", 303))
        clear_token(response, settings)
        return response

    return pages


def _spent() -> Response:
    at_page("/sign-in")  # never the address itself: it holds the link's secret
    trail().refuse("spent_link")
    return _page("spent.html", 410)


def refusal(message: str, status: int) -> Response:
    """A page that says in one sentence why a request is refused."""
    return _page("refused.html", status, message=text(message))


def _page(file: str, status: int, **values: str) -> Response:
    return make_response(render_template(f"security/{file}", language=LANGUAGE, **values), status)
