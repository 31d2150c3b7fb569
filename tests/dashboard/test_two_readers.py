"""Two browsers side by side, another viewer and language in each: what one does, the other never sees."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.published_city import CLOSING, SUSPECTED
from tests.dashboard.reader import Readers, drawn, opened, readers_of
from tests.dashboard.site import LEADER, Site, head_of
from tests.dashboard.test_language import CHINESE
from tests.dashboard.walk import Watch

# What a page says in its own language: without what is marked as the Chinese it is stored in.
OWN_WORDS = """(main) => {
  const copy = main.cloneNode(true);
  copy.querySelectorAll("[lang^=zh]").forEach((one) => one.remove());
  return copy.textContent;
}"""
pytestmark = pytest.mark.xdist_group("two_readers")
AREA = "371503"


@pytest.fixture
def readers(browser: Browser, site: Site) -> Iterator[Readers]:
    with readers_of(browser, site) as found:
        yield found


def overdue(page: Page) -> str:
    """How late the edition of today is: it changes by itself with the hour."""
    return page.locator(".banner.overdue").inner_text()


def state(page: Page) -> tuple[str, ...]:
    """All of a page that a reader has brought about or is shown."""
    chosen = "[...document.querySelectorAll('[aria-selected=true], [aria-current], details[open] > summary')]"
    return (
        page.url,
        str(page.locator("html").get_attribute("lang")),
        page.title(),
        page.locator("body").inner_text().replace(overdue(page), ""),
        page.evaluate(f"{chosen}.map((one) => one.textContent).join('|')"),
    )


def matrix(page: Page) -> None:
    page.locator(".tabbed.today > [role=tablist] [role=tab]").nth(1).click()
    page.locator(".choice a[href='/?matrix=insured_leave']").click()
    page.wait_for_url("**/?matrix=insured_leave")
    page.wait_for_selector(".grid")


def past(page: Page) -> None:
    page.locator(".edition > summary").click()
    page.locator(".edition select").select_option("2026-11-24")
    page.locator(".edition button").click()
    page.wait_for_selector(".banner.past")


def figure_as_table(page: Page) -> None:
    opened(page, f"/area/{AREA}")
    drawn(page)
    page.locator(".figure [role=tab]").nth(1).click()
    expect(page.locator(".figure table").first).to_be_visible()


def one_feed(page: Page) -> None:
    opened(page, "/data")
    page.locator("a[href*='feed=benefit_claim']").first.click()
    page.wait_for_url("**feed=benefit_claim**")
    page.wait_for_selector(".choice a[aria-current]")


def a_warning(page: Page) -> None:
    opened(page, "/warnings")
    page.locator("a[href^='/warning/w0002']").first.click()
    page.wait_for_selector(".handling")
    drawn(page)


def home(page: Page) -> None:
    page.locator(".top nav a").first.click()
    page.wait_for_selector("#warnings")


def test_what_one_reader_does_the_other_does_not_see(readers: Readers) -> None:
    """Only here two use one server at once by a browser each. By turns each does something; the other's page stays as it is, and is the same when it is loaded again."""
    watch = Watch()
    leader = readers.page(LEADER, watch)
    head = readers.page(head_of(AREA), watch, locale="en-GB")
    for page in (leader, head):
        opened(page, "/")
    turns: list[tuple[Page, Page, Callable[[Page], None]]] = [
        (leader, head, matrix),
        (head, leader, figure_as_table),
        (leader, head, past),
        (head, leader, one_feed),
        (leader, head, home),
        (head, leader, a_warning),
        (leader, head, figure_as_table),
        (head, leader, past),
    ]
    for actor, other, act in turns:
        before, own = state(other), state(actor)
        act(actor)
        assert state(actor) != own, act.__name__
        assert state(other) == before, act.__name__
        for page, of in ((leader, "zh-CN"), (head, "en")):
            assert page.locator("html").get_attribute("lang") == of
        english = head.locator("main").evaluate(OWN_WORDS)
        assert not CHINESE.search(re.sub(rf"{CLOSING[1]}|{SUSPECTED[1]}", "", english))
    for page in (leader, head):
        url, shown = page.url, page.locator("main h1").inner_text()
        page.reload()
        page.wait_for_selector(".page main h1")
        assert (page.url, page.locator("main h1").inner_text()) == (url, shown)
    # Loaded side by side at the same moment, each is given its own.
    for page in (leader, head):
        page.evaluate("() => { location.href = '/' }")
    for page, role in ((leader, "市局领导"), (head, "County head")):
        page.wait_for_selector("#warnings")
        expect(page.locator(".who")).to_contain_text(role)
    assert leader.locator("#warnings tbody tr").count() > head.locator("#warnings tbody tr").count()
    assert not watch.complaints
    assert not watch.outside
