"""The proxy configuration as shipped, in a real nginx, before a served site: HTTPS, limits, slow clients, addresses."""

import base64
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from dashboard.web.app import create_app
from dashboard.web.serving.server import make_server
from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.published.read import close
from tests.dashboard.published_city import LATE
from tests.dashboard.published_fixture import build
from tests.dashboard.sending import DAY, FEED
from tests.forked import ROOT

SHIPPED = ROOT / "pipelines" / "deploy" / "nginx.conf"
NAME = "gangshao.example.com"
PASSWORD = "purple hippo naps on roofs"


@dataclass
class Proxied:
    """A site behind nginx: ``url`` is what people type, ``host`` its name and port."""

    url: str
    host: str
    port: int
    plain_port: int
    certificate: Path
    log: Path
    ledger: Ledger

    def session(self) -> requests.Session:
        """A client that trusts the certificate and finds the name at this machine."""
        made = requests.Session()
        made.trust_env = False  # no other authority, no other proxy
        made.verify = str(self.certificate)
        made.headers["Origin"] = self.url
        return made

    def sign_in(self, client: requests.Session, name: str, password: str = PASSWORD) -> requests.Response:
        return client.post(f"{self.url}/sign-in", json={"name": name, "password": password}, timeout=30)

    def line(self) -> ssl.SSLSocket:
        """A raw line in TLS."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return trust.wrap_socket(plain, server_hostname=NAME)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Return once something listens there."""
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    for program in ("nginx", "openssl"):
        assert shutil.which(program), f"{program} is missing. Install it with: sudo apt-get install nginx openssl"
    folder = tmp_path_factory.mktemp("proxied")
    build(folder / "published", days=60)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    port, plain_port = free_port(), free_port()
    settings = Settings(data=folder, keys=folder / "keys", base_url=f"https://{NAME}:{port}", trusted_proxy="127.0.0.1")
    ledger = open_ledger(settings)
    server, dispatcher = make_server(create_app(settings, ledger).server, settings, port=0)
    loop = threading.Thread(target=server.run, daemon=True)
    loop.start()
    written = SHIPPED.read_text(encoding="utf-8")
    for shipped, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "https://$host$request_uri": f"https://$host:{port}$request_uri",
        "http://127.0.0.1:8050": f"http://127.0.0.1:{server.effective_port}",
        "/etc/gangshao/tls/certificate.pem": str(certificate),
        "/etc/gangshao/tls/key.pem": str(key),
        "/var/log/nginx/": f"{folder}/",
    }.items():
        assert shipped in written
        written = written.replace(shipped, here)
    whole = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(f"daemon off; pid {folder}/pid;\nevents {{}}\nhttp {{\n{temporary}{written}}}\n", encoding="utf-8")
    command = ["nginx", "-e", str(folder / "errors"), "-p", str(folder), "-c", str(whole)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    nginx = subprocess.Popen(command)
    try:
        wait_for(port)
        yield Proxied(
            settings.address, f"{NAME}:{port}", port, plain_port, certificate, folder / "gangshao.log", ledger
        )
    finally:
        nginx.terminate()
        nginx.wait(timeout=10)
        server.close()
        dispatcher.shutdown()
        ledger.close()
        close()


@pytest.fixture(autouse=True)
def _name_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invented name leads to this machine, as a name server of the bureau would say."""
    found = socket.getaddrinfo

    def here(host: str, *more: object, **named: object) -> object:
        return found("127.0.0.1" if host == NAME else host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", here)


def signed_up(place: Proxied, name: str, role: Role, areas: tuple[str, ...] = ()) -> None:
    now = datetime.now(UTC)
    token = link.insert_password_link(
        place.ledger, trail.SYSTEM, account.create(place.ledger, trail.SYSTEM, name, "张三", role, areas, now), now
    )
    assert link.redeem_password(place.ledger, token, PASSWORD, [], now) is not None


@pytest.mark.requirement("12.1.1")
def test_people_sign_in_over_tls_and_the_plain_line_leads_there(proxied: Proxied) -> None:
    signed_up(proxied, "leader", Role.CITY_LEADER)
    with proxied.session() as client:
        led = client.get(f"http://{NAME}:{proxied.plain_port}/warnings?a=1", allow_redirects=False, timeout=10)
        assert (led.status_code, led.headers["Location"]) == (308, f"{proxied.url}/warnings?a=1")
        answer = proxied.sign_in(client, "leader")
        assert answer.json() == {"to": "/"}
        assert "__Host-gangshao=" in answer.headers["Set-Cookie"]
        page = client.get(f"{proxied.url}/", headers={"Accept": "text/html"}, timeout=30)
        assert page.status_code == 200
        assert "max-age" in page.headers["Strict-Transport-Security"]
        assert 'id="first-page"' in page.text
    with proxied.line() as line:
        assert line.version() in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "evil.example.com"])
def test_another_name_is_told_nothing(proxied: Proxied, host: str) -> None:
    with proxied.line() as line:
        line.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert line.recv(100) == b""


@pytest.mark.requirement("15.3.4")
def test_a_wrong_password_is_counted_by_the_clients_address_and_not_by_what_it_claims(proxied: Proxied) -> None:
    with proxied.session() as client:
        client.headers["X-Forwarded-For"] = "10.9.8.7"
        assert proxied.sign_in(client, "nobody", "wrong").status_code == 401
    sources = {entry.source for entry in trail.entries(proxied.ledger, act=Act.SIGN_IN) if entry.result == "refused"}
    assert "10.9.8.7" not in sources
    assert sources == {"127.0.0.1"}  # where this client is


def test_a_file_of_8_mib_passes_and_more_does_not(proxied: Proxied) -> None:
    signed_up(proxied, "clerk", Role.COUNTY_CLERK, (LATE,))
    with proxied.session() as client:
        assert proxied.sign_in(client, "clerk").status_code == 200
        sent = {"feed": FEED, "area": LATE, "period": DAY, "kind": "first", "name": "claims.csv"}
        largest = base64.b64encode(b"x," * (4 << 20)).decode()
        answer = client.post(f"{proxied.url}/data/upload", json=sent | {"content": largest}, timeout=90)
        assert answer.status_code in {400, 422}, "it came to the check of its form"
        assert answer.json()["say"]
        larger = client.post(f"{proxied.url}/data/upload", json=sent | {"content": largest * 2}, timeout=30)
        assert larger.status_code == 413
    with proxied.session() as stranger:
        assert stranger.post(f"{proxied.url}/sign-in", json={"name": "x" * (2 << 20)}, timeout=30).status_code == 413


def test_slow_clients_are_held_off_and_others_are_answered(proxied: Proxied) -> None:
    slow = [proxied.line() for _ in range(70)]
    for line in slow:
        line.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {proxied.host}\r\nX-Slow: ".encode())
    begun = time.monotonic()
    with proxied.session() as client:
        assert client.get(f"{proxied.url}/sign-in", timeout=10).status_code == 200
        assert client.get(f"{proxied.url}/healthz", timeout=10).json() == {"status": "alive"}
    assert time.monotonic() - begun < 5
    line = slow[0]
    while time.monotonic() - begun < 20:  # a byte now and then does not put it off
        with suppress(OSError):
            line.sendall(b"x")
        time.sleep(1)
        line.settimeout(0.1)
        with suppress(TimeoutError):
            if line.recv(100) is not None:
                break
    assert 8 < time.monotonic() - begun < 15, "10 s for the whole header"
    for one in slow:
        one.close()


@pytest.mark.requirement("14.2.1")
def test_a_guesser_waits_before_the_door_and_no_link_stands_in_a_log(proxied: Proxied) -> None:
    with proxied.session() as client:
        client.get(f"{proxied.url}/sign-in/secret-of-a-link", timeout=10)
        statuses = [client.get(f"{proxied.url}/sign-in?to=%2Fwarnings", timeout=10).status_code for _ in range(40)]
    assert set(statuses) == {200, 429}
    written = proxied.log.read_text(encoding="utf-8")
    assert "/sign-in/-" in written
    assert "secret-of-a-link" not in written
    assert "warnings" not in written.split("/sign-in/-")[-1]
