"""The picture of a warning that the README shows is taken here, from the small invented city, and says it is invented."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pipelines.published.read import read
from tests.dashboard.site import LEADER, Site
from tests.forked import ROOT

pytestmark = pytest.mark.xdist_group("manual_page")
PICTURE = ROOT / "docs" / "warning.png"
MOST_BYTES = 200_000


def test_a_picture_of_a_warning_is_taken_and_says_that_its_data_are_invented(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    warnings = read("open_warning", LEADER, published=site.settings.published)
    spikes = warnings[(warnings["kind"] == "spike") & (warnings["indicator"] == "benefit_claim")]
    episode = spikes.sort_values(["level", "area"]).iloc[0]["episode_id"]
    context = browser.new_context(viewport={"width": 1060, "height": 800}, locale="zh-CN")
    site.sign_in(context, LEADER)
    page = context.new_page()
    page.goto(f"{site.url}/warning/{episode}")
    expect(page.locator(".page main h1")).to_be_visible()
    expect(page.get_by_text("演示数据").first).to_be_visible()
    taken = tmp_path / "warning.png"
    page.screenshot(path=taken)
    context.close()
    if folder := os.environ.get("GANGSHAO_MANUAL"):
        (ROOT / folder / "warning.png").write_bytes(taken.read_bytes())
    assert 20_000 < taken.stat().st_size < MOST_BYTES


def test_the_picture_in_the_readme_is_a_small_one() -> None:
    assert 20_000 < PICTURE.stat().st_size < MOST_BYTES
