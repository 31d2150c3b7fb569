"""Warnings of a change, a deadline and a fault of data say what they are: on their page, in the list, in mails."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from pipelines.core.domain import GENERAL
from pipelines.core.region.load import load
from pipelines.core.settings import Settings
from pipelines.judging.findings import FINDING
from pipelines.judging.lifecycle import opened
from pipelines.notifying.wording import action, fact, item
from pipelines.published.read import read
from tests.dashboard.published_city import City
from tests.dashboard.site import Site, head_of, served
from tests.house import LIAOCHENG

pytestmark = pytest.mark.xdist_group("kind_words")
AREA = "371503"
REGION = load(LIAOCHENG)


def found(**values: object) -> dict[str, object]:
    given = {"area": AREA, "industry": "ALL", "employer": None, "employer_name": None, "level": 3} | values
    return dict.fromkeys(FINDING) | given


FOUND = {
    "change": found(
        rule_id="registered_unemployment_rate_rise", kind="change", indicator="registered_unemployment_rate",
        observed=4.12, expected=3.31, people=1840.0, line=0.5, window_from=date(2026, 10, 1),
        window_to=date(2026, 10, 1), data_to=date(2026, 10, 1),
    ),
    "exceedance": found(
        rule_id="benefit_claim_forecast", kind="exceedance", indicator="benefit_claim", observed=171.0, expected=97.4,
        lo=66.0, hi=132.0, people=73.6, window_from=date(2026, 11, 18), window_to=date(2026, 11, 24),
        data_to=date(2026, 11, 24),
    ),
    "deadline": found(
        rule_id="deferral_ends", kind="deadline", indicator="insured_deferring", observed=2310.0, people=2310.0,
        line=2000.0, window_from=date(2026, 12, 1), window_to=date(2026, 12, 20), data_to=date(2026, 11, 25),
    ),
    "posts": found(
        rule_id="welfare_post_ends", kind="deadline", indicator="welfare_post", observed=231.0, people=231.0,
        line=200.0, window_from=date(2026, 12, 2), window_to=date(2026, 12, 21), data_to=date(2026, 11, 25),
    ),
    "data_fault": found(
        rule_id="insured_leave_data_fault", kind="data_fault", indicator="insured_leave", observed=3.0, line=3.0, level=4,
        window_from=date(2026, 11, 20), window_to=date(2026, 11, 24), data_to=date(2026, 11, 25),
    ),
}  # fmt: skip
EPISODE = {kind: vars(opened(row, date(2026, 11, 25))) for kind, row in FOUND.items()}


@pytest.fixture(scope="module")
def site(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small city with one more warning of each of these kinds."""
    folder = tmp_path_factory.mktemp("kinds")
    shutil.copytree(city.published, folder / "published")
    name, _, cutoff = city.editions[-1]
    frame = pd.DataFrame(list(EPISODE.values())).assign(known_from=cutoff, known_to=pd.NaT)
    exact = ["observed", "expected", "people", "lo", "hi", "p", "employer", "employer_name"]
    for source, rows in (("restricted", frame), ("general", frame.assign(**dict.fromkeys(exact)))):
        with duckdb.connect(str(folder / "published" / name / f"{source}.duckdb")) as con:
            con.register("incoming", rows)
            con.execute("insert into episode by name select * from incoming")
    with served(folder) as running:
        yield running


WORDS = {
    "change": [
        "近几期平均 4.12 %，比此前一年最好水平（3.31）差 0.81", "此前一年最好水平", "变差多少即预警", "数据截至\n2026年10月",
        "3 期平均比此前一年最好水平差 0.50 及以上", "1,840",
    ],
    "exceedance": [
        "失业保险金申领超出八周前的预测：171 人，超出此前的预测：97，区间 66 至 132", "预测\n97 人", "预测区间（95%）\n66 – 132 人",
        "超出预测区间", "11月18日至11月24日", "以提前 8 周的预测为准", "专场网络招聘",
    ],
    "deadline": [
        "12月1日至12月20日缓缴到期的单位共有职工 2,310 人", "缓缴到期\n12月1日至12月20日",
        "30 天内缓缴到期的单位职工合计 2,000 人及以上", "缓缴到期前摸排经营和用工",
    ],
    "posts": [
        "12月2日至12月21日到期的岗位共有在岗人员 231 人", "岗位到期\n12月2日至12月21日",
        "30 天内到期的公益性岗位在岗人员合计 200 人及以上", "公益性岗位续签、转岗",
    ],
    "data_fault": [
        "11月20日至11月24日应报的报表有 3 份未报或未通过检查", "应报日期\n11月20日至11月24日", "所缺报表\n3 份",
        "催报、更正监测数据",
    ],
}  # fmt: skip
NOT_SAID = {
    "change": ["自身中位数", "标准线\n", "相当于预期"], "exceedance": ["自身中位数", "标准线\n", "正常范围"], "deadline": ["把握", "时段\n"],
    "posts": ["把握", "时段\n", "缓缴"],
    "data_fault": ["影响人数", "把握", "3 人", "不详"],
}  # fmt: skip


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A telephone of the county's head."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    site.sign_in(context, head_of(AREA))
    opened_page = context.new_page()
    yield opened_page
    context.close()


