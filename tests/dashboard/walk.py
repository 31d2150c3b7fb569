"""A walk in a browser over every page as one viewer, each opened once, looked at light and dark and kept as a picture."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from pipelines.core.domain import Viewer
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of
from tests.tier import IS_LONG

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
OWN = "371503"
VIEWERS = {"leader": LEADER, "head": head_of(OWN), "auditor": AUDITOR, "administrator": ADMINISTRATOR}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
ARE_PICTURES_KEPT = IS_LONG or "GANGSHAO_SCREENSHOTS" in os.environ
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # all of axe's rules about colours but those of level AAA
PART_LOOKED_AT = "[data-looked-at]"
MARK_PART = """(one) => {
  document.querySelectorAll('[data-looked-at]').forEach((other) => other.removeAttribute('data-looked-at'));
  const part = one.closest('figure, .figure, .panel, table, .menu, .tabbed, main > *, header') ?? document.body;
  part.setAttribute('data-looked-at', '');
}"""
# Words of Latin letters that a page in Chinese may show: names of formats, laws' marks, the level mark of a proposal.
LATIN = {"XLSX", "PNG", "SVG", "CSV", "P", "M", "T", "GB"}


@dataclass
class Watch:
    """What the browser complained of, and what it asked for outside this machine."""

    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> Page:
        """A new page, watched from its beginning."""
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._sort(request.url))
        return page

    def _hear(self, note: ConsoleMessage) -> None:
        is_right = (
            note.location["url"].endswith("/404") and "status of 404" in note.text
        )  # the page of what is not there
        if note.type in {"error", "warning"} and not is_right:
            self.complaints.append(note.text)

    def _sort(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


def opened(browser: Browser, site: Site, viewer: Viewer, locale: str, size: dict[str, int], watch: Watch) -> Page:
    """The first page of a viewer who has just signed in, in a browser of its own that prefers a language."""
    context = browser.new_context(viewport=size, locale=locale)  # type: ignore[arg-type]
    site.sign_in(context, viewer)
    page = watch.over(context)
    page.goto(site.url)
    page.wait_for_selector(".page main h1")  # the sign-in page has a heading too
    return page


def shown(page: Page, site: Site, address: str) -> None:
    """Open a page and wait for its first figure, if it has any."""
    page.goto(site.url + address)
    page.wait_for_selector(".page main h1")
    if page.locator(".figure").count():
        page.locator(".figure").first.scroll_into_view_if_needed()
        page.wait_for_selector(".figure .main-svg")


def visited(site: Site, who: str, *, each_page: bool = False) -> list[str]:
    """Every address of a viewer; in `make test` those whose page has a part that no page before has.

    Of one who is not the leader, that no page of the leader has. ``each_page``: and one of each page.
    """
    addresses = site.addresses(VIEWERS[who])
    assert len(addresses) >= 6
    if IS_LONG:
        return addresses
    before: set[str] = set() if who == "leader" else set().union(*parts_of_pages(site, LEADER).values())
    found, pages = ["/"], {""}
    for address, parts in parts_of_pages(site, VIEWERS[who]).items():
        page = address.split("/")[1]
        if (parts - before or (each_page and page not in pages)) and address != "/":
            found.append(address)
        before |= parts
        pages.add(page)
    assert len(found) > 1
    return found


@cache
def parts_of_pages(site: Site, viewer: Viewer) -> dict[str, set[str]]:
    """Address → kinds of parts of its page: each component with its class, field by field."""
    client = signed_in(site, viewer)
    return {one: set(_parts(json.loads(page_asked(one).of(client)[2]))) for one in site.addresses(viewer)}


def _parts(tree: object) -> Iterator[str]:
    if isinstance(tree, list):
        for one in tree:
            yield from _parts(one)
    if isinstance(tree, dict):
        props = tree.get("props")
        if isinstance(props, dict):
            yield f"{tree.get('type')} {props.get('className', '')} {props.get('role', '')} {props.get('name', '')}"
        for one in tree.values():
            yield from _parts(one)


def walk(page: Page, site: Site, who: str, pictures: Path, scheme: Scheme, *, each_page: bool = False) -> Iterator[str]:
    """Every address that is visited while its page is there: it is accessible, no wider than a screen.

    In `make test` in one scheme, in `make torture` in both. Pictures are named
    ``<page>_<viewer>_<width>_<language>_<scheme>.png``.
    """
    own = page.viewport_size or DESK
    for address in visited(site, who, each_page=each_page):
        shown(page, site, address)
        assert page.locator(".failed").count() == 0, address
        for size in {PHONE["width"]: PHONE, own["width"]: own}.values():
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert fits(page, size["width"]), address
        assert not coloured_without_a_word(page), address
        name = address.strip("/").replace("/", "_") or "today"
        look(page, f"{name}_{who}", pictures, schemes=SCHEMES if IS_LONG else (scheme,))
        yield address


def look(page: Page, name: str, pictures: Path, *, schemes: tuple[Scheme, ...] = SCHEMES) -> None:
    """Nothing that axe calls serious or critical, in each scheme; a picture of it where pictures are kept."""
    load_axe(page)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found = severe(page, only_colours=scheme != schemes[0])
        assert not found, (name, scheme, found)
        if ARE_PICTURES_KEPT:
            width, language = page.evaluate("[window.innerWidth, document.documentElement.lang.slice(0, 2)]")
            page.screenshot(path=pictures / f"{name}_{width}_{language}_{scheme}.png", full_page=True)
    page.emulate_media(color_scheme=SCHEMES[0])


def load_axe(page: Page) -> None:
    """Bring axe into the document, unless it is there."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())


def fits(page: Page, width: int) -> bool:
    """Whether nothing goes beyond a screen of this width once charts have taken to it."""
    try:
        page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)
    except PlaywrightTimeoutError:
        return False
    return True


def severe(page: Page, within: str = "body", *, only_colours: bool = False) -> list[tuple[str, list[str]]]:
    """Serious and critical violations that axe finds, with where; a scheme changes nothing but colours.

    It looks at the whole page or at the figure, panel, table, menu or block that holds the first of ``within``.
    """
    rules = f", runOnly: {COLOUR_RULES}" if only_colours else ""
    there = "document" if within == "body" else f"{{include: ['{PART_LOOKED_AT}']}}"
    if within != "body":
        page.locator(within).first.evaluate(MARK_PART)
    found = page.evaluate(
        f"axe.run({there}, {{resultTypes: ['violations']{rules}}}).then(results => results.violations)"
    )
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def coloured_without_a_word(page: Page) -> list[str]:
    """What has the colour of a level or a judgement and says no word: colours may differ too little for a reader."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.level, [class*=tone-]')]"
        ".filter(one => !/\\p{Letter}|[↑↓]/u.test(one.textContent)).map(one => one.outerHTML.slice(0, 120))"
    )
    return found


def english_words(page: Page) -> set[str]:
    """Visible words of Latin letters, without employers' codes, what a page in Chinese may show, what is marked as
    English, and, in the audit trail and lists of files, names people have and identifiers as they are stored."""
    visible = page.locator("body").inner_text()
    other = ":is(.audit, .accounts, .delivery, .drops, .catalogue, .chapter) :is(code, bdi), .facts bdi, [lang=en]"
    for one in page.locator(other).all_inner_texts():
        visible = visible.replace(one, "", 1)
    visible = re.sub(r"[0-9A-Z]{18}", "", visible)
    return {word for word in set(re.findall(r"[A-Za-z]+", visible)) - LATIN if len(word) > 1}
