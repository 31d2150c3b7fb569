import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pipelines.core.domain import Viewer
from tests.dashboard.asked import signed_in
from tests.dashboard.published_city import CLOSING, City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of
from tests.dashboard.walk import DESK, PHONE, VIEWERS, Watch, english_words, look, opened, shown, walk
from tests.tier import long

pytestmark = pytest.mark.xdist_group("pages")
SignIn = Callable[[Viewer, dict[str, int], Watch], Page]


@pytest.fixture(scope="module")
def sign_in(browser: Browser, site: Site) -> Iterator[SignIn]:
    """A new page of a viewer who has signed in; the same viewer at the same screen keeps the browser's cache."""
    contexts: dict[tuple[Viewer, int], BrowserContext] = {}

    def signed_in(viewer: Viewer, size: dict[str, int], watch: Watch) -> Page:
        key = (viewer, size["width"])
        if key in contexts:
            return watch.over(contexts[key])
        page = opened(browser, site, viewer, "zh-CN", size, watch)
        contexts[key] = page.context
        return page

    yield signed_in
    for context in contexts.values():
        context.close()


def walks(who: str) -> list[ParameterSet]:
    """The leader on a desk and who sees other things on a telephone; English is walked the other way round."""
    sizes = {"desk": DESK, "phone": PHONE}
    short = "desk" if who == "leader" else "phone"
    return [pytest.param(who, sizes[name], id=f"{who}-{name}", marks=[] if name == short else [long]) for name in sizes]


@pytest.mark.requirement("3.4.3", "3.7.1", "13.1.1", "14.2.3")
@pytest.mark.parametrize(("who", "size"), [one for who in VIEWERS for one in walks(who)])
def test_every_page_is_clean_local_accessible_in_chinese_and_fits(
    sign_in: SignIn, site: Site, pictures: Path, who: str, size: dict[str, int]
) -> None:
    """Only here a browser opens each page of the leader: what it complains of, asks for elsewhere, what axe finds."""
    watch = Watch()
    page = sign_in(VIEWERS[who], size, watch)
    for address in walk(page, site, who, pictures, "light", each_page=who == "leader"):
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.locator(".banner.demo").inner_text() == "演示数据：全部虚构"
        assert not english_words(page), address
    assert not watch.complaints
    assert not watch.outside
    page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_pages_before_the_door_are_accessible_light_and_dark(
    browser: Browser, site: Site, pictures: Path, locale: str, size: dict[str, int]
) -> None:
    page = browser.new_context(viewport=size, locale=locale).new_page()  # type: ignore[arg-type]
    for name, address in (("sign-in", site.url + "/sign-in"), ("sign-in_link", site.link(LEADER))):
        page.goto(address)
        look(page, f"{name}_stranger", pictures)
    page.context.close()


def test_the_top_of_today_fits_one_screen_of_a_desk(sign_in: SignIn, site: Site) -> None:
    page = sign_in(LEADER, DESK, Watch())
    shown(page, site, "/")
    third = page.locator("#warnings tbody tr").nth(2).bounding_box()
    assert third is not None
    assert third["y"] + third["height"] <= DESK["height"]
    for block in page.locator(".block").all():
        box = block.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= DESK["height"]
    page.close()


def test_the_bureau_is_told_that_forecasts_have_drifted_and_an_office_is_not(sign_in: SignIn, site: Site) -> None:
    for viewer, said in (
        (LEADER, ["预测变差 失业保险金新增申领：过去13周的 80% 预测区间只包住了 61% 的实际值"]),
        (head_of("371503"), []),
    ):
        page = sign_in(viewer, DESK, Watch())
        shown(page, site, "/")
        lines = page.locator(".quality").all_inner_texts()
        assert [line.split("，")[0] for line in lines] == said
        page.close()


def test_today_answers_what_where_since_when_how_sure_and_how_complete(sign_in: SignIn, site: Site, city: City) -> None:
    page = sign_in(LEADER, DESK, Watch())
    shown(page, site, "/")
    assert (
        "3 个区域已报 2 个，莘县迟报（失业保险金申领，自 11月23日 起缺 2 期）" in page.locator(".complete").inner_text()
    )
    changes = page.locator(".changes-list").inner_text()
    assert "升级 1 起：茌平 · 制造 失业保险金新增申领（由黄色升为橙色）" in changes
    assert "解除 1 起" in changes
    assert "新增 2 起" in changes
    first = page.locator("#warnings tbody tr").nth(1).inner_text()
    for part in (
        CLOSING[1],
        "茌平区 · 制造业",
        "橙色",
        "236",
        "企业已报告",
        "11月20日",
        "数据截至 11月24日",
        "疑似，待核实",
    ):
        assert part in first
    daily = city.frames["reading"]
    claims = daily[(daily["indicator"] == "benefit_claim") & (daily["area"] == "371500") & (daily["industry"] == "ALL")]
    claims = claims[(claims["grain"] == "day") & (claims["period"].astype(str) >= "2026-11-18")]
    card = page.locator(".card", has_text="失业保险金新增申领").first.inner_text()
    assert f"{claims['value'].sum():,.0f}" in card
    assert "初步数，应报 3 份已报 2 份，变化按同口径比较" in card
    page.close()


