"""What comes from data is shown as text, in the page's content and in the drawings that stand in it."""

import shutil
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, expect

from pipelines.publish import read as door
from tests.dashboard.published_city import City
from tests.dashboard.reader import opened, readers_of
from tests.dashboard.site import LEADER, served
from tests.dashboard.walk import Watch

pytestmark = pytest.mark.xdist_group("states")
AREA = "371503"
NAME = "<b id=evil>甲&amp;乙</b><img src=x onerror='window.isEvil=1'>"


def test_a_name_cannot_become_markup_on_a_page_in_the_map_or_in_a_figure(
    city: City, browser: Browser, tmp_path: Path
) -> None:
    shutil.copytree(city.published, tmp_path / "published")
    for file in (tmp_path / "published").glob("*/*.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute("update place set name = $1, short_name = $1 where code = $2", [NAME, AREA])
    watch = Watch()
    with served(tmp_path) as site, readers_of(browser, site) as readers:
        page = readers.page(LEADER, watch)
        for address, where in (("/", "svg.map text"), (f"/area/{AREA}", "main h1"), (f"/area/{AREA}", ".figure table")):
            opened(page, address)
            if "figure" in where:
                page.locator(".figure").first.scroll_into_view_if_needed()
            expect(page.locator(where).first).to_be_attached()
            assert page.locator("#evil").count() == 0
            assert page.evaluate("window.isEvil") is None
        opened(page, "/")
        assert NAME in (page.locator("svg.map").text_content() or "")
        assert NAME in (page.locator(".counties").text_content() or "")
    door.close()
    assert not watch.complaints
