import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pipelines.core.domain import Role, UserError, Viewer
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger, open_ledger
from pipelines.ledger.accounts import link, session

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLERK = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}), "东昌府区就业科")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(Settings(data=tmp_path))
    yield opened
    opened.close()


def issued(ledger: Ledger) -> str:
    return link.issue_link(ledger, Role.COUNTY_CLERK, ["371502"], "东昌府区就业科", 12 * HOUR, NOW)


@pytest.mark.requirement("6.4.1")
def test_a_link_signs_in_once_and_names_its_viewer(ledger: Ledger) -> None:
    token = issued(ledger)
    fresh = link.redeem_link(ledger, token, NOW + HOUR)
    assert fresh is not None
    assert fresh.viewer == CLERK
    assert session.viewer_of(ledger, fresh.token, NOW + HOUR) == CLERK
    assert link.redeem_link(ledger, token, NOW + HOUR) is None


def test_looking_at_a_link_does_not_use_it_up(ledger: Ledger) -> None:
    token = issued(ledger)
    opened = link.inspect_link(ledger, token, NOW)
    assert opened == link.inspect_link(ledger, token, NOW) == link.Opened(link.LinkPurpose.DEMONSTRATION, CLERK)
    assert link.redeem_link(ledger, token, NOW) is not None
    assert link.inspect_link(ledger, token, NOW) is None


def test_an_expired_or_unknown_link_signs_nobody_in(ledger: Ledger) -> None:
    token = issued(ledger)
    assert link.redeem_link(ledger, token, NOW + 12 * HOUR) is None
    assert link.redeem_link(ledger, token[:-1], NOW) is None
    assert link.redeem_link(ledger, token, NOW + 12 * HOUR - timedelta(seconds=1)) is not None


@pytest.mark.requirement("2.3.4")
def test_of_sixteen_presses_at_once_one_signs_in(ledger: Ledger) -> None:
    token = issued(ledger)
    gate = threading.Barrier(16)
    sessions: list[session.Session | None] = []

    def press() -> None:
        gate.wait()
        sessions.append(link.redeem_link(ledger, token, NOW))

    threads = [threading.Thread(target=press) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 16
    assert sum(one is not None for one in sessions) == 1


@pytest.mark.requirement("7.2.3")
def test_the_ledger_holds_no_token_that_opens_anything(ledger: Ledger, tmp_path: Path) -> None:
    token = issued(ledger)
    fresh = link.redeem_link(ledger, token, NOW)
    assert fresh is not None
    ledger.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.sqlite*"))
    assert b"371502" in stored
    assert token.encode() not in stored
    assert fresh.token.encode() not in stored


def test_an_office_without_areas_gets_no_link(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="所属地区"):
        link.issue_link(ledger, Role.COUNTY_HEAD, [], "", HOUR, NOW)


@pytest.mark.requirement("M1", "7.3.1")
def test_a_session_ends_after_half_an_hour_without_use(ledger: Ledger) -> None:
    fresh = link.redeem_link(ledger, issued(ledger), NOW)
    assert fresh is not None
    almost = timedelta(minutes=29, seconds=59)
    assert session.viewer_of(ledger, fresh.token, NOW + almost) == CLERK
    # being seen moved the limit
    assert session.viewer_of(ledger, fresh.token, NOW + 2 * almost) == CLERK
    assert session.viewer_of(ledger, fresh.token, NOW + 2 * almost + timedelta(minutes=30)) is None


@pytest.mark.requirement("7.3.2")
def test_a_session_in_steady_use_ends_after_eight_hours(ledger: Ledger) -> None:
    fresh = link.redeem_link(ledger, issued(ledger), NOW)
    assert fresh is not None
    at = NOW
    while at < NOW + timedelta(hours=7, minutes=50):
        at += timedelta(minutes=10)
        assert session.viewer_of(ledger, fresh.token, at) == CLERK
    assert session.viewer_of(ledger, fresh.token, NOW + timedelta(hours=8)) is None


@pytest.mark.requirement("7.2.1")
def test_a_session_that_was_signed_out_or_invented_opens_nothing(ledger: Ledger) -> None:
    fresh = link.redeem_link(ledger, issued(ledger), NOW)
    assert fresh is not None
    session.end_session(ledger, fresh.token, NOW)
    assert session.viewer_of(ledger, fresh.token, NOW) is None
    assert session.viewer_of(ledger, "invented", NOW) is None


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="without a zone"):
        link.issue_link(ledger, Role.AUDITOR, [], "", HOUR, datetime(2026, 11, 23))  # noqa: DTZ001
    with ledger.reading() as connection:
        assert connection.execute(text("select count(*) from sign_in_link")).scalar_one() == 0


def test_a_session_begun_by_a_clock_that_was_ahead_is_open_to_nobody(ledger: Ledger) -> None:
    fresh = link.redeem_link(ledger, issued(ledger), NOW + 11 * HOUR)
    assert fresh is not None
    assert session.viewer_of(ledger, fresh.token, NOW) is None
    assert session.viewer_of(ledger, fresh.token, NOW + 11 * HOUR - timedelta(minutes=1)) == CLERK
