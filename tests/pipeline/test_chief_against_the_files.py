"""A chief's five questions as *Today* answers them without a click, against the files: nothing of ours is imported.

Which county is worst and why, since when, how sure, are the data complete, who is on it and by when. The page is read as
it stands on a screen of 1366 × 768. What people do is done in a copy of the city, by a county's head at a browser.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.pipeline import judge_warnings
from tests.pipeline.judge_pages import places
from tests.pipeline.judge_warnings import UNITS
from tests.pipeline.judge_writing import CITY, table
from tests.pipeline.judged_city import LAST, LAST_EDITION, City, number, served, signed_in
from tests.pipeline.spoiled_warnings import SHENXIAN, employer

pytestmark = pytest.mark.xdist_group("judge")
WIDTH, HEIGHT = 1366, 768
NAMES = {code: name for name, code in places().items()}
LEVELS = {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"}
TAKES_IT_ON, DOES_THE_MEASURE = "就业科值班岗", "用工服务专员岗"
DEADLINE = date.today() + timedelta(days=9)  # noqa: DTZ011 - any day ahead will do
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2026-10-22", LAST_EDITION)]
FREQUENT = (
    "benefit_claim", "insured_event", "unemployment_registration", "vacancy", "job_seeker", "telecom_mobility",
    "transport_mobility", "monitored_village",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A warning as *Today* lists it: what stands in its cells, with what was stored of it."""

    cells: list[str]
    stored: pd.Series


@pytest.fixture(scope="module")
def handled(judged: City) -> str:
    """The yellow warning about an employer of Shenxian that its head confirms and gives an owner and a deadline."""
    found = judged.ask("select * from episode where known_to is null and employer = ?", [employer(5)])
    return str(found["episode_id"].iloc[0])


