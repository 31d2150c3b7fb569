"""Figures: sent when they come into view, four tabs by keyboard, files of what they show, by the viewer's rights."""

import io
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from pipelines.core.domain import Role, Viewer
from pipelines.published import read as door
from tests.dashboard.asked import page_asked, props, signed_in
from tests.dashboard.published_city import LAST_DAY, LATE, City
from tests.dashboard.published_fixture import build
from tests.dashboard.site import LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("figures")
AREA = "371503"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    yield build(tmp_path_factory.mktemp("figures") / "published")
    door.close()


@pytest.fixture(scope="module")
def place(city: City) -> Iterator[Site]:
    with served(city.published.parent) as running:
        yield running


def test_a_figure_comes_when_it_is_in_view_and_is_worked_by_keyboard(
    place: Site, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: troubles.append(str(one)))
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/figure?" in one.url else None)
    page.goto(place.link(LEADER))
    page.get_by_role("button").first.click()
    page.wait_for_selector("main#main h1")
    page.goto(f"{place.url}/area/{AREA}")
    first = page.locator(".figure").first
    first.scroll_into_view_if_needed()
    expect(first.locator(".js-plotly-plot")).to_be_visible()
    everything = page.locator(".figure").count()
    assert 0 < len(asked) < everything, "only those near the view"
    tabs = first.get_by_role("tab")
    assert tabs.all_inner_texts() == ["图", "表", "下载", "说明"]
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(first.get_by_role("table")).to_be_visible()
    expect(first.locator(".js-plotly-plot")).to_be_hidden()
    assert tabs.nth(1).evaluate("one => one === document.activeElement")
    page.keyboard.press("End")
    expect(first.get_by_text("数据时点")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    with page.expect_download() as told:
        first.get_by_role("button", name="SVG").click()
    assert "<svg" in Path(told.value.path()).read_text(encoding="utf-8")
    with page.expect_download() as told:
        first.get_by_role("link", name="本图数据（XLSX）").click()
    assert told.value.suggested_filename.endswith(".xlsx")
    page.keyboard.press("Home")
    page.locator(".figure").last.scroll_into_view_if_needed()
    expect(page.locator(".figure").last.locator("[role=tab]").first).to_be_visible()
    page.locator("nav a", has_text="全市").click()  # another area's page has figures of its own in the same places
    expect(page.locator("main#main h1")).to_have_text("聊城市")
    page.locator(".figure").first.scroll_into_view_if_needed()
    expect(page.locator(".figure").first.locator(".js-plotly-plot")).to_be_visible()
    assert any("area=371500" in url for url in asked)
    context.close()
    assert not troubles


@pytest.mark.parametrize("days", [7, 28])
def test_a_figure_shows_what_its_table_and_its_files_say(place: Site, days: int) -> None:
    client = signed_in(place, LEADER)
    query = f"indicator=insured_leave&area={AREA}&industry=ALL&days={days}"
    packed = client.get(f"/figure?{query}", headers={"Accept-Encoding": "gzip"})
    assert len(packed.get_data()) < 10_000
    answer = client.get(f"/figure?{query}")
    body = json.loads(answer.get_data(as_text=True))
    drawn = next(one for one in props(body) if "figure" in one)["figure"]["data"][-1]
    rows = client.get(f"/download/series.csv?{query}").get_data().decode("utf-8-sig").splitlines()
    told = [row.split(",")[:2] for row in rows[1:]]
    assert told == [
        [day, "" if value is None else f"{value:g}"] for day, value in zip(drawn["x"], drawn["y"], strict=True)
    ]
    book = load_workbook(io.BytesIO(client.get(f"/download/series.xlsx?{query}").get_data()))
    sheet, about = book.worksheets
    assert [
        [one[0], "" if one[1] is None else f"{one[1]:g}"] for one in sheet.iter_rows(min_row=2, values_only=True)
    ] == told
    lines = dict(about.iter_rows(values_only=True))
    assert lines["版次"] in rows[1]
    assert {"内容", "数据时点", "筛选条件", "可见范围", "保密处理"} <= lines.keys()


def test_a_longer_reach_shows_earlier_periods_and_the_same_later_ones(place: Site) -> None:
    client = signed_in(place, LEADER)
    query = f"indicator=insured_leave&area={AREA}&industry=ALL&days=7"
    usual, longer = (
        client.get(f"/download/series.csv?{query}{more}").get_data().decode("utf-8-sig").splitlines()
        for more in ("", "&span=long")
    )
    assert len(longer) > len(usual)
    assert longer[-(len(usual) - 1) :] == usual[1:]
    body = client.get(f"/figure?{query}&span=long").get_data(as_text=True)
    first = next(one for one in props(json.loads(body)) if "figure" in one)["figure"]["data"][-1]["x"][0]
    assert longer[1].startswith(first[:7])
    assert "span=long" in body, "its files are of the same reach"


@pytest.mark.parametrize("path", [f"/area/{AREA}", "/industry/C", f"/industry/C?area={AREA}"])
def test_the_reach_of_the_charts_is_in_the_address_of_a_page(place: Site, path: str) -> None:
    address, _, query = path.partition("?")
    usual, longer, odd = (
        page_asked(address, "&".join(filter(None, (query, span)))).of(signed_in(place, LEADER))[2]
        for span in ("", "span=long", "span=x")
    )
    assert usual.count("span=long") == 1, "the link"
    assert longer.count("span=long") > 2
    assert odd == usual


def test_a_window_judged_of_fewer_days_is_no_point_of_a_late_units_course(city: City, tmp_path: Path) -> None:
    shutil.copytree(city.published, published := tmp_path / "published")
    asked = {"area": LATE, "industry": "ALL", "window_periods": 7, "since": LAST_DAY - timedelta(days=60)}
    before = door.read("window_expectation", LEADER, published=published, **asked)
    door.close()
    for file in published.glob("*/restricted.duckdb"):
        with duckdb.connect(str(file)) as con:
            con.execute(
                "update score set window_from = window_from + 3, expected = -1 where area = $1 and window_periods = 7 "
                "and edition_id = (select max(edition_id) from edition)",
                [LATE],
            )
    after = door.read("window_expectation", LEADER, published=published, **asked)
    door.close()
    points = [set(zip(one["indicator"], one["data_to"], strict=True)) for one in (before, after)]
    judged_once = {("insured_leave", pd.Timestamp("2026-11-24"))}  # of the others an earlier edition judged the whole
    assert points[0] - points[1] == judged_once
    assert (after["expected"] > 0).all()


@pytest.mark.parametrize(
    "query",
    [
        "indicator=insured_leave&area=371522&industry=ALL&days=7",
        "indicator=nothing&area=371503&industry=ALL&days=7",
        "indicator=insured_leave&area=371503&industry=' or 1=1&days=7",
        "indicator=insured_leave&area=371503&industry=ALL&days=0",
        "indicator=insured_leave&area=371503&industry=ALL&days=x",
        "indicator=insured_leave&area=371503&industry=ALL&days=7&first=x&last=x",
        "indicator=insured_leave&area=371503&industry=ALL&days=7&span=for+ever",
        "area=371503",
        "",
    ],
)
def test_what_is_no_figure_of_this_viewer_is_not_found(place: Site, query: str) -> None:
    assert signed_in(place, head_of(AREA)).get(f"/figure?{query}").status_code == 404


def test_without_a_session_there_is_no_figure(place: Site) -> None:
    client = place.app.server.test_client()
    answer = client.get(
        f"/figure?indicator=insured_leave&area={AREA}&industry=ALL&days=7", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 401


def test_pages_are_light(place: Site) -> None:
    """35 KB a change of area, as sent: most of a page waits until it is looked at."""
    for viewer in (LEADER, head_of(AREA), Viewer(Role.AUDITOR)):
        client = signed_in(place, viewer)
        asked = page_asked(f"/area/{AREA}")
        answer = client.post(
            asked.path, json=asked.body, headers={"Origin": "http://localhost", "Accept-Encoding": "gzip"}
        )
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.get_data()) < 35_000


def test_a_workbook_takes_signs_that_excel_does_not_know(place: Site) -> None:
    answer = signed_in(place, LEADER).get("/download/matrix.xlsx?indicator=%01")
    assert answer.status_code == 200
    assert load_workbook(io.BytesIO(answer.get_data())).worksheets[0].max_row > 3
