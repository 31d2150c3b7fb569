"""A thousand guesses at a served site: they slow down as specified, and nobody else waits for them."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from pipelines.core.domain import Role
from pipelines.ledger.accounts import account, link
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from tests.dashboard.site import Site, served

GOOD = "purple hippo naps on roofs"
GUESSES = 1000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    """A site of its own with two accounts; nothing is published yet."""
    with served(tmp_path) as running:
        for name in ("owner", "other"):
            now = datetime.now(UTC)
            account_id = account.create(running.ledger, trail.SYSTEM, name, "张三", Role.CITY_DUTY, [], now)
            token = link.insert_password_link(running.ledger, trail.SYSTEM, account_id, now)
            assert link.redeem_password(running.ledger, token, GOOD, [], now) is not None
        yield running


@pytest.mark.requirement("6.3.1")
def test_a_thousand_guesses_slow_down_and_another_account_signs_in_meanwhile(place: Site) -> None:
    def send(client: requests.Session, name: str, password: str) -> requests.Response:
        sent = {"name": name, "password": password}
        return client.post(f"{place.url}/sign-in", json=sent, headers={"Origin": place.url}, timeout=60)

    def guess(part: range) -> list[requests.Response]:
        with requests.Session() as client:
            return [send(client, "owner", f"guess number {number}") for number in part]

    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        guessing = [pool.submit(guess, range(first, GUESSES, 4)) for first in range(4)]
        time.sleep(0.5)
        with requests.Session() as client:
            before = time.monotonic()
            assert send(client, "other", GOOD).json() == {"to": "/"}
            took = time.monotonic() - before
        assert not all(one.done() for one in guessing), "the guesses went on meanwhile"
        answers = [answer for one in guessing for answer in one.result()]
    lasted = time.monotonic() - begun
    assert took < 2
    counted = Counter(answer.status_code for answer in answers)
    looked_at = counted.pop(401)
    assert set(counted) == {429}
    assert 5 <= looked_at <= 5 + sum(2**step <= lasted + 1 for step in range(20)), "after five, 1, 2, 4 … seconds apart"
    waits = [int(answer.headers["Retry-After"]) for answer in answers if answer.status_code == 429]
    assert max(waits) >= 2 ** (looked_at - 5) / 2
    assert "秒后再试" in next(answer for answer in answers if answer.status_code == 429).json()["say"]
    wrong = [entry for entry in trail.entries(place.ledger, act=Act.SIGN_IN) if entry.result == "refused"]
    assert len(wrong) == looked_at, "every password that was looked at is in the audit trail"
