"""Every route of the server by every method, for nobody and for every role: headers, caching, cookies and what fails."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dash
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from dashboard.locale import text
from dashboard.web.app import create_app
from dashboard.web.security.guard import MOST_SENT
from pipelines.core.domain import Role, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link, session
from pipelines.ledger.audit_trail import trail
from tests.dashboard.published_city import City
from tests.dashboard.site import served
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("headers_everywhere")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND")
PROXIED, LOOPBACK = "https://gangshao.example.com", "http://localhost"
PARTS_OF_PAGES = {"text/css", "text/javascript", "application/javascript"}
# In `make test` one of each audience and the one who has a page of his own by which acts are done.
ROLES = list(Role) if IS_LONG else [Role.CITY_LEADER, Role.COUNTY_CLERK, Role.AUDITOR, Role.ADMINISTRATOR]
VIEWERS = [None, *[Viewer(role, frozenset({"371503"} if "county" in role.value else ()), "who") for role in ROLES]]
KEY = {"name": "li.si", "password": "purple hippo naps on roofs"}


@dataclass
class Everything:
    """The whole application over the small city, as set for this machine and as behind a proxy; one ledger."""

    server: Flask
    proxied: Flask
    ledger: Ledger
    tokens: dict[Viewer, str] = field(default_factory=dict)

    def token(self, viewer: Viewer) -> str:
        """A session's that is open."""
        now = datetime.now(UTC)
        if session.viewer_of(self.ledger, self.tokens.get(viewer, ""), now) is None:
            with self.ledger.writing() as connection:
                self.tokens[viewer] = session.begin_session(connection, viewer, now).token
        return self.tokens[viewer]

    def account(self, name: str) -> str:
        """A fresh account without a password."""
        by = trail.this_process()
        return account.create(self.ledger, by, name, "李四", Role.CITY_DUTY, (), datetime.now(UTC))

    def link(self) -> str:
        """A fresh link to look at invented data."""
        return link.issue_link(self.ledger, Role.CITY_LEADER, (), "", timedelta(hours=1), datetime.now(UTC))


@pytest.fixture(scope="module")
def everything(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    data = tmp_path_factory.mktemp("headers")
    (data / "published").symlink_to(city.published)
    settings = Settings(data=data, keys=data / "keys")
    settings.demonstration_mark.touch()
    ledger = open_ledger(settings)
    pages = dict(dash.page_registry)
    proxied = settings.model_copy(update={"base_url": PROXIED})
    yield Everything(create_app(settings, ledger).server, create_app(proxied, ledger).server, ledger)
    dash.page_registry.clear()
    dash.page_registry.update(pages)
    ledger.close()


def ask(
    every: Everything,
    path: str,
    method: str = "GET",
    viewer: Viewer | None = None,
    base: str = LOOPBACK,
    **more: object,
) -> TestResponse:
    """Ask as our own page would, with the cookie of an open session."""
    headers = {"Origin": base, "Accept": "text/html,*/*;q=0.8"}
    if viewer is not None:
        name = "__Host-gangshao" if base == PROXIED else "gangshao"
        headers["Cookie"] = f"{name}={every.token(viewer)}"
    body = {} if "data" in more or method in {"GET", "HEAD", "OPTIONS", "TRACE"} else {"json": {}}
    client = Client(every.proxied if base == PROXIED else every.server, use_cookies=False)
    here = {"REMOTE_ADDR": "127.0.0.1"}  # this machine, or its proxy
    return client.open(path, method=method, base_url=base, headers=headers, environ_base=here, **(body | more))  # type: ignore[arg-type]


def paths(every: Everything) -> list[str]:
    """Every route with a real value for each of its variables; a new variable needs one here."""
    values = {
        "account_id": every.account(f"a{datetime.now(UTC).timestamp():.6f}"),
        "action": "forgive",
        "episode_id": "0123",
        "filename": "page.css",
        "form": "csv",
        "fingerprinted_path": "dash-renderer/build/dash_renderer.min.js",
        "name": "warnings",
        "notice_id": "1",
        "number": 1,
        "package_name": "dash",
        "path": "area/371503",
        "rule_id": "benefit_claim_spike",
        "token": every.link(),
    }
    found = []
    for rule in every.server.url_map.iter_rules():
        built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None
        found.append(built[1])
    return sorted({*found, "/no/such/page", "/sign-in/static/entrance.css", "/assets/none.js", "/download/none.csv"})


def assert_guarded(answer: TestResponse, told: str, is_encrypted: bool) -> None:
    """What holds of every answer, whatever it says."""
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["Content-Security-Policy"].split(";")}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:"} & set(policy["script-src"]), told
    assert policy["default-src"] == policy["connect-src"] == ["'self'"], told
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"], told
    assert answer.headers["X-Content-Type-Options"] == "nosniff", told
    assert answer.headers["X-Frame-Options"] == "DENY", told
    assert answer.headers["Referrer-Policy"] == "no-referrer", told
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", told
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", told
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")], told
    assert "Server" not in answer.headers, told
    assert ("Strict-Transport-Security" in answer.headers) == is_encrypted, told
    if is_encrypted:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", told
    if answer.mimetype not in PARTS_OF_PAGES and not answer.mimetype.startswith("image/"):
        assert answer.headers["Cache-Control"] == "no-store", told
    if answer.mimetype.startswith("text/"):
        assert "charset=utf-8" in answer.headers["Content-Type"].lower(), told
    if answer.status_code // 100 == 3 and answer.status_code != 304:
        assert answer.headers["Location"].partition("?")[0] == "/sign-in", told
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert_kept(cookie, told, is_encrypted)


