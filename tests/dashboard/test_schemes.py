"""Light and dark as the reader's system says, charts and small pictures included; pictures that leave are light."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.components.theme import DARK, LIGHT
from tests.dashboard.site import LEADER, Site
from tests.dashboard.walk import DESK, OWN, Watch, opened, shown

pytestmark = pytest.mark.xdist_group("schemes")
PALETTES = {"light": LIGHT, "dark": DARK}


@pytest.fixture(scope="module")
def reader(browser: Browser, site: Site) -> Iterator[Page]:
    """A leader's page, of which nothing may be complained."""
    watch = Watch()
    page = opened(browser, site, LEADER, "zh-CN", DESK, watch)
    yield page
    page.context.close()
    assert not watch.complaints


@pytest.fixture
def page(reader: Page) -> Iterator[Page]:
    """The same, after each test as at first."""
    yield reader
    reader.emulate_media(color_scheme="light", media="screen", forced_colors="none")


def rgb(value: str) -> str:
    """``#rrggbb`` as browsers say it."""
    return f"rgb({', '.join(str(int(value[place : place + 2], 16)) for place in (1, 3, 5))})"


def expect_chart_in(page: Page, palette: dict[str, str]) -> None:
    """The first chart has ground, text and data of the palette."""
    chart = page.locator(".js-plotly-plot").first
    expect(chart.locator(".main-svg").first).to_have_css("background-color", rgb(palette["sheet"]))
    expect(chart.locator(".ytick text").first).to_have_css("fill", rgb(palette["soft"]))
    expect(chart.locator(f"[style*='{rgb(palette['series'])}']").first).to_be_attached()


@pytest.mark.parametrize("address", [f"/area/{OWN}", "/forecasts"], ids=["asked for", "in the page"])
def test_a_chart_comes_in_the_readers_scheme_and_follows_it_on_screen_and_paper(
    page: Page, site: Site, address: str
) -> None:
    page.emulate_media(color_scheme="dark")
    shown(page, site, address)
    expect_chart_in(page, DARK)
    page.emulate_media(color_scheme="light")
    expect_chart_in(page, LIGHT)
    page.emulate_media(color_scheme="dark")
    expect_chart_in(page, DARK)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect_chart_in(page, LIGHT)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect_chart_in(page, DARK)


def test_a_chart_is_coloured_once_however_often_the_page_changes(page: Page, site: Site) -> None:
    shown(page, site, f"/area/{OWN}")
    expect_chart_in(page, LIGHT)
    is_same = page.evaluate(
        "() => new Promise(tell => { const chart = document.querySelector('.js-plotly-plot'), data = chart.data;"
        " chart.append(document.createElement('i')); setTimeout(() => tell(chart.data === data), 600); })"
    )
    assert is_same


def test_a_picture_of_a_chart_is_light_whatever_the_scheme(page: Page, site: Site) -> None:
    page.emulate_media(color_scheme="dark")
    shown(page, site, f"/area/{OWN}")
    figure = page.locator(".figure").first
    figure.get_by_role("tab").nth(2).click()
    with page.expect_download() as told:
        figure.get_by_role("button", name="SVG").click()
    drawn = Path(told.value.path()).read_text(encoding="utf-8")
    for name in ("series", "sheet", "ink"):
        assert rgb(LIGHT[name]) in drawn
        assert rgb(DARK[name]) not in drawn
    assert "var(--" not in drawn
    figure.get_by_role("tab").first.click()
    expect_chart_in(page, DARK)


@pytest.mark.parametrize("scheme", PALETTES)
def test_a_page_its_fields_and_the_door_are_in_the_readers_scheme(page: Page, site: Site, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for address, heading in (("/account", ".page main h1"), ("/sign-out", "main h1")):
        page.goto(site.url + address)
        page.wait_for_selector(heading)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
        expect(page.locator("body")).to_have_css("background-color", rgb(PALETTES[scheme]["ground"]))
        expect(page.locator(heading)).to_have_css("color", rgb(PALETTES[scheme]["ink"]))


def test_small_pictures_follow_the_scheme(page: Page, site: Site) -> None:
    shown(page, site, "/")
    page.add_style_tag(content=".card { background: none !important; } body { background: white !important; }")
    seen = []
    for scheme in PALETTES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        seen.append(page.locator(".card .spark").first.screenshot())
    assert seen[0] != seen[1]


def test_levels_and_charts_keep_their_colours_where_the_system_forces_its_own(page: Page, site: Site) -> None:
    shown(page, site, "/")
    page.emulate_media(forced_colors="active")
    for level in (2, 3):
        tag = page.locator(f".tag.level-{level}").first
        expect(tag).to_have_css("color", rgb(LIGHT[f"level-{level}-ink"]))
    heading = page.locator("main h1")
    assert heading.evaluate("one => getComputedStyle(one).color") != rgb(LIGHT["ink"]), "all else is the system's"
