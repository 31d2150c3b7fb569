"""A small server behind the door, for tests of the door: a page, a callback, a clock that is moved."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from dashboard.web.security import current_viewer, guard
from pipelines.core.domain import Role
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail

OURS = {"Origin": "http://localhost"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOUR = timedelta(hours=1)
SITE = "https://gangshao.example.com"
ELSEWHERE = {"REMOTE_ADDR": "10.1.2.3"}
LOOPBACK = ("127.0.0.1:8050", "localhost:8050", "[::1]:8050")
KEY = {"name": "zhang.san", "password": "purple hippo naps on roofs"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    settings = Settings(data=tmp_path)
    settings.demonstration_mark.touch()  # links sign in to invented data only
    opened = open_ledger(settings)
    yield opened
    opened.close()


def site(ledger: Ledger, tmp_path: Path, clock: Clock, base_url: str = "") -> Flask:
    """A server with a page, a Dash-like endpoint and an asset, behind the door."""
    server = Flask("site")
    guard(server, ledger, Settings(data=tmp_path, base_url=base_url), lambda: ["'sha256-abc='"], clock)

    @server.get("/")
    @server.get("/<path:path>")
    def page(path: str = "") -> Response:
        viewer = current_viewer()
        return Response(f"<p>{viewer.name} {','.join(sorted(viewer.areas))}</p>", mimetype="text/html")

    @server.post("/_dash-update-component")
    def update() -> Response:
        return jsonify(name=current_viewer().name)

    return server


@pytest.fixture
def client(ledger: Ledger, tmp_path: Path, clock: Clock) -> FlaskClient:
    return site(ledger, tmp_path, clock).test_client()


def issued(ledger: Ledger, clock: Clock) -> str:
    return link.issue_link(ledger, Role.COUNTY_CLERK, ["371502"], "东昌府区就业科", 12 * HOUR, clock())


def signed_up(ledger: Ledger, clock: Clock, name: str) -> None:
    """An account whose password is ``KEY``'s."""
    by = trail.this_process()
    account_id = account.create(ledger, by, name, "张三", Role.CITY_DUTY, [], clock())
    assert link.redeem_password(
        ledger, link.insert_password_link(ledger, by, account_id, clock()), KEY["password"], [], clock()
    )
