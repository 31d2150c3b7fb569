"""The pages before the door: name and password, or a link's page whose button signs in; opening it uses up nothing."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from dashboard.components.theme import css_variables
from dashboard.locale import Language, language, text, text_in
from dashboard.web.security.origin import address_of_one_client, is_this_machine
from dashboard.web.security.request_body import answer_sentence, must_wait, read_field
from dashboard.web.security.session import clear_token, read_device, read_token, set_device, set_language, set_token
from dashboard.web.security.trail import address, at_page, trail
from pipelines.core.domain import Role, UserError
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import link, session
from pipelines.ledger.accounts.link import LinkPurpose, NewAccount, Opened
from pipelines.ledger.accounts.session import Session
from pipelines.ledger.accounts.sign_in import Refused, SignedIn, sign_in

_PAGE = re.compile(r"/(?!/)[\w./?=&%-]{0,500}", re.ASCII)
Clock = Callable[[], datetime]
NAME = "entrance"
# What may be asked for without a session. Signing out is not among them: it needs one.
OPEN_ENDPOINTS = frozenset(
    {f"{NAME}.{view}" for view in ("static", "show_sign_in", "enter", "show_link", "use_link", "speak")}
)
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
    """The sign-in and sign-out pages as a Flask blueprint; what they send is JSON, as all that writes."""
    pages = Blueprint(
        NAME, __name__, template_folder="templates", static_folder="static", static_url_path="/sign-in/static"
    )
    pages.add_app_template_global(text, "text")
    pages.add_app_template_global(language, "language")
    pages.add_app_template_global(text_in, "text_in")
    pages.add_app_template_global(css_variables, "css_variables")

    @pages.get("/sign-in")
    def show_sign_in() -> Response:
        to = _page_of_ours(request.args.get("to", ""))
        return _page("waiting.html", 200, is_demonstration=settings.demonstration_mark.exists(), to=to)

    @pages.post("/sign-in")
    def enter() -> Response:
        found = sign_in(
            ledger,
            read_field("name"),
            read_field("password"),
            clock(),
            address(),
            read_device(settings) or "",
            is_clients_address=bool(address_of_one_client(settings)),
        )
        if isinstance(found, Refused):
            return _not_in(found.wait)
        return _inside(found, _page_of_ours(read_field("to")))

    @pages.get("/sign-in/<token>")
    def show_link(token: str) -> Response:
        opened = link.inspect_link(ledger, token, clock())
        if opened is None or opened.viewer.role is None or not _is_for_here(opened, settings):
            return _spent()
        titles = {"role": text(ROLE_TITLES[opened.viewer.role]), "name": opened.viewer.name}
        return _page(f"{opened.purpose.value}.html", 200, **titles)

    @pages.post("/sign-in/<token>")
    def use_link(token: str) -> Response:
        now = clock()
        opened = link.inspect_link(ledger, token, now)
        if opened is None or not _is_for_here(opened, settings):
            return _spent()
        try:
            fresh = _redeemed(ledger, settings, opened, token, now)
        except UserError as error:
            return answer_sentence(error, 400)
        return _spent() if fresh is None else _inside(fresh)

    @pages.post("/language")
    def speak() -> Response:
        if read_field("language") not in list(Language):
            return answer_sentence(text("Choose one of the languages."), 400)
        response = make_response(jsonify(again=True))
        set_language(response, Language(read_field("language")), settings)
        return response

    @pages.get("/sign-out")
    def ask_to_leave() -> Response:
        return _page("sign_out.html", 200)

    @pages.post("/sign-out")
    def leave() -> Response:
        token = read_token(settings)
        if token is not None:
            session.end_session(ledger, token, clock(), address())
        response = make_response(jsonify(to="/sign-in"))
        clear_token(response, settings)
        return response

    def _inside(fresh: Session | SignedIn, to: str = "/") -> Response:
        old = read_token(settings)
        if old is not None:
            session.end_session(ledger, old, clock(), address())
        response = make_response(jsonify(to=to))
        begun = fresh.session if isinstance(fresh, SignedIn) else fresh
        set_token(response, begun.token, settings)
        if isinstance(fresh, SignedIn):
            set_device(response, fresh.device, settings)
        return response

    return pages


def sign_in_for(address: str) -> str:
    """Where a stranger is sent who asked for this page: after signing in, the page is opened."""
    return "/sign-in" if _page_of_ours(address) == "/" else f"/sign-in?{urlencode({'to': address})}"


def _page_of_ours(address: str) -> str:
    """An address within this site, as a link of a mail has it; anything else is the first page."""
    is_ours = _PAGE.fullmatch(address) is not None and not address.startswith(("/sign-", "/download/"))
    return address if is_ours else "/"


def _redeemed(
    ledger: Ledger, settings: Settings, opened: Opened, token: str, now: datetime
) -> Session | SignedIn | None:
    if opened.purpose is LinkPurpose.DEMONSTRATION:
        return link.redeem_link(ledger, token, now, address())
    password, words, device = read_field("password"), known_words(settings.region), read_device(settings) or ""
    if password != read_field("again"):
        raise UserError(text("The two passwords differ."))
    if opened.purpose is LinkPurpose.PASSWORD:
        return link.redeem_password(ledger, token, password, words, now, address(), device)
    new = NewAccount(read_field("name"), read_field("person"), password)
    return link.redeem_set_up(ledger, token, new, words, now, address(), device)


def _is_for_here(opened: Opened, settings: Settings) -> bool:
    """A demonstration link is good for invented data alone, and on this machine itself."""
    if opened.purpose is not LinkPurpose.DEMONSTRATION:
        return True
    return settings.demonstration_mark.exists() and is_this_machine(settings)


def _not_in(wait: timedelta) -> Response:
    if wait <= timedelta():
        return answer_sentence(text("Name or password is wrong."), 401)
    trail().refuse("too_many_guesses")
    return must_wait(wait)


def _spent() -> Response:
    at_page("/sign-in")  # never the address itself: it holds the link's secret
    trail().refuse("spent_link")
    if request.is_json:
        return answer_sentence(text("This link is no longer valid"), 410)
    return _page("spent.html", 410)


def refusal(message: str, status: int) -> Response:
    """Say in one sentence why a request is refused: as a page, or to who sent JSON as JSON."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return answer_sentence(text(message), status)
    return _page("refused.html", status, message=text(message))


def _page(file: str, status: int, **values: Any) -> Response:
    return make_response(render_template(f"security/{file}", **values), status)


@cache
def known_words(folder: Path) -> tuple[str, ...]:
    """Names of the region folder. Raises UserError when it cannot be read."""
    region = load(folder)
    names = [*region.places["name"], *region.places["short_name"], *region.aliases, *region.offices["name"]]
    return tuple(dict.fromkeys([region.name_zh, region.name_en, *map(str, names)]))
