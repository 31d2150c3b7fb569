"""A reader at a real browser: signs in, opens pages, brings figures into view; what axe says of what is then seen."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

from pipelines.core.domain import Viewer
from tests.dashboard.site import Site
from tests.dashboard.walk import DESK, PHONE, Watch, fits, load_axe, severe
from tests.tier import IS_LONG

_TALL = 12_000  # pixels: every figure of a page is near the view
_PATIENCE = 120_000.0  # milliseconds for a page of many figures on a machine that is busy


class Readers:
    """One browser context a viewer and language, signed in once; None is a stranger. Each page has a watch of its own."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site = browser, site
        self._contexts: dict[tuple[Viewer | None, str], BrowserContext] = {}

    def page(self, who: Viewer | None, watch: Watch, *, locale: str = "zh-CN", size: dict[str, int] = DESK) -> Page:
        """A new page of this reader at a screen of this size."""
        key = (who, locale)
        if key not in self._contexts:
            self._contexts[key] = self._browser.new_context(locale=locale, base_url=self._site.url)
            if who is not None:
                self._site.sign_in(self._contexts[key], who)
        page = watch.over(self._contexts[key])
        page.set_viewport_size(size)  # type: ignore[arg-type]
        return page

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@contextmanager
def readers_of(browser: Browser, site: Site) -> Iterator[Readers]:
    """Readers of a site, gone in the end."""
    readers = Readers(browser, site)
    try:
        yield readers
    finally:
        readers.close()


def opened(page: Page, address: str) -> None:
    """Open a page of the site and wait until it is there."""
    page.goto(address)
    page.wait_for_selector(":is(.page, body > main) h1")


def drawn(page: Page) -> None:
    """Bring every figure near the view, and wait until all have come."""
    if not page.locator(".figure").count():
        return
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": _TALL})
    page.wait_for_function("() => !document.querySelector('.figure .awaited, .figure[aria-busy]')", timeout=_PATIENCE)
    page.set_viewport_size(size)


def unfold(page: Page) -> None:
    """Open all that can be unfolded in the content of a page."""
    page.evaluate("() => document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def assert_accessible(page: Page, name: str, within: str = "body") -> None:
    """On a telephone (in `make torture` on a desk too) axe finds nothing serious; nothing goes beyond either screen.

    In `make test` axe looks at the part of the page that holds the first thing seen of ``within``: the rest of the page
    was looked at in another state.
    """
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if size == PHONE or IS_LONG:
            load_axe(page)
            found = severe(page, "body" if IS_LONG else within)
            assert not found, (name, size["width"], found)
        assert fits(page, size["width"]), (name, size["width"])
