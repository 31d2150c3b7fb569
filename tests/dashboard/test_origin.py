"""Who sits at this machine, whose address counts, and what the server says of what it refuses unread."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from dashboard.locale import Language, text_in
from dashboard.web.security.origin import address_of_one_client, client_address
from dashboard.web.serving.limits import REFUSED_WITH
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail import trail
from tests.dashboard.door import KEY, LOOPBACK, OURS, PAGE, SITE, Clock, client, clock, ledger, signed_up, site

__all__ = ["client", "clock", "ledger"]


def test_this_machine_is_who_sits_at_it_and_not_who_writes_its_name(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    signed_up(ledger, clock, "zhang.san")
    for base_url, peer in (("", "10.0.0.5"), (SITE, "127.0.0.1"), (SITE, "10.0.0.5"), ("http://10.1.2.3", "10.0.0.5")):
        client = site(ledger, tmp_path, clock, base_url).test_client()
        for host in LOOPBACK:
            there = {"base_url": f"http://{host}", "environ_base": {"REMOTE_ADDR": peer}}
            answer = client.post("/sign-in", json=KEY, headers={"Origin": f"http://{host}"}, **there)  # type: ignore[arg-type]
            assert answer.status_code in {400, 403}, (base_url, peer, host)
            assert "Set-Cookie" not in answer.headers


@pytest.mark.requirement("15.3.4")
@pytest.mark.parametrize(
    ("base_url", "trusted", "peer", "found"),
    [
        ("", "", "127.0.0.1", ""),
        ("", "", "10.0.0.5", "10.0.0.5"),
        (SITE, "", "10.0.0.5", ""),  # a proxy, whatever its address is
        (SITE, "", "127.0.0.1", ""),
        (SITE, "10.0.0.2", "10.0.0.5", "10.0.0.5"),  # what the trusted proxy said
        (SITE, "10.0.0.2", "10.0.0.2", ""),  # it said nothing
        (SITE, "127.0.0.1", "::1", ""),
    ],
)
def test_an_address_that_many_share_tells_nobody_apart(
    tmp_path: Path, base_url: str, trusted: str, peer: str, found: str
) -> None:
    settings = Settings(data=tmp_path, base_url=base_url, trusted_proxy=trusted)
    with Flask("site").test_request_context("/", environ_base={"REMOTE_ADDR": peer}):
        assert (client_address(), address_of_one_client(settings)) == (peer, found)


@pytest.mark.parametrize("address", ["proxy.example.com", "10.0.0.0/8", "1.2.3.4:80"])
def test_a_trusted_proxy_is_one_address(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValidationError, match="IP"):
        Settings(data=tmp_path, trusted_proxy=address)


@pytest.mark.parametrize("host", ["gangshao.example.com", "gangshao.example.com:443", "GANGSHAO.example.com"])
def test_a_port_that_goes_without_saying_may_be_said(ledger: Ledger, tmp_path: Path, clock: Clock, host: str) -> None:
    signed_up(ledger, clock, "zhang.san")
    for base_url in (SITE, f"{SITE}:443"):
        client = site(ledger, tmp_path, clock, base_url).test_client()
        answer = client.post("/sign-in", json=KEY, headers={"Origin": SITE, "Host": host})
        assert answer.get_json() == {"to": "/"}
        assert answer.headers["Set-Cookie"].startswith("__Host-gangshao")
    other = client.post("/sign-in", json=KEY, headers={"Origin": SITE, "Host": f"{host.partition(':')[0]}:8443"})
    assert other.status_code == 400


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_the_server_refuses_is_said_in_a_sentence_and_the_ledger_is_not_asked(
    client: FlaskClient, ledger: Ledger, language: str
) -> None:
    told = {"Accept-Language": language}
    busy = text_in(
        Language(language), "The server is busy and has not done what was asked. Please try again in a few seconds."
    )
    before = len(trail.entries(ledger))
    page = client.get("/warning/a1", headers=PAGE | told, environ_overrides={REFUSED_WITH: 503})
    assert (page.status_code, page.headers["Retry-After"], page.headers["Refresh"]) == (503, "5", "5")
    assert busy in page.get_data(as_text=True)
    assert "Content-Security-Policy" in page.headers
    for path, send in (
        ("/_dash-update-component", {"json": {}}),
        ("/figure", {"headers": {"Accept": "application/json"}}),
    ):
        asked = {"method": "POST", **send, "headers": {**OURS, **send.get("headers", {}), **told}}
        answer = client.open(path, environ_overrides={REFUSED_WITH: 503}, **asked)  # type: ignore[arg-type]
        assert (answer.status_code, answer.get_json()) == (503, {"say": busy})
        assert "Refresh" not in answer.headers
    large = client.post("/sign-in", json={}, headers=OURS | told, environ_overrides={REFUSED_WITH: 413})
    assert large.get_json() == {"say": text_in(Language(language), "More was sent than is accepted here.")}
    assert len(trail.entries(ledger)) == before
