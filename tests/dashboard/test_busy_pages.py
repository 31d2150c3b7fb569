"""What readers see while the server is busy: a sentence, and then the page by itself."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard.locale import text
from dashboard.web import fragment_cache
from dashboard.web.serving.limits import RETRY_AFTER, ReaderGone
from tests.dashboard.reader import Readers, opened
from tests.dashboard.site import LEADER, Site
from tests.dashboard.walk import Watch

pytestmark = pytest.mark.xdist_group("busy_pages")
BUSY = text("The server is busy and has not done what was asked. Please try again in a few seconds.")
KEEP_WHAT_IS_SAID = """() => new MutationObserver(() => {
  window.said ??= document.getElementById("busy")?.textContent;
}).observe(document.body, { childList: true })"""


def refuse(page: Page, pattern: str, times: int) -> list[str]:
    """Let so many requests be answered as a busy server does, with a short pause; their addresses."""
    refused: list[str] = []

    def answer(route: Route) -> None:
        if len(refused) >= times:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/json",
                      body=json.dumps({"say": BUSY}))  # fmt: skip

    page.route(pattern, answer)
    return refused


def test_a_page_and_its_figures_that_are_refused_are_asked_for_again_and_said(readers: Readers) -> None:
    watch = Watch()
    page = readers.page(LEADER, watch)
    opened(page, "/")
    page.wait_for_selector("#react-entry-point .page main h1")  # from then on links lead on within the page
    page.evaluate(KEEP_WHAT_IS_SAID)
    today = page.locator("main h1").inner_text()
    refused = refuse(page, "**/_dash-update-component*", 1)
    figures = refuse(page, "**/figure?*", 1)
    page.locator("a[data-inside][href='/warnings']").first.click()
    page.wait_for_function("() => window.said")
    assert page.evaluate("() => window.said") == BUSY
    expect(page.locator("main h1")).not_to_have_text(today)
    expect(page.locator("#busy")).to_have_count(0)
    assert len(refused) == 1
    opened(page, "/area/371503")
    page.locator(".figure .tabbed").first.wait_for()
    assert len(figures) == 1
    page.close()


def test_a_document_that_is_refused_is_asked_for_again_by_the_browser(readers: Readers, place: Site) -> None:
    page = readers.page(LEADER, Watch())
    left, waiting, is_read = [503], [], False

    def answer(route: Route) -> None:
        if left:
            route.fulfill(status=left.pop(), headers={"Refresh": "1"}, content_type="text/html; charset=utf-8",
                          body=f"<p>{BUSY}</p>")  # fmt: skip
        elif is_read:
            route.continue_()
        else:
            waiting.append(route)  # else a busy machine shows the page that follows before this one was read

    page.route("**/warnings", answer)
    page.goto("/warnings")
    expect(page.locator("p")).to_have_text(BUSY)
    is_read = True
    for route in waiting:
        route.continue_()
    page.wait_for_selector(".page main h1")
    assert RETRY_AFTER >= 1
    page.close()


def test_nothing_is_made_for_a_reader_who_has_gone(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(fragment_cache, "_make", made.append)
    given = fragment_cache.cached_fragment("of nobody", list)
    with (
        place.app.server.test_request_context("/", environ_base={"waitress.client_disconnected": lambda: True}),
        pytest.raises(ReaderGone),
    ):
        given()
    assert not made
