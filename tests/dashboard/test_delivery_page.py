"""Delivery in a real browser: who sees it, what it says of each mail, and one mail sent again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.locale import text
from dashboard.pages.delivery import REASONS
from pipelines.core.domain import Role, Viewer
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.trail import Act
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import NoticeState, Reason, recorded_notices
from tests.dashboard.published_city import City
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of, served
from tests.dashboard.walk import DESK, PHONE, Watch, english_words, look
from tests.faults.storm import queue_mails

pytestmark = pytest.mark.xdist_group("delivery_page")
DUTY = Viewer(Role.CITY_DUTY, name="duty")
ADDRESS = "jiuye001@unit.example.com"


@pytest.fixture(scope="module")
def office(city: City) -> Iterator[Site]:
    """The site of an office with five mails: accepted, refused, put off, of which the answer was lost, untouched."""
    with served(city.published.parent) as running:
        ledger, now = running.ledger, datetime.now(UTC)
        queue_mails(ledger, 5)
        with ledger.writing() as connection:
            connection.exec_driver_sql("update notice set decided_at = ?", (f"{now:%Y-%m-%d %H:%M:%S.%f}",))
        sender = queue.sender_at("here")
        for number in range(1, 5):
            with ledger.writing() as connection:
                connection.exec_driver_sql(f"update notice set is_urgent = {number} = notice_id")
            mail = queue.claim_mails(ledger, sender, now, now)
            assert mail is not None
            assert mail.notice_id == number
            assert queue.hand_over(ledger, sender, number, now)
        queue.mark_accepted(ledger, 1, "250 accepted", now)
        queue.mark_bounced(ledger, sender, 2, "550 no such box", now)
        queue.defer_mail(ledger, sender, 3, "451 busy", now, now + timedelta(hours=1), is_ambiguous=False)
        queue.defer_mail(ledger, sender, 4, "Connection reset", now, now + timedelta(hours=1), is_ambiguous=True)
        yield running


def opened(browser: Browser, office: Site, viewer: Viewer, size: dict[str, int], watch: Watch) -> Page:
    context = browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
    office.sign_in(context, viewer)
    page = watch.over(context)
    page.goto(office.url + "/delivery")
    page.wait_for_selector("main h1")
    return page


def cells(page: Page) -> dict[str, str]:
    """What the table says, by number."""
    rows = page.locator("table.delivery tbody tr")
    return {row.locator("th").inner_text(): row.inner_text() for row in rows.all()}


@pytest.mark.parametrize("viewer", [ADMINISTRATOR, DUTY], ids=["administrator", "duty"])
def test_the_page_says_what_became_of_each_mail(browser: Browser, office: Site, viewer: Viewer) -> None:
    page = opened(browser, office, viewer, DESK, Watch())
    told = cells(page)
    assert list(told) == ["5", "4", "3", "2", "1"]
    for number, words in {
        "1": ("已接收", "250 accepted"), "2": ("被拒收", "550 no such box", ADDRESS), "3": ("等待", "451 busy", "不早于"),
        "4": ("结果不明", "Connection reset", "可能重复送达"), "5": ("等待",),
    }.items():  # fmt: skip
        assert all(word in told[number] for word in words), told[number]
    assert page.locator(".facts").inner_text().split() == [
        "等待", "3", "近30天被拒收", "1", "近30天可能重复", "1",
    ]  # fmt: skip
    page.context.close()


@pytest.mark.parametrize("viewer", [LEADER, AUDITOR, head_of("371503")], ids=["leader", "auditor", "head"])
def test_nobody_else_sees_an_address(browser: Browser, office: Site, viewer: Viewer) -> None:
    page = opened(browser, office, viewer, DESK, Watch())
    assert page.locator("table.delivery").count() == 0
    assert "example.com" not in page.content()
    assert page.locator("nav a[href='/delivery']").count() == 0
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_with_mails_fits_is_accessible_and_chinese(
    browser: Browser, office: Site, pictures: Path, size: dict[str, int]
) -> None:
    watch = Watch()
    page = opened(browser, office, ADMINISTRATOR, size, watch)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert not english_words(page)
    look(page, "delivery-mails_administrator", pictures)
    assert not watch.complaints
    assert not watch.outside
    page.context.close()


def test_a_state_is_chosen_and_a_wrong_one_is_refused_in_a_sentence(browser: Browser, office: Site) -> None:
    page = opened(browser, office, ADMINISTRATOR, DESK, Watch())
    page.locator("nav.choice").get_by_role("link", name="被拒收").click()
    page.wait_for_url("**/delivery?state=bounced")
    page.wait_for_selector("table.delivery")
    assert list(cells(page)) == ["2"]
    page.goto(office.url + "/delivery?before=3")
    page.wait_for_selector("table.delivery")
    assert list(cells(page)) == ["2", "1"]
    for query, sentence in (("state=gone", "没有这种状态。"), ("before=x", "网址可能有误")):
        page.goto(f"{office.url}/delivery?{query}")
        page.wait_for_selector(".failed")
        assert sentence in page.locator("main").inner_text()
    page.context.close()


def test_a_refused_mail_is_sent_again_by_a_button_and_it_is_entered_who_did_it(browser: Browser, office: Site) -> None:
    page = opened(browser, office, DUTY, DESK, Watch())
    buttons = page.get_by_role("button", name=text("Send this one again"))
    assert buttons.count() == 4, "not for the one the server has"
    page.locator("form[action='/delivery/2/resend'] button").click()
    page.locator("dialog.question button").last.click()
    row = page.locator("table.delivery tbody tr", has=page.locator("th", has_text="2"))
    expect(row).to_contain_text(text("waiting"))
    states = {one.notice_id: one.state for one in recorded_notices(office.ledger)}
    assert states == {
        1: NoticeState.ACCEPTED, 2: NoticeState.QUEUED, 3: NoticeState.QUEUED, 4: NoticeState.AMBIGUOUS, 5: NoticeState.QUEUED,
    }  # fmt: skip
    entry = trail.entries(office.ledger, act=Act.SEND)[0]
    assert (entry.who, entry.target, entry.result) == ("city_duty:duty", "notice 2", "begun")
    answer = page.request.post(
        f"{office.url}/delivery/1/resend", data={}, headers={"Origin": office.url, "Content-Type": "application/json"}
    )
    assert answer.status == 400
    assert "没有可重发的邮件" in answer.json()["say"]
    page.context.close()


def test_every_reason_has_a_word() -> None:
    assert set(REASONS) == set(Reason)
