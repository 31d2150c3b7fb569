"""The tile grid beside the map: every unit a tile of one size that leads to its page, roughly where it lies."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from dashboard.figures.city_map import Point, _middle, _shapes, arranged
from dashboard.locale.translation import REGION as REGION_KEY
from pipelines.core.domain import Viewer
from pipelines.published import read as door
from tests.dashboard.asked import page_asked, props, signed_in
from tests.dashboard.published_city import REGION, City, csv_rows
from tests.dashboard.published_fixture import build
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("tiles")
UNITS = tuple((row["code"], row["county_view"]) for row in csv_rows("places.csv") if row["level"] == "unit")
NAMES = {row["code"]: row["short_name"] for row in csv_rows("places.csv")}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """All eleven units."""
    yield build(tmp_path_factory.mktemp("tiles") / "published", units=11, sections=2, days=60)
    door.close()


@pytest.fixture(scope="module")
def place(city: City) -> Iterator[Site]:
    with served(city.published.parent) as running:
        yield running


def middles() -> tuple[tuple[str, Point], ...]:
    shapes = _shapes(REGION / "boundaries" / "counties.geojson")
    return tuple(sorted((code, _middle(rings)) for code, rings in shapes.items()))


def tiles_of(site: Site, viewer: Viewer) -> dict[str, dict[str, Any]]:
    """Address of a page → the tile that leads there."""
    tree = json.loads(page_asked("/").of(signed_in(site, viewer))[2])
    [grid] = [one for one in props(tree) if one.get("className") == "tiles"] or [{"children": []}]
    items = [one["props"] for one in grid["children"]]
    return {item["children"]["props"]["href"]: item for item in items}


@pytest.mark.parametrize("viewer", [LEADER, AUDITOR], ids=["leader", "auditor"])
def test_every_unit_is_a_tile_with_its_level_in_words_and_colour_that_leads_to_its_page(
    place: Site, city: City, viewer: Viewer
) -> None:
    tiles = tiles_of(place, viewer)
    assert set(tiles) == {f"/area/{code}" for code in city.units}
    episodes = city.frames["episode"]
    standing = episodes[(episodes["status"] == "open") & episodes["known_to"].isna()]
    worst = standing.groupby("area")["level"].min()
    for code in city.units:
        item = tiles[f"/area/{code}"]
        name, word = item["children"]["props"]["children"]
        assert name == NAMES[code]
        level = worst.get(code)
        said = word["props"]["children"]
        assert said == ("无" if level is None else {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"}[int(level)])
        assert item["className"] == ("" if level is None else f"level level-{int(level)}")
    assert {"371503", "371522"} <= set(worst.index)


def test_an_office_is_shown_no_tiles(place: Site) -> None:
    assert tiles_of(place, head_of("371503")) == {}


def test_where_there_are_no_boundaries_the_tiles_stand_in_the_regions_order(
    place: Site, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(REGION, tmp_path / "region", ignore=shutil.ignore_patterns("boundaries"))
    shutil.copytree(city.published, tmp_path / "published")
    with served(tmp_path) as running:
        monkeypatch.setitem(running.app.server.config, REGION_KEY, tmp_path / "region")
        items = list(tiles_of(running, LEADER).values())
        told = page_asked("/").of(signed_in(running, LEADER))[2]
    order = [item["children"]["props"]["href"].rsplit("/", 1)[1] for item in items]
    assert order == [code for code, _ in UNITS]
    assert [(item["style"]["gridRow"], item["style"]["gridColumn"]) for item in items[:5]] == [
        (1, 1), (1, 2), (1, 3), (1, 4), (2, 1),
    ]  # fmt: skip
    assert "地区文件夹中没有边界文件" in json.dumps(json.loads(told), ensure_ascii=False)


def test_tiles_lie_roughly_as_the_counties_do_and_zones_beside_theirs() -> None:
    at = dict(middles())
    cells = arranged(UNITS, middles())
    width, height = (max(one[axis] for one in at.values()) - min(one[axis] for one in at.values()) for axis in (0, 1))
    compared = 0
    for one in at:
        for other in at:
            if at[other][0] - at[one][0] > width / 3:
                assert cells[one][1] < cells[other][1], f"{NAMES[one]} lies west of {NAMES[other]}"
                compared += 1
            if at[other][1] - at[one][1] > height / 3:
                assert cells[one][0] < cells[other][0], f"{NAMES[one]} lies north of {NAMES[other]}"
                compared += 1
    assert compared > 20
    zones = [(code, view) for code, view in UNITS if code not in at]
    assert len(zones) == 3
    for code, view in zones:
        county = next(one for one, its in UNITS if its == view and one in at)
        assert max(abs(a - b) for a, b in zip(cells[code], cells[county], strict=True)) == 1


coordinates = st.floats(0, 1000, allow_nan=False)


@settings(deadline=None)
@given(st.data(), st.integers(1, 14))
def test_any_region_gets_one_tile_a_unit_without_an_empty_row_or_column(data: st.DataObject, many: int) -> None:
    views = data.draw(st.lists(st.sampled_from(["V1", "V2", "V3", ""]), min_size=many, max_size=many))
    units = tuple((f"u{place}", view) for place, view in enumerate(views))
    bounded = data.draw(st.sets(st.sampled_from([code for code, _ in units])))
    at = tuple((code, (data.draw(coordinates), data.draw(coordinates))) for code in sorted(bounded))
    cells = arranged(units, at)
    assert cells.keys() == {code for code, _ in units}
    assert len(set(cells.values())) == many
    for axis in (0, 1):
        used = {cell[axis] for cell in cells.values()}
        assert used == set(range(len(used)))
    arranged.cache_clear()
    assert arranged(units, at) == cells


def test_a_tile_is_reached_and_followed_by_keyboard_on_a_phone(
    place: Site, city: City, browser: Browser, pictures: Path | None
) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
    page.goto(place.link(LEADER))
    page.get_by_role("button").first.click()
    page.wait_for_selector("main#main h1")
    page.get_by_role("tab", name="地图").click()
    tiles = page.locator(".tiles li")
    assert tiles.count() == len(city.units)
    boxes = [box for one in tiles.all() if (box := one.bounding_box()) is not None]
    assert len({(round(box["x"]), round(box["y"])) for box in boxes}) == len(city.units), "each in its own place"
    assert len({round(box["width"]) for box in boxes}) == 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if pictures:
        page.screenshot(path=pictures / "tiles_390.png", full_page=True)
    first = tiles.first.get_by_role("link")
    name = first.inner_text().split()[0]
    first.focus()
    page.keyboard.press("Tab")
    second = page.evaluate("document.activeElement.innerText").split()[0]
    assert second != name
    page.keyboard.press("Enter")
    expect(page.locator("main#main h1")).to_contain_text(second)
    context.close()
    assert not troubles
