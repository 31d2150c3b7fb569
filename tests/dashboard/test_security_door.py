import base64
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.locale import text
from dashboard.web.security import NotSignedInError, current_viewer
from pipelines.core.domain import Role, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act, Entry
from tests.dashboard.door import (
    ELSEWHERE,
    HOUR,
    KEY,
    LOOPBACK,
    OURS,
    PAGE,
    SITE,
    Clock,
    client,
    clock,
    issued,
    ledger,
    signed_up,
    site,
)

__all__ = ["client", "clock", "ledger"]


def sign_in(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    assert client.post(f"/sign-in/{issued(ledger, clock)}", json={}, headers=OURS).get_json() == {"to": "/"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are compared without the slow hash: tests of waiting look at the waiting alone."""
    monkeypatch.setattr(
        "pipelines.ledger.accounts.sign_in.matches", lambda given, kept: given == KEY["password"] and bool(kept)
    )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("proxy", ["127.0.0.1", "10.0.0.2"])
def test_wrong_passwords_behind_the_https_proxy_make_nobody_else_wait(
    ledger: Ledger, tmp_path: Path, clock: Clock, proxy: str
) -> None:
    signed_up(ledger, clock, KEY["name"])
    server = site(ledger, tmp_path, clock, SITE)

    def ask(name: str, password: str) -> int:
        to = {"Origin": SITE, "Host": "gangshao.example.com"}
        given = {"name": name, "password": password}
        client = server.test_client()
        return client.post("/sign-in", json=given, headers=to, environ_base={"REMOTE_ADDR": proxy}).status_code

    assert {ask(f"invented{n}", "guess") for n in range(30)} == {401}
    assert ask(KEY["name"], KEY["password"]) == 200
    assert [ask(KEY["name"], "guess") for _ in range(6)] == [401] * 5 + [429], "an account is guessed at slowly"


@pytest.mark.usefixtures("quick")
def test_who_set_a_password_by_a_link_waits_for_nobody_s_guesses(
    client: FlaskClient, ledger: Ledger, clock: Clock
) -> None:
    by, sent = trail.this_process(), {"password": KEY["password"], "again": KEY["password"]}
    made = account.create(ledger, by, KEY["name"], "张三", Role.CITY_DUTY, [], clock())
    token = link.insert_password_link(ledger, by, made, clock())
    assert client.post(f"/sign-in/{token}", json=sent, headers=OURS).status_code == 200
    client.post("/sign-out", json={}, headers=OURS)
    stranger = client.application.test_client()
    assert stranger.post("/sign-in", json=KEY | {"password": "guess"}, headers=OURS).status_code == 401
    for _ in range(8):
        stranger.post("/sign-in", json=KEY | {"password": "guess"}, headers=OURS)
    assert client.post("/sign-in", json=KEY, headers=OURS).status_code == 200


@pytest.mark.requirement("6.4.2")
def test_a_stranger_is_led_to_the_sign_in_page_and_sees_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/warning/a1", headers=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?to=%2Fwarning%2Fa1")
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert page.count("<input") == 4  # the other language among them
    assert '<input type="hidden" name="to" value="/warning/a1">' in page
    assert 'lang="zh-CN"' in page
    assert client.get("/sign-in/static/entrance.css").status_code == 200


@pytest.mark.requirement("13.4.5")
@pytest.mark.parametrize(
    "path",
    ["/_dash-layout", "/_dash-dependencies", "/_dash-component-suites/x.js", "/assets/theme.css", "/_reload-hash"],
)
def test_what_pages_fetch_is_refused_to_a_stranger(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=PAGE).status_code == 401


def test_a_callback_of_a_stranger_is_refused(client: FlaskClient) -> None:
    assert client.post("/_dash-update-component", json={}, headers=OURS).status_code == 401


@pytest.mark.requirement("2.3.1", "3.5.3")
def test_a_link_signs_in_by_its_button_only(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    token = issued(ledger, clock)
    for _ in range(3):  # a mail scanner opens every link, some several times
        page = client.get(f"/sign-in/{token}")
        assert page.status_code == 200
        assert "东昌府区就业科" in page.get_data(as_text=True)
        assert "Set-Cookie" not in page.headers
    client.head(f"/sign-in/{token}")
    answer = client.post(f"/sign-in/{token}", json={}, headers=OURS)
    assert answer.get_json() == {"to": "/"}
    assert client.get("/", headers=PAGE).get_data(as_text=True) == "<p>东昌府区就业科 371502</p>"
    assert client.post("/_dash-update-component", json={}, headers=OURS).get_json() == {"name": "东昌府区就业科"}


def test_a_used_link_opens_nothing_for_the_next_person(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    token = issued(ledger, clock)
    client.post(f"/sign-in/{token}", json={}, headers=OURS)
    other = client.application.test_client()
    page, said = other.get(f"/sign-in/{token}"), other.post(f"/sign-in/{token}", json={}, headers=OURS)
    assert (page.status_code, said.status_code) == (410, 410)
    assert text("This link is no longer valid") in page.get_data(as_text=True)
    assert said.get_json() == {"say": text("This link is no longer valid")}
    assert other.get("/", headers=PAGE).status_code == 303


def test_an_expired_link_and_a_made_up_one_look_the_same(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    token = issued(ledger, clock)
    clock.now += 12 * HOUR
    assert client.get(f"/sign-in/{token}").data == client.get("/sign-in/made-up").data


@pytest.mark.requirement("7.4.1")
def test_a_session_ends_with_the_clock_and_with_the_sign_out_button(
    client: FlaskClient, ledger: Ledger, clock: Clock
) -> None:
    sign_in(client, ledger, clock)
    clock.now += timedelta(minutes=31)
    assert client.get("/", headers=PAGE).status_code == 303
    sign_in(client, ledger, clock)
    cookie = client.get_cookie("gangshao")
    assert cookie is not None
    assert client.get("/sign-out", headers=PAGE).status_code == 200
    assert client.get("/", headers=PAGE).status_code == 200  # asking is not leaving
    assert client.post("/sign-out", json={}, headers=OURS).get_json() == {"to": "/sign-in"}
    client.set_cookie("gangshao", cookie.value)  # somebody kept the token
    assert client.get("/", headers=PAGE).status_code == 303


@pytest.mark.requirement("7.2.4")
def test_signing_in_again_ends_the_session_before(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    sign_in(client, ledger, clock)
    first = client.get_cookie("gangshao")
    sign_in(client, ledger, clock)
    assert first is not None
    client.set_cookie("gangshao", first.value)
    assert client.get("/", headers=PAGE).status_code == 303


@pytest.mark.requirement("3.5.1")
@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example.com", "http://localhost.evil.com", "http://localhost:1"]
)
def test_a_write_must_say_that_it_comes_from_our_pages(
    client: FlaskClient, ledger: Ledger, clock: Clock, origin: str | None
) -> None:
    token = issued(ledger, clock)
    sign_in(client, ledger, clock)
    headers = {} if origin is None else {"Origin": origin}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403
    assert client.post("/sign-out", json={}, headers=headers).status_code == 403
    assert client.post(f"/sign-in/{token}", json={}, headers=headers).status_code == 403
    assert link.inspect_link(ledger, token, clock()) is not None


@pytest.mark.requirement("3.5.1", "3.5.2")
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_writes_takes_json_only(client: FlaskClient, ledger: Ledger, clock: Clock, kind: str) -> None:
    token = issued(ledger, clock)
    sign_in(client, ledger, clock)
    for path in ("/_dash-update-component", "/sign-in", f"/sign-in/{token}", "/sign-out", "/account/password"):
        assert client.post(path, data="{}", content_type=kind, headers=OURS).status_code == 415
    assert link.inspect_link(ledger, token, clock()) is not None


def test_every_answer_carries_the_security_headers(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    paths = [
        "/sign-in",
        "/sign-in/x",
        "/sign-in/static/entrance.css",
        "/sign-in/static/form.js",
        "/",
        "/_dash-layout",
        "/assets/none.js",
    ]
    answers = [client.get(path, headers=PAGE) for path in paths]
    answers += [client.post("/", headers=PAGE), client.put("/sign-in", headers=OURS)]
    sign_in(client, ledger, clock)
    answers += [client.get("/", headers=PAGE), client.get("/sign-out", headers=PAGE)]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self' 'sha256-abc='" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.mimetype == "text/html":
            assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/", headers=PAGE).headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/sign-in/x").headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.requirement("3.3.4")
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: FlaskClient, ledger: Ledger, clock: Clock
) -> None:
    cookie = client.post(f"/sign-in/{issued(ledger, clock)}", json={}, headers=OURS).headers["Set-Cookie"]
    assert cookie.startswith("gangshao=")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Secure" not in cookie  # plain HTTP on the loopback


@pytest.mark.requirement("7.2.2", "7.2.3", "11.5.1")
def test_the_token_of_a_session_is_256_random_bits_and_new_each_time(
    client: FlaskClient, ledger: Ledger, clock: Clock
) -> None:
    tokens = set()
    for _ in range(20):
        sign_in(client, ledger, clock)
        cookie = client.get_cookie("gangshao")
        assert cookie is not None
        assert len(base64.urlsafe_b64decode(cookie.value + "=")) == 32
        tokens.add(cookie.value)
    assert len(tokens) == 20


@pytest.mark.requirement("6.2.6", "6.2.7", "6.2.8")
def test_a_password_is_masked_may_be_pasted_and_counts_as_it_was_typed(
    client: FlaskClient, ledger: Ledger, clock: Clock
) -> None:
    signed_up(ledger, clock, "zhang.san")
    by, now = trail.this_process(), clock()
    token = link.insert_password_link(ledger, by, account.named(ledger, "zhang.san", now).account_id, now)
    for page in (client.get("/sign-in"), client.get(f"/sign-in/{token}")):
        markup = page.get_data(as_text=True)
        fields = [part for part in re.findall(r"<input[^>]*>", markup) if re.search(r'name="(password|again)"', part)]
        assert fields
        assert all('type="password"' in part and 'autocomplete="' in part for part in fields)
        assert not re.search(r"onpaste|oncopy|autocomplete=.off", markup)
    assert "paste" not in client.get("/sign-in/static/form.js").get_data(as_text=True)
    for typed in (KEY["password"] + " ", KEY["password"].title(), KEY["password"][:-1]):
        assert client.post("/sign-in", json=KEY | {"password": typed}, headers=OURS).status_code == 401
    assert client.post("/sign-in", json=KEY, headers=OURS).status_code == 200


@pytest.mark.requirement("2.2.1", "15.3.5")
@pytest.mark.parametrize("sent", [[], "text", 7, {"name": {"a": 1}, "password": ["x"]}, {"name": None}])
def test_json_of_another_shape_is_answered_as_a_wrong_password(client: FlaskClient, sent: object) -> None:
    answer = client.post("/sign-in", json=sent, headers=OURS)
    assert (answer.status_code, answer.get_json()) == (401, {"say": text("Name or password is wrong.")})


@pytest.mark.requirement("3.3.1", "3.3.3", "12.2.1")
def test_under_https_the_cookies_are_bound_to_the_host(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    signed_up(ledger, clock, "zhang.san")
    client = site(ledger, tmp_path, clock, SITE).test_client()
    # behind a proxy that ends the encrypted line, the request itself is plain
    for base in (SITE, SITE.replace("https", "http")):
        answer = client.post("/sign-in", json=KEY, headers={"Origin": SITE}, base_url=base)
        assert answer.get_json() == {"to": "/"}
        cookies = answer.headers.getlist("Set-Cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-gangshao", "__Host-gangshao-device"]
        for cookie in cookies:
            assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
            assert "Domain" not in cookie
        assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert client.get("/", headers=PAGE, base_url=SITE).status_code == 200


@pytest.mark.requirement("6.1.3")
def test_a_demonstration_link_is_good_on_this_machine_and_for_invented_data_only(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    token = issued(ledger, clock)
    away = site(ledger, tmp_path, clock, SITE).test_client()
    assert away.get(f"/sign-in/{token}", base_url=SITE).status_code == 410
    assert away.post(f"/sign-in/{token}", json={}, headers={"Origin": SITE}, base_url=SITE).status_code == 410
    assert away.post(f"/sign-in/{token}", json={}, headers=OURS).status_code == 400, "all come by the proxy there"
    here = site(ledger, tmp_path, clock).test_client()
    assert here.post(f"/sign-in/{token}", json={}, headers=OURS, environ_base=ELSEWHERE).status_code == 400
    Settings(data=tmp_path).demonstration_mark.unlink()
    assert here.post(f"/sign-in/{token}", json={}, headers=OURS).status_code == 410
    Settings(data=tmp_path).demonstration_mark.touch()
    assert here.post(f"/sign-in/{token}", json={}, headers=OURS).status_code == 200


def test_a_name_that_is_not_ours_is_refused(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    client = site(ledger, tmp_path, clock, SITE).test_client()
    for host in ("evil.example.com", "127.0.0.1.evil.com", "10.1.2.3:8050"):
        answer = client.get("/sign-in", base_url=f"http://{host}")
        assert answer.status_code == 400
        assert "GANGSHAO_BASE_URL" in answer.get_data(as_text=True)
    for host in LOOPBACK:
        assert site(ledger, tmp_path, clock).test_client().get("/sign-in", base_url=f"http://{host}").status_code == 200


@pytest.mark.requirement("M1", "4.1.2", "12.2.1")
def test_plain_http_from_another_machine_is_refused_with_a_sentence(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    client = site(ledger, tmp_path, clock, "http://10.1.2.3:8050").test_client()
    answer = client.get("/sign-in", base_url="http://10.1.2.3:8050")
    assert answer.status_code == 403
    assert "HTTPS" in answer.get_data(as_text=True)


def refusals(ledger: Ledger) -> list[Entry]:
    return list(reversed(trail.entries(ledger, act=Act.REFUSAL)))


def why(entry: Entry) -> str:
    return str(json.loads(entry.details)["why"])


@pytest.mark.requirement("16.3.2", "16.3.3")
def test_every_refusal_is_entered_with_its_reason(
    client: FlaskClient, ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    client.get("/_dash-layout")
    client.post("/_dash-update-component", json={}, headers={"Origin": "http://evil.example.com"})
    client.get("/sign-in", base_url="http://evil.example.com")
    client.get("/sign-in/made-up")
    sign_in(client, ledger, clock)
    client.post("/_dash-update-component", data="x", content_type="text/plain", headers=OURS)
    client.get("/audit")
    site(ledger, tmp_path, clock, "http://10.1.2.3:8050").test_client().get("/sign-in", base_url="http://10.1.2.3:8050")
    told = refusals(ledger)
    assert [why(entry) for entry in told] == [
        "no_session", "foreign_origin", "wrong_host", "spent_link", "not_json", "other_role", "plain_http",
    ]  # fmt: skip
    assert [entry.who for entry in told].count("county_clerk:东昌府区就业科") == 1
    assert {entry.source for entry in told} == {"127.0.0.1"}


def test_being_led_to_the_sign_in_page_is_no_refusal(client: FlaskClient, ledger: Ledger) -> None:
    assert client.get("/", headers=PAGE).status_code == 303
    assert not refusals(ledger)


def test_a_stranger_who_asks_without_end_fills_no_ledger(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    for number in range(200):
        client.get("/_dash-layout", environ_base={"REMOTE_ADDR": f"10.0.0.{number}"})
        client.get(f"/_x{number}", environ_base={"REMOTE_ADDR": "10.9.9.9"})
    assert len(refusals(ledger)) == 60
    clock.now += timedelta(minutes=1)
    client.get("/_dash-layout")
    counted = sum(json.loads(entry.details).get("held_back", 0) for entry in refusals(ledger))
    assert counted == 400 - 60, "what is not entered is counted"


def test_there_is_no_viewer_outside_a_signed_in_request(client: FlaskClient) -> None:
    with pytest.raises(NotSignedInError):
        current_viewer()
    with client.application.test_request_context("/"), pytest.raises(NotSignedInError):
        current_viewer()


@pytest.mark.requirement("1.2.1", "3.2.2")
def test_a_name_cannot_become_markup_on_the_sign_in_page(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    token = link.issue_link(ledger, Role.AUDITOR, [], "<script>alert(1)</script>", HOUR, clock())
    assert "<script>" not in client.get(f"/sign-in/{token}").get_data(as_text=True)


def test_every_role_has_a_title_in_chinese(client: FlaskClient, ledger: Ledger, clock: Clock) -> None:
    for role in Role:
        token = link.issue_link(ledger, role, ["371502"], "", HOUR, clock())
        page = client.get(f"/sign-in/{token}").get_data(as_text=True)
        assert role.value not in page
        assert page.count("<strong>") == 1
        assert not page.partition("<strong>")[2].partition("</strong>")[0].isascii()
    assert Viewer().role is None