def assert_kept(cookie: str, told: str, is_encrypted: bool) -> None:
    """A cookie of ours: bound to the host, out of reach of scripts, sent to us alone."""
    name, *attributes = [part.strip() for part in cookie.split(";")]
    assert name.startswith("__Host-gangshao" if is_encrypted else "gangshao"), told
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes), told
    assert ("Secure" in attributes) == is_encrypted, told
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")], told


@pytest.mark.requirement(
    "M7", "3.2.1", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.7.2", "4.1.1", "6.3.4", "14.3.2"
)
@pytest.mark.parametrize("base", [LOOPBACK, PROXIED])
def test_every_route_by_every_method_carries_the_headers_for_everybody(everything: Everything, base: str) -> None:
    seen: set[tuple[int, str]] = set()
    for viewer in VIEWERS if base == LOOPBACK or IS_LONG else VIEWERS[:2]:
        for path in paths(everything):
            for method in METHODS:
                answer = ask(everything, path, method, viewer, base)
                assert_guarded(answer, f"{method} {path} {viewer and viewer.role}", base == PROXIED)
                assert answer.status_code < 500 or path == "/readyz", (method, path, viewer)
                seen.add((answer.status_code, answer.mimetype))
    statuses, kinds = {status for status, _ in seen}, {kind for _, kind in seen}
    assert statuses >= {200, 303, 400, 401, 403, 404, 405}, "the walk has met every sort of answer"
    assert kinds >= {"text/html", "application/json", "text/css", "text/javascript", "text/csv"}


@pytest.mark.requirement("3.5.3", "4.1.4", "13.4.4")
@pytest.mark.parametrize("base", [LOOPBACK, PROXIED])
def test_no_method_but_those_of_a_route_is_answered(everything: Everything, base: str) -> None:
    leader = Viewer(Role.CITY_LEADER)
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"):
        for path in paths(everything):
            answer = ask(everything, path, method, leader, base, data="{}", content_type="application/json")
            assert answer.status_code in {403, 405}, (method, path)