def test_a_cell_that_has_not_come_or_is_withheld_does_not_look_like_zero(sign_in: SignIn, site: Site) -> None:
    page = sign_in(AUDITOR, DESK, Watch())
    shown(page, site, "/")
    withheld = page.locator(".grid td.withheld")
    assert withheld.count() > 0
    assert set(withheld.all_inner_texts()) == {"C 不公开"}
    assert "「C 不公开」" in page.locator("footer").inner_text()
    assert CLOSING[1] not in page.content()
    page.close()


def test_the_page_of_a_past_day_shows_what_was_published_then(sign_in: SignIn, site: Site) -> None:
    page = sign_in(LEADER, DESK, Watch())
    shown(page, site, "/warning/w0002?as_of=2026-11-24")
    assert "黄色" in page.locator("h1").inner_text()
    assert "实际 61 人" in page.locator(".title").inner_text()
    assert "历史版次" in page.locator(".banner.past").inner_text()
    shown(page, site, "/warning/w0002")
    assert "实际 96 人，为预期 34 的 2.8 倍" in page.locator(".title").inner_text()
    page.locator(".edition > summary").click()
    page.get_by_label("查看当日发布的情况").select_option("2026-11-24")
    page.locator(".edition button").click()
    page.wait_for_selector(".banner.past")
    assert page.url == site.url + "/warning/w0002?as_of=2026-11-24"
    page.goto(site.url + "/forecasts?area=371503&indicator=insured_leave")
    page.locator(".edition > summary").click()
    page.get_by_label("查看当日发布的情况").select_option("2026-11-24")
    page.locator(".edition button").click()
    page.wait_for_selector(".banner.past")
    assert page.url == site.url + "/forecasts?area=371503&indicator=insured_leave&as_of=2026-11-24"
    page.goto(site.url + "/warning/w0002?as_of=2026-11-24")
    page.wait_for_selector(".banner.past")
    assert "黄色" in page.locator("h1").inner_text()
    page.goto(site.url + "/?as_of=gestern")
    page.wait_for_selector(".failed h1")
    assert "日期须写成" in page.locator("main").inner_text()
    page.close()


def test_an_address_that_leads_nowhere_says_so(sign_in: SignIn, site: Site) -> None:
    page = sign_in(head_of("371503"), DESK, Watch())
    for address in ("/nothing", "/area/371502", "/area/999", "/warning/w0003", "/warning/none"):
        shown(page, site, address)
        assert page.locator("h1").inner_text() == "页面不存在"
    page.close()


def test_today_can_be_walked_with_the_keyboard_alone(sign_in: SignIn, site: Site) -> None:
    page = sign_in(LEADER, DESK, Watch())
    shown(page, site, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
        assert page.evaluate("document.activeElement.matches(':focus-visible')"), reached[-1]
        if "下载 CSV" in reached:
            break
    page.get_by_role("tab", name="预警与区县").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "区域 × 行业"
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert any(one.startswith("失业风险减员") for one in reached)
    menu = page.locator(".menu summary").first
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/area/*")
    page.wait_for_selector(".page main h1")
    page.close()


def test_numbers_can_be_read_when_the_chart_script_is_blocked(sign_in: SignIn, site: Site) -> None:
    page = sign_in(LEADER, DESK, Watch())
    page.route("**/*plotly*", lambda route: route.abort())
    page.goto(site.url + "/area/371503")
    page.wait_for_selector(".page main h1")
    assert re.fullmatch(r"[−\d,.]+ \S+", page.locator(".panel .caption strong").first.inner_text())
    figure = page.locator(".figure").first
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".chart")).to_have_text("图未能取到，请重新载入本页再试。")
    figure.get_by_role("tab").nth(1).click()
    expect(figure.locator("table")).to_contain_text("2026-11-24")
    page.close()


def test_a_page_brings_no_script_that_it_does_not_need(site: Site) -> None:
    scripts = re.findall(r'<script src="([^"]*)"', signed_in(site, LEADER).get("/").get_data(as_text=True))
    assert any("dash_renderer" in one for one in scripts)
    assert not [one for one in scripts if "polyfill" in one or "dash_table" in one]