@pytest.mark.parametrize("kind", EPISODE)
def test_the_page_of_such_a_warning_says_what_it_is(site: Site, page: Page, kind: str, pictures: Path | None) -> None:
    page.goto(f"{site.url}/warning/{EPISODE[kind]['episode_id']}")
    page.wait_for_selector("dl.facts:visible")
    told = page.locator("main").inner_text()
    for words in WORDS[kind]:
        assert words in told
    shown = page.locator("dl.facts:visible").first.inner_text()
    for words in NOT_SAID[kind]:
        assert words not in shown
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if pictures is not None:
        page.screenshot(path=pictures / f"warning_{kind}_390.png", full_page=True)
        page.set_viewport_size({"width": 1366, "height": 768})
        page.screenshot(path=pictures / f"warning_{kind}_1366.png", full_page=True)


IN_ENGLISH = {
    "deadline": [
        "2,310 persons at employers whose deferral ends between 1 Dec and 20 Dec", "Deferrals end\n1 Dec to 20 Dec",
        "2,000 people or more at employers whose deferral ends within 30 days", "Look into business and staff",
    ],
    "posts": [
        "231 persons in posts that end between 2 Dec and 21 Dec", "Posts end\n2 Dec to 21 Dec",
        "200 people or more in posts that end within 30 days", "Renew public-welfare posts or find other ones",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_ENGLISH)
def test_the_page_says_in_english_what_ends(site: Site, browser: Browser, kind: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    site.sign_in(context, head_of(AREA))
    page = context.new_page()
    page.goto(f"{site.url}/warning/{EPISODE[kind]['episode_id']}")
    page.wait_for_selector("dl.facts:visible")
    told = page.locator("main").inner_text()
    context.close()
    for words in IN_ENGLISH[kind]:
        assert words in told
    assert ("deferral" in told) == (kind == "deadline")


def test_the_list_says_it_too(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/area/{AREA}")
    page.wait_for_selector("table.warnings")
    for more in page.locator("details.more summary").all():
        more.click()
    told = page.locator("main").inner_text()
    for words in ("此前一年最好水平 3.31", "预测 97", "实际 3 份", "实际 2,310 人", "实际 231 人"):
        assert words in told


MAILED = {
    "change": ["近几期平均比此前一年最低时上升，达到预警线", "涉及 500 人以上", "数据至 2026年10月"],
    "exceedance": ["高于此前对这一时期预测的区间", "比预期多 50–99 人", "专场网络招聘"],
    "deadline": ["有用人单位缓缴社会保险费即将到期", "500 人以上", "缓缴到期前摸排经营和用工"],
    "posts": [
        "有公益性岗位即将到期，在岗人员去向须提前安排：",
        "200–499 人",
        "先办“公益性岗位续签、转岗（通知第 9 项）”",
    ],
    "data_fault": ["数据多次未报或未通过检查，其间的变化看不到（数据至 2026-11-25）", "催促报送单位补报或更正"],
}


@pytest.mark.parametrize("kind", EPISODE)
def test_a_mail_says_it_in_bands(site: Site, kind: str) -> None:
    rows = read("mail_warning", GENERAL, published=site.settings.published)
    row = rows[rows["episode_id"] == EPISODE[kind]["episode_id"]].iloc[0].to_dict()
    one = item(row, "新增", REGION, Settings(data=site.settings.data))
    told = f"{fact(row, one)} {action(row, REGION)}"
    for words in MAILED[kind]:
        assert words in told
    assert not any(number in told for number in ("4.12", "1840", "2310", "231", "3 份"))
    assert ("缓缴" in told) == (kind == "deadline")
    assert "不足 10 人" not in told, "reports and rates are no people"