@pytest.mark.requirement("3.3.1", "3.3.2", "3.3.4", "14.3.3")
@pytest.mark.parametrize("base", [LOOPBACK, PROXIED])
def test_cookies_are_set_at_sign_in_and_taken_back_at_sign_out_and_nowhere_else(
    everything: Everything, base: str
) -> None:
    now, by = datetime.now(UTC), trail.this_process()
    name = f"{KEY['name']}.{base.partition(':')[0]}"
    made = account.create(everything.ledger, by, name, "李四", Role.CITY_DUTY, (), now)
    token = link.insert_password_link(everything.ledger, by, made, now)
    sent = {"password": KEY["password"], "again": KEY["password"]}
    first = ask(everything, f"/sign-in/{token}", "POST", base=base, json=sent)
    second = ask(everything, "/sign-in", "POST", base=base, json=KEY | {"name": name})
    third = ask(everything, "/sign-out", "POST", Viewer(Role.CITY_LEADER), base)
    for answer, cookies in ((first, 2), (second, 2), (third, 1)):
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert len(answer.headers.getlist("Set-Cookie")) == cookies
        assert_guarded(answer, "sign-in", base == PROXIED)
    assert "Max-Age=0" in third.headers["Set-Cookie"]
    for viewer in VIEWERS:
        for path in paths(everything):
            assert "Set-Cookie" not in ask(everything, path, "GET", viewer, base).headers, path


@pytest.mark.requirement("5.2.1")
def test_what_is_too_large_is_refused_with_a_sentence_before_it_is_read(everything: Everything) -> None:
    for path in ("/sign-in", "/_dash-update-component", "/account/password"):
        answer = ask(
            everything, path, "POST", Viewer(Role.CITY_LEADER),
            data=b'{"name": "' + b"x" * MOST_SENT + b'"}', content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == 413, path
        assert answer.get_json() == {"say": text("More was sent than is accepted here.")}
        assert_guarded(answer, path, is_encrypted=False)


@pytest.mark.requirement("13.4.2", "16.3.4", "16.5.1")
def test_an_error_inside_is_answered_with_a_sentence_and_nothing_of_what_happened(
    everything: Everything, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setitem(everything.server.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(everything.server.view_functions, "entrance.show_sign_in", fail)
    answer = ask(everything, "/sign-in")
    assert answer.status_code == 500
    said = answer.get_data(as_text=True)
    assert text("The server could not answer. What happened stands in its log.") in said
    assert not [word for word in ("RuntimeError", "secret of the inside", "Traceback", ".py") if word in said]
    assert_guarded(answer, "500", is_encrypted=False)
    assert "secret of the inside" in caplog.text, "whoever runs the server is told"


@pytest.mark.requirement("5.3.1", "5.3.2", "13.4.1", "13.4.3")
def test_no_file_is_served_but_parts_of_pages(everything: Everything) -> None:
    leader = Viewer(Role.CITY_LEADER)
    for path in (
        "/.git/HEAD", "/gangshao.env", "/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2fapp.py", "/static/app.py",
        "/sign-in/static/../../guard.py", "/_dash-component-suites/dashboard/web/app.py", "/assets//etc/passwd",
        "/_dash-component-suites/dash/../flask/app.py", "/download/..%2f..%2fledger.csv", "/published/current",
    ):  # fmt: skip
        answer = ask(everything, path, viewer=leader)
        said = answer.get_data(as_text=True)
        assert answer.mimetype == "text/html", path
        assert not [word for word in ("import ", "ref: refs", "root:", "GANGSHAO_") if word in said], path
    for path in ("/assets/", "/sign-in/static/", "/static/", "/_dash-component-suites/", "/download/"):
        assert "<a " not in ask(everything, path, viewer=leader).get_data(as_text=True), "no list of files"


@pytest.mark.requirement("4.1.3", "13.4.4", "13.4.6")
def test_the_server_that_listens_tells_no_name_and_takes_no_proxys_word(tmp_path: Path) -> None:
    pages = dict(dash.page_registry)
    try:
        with served(tmp_path) as site:
            host = site.url.removeprefix("http://")
            line = http.client.HTTPConnection(host, timeout=10)
            line.request("GET", "/_dash-layout", headers={"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "https"})
            answer = line.getresponse()
            answer.read()
            assert answer.status == 401
            assert answer.getheader("Server") is None
            assert answer.getheader("Via") is None
            line.request("TRACE", "/sign-in", headers={"X-Mark": "echo"})
            answer = line.getresponse()
            assert answer.status in {403, 405}
            assert b"echo" not in answer.read()
            line.close()
            sources = {entry.source for entry in trail.entries(site.ledger)}
            assert "10.9.8.7" not in sources
            assert "127.0.0.1" in sources
    finally:
        dash.page_registry.clear()
        dash.page_registry.update(pages)
