"""Today on paper: one A4 page, light, with all that says what it is, and nothing that only a screen can do."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.components.theme import LIGHT
from tests.dashboard.site import LEADER, Site, clock_at
from tests.dashboard.test_schemes import rgb
from tests.dashboard.walk import DESK, Watch, opened

pytestmark = pytest.mark.xdist_group("paper")
# A4 across, less 8 mm at each edge, in pixels of a page (96 an inch).
PAPER = {"width": int(281 / 25.4 * 96), "height": int(194 / 25.4 * 96)}
# A large prefecture: as many warnings as are in sight at once, and its counties and zones.
WARNINGS, AREAS = 8, 12
SAID = {
    "zh-CN": ("岗哨", "聊城市失业预警", "演示数据：全部虚构", "起预警"),
    "en": ("Gangshao", "Liaocheng", "Demonstration data", "open warnings"),
}


@pytest.fixture(scope="module", params=SAID)
def today(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """The page a leader opens in a dark room."""
    with clock_at(site, "2026-11-25T12:00"):  # the edition that is due is there
        page = opened(browser, site, LEADER, request.param, DESK, Watch())
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector("#warnings tbody tr")
        yield page
    page.context.close()


def sheets(page: Page) -> int:
    """How many sheets Chromium prints the page on."""
    page.emulate_media(media="null")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


def test_today_is_one_a4_page_whatever_panel_is_open(today: Page) -> None:
    assert sheets(today) == 1
    today.get_by_role("tab").nth(1).click()
    assert sheets(today) == 1
    today.get_by_role("tab").nth(0).click()


def test_the_sheet_says_what_it_is_and_what_is_wrong(today: Page) -> None:
    first = today.locator("#warnings tbody th .subject").first.inner_text()
    area = today.locator(".counties tbody th a").first.inner_text()
    headline, edition = (today.locator(one).inner_text() for one in ("h1", ".edition summary"))
    today.emulate_media(media="print")
    today.set_viewport_size(PAPER)
    said = today.locator("body").inner_text()
    for part in (first, area, headline, *edition.split("\n")):
        assert part in said
    language = today.evaluate("document.documentElement.lang")
    for part in SAID[language]:
        assert part in said
    assert today.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert not today.locator(":is(nav, button, select, .who, .download, [role=tab]):visible").count()
    today.emulate_media(media="screen")
    today.set_viewport_size(DESK)  # type: ignore[arg-type]


def settled(part: Locator) -> bytes:
    """How a part of the page looks once two looks are alike: small pictures are drawn a little later than the rest."""
    last = part.screenshot()
    while (now := part.screenshot()) != last:
        last = now
    return last


def test_paper_is_light_whatever_the_screen_is(today: Page) -> None:
    spark = today.locator(".card .spark").first
    on_screen = settled(spark)
    seen = []
    for scheme in ("dark", "light"):
        today.emulate_media(color_scheme=scheme, media="print")  # type: ignore[arg-type]
        expect(today.locator("h1")).to_have_css("color", rgb(LIGHT["ink"]))
        expect(today.locator(".card").first).to_have_css("background-color", rgb(LIGHT["sheet"]))
        expect(today.locator("body")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        seen.append(settled(spark))
    today.emulate_media(color_scheme="dark", media="screen")
    assert seen[0] == seen[1] != on_screen


def test_it_is_one_page_in_a_large_prefecture_too(today: Page) -> None:
    """Last of the tests of a page: rows are doubled in it."""
    for rows, number in (("#warnings .warnings tbody", WARNINGS), (".counties tbody", AREAS)):
        have = today.locator(rows).first.evaluate(
            "(body, number) => { const own = [...body.children]; for (let i = own.length; i < number; i += 1)"
            " body.append(own[i % own.length].cloneNode(true)); return body.children.length; }",
            number,
        )
        assert have >= number
    assert sheets(today) == 1
