"""Published figures against plain pandas over the files as they were sent: nothing of ours is imported here.

A small invented city whose files are spoiled by hand goes through the command line; `judge` recomputes what should have
been published, for the last edition and for one of the past, and every published value must agree.
"""

import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Page

from tests.pipeline import judge, judge_measures
from tests.pipeline.judge_measures import Measure
from tests.pipeline.judge_writing import CITY
from tests.pipeline.judged_city import EDITIONS, FEEDS, LAST, OCTOBER, PAST, SEPTEMBER, City, number, span, total

pytestmark = pytest.mark.xdist_group("judge")


@pytest.mark.parametrize("edition_id", EDITIONS)
@pytest.mark.parametrize("measure", judge_measures.MEASURES.values(), ids=lambda measure: measure.indicator)
def test_every_published_value_is_what_the_files_say(judged: City, measure: Measure, edition_id: str) -> None:
    grains = judged.ask("select distinct grain from reading where indicator = ?", [measure.indicator])["grain"]
    assert len(grains)
    for grain in grains:
        compared = side_by_side(judged, measure, grain, edition_id)
        assert len(compared.dropna()) >= 4  # the ratio of posts to seekers is the city's alone, a value a month
        differing = compared[is_off(compared)]
        assert differing.empty, differing.to_string()


def side_by_side(city: City, measure: Measure, grain: str, edition_id: str) -> pd.DataFrame:
    """Published and expected values of an indicator; a count says 0 where a file came without such a row."""
    values = {
        "published": city.published(measure.indicator, grain, edition_id),
        "expected": city.expected(measure.indicator, grain, edition_id).astype("float64"),
    }
    compared = pd.DataFrame(values)
    return compared.fillna(0.0) if measure.is_count else compared


def is_off(compared: pd.DataFrame) -> pd.Series:
    return ~((compared["published"] - compared["expected"]).abs() < 1e-9) & compared.notna().any(axis=1)


def test_one_changed_value_of_the_published_file_is_found(judged: City, tmp_path: Path) -> None:
    copy = City(judged.sent, judged.house.copy(tmp_path / "city"), judged.stories)
    changed = ("371502", "C", SEPTEMBER)
    with duckdb.connect(str(copy.house.restricted)) as connection:
        connection.execute(
            "update reading set value = value + 1 where indicator = 'job_loss_rate' and grain = 'month' and cohort = 'all' "
            "and area = ? and industry = ? and period = ? and known_to is null", list(changed),
        )  # fmt: skip
    compared = side_by_side(copy, judge_measures.MEASURES["岗位流失率"], "month", LAST)
    assert list(compared[is_off(compared)].index) == [changed]


@pytest.mark.parametrize("edition_id", [PAST, LAST])
@pytest.mark.parametrize(
    ("indicator", "grain", "period"),
    [
        ("benefit_claim", "day", pd.Timestamp("2026-10-12")),
        ("benefit_claim", "month", OCTOBER),
        ("insured_net_change_rate", "month", OCTOBER),
        ("job_loss_rate", "month", SEPTEMBER),
    ],
)
def test_the_city_a_county_and_a_cell_agree_with_the_files(
    judged: City, indicator: str, grain: str, period: pd.Timestamp, edition_id: str
) -> None:
    published = judged.published(indicator, grain, edition_id)
    expected = judged.expected(indicator, grain, edition_id)
    cells = expected[expected.index.get_level_values("period") == period]
    cells = cells[(cells.index.get_level_values("area") != CITY) & (cells.index.get_level_values("industry") == "C")]
    county = str(cells.abs().idxmax()[0])  # where most happened
    for area, industry in ((CITY, "ALL"), (county, "ALL"), (county, "C")):
        key = (area, industry, period)
        assert published[key] == pytest.approx(expected[key], abs=1e-9), key
        assert expected[key] != 0, key


def test_the_spoiled_files_make_a_difference(judged: City) -> None:
    """The judge would be no judge if past and present, or dirty and clean, gave the same figures."""
    for indicator, grain in (
        ("benefit_claim", "day"),
        ("insured_net_change_rate", "month"),
        ("job_loss_rate", "month"),
        ("registered_unemployment_rate", "month"),
        ("labour_shortage_rate", "month"),
        ("outworking_labour", "week"),
    ):
        past, last = judged.expected(indicator, grain, PAST), judged.expected(indicator, grain, LAST)
        shared = past.index.intersection(last.index)
        assert (past[shared] != last[shared]).any(), indicator
    statuses = {
        story: {drop.status for drop in judged.files[path.name.rsplit("_", 2)[0]].drops if _is_of(drop, path)}
        for story, path in judged.stories.items()
    }
    assert statuses["emptied"] == {"accepted", "held"}
    assert statuses["mostly wrong"] == {"accepted", "refused"}
    assert statuses["unreadable"] == {"accepted", "refused"}


