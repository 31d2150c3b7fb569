"""While the edition that is due is not there, every page says so, and the watcher's address says the same."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.locale import Language, text_in
from dashboard.web.security.trail import TRAIL
from pipelines.ledger.notifications import notice
from pipelines.ledger.notifications.notice import NoticeDecision, NoticeState, Purpose, Reason
from tests.dashboard import asked
from tests.dashboard.reader import assert_accessible, opened, readers_of
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of
from tests.dashboard.test_every_route import plain_letters
from tests.dashboard.walk import Watch

pytestmark = pytest.mark.xdist_group("overdue")
ZH, EN = Language.CHINESE, Language.ENGLISH
At = Callable[[str], None]


@pytest.fixture
def at(place: Site, monkeypatch: pytest.MonkeyPatch) -> At:
    """Sets the server's clock to an instant of the region; the newest edition is of 2026-11-25, 07:00."""

    def set_to(instant: str) -> None:
        now = datetime.fromisoformat(f"{instant}+08:00").astimezone(UTC)
        monkeypatch.setattr(place.app.server.config[TRAIL], "clock", lambda: now)

    return set_to


@pytest.mark.parametrize(
    ("instant", "status", "said"),
    [
        ("2026-11-25T06:57", "ahead", "2026年11月25日"),
        ("2026-11-25T06:58", "ready", ""),
        ("2026-11-26T07:29", "ready", ""),
        ("2026-11-26T07:30", "stale", "2026-11-26 07:30 前出来，已晚 0 分钟"),
        ("2026-11-26T08:30", "stale", "已晚 1 小时"),
        ("2026-11-28T07:31", "stale", "2026-11-28 07:30 前出来，已晚 1 分钟"),
    ],
)
def test_pages_and_readyz_agree_on_whether_the_edition_is_there(
    place: Site, at: At, instant: str, status: str, said: str
) -> None:
    at(instant)
    assert asked.rules(place)
    told = place.app.server.test_client().get("/readyz").get_json()
    assert told["status"] == status
    for viewer in (LEADER, head_of("371503"), AUDITOR, ADMINISTRATOR):
        client = asked.signed_in(place, viewer)
        for page in (asked.page_asked("/"), asked.page_asked("/manual"), asked.page_asked("/", "as_of=2026-11-24")):
            body = plain_letters(page.of(client)[2])
            assert ("banner overdue" in body) is (status != "ready"), (viewer, page.rule)
            assert said in body


def test_the_banner_says_who_has_been_told(place: Site, at: At) -> None:
    at("2026-11-26T10:00")
    client = asked.signed_in(place, LEADER)

    def shown() -> str:
        return plain_letters(asked.page_asked("/").of(client)[2])

    day, now = datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
    assert text_in(ZH, "Nobody has been told by mail yet: tell the administrator.") in shown()
    with place.ledger.writing() as connection:
        for reason, address in ((Reason.STUCK, "a@hr.example.com"), (Reason.NO_EDITION, "b@hr.example.com")):
            stored = notice.add_notice(connection, NoticeDecision(
                edition_id="2026-11-25.1", day=day.date(), cutoff_at=now, office_id="duty", address=address, reason=reason,
                state=NoticeState.QUEUED, content={}, message_id=f"<{reason}@x>", is_demonstration=True, decided_at=now,
                purpose=Purpose.WATCH, subject_key=f"{reason}:{day.date()}", is_urgent=True,
            ))  # fmt: skip
            if reason is Reason.STUCK:
                continue
            number = stored.notice_id
    assert text_in(ZH, "A mail to the duty desk is written and has not left yet.") in shown()
    with place.ledger.writing() as connection:
        connection.exec_driver_sql(
            "update notice set state = 'accepted', sent_at = '2026-11-26 01:31:00' where notice_id = ?", (number,)
        )
    assert text_in(ZH, "The duty desk was told by mail at {at}.", at="2026-11-26 09:31") in shown()
    at("2026-11-27T10:00")
    assert text_in(ZH, "Nobody has been told by mail yet: tell the administrator.") in shown(), "of the day before"


@pytest.mark.parametrize(("locale", "word"), [("zh-CN", "版次未出"), ("en-GB", "Edition missing")])
def test_the_banner_is_read_on_a_phone_and_a_desk(
    browser: Browser, place: Site, at: At, pictures: Path, locale: str, word: str
) -> None:
    at("2026-11-26T10:00")
    watch = Watch()
    with readers_of(browser, place) as readers:
        page = readers.page(LEADER, watch, locale=locale)
        opened(page, "/glossary")
        expect(page.locator(".banner.overdue")).to_contain_text(word)
        assert_accessible(page, "banner of a missing edition")
        for width in (390, 1366):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=pictures / f"overdue_{width}_{locale[:2]}.png")
    assert not watch.complaints