@pytest.fixture(scope="module")
def today(judged: City, handled: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """*Today* as the leader opens it after the head of Shenxian has acted on the warning's own page."""
    folder = tmp_path_factory.mktemp("chief")
    with served(judged.house.copy(folder / "city"), folder / "said") as house:
        with signed_in(house, browser, "county_head", "--area", SHENXIAN) as page:
            acted_on(page, handled)
        with signed_in(house, browser, "city_leader") as page:
            page.goto("/")
            page.wait_for_selector(".counties tbody tr")
            yield page


def acted_on(page: Page, episode_id: str) -> None:
    """Confirm, take on, and assign a measure, as a person does."""
    for action, values in (
        ("step", {"note": "已向企业核实"}),
        ("acknowledge", {"owner": TAKES_IT_ON}),
        ("measure", {"owner": DOES_THE_MEASURE, "due_on": DEADLINE.isoformat()}),
    ):
        page.goto(f"/warning/{episode_id}")
        form = page.locator(f"form[action$='/{episode_id}/{action}']").first
        if action == "step":
            form = page.locator("form[data-key='step confirmed']")
            page.locator("details.step", has=form).locator("summary").click()
        for name, words in values.items():
            form.locator(f"[name={name}]").fill(words)
        with page.expect_response(re.compile(rf"/{episode_id}/{action}$")) as answered:
            form.get_by_role("button").click()
        assert answered.value.ok


def read(place: Locator) -> str:
    """The words of a place that is wholly on the screen, as the page was opened."""
    box = place.bounding_box()
    assert box is not None
    assert place.is_visible()
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= WIDTH
    assert box["y"] + box["height"] <= HEIGHT
    return place.inner_text().strip()


@pytest.fixture(scope="module")
def lines(judged: City, today: Page) -> list[Line]:
    """The warnings that are on the screen, in the order of the page."""
    stored = judged.ask("select * from episode where known_to is null and status = 'open'", []).set_index("episode_id")
    found = []
    for row in today.locator("#warnings table").first.locator("tbody tr").all():  # the rest is behind a switch
        link = row.locator("a.subject").get_attribute("href")
        cells = [read(cell) for cell in row.locator("th, td").all()]
        found.append(Line(cells, stored.loc[link.rsplit("/", maxsplit=1)[-1]]))
    assert len(found) >= 5
    return found


def levels_by_files(city: City) -> dict[str, list[int]]:
    """Levels of the open warnings of each county: reports by the files, day by day; spikes as they are stored."""
    found: dict[str, list[int]] = {area: [] for area in UNITS}
    worst: dict[tuple[str, str], int] = {}
    for day in DAYS:
        known = judge_warnings.reports(city.facts("layoff_report", f"{day}.1"))
        area_of = known.set_index("employer")["area"]
        said = {
            ("employer", code): (area_of[code], level)
            for code, (level, _) in judge_warnings.employer_warnings(known, pd.Timestamp(day)).items()
        } | {
            (area, industry): (area, level)
            for (area, industry), (level, _) in judge_warnings.county_warnings(known, pd.Timestamp(day)).items()
        }
        worst = {key: min(level, worst.get(key, 9)) for key, (_, level) in said.items()}
    for key, (area, _) in said.items():
        if area != CITY:
            found[area].append(worst[key])
    spikes = city.ask(
        "select area, level from episode where known_to is null and status = 'open' and kind = 'spike'", []
    )
    for row in spikes.itertuples():
        if row.area != CITY:
            found[row.area].append(row.level)
    return found


def test_which_county_is_worst_stands_first_with_its_worst_level_and_the_number_of_its_warnings(
    judged: City, today: Page
) -> None:
    levels = levels_by_files(judged)
    rows = today.locator(".counties tbody tr").all()
    assert len(rows) == len(UNITS)
    told = []
    for row in rows:
        code = row.locator("th a").get_attribute("href").rsplit("/", maxsplit=1)[-1]
        own = levels[code]
        words = read(row.locator("td").first)
        assert words == (f"{LEVELS[min(own)]} {len(own)}" if own else "无"), code
        told.append((min(own, default=9), -len(own)))
    assert told == sorted(told)
    first = table("places").query("code == @SHENXIAN")["short_name"].iloc[0]
    assert read(rows[0].locator("th")) == first


def test_why_stands_beside_it_with_what_the_files_say_was_seen(judged: City, lines: list[Line]) -> None:
    levels = levels_by_files(judged)
    worst = min(levels, key=lambda area: (min(levels[area], default=9), -len(levels[area])))
    of_worst = [line.stored["level"] for line in lines if line.stored["area"] == worst]
    assert min(of_worst) == min(levels[worst])
    titles = table("rules").drop_duplicates("rule_id").set_index("rule_id")["title"]
    for line in lines:
        subject, level, why, people = line.cells[:4]
        seen, affected = judged.warned(line.stored)
        assert NAMES[line.stored["area"]] in subject
        assert level == LEVELS[line.stored["level"]]
        assert why.startswith(titles[line.stored["rule_id"]])
        assert f"实际 {seen:,.0f} 人" in why
        assert number(people) == round(affected)
        if line.stored["kind"] == "spike":
            assert f"预期 {line.stored['expected']:,.0f}" in why
        else:
            assert number(why.split("标准")[1]) <= seen


def test_the_list_is_ranked_by_people_and_certainty(lines: list[Line]) -> None:
    weights = [line.stored["people"] * surety(line.stored) for line in lines]
    assert weights == sorted(weights, reverse=True)


def surety(stored: pd.Series) -> float:
    """What is reported is certain; a chance of one in a million or less is, too, and of more by its power of ten."""
    if stored["kind"] != "spike":
        return 1.0
    powers = -math.log10(stored["p"])
    return min(1.0, max(0.1, powers / 6))


def test_since_when_is_the_stored_opening_day(lines: list[Line]) -> None:
    for line in lines:
        opened, reaches = line.stored["opened_on"], line.stored["data_to"]
        since = line.cells[5].split()
        assert since[0] == f"{opened.month}月{opened.day}日"
        assert since[-1] == f"{reaches.month}月{reaches.day}日"


def test_how_sure_is_the_stored_chance_in_a_word_and_as_odds(lines: list[Line]) -> None:
    kinds = set()
    for line in lines:
        kind, p = line.stored["kind"], line.stored["p"]
        kinds.add(kind)
        if kind != "spike":
            assert line.cells[4] == "企业已报告"
            continue
        word, rarely = line.cells[4].split("\n")
        assert word == ("很高" if p < 1e-7 else "高" if p < 1e-4 else "较高")
        times = number(rarely) * (1e8 if "亿" in rarely else 1e4 if "万" in rarely else 1)
        assert times == pytest.approx(1 / p, rel=0.01)
    assert {"spike", "event"} <= kinds


def test_whether_the_data_are_complete_is_said_above_with_who_is_late_since_when(judged: City, today: Page) -> None:
    at = judged.cutoff_at(LAST)
    first = pd.Timestamp(LAST_EDITION) - pd.Timedelta(days=75)
    late = {feed: judge_warnings.owed(feed, judged.files[feed], at, first) for feed in FREQUENT}
    who = {area for owing in late.values() for area in owing["area"]}
    told = read(today.locator(".complete"))
    assert told.startswith("数据不全" if who else "数据齐全")
    assert f"{len(UNITS)} 个区域已报 {len(set(UNITS) - who)} 个" in told
    reached = min(
        max(period for _, period in judge_warnings.accepted(judged.files[feed], at))
        + pd.Timedelta(days=6 if feed == "monitored_village" else 0)
        for feed in FREQUENT
    )
    assert f"数据截至 {reached.month}月{reached.day}日" in told
    titles = table("feeds").set_index("feed")["title"]
    gaps = {
        f"{NAMES[row.area]}迟报（{titles[feed]}，自 {row.since.month}月{row.since.day}日 起缺 {row.periods} 期）"
        for feed, owing in late.items()
        for row in owing.itertuples()
    }
    assert gaps
    assert set(re.findall(r"[^，]+?迟报（.*?）", told)) == gaps


def test_who_is_on_it_and_by_when_is_what_the_county_did(lines: list[Line], handled: str) -> None:
    own = next(line for line in lines if line.stored.name == handled)
    state = own.cells[6]
    assert state.startswith("已确认")
    assert TAKES_IT_ON in state
    assert f"{DOES_THE_MEASURE}（{DEADLINE.month}月{DEADLINE.day}日前完成）" in state
    by = re.search(r"发布预警（市级值班岗），期限 (\d+)月(\d+)日 (\d\d:\d\d)", state)
    hours = table("transition").query("`from` == 'confirmed' and levels == '3'")["within_hours"].iloc[0]
    now = pd.Timestamp.now("Asia/Shanghai").tz_localize(None)
    latest = now + pd.Timedelta(hours=int(hours))
    due_at = pd.Timestamp(f"{latest.year}-{by[1]}-{by[2]} {by[3]}")
    assert latest - pd.Timedelta(hours=1) < due_at <= latest
    others = [line.cells[6] for line in lines if line.stored.name != handled]
    assert all("暂无" in other and "经办：" not in other for other in others)