def test_each_file_is_settled_as_the_judge_settles_it(judged: City) -> None:
    """Accepted, held and refused, and how many rows of each file were right."""
    settled = judged.ask(
        "select feed, sender, period, version, is_supplement, content_hash, status, rows_accepted, rows_total "
        "from drop_register where feed in (select unnest(?))",
        [list(FEEDS)],
    )
    ours = {
        (row.feed, row.sender, pd.Timestamp(row.period), row.version, row.is_supplement, row.content_hash): row
        for row in settled.itertuples()
    }
    judged = [(feed, drop) for feed in FEEDS for drop in judged.files[feed].drops]
    assert len(judged) == len(ours)
    for feed, drop in judged:
        row = ours[feed, drop.sender, drop.period, drop.version, drop.is_supplement, drop.content_hash]
        assert row.status == drop.status, (feed, drop)
        if drop.status == "accepted":
            assert (row.rows_total, row.rows_accepted) == (drop.total, drop.right), (feed, drop)


def test_a_late_file_is_absent_from_the_past_and_in_the_last_edition(judged: City) -> None:
    path = judged.stories["late"]
    _, sender, period = path.stem.rsplit("_", 2)
    key = (sender, "ALL", pd.Timestamp(period))
    assert key not in judged.published("benefit_claim", "day", PAST).index
    assert judged.published("benefit_claim", "day", LAST)[key] >= 1


@pytest.mark.parametrize("edition_id", [PAST, LAST])
def test_the_page_says_what_the_files_say(judged: City, judged_page: Page, edition_id: str) -> None:
    """City, county and cell as people read them, for the last edition and for one of the past."""
    day = edition_id.split(".", maxsplit=1)[0]
    claims = judged.expected("benefit_claim", "day", edition_id)
    judged_page.goto(f"/?as_of={day}")
    card = judged_page.locator("article.card", has=judged_page.get_by_role("heading", name="失业保险金新增申领"))
    card.wait_for()
    week = span(judged_page.locator("section.block .label").first.inner_text())
    assert number(card.locator("strong.amount").inner_text()) == total(claims, CITY, "ALL", *week)

    judged_page.goto(f"/?as_of={day}&matrix=benefit_claim")
    grid = judged_page.locator("table.grid").first
    grid.wait_for()
    window = span(grid.locator("caption").inner_text())
    assert (window[1] - window[0]).days == 27
    headings = grid.locator("thead th").all_inner_texts()
    row = grid.locator("tbody tr", has=judged_page.get_by_role("rowheader", name="东昌府", exact=True))
    cells = row.locator("td .amount").all_inner_texts()
    assert number(cells[0]) == total(claims, "371502", "ALL", *window) > 0
    section = headings.index("制造") - 1
    assert number(cells[section]) == total(claims, "371502", "C", *window) > 0

    for area in (CITY, "371502"):
        judged_page.goto(f"/area/{area}?as_of={day}")
        for indicator, title in (("insured_net_change_rate", "参保净增减率"), ("job_loss_rate", "岗位流失率")):
            panel = judged_page.locator("article.panel", has=judged_page.get_by_role("heading", name=title))
            panel.wait_for()
            caption = panel.locator("p.caption").inner_text()
            month = re.search(r"(\d+)年(\d+)月", caption)
            period = pd.Timestamp(int(month[1]), int(month[2]), 1)
            expected = judged.expected(indicator, "month", edition_id)[area, "ALL", period]
            assert number(panel.locator("strong").inner_text()) == pytest.approx(expected, abs=0.005), (area, indicator)


def _is_of(drop: judge.Drop, path: Path) -> bool:
    feed, sender, written = path.stem.rsplit("_", 2)
    period = pd.Timestamp(written + ("01" if len(written) == 6 else ""))
    return (drop.sender, drop.period) == (sender, judge.week_of(period) if feed == "monitored_village" else period)
