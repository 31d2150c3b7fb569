"""Published figures against plain pandas over the files as they were sent: nothing of ours is imported here.

A small invented city whose files are spoiled by hand goes through the command line; `judge` recomputes what should have
been published, for the last edition and for one of the past, and every published value must agree.
"""

import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page
from scipy.stats import nbinom

from tests import forked
from tests.house import NEW_PASSWORD, House
from tests.pipeline import judge, judge_form
from tests.pipeline.spoiled import Clerk

pytestmark = pytest.mark.xdist_group("judge")
FEEDS = (
    "benefit_claim", "insured_event", "insured_headcount", "monitored_employer", "registered_unemployment",
    "labour_shortage", "monitored_village",
)  # fmt: skip
FIRST_EDITION, LAST_EDITION = "2026-10-22", "2026-10-31"
PAST, BETWEEN, LAST = "2026-10-24.1", "2026-10-28.1", f"{LAST_EDITION}.1"
EDITIONS = (PAST, BETWEEN, LAST)
OCTOBER, SEPTEMBER = pd.Timestamp("2026-10-01"), pd.Timestamp("2026-09-01")


@dataclass
class City:
    """The files as sent, and the published file the command line made of them."""

    sent: Path
    house: House
    clerk: Clerk

    @cached_property
    def files(self) -> dict[str, judge.Received]:
        return {feed: judge.received(self.sent, feed) for feed in FEEDS}

    def ask(self, sql: str, parameters: list[object]) -> pd.DataFrame:
        with duckdb.connect(str(self.house.restricted), read_only=True) as connection:
            return connection.execute(sql, parameters).df()

    def cutoff_at(self, edition_id: str) -> pd.Timestamp:
        return self.ask("select cutoff_at from edition where edition_id = ?", [edition_id])["cutoff_at"].iloc[0]

    def published(self, indicator: str, grain: str, edition_id: str) -> pd.Series:
        """All values of an indicator as that edition knew them; index (area, industry, period)."""
        at = self.cutoff_at(edition_id)
        rows = self.ask(
            "select area, industry, period, value from reading where indicator = ? and grain = ? and cohort = 'all' "
            "and known_from <= ? and (known_to is null or known_to > ?)",
            [indicator, grain, at, at],
        )
        rows["period"] = pd.to_datetime(rows["period"])
        values = rows.set_index(["area", "industry", "period"])["value"]
        assert values.index.is_unique
        return values

    def facts(self, feed: str, edition_id: str) -> pd.DataFrame:
        return judge.facts(feed, self.files[feed], self.cutoff_at(edition_id))

    def expected(self, indicator: str, grain: str, edition_id: str) -> pd.Series:
        """What the files say, by the judge."""
        if indicator == "benefit_claim":
            return judge.claims(self.facts("benefit_claim", edition_id), grain)
        if indicator == "insured_net_change":
            return judge.net_change(self.facts("insured_event", edition_id))
        if indicator == "insured_net_change_rate":
            events = self.facts("insured_event", edition_id)
            return judge.net_change_rate(events, self.facts("insured_headcount", edition_id))
        by_form = {
            "job_loss_rate": (judge.job_loss_rate, "monitored_employer"),
            "registered_unemployment_rate": (judge.registered_rate, "registered_unemployment"),
            "labour_shortage_rate": (judge.shortage_rate, "labour_shortage"),
            "outworking_labour": (judge.away, "monitored_village"),
        }
        reckon, feed = by_form[indicator]
        return reckon(self.facts(feed, edition_id))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("against_the_files")
    sent, house = folder / "sent", House(folder, {"GANGSHAO_REGION": str(judge_form.REGION)})
    house.gangshao(
        "demo", "--into", str(sent), "--days", "130", "--scale", "0.1", "--seed", "7", "--until", "2026-10-30"
    )
    clerk = Clerk(sent)
    clerk.spoil()
    for feed in sorted(path.name for path in sent.iterdir() if path.is_dir()):
        shutil.copytree(sent / feed, house.data / "inbox" / feed)
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", FIRST_EDITION, "--to", LAST_EDITION)
    return City(sent, house, clerk)


@pytest.mark.parametrize("edition_id", EDITIONS)
@pytest.mark.parametrize(
    ("indicator", "grain"),
    [
        ("benefit_claim", "day"),
        ("benefit_claim", "month"),
        ("insured_net_change", "month"),
        ("insured_net_change_rate", "month"),
        ("job_loss_rate", "month"),
        ("registered_unemployment_rate", "month"),
        ("labour_shortage_rate", "month"),
        ("outworking_labour", "week"),
    ],
)
def test_every_published_value_is_what_the_files_say(city: City, indicator: str, grain: str, edition_id: str) -> None:
    published = city.published(indicator, grain, edition_id)
    expected = city.expected(indicator, grain, edition_id).astype("float64")
    if indicator in {"benefit_claim", "insured_net_change"}:  # a count says 0 where a file came without such a row
        every = published.index.union(expected.index)
        published, expected = published.reindex(every, fill_value=0.0), expected.reindex(every, fill_value=0.0)
    compared = pd.DataFrame({"published": published, "expected": expected})
    differing = compared[~((compared["published"] - compared["expected"]).abs() < 1e-9) & compared.notna().any(axis=1)]
    assert len(compared.dropna()) > 20
    assert differing.empty, differing.to_string()


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
    city: City, indicator: str, grain: str, period: pd.Timestamp, edition_id: str
) -> None:
    published = city.published(indicator, grain, edition_id)
    expected = city.expected(indicator, grain, edition_id)
    cells = expected[expected.index.get_level_values("period") == period]
    cells = cells[
        (cells.index.get_level_values("area") != judge_form.CITY) & (cells.index.get_level_values("industry") == "C")
    ]
    county = str(cells.abs().idxmax()[0])  # where most happened
    for area, industry in ((judge_form.CITY, "ALL"), (county, "ALL"), (county, "C")):
        key = (area, industry, period)
        assert published[key] == pytest.approx(expected[key], abs=1e-9), key
        assert expected[key] != 0, key


def test_the_spoiled_files_make_a_difference(city: City) -> None:
    """The judge would be no judge if past and present, or dirty and clean, gave the same figures."""
    for indicator, grain in (
        ("benefit_claim", "day"),
        ("insured_net_change_rate", "month"),
        ("job_loss_rate", "month"),
        ("registered_unemployment_rate", "month"),
        ("labour_shortage_rate", "month"),
        ("outworking_labour", "week"),
    ):
        past, last = city.expected(indicator, grain, PAST), city.expected(indicator, grain, LAST)
        shared = past.index.intersection(last.index)
        assert (past[shared] != last[shared]).any(), indicator
    statuses = {
        story: {drop.status for drop in city.files[path.name.rsplit("_", 2)[0]].drops if _is_of(drop, path)}
        for story, path in city.clerk.stories.items()
    }
    assert statuses["emptied"] == {"accepted", "held"}
    assert statuses["mostly wrong"] == {"accepted", "refused"}
    assert statuses["unreadable"] == {"accepted", "refused"}


def test_each_file_is_settled_as_the_judge_settles_it(city: City) -> None:
    """Accepted, held and refused, and how many rows of each file were right."""
    settled = city.ask(
        "select feed, sender, period, version, is_supplement, content_hash, status, rows_accepted, rows_total "
        "from drop_register where feed in (select unnest(?))",
        [list(FEEDS)],
    )
    ours = {
        (row.feed, row.sender, pd.Timestamp(row.period), row.version, row.is_supplement, row.content_hash): row
        for row in settled.itertuples()
    }
    judged = [(feed, drop) for feed in FEEDS for drop in city.files[feed].drops]
    assert len(judged) == len(ours)
    for feed, drop in judged:
        row = ours[feed, drop.sender, drop.period, drop.version, drop.is_supplement, drop.content_hash]
        assert row.status == drop.status, (feed, drop)
        if drop.status == "accepted":
            assert (row.rows_total, row.rows_accepted) == (drop.total, drop.right), (feed, drop)


def test_a_late_file_is_absent_from_the_past_and_in_the_last_edition(city: City) -> None:
    path = city.clerk.stories["late"]
    _, sender, period = path.stem.rsplit("_", 2)
    key = (sender, "ALL", pd.Timestamp(period))
    assert key not in city.published("benefit_claim", "day", PAST).index
    assert city.published("benefit_claim", "day", LAST)[key] >= 1


YEAR = 2026


@pytest.fixture(scope="module")
def page(city: City, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser signed in as the city's leader on the served dashboard."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house = House(city.house.folder, city.house.environment | {"GANGSHAO_PORT": str(port)})
    link = house.account("city_leader")
    server = forked.start(("serve",), house.env, said := tmp_path_factory.mktemp("served") / "said", said)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(link, timeout=5).close()  # noqa: S310 - our own server
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        context = browser.new_context(base_url=link.split("/sign-in/", maxsplit=1)[0])
        opened = context.new_page()
        opened.goto(link)
        for name, words in NEW_PASSWORD.items():
            opened.locator(f"#{name}").fill(words)
        opened.get_by_role("button").first.click()
        opened.wait_for_selector("article.card")
        yield opened
        context.close()
    finally:
        server.terminate()
        server.join(30)


def number(words: str) -> float:
    """The number a page shows: with a real minus sign and thousands separators."""
    return float(re.sub(r"[^0-9.−-]", "", words).replace("−", "-"))


def span(words: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The two days a page names."""
    first_month, first_day, last_month, last_day = map(
        int, re.search(r"(\d+)月(\d+)日至(\d+)月(\d+)日", words).groups()
    )
    return pd.Timestamp(YEAR, first_month, first_day), pd.Timestamp(YEAR, last_month, last_day)


def total(claims: pd.Series, area: str, industry: str, first: pd.Timestamp, last: pd.Timestamp) -> float:
    own = claims[
        (claims.index.get_level_values("area") == area) & (claims.index.get_level_values("industry") == industry)
    ]
    return float(own[own.index.get_level_values("period").to_series().between(first, last).to_numpy()].sum())


@pytest.mark.parametrize("edition_id", [PAST, LAST])
def test_the_page_says_what_the_files_say(city: City, page: Page, edition_id: str) -> None:
    """City, county and cell as people read them, for the last edition and for one of the past."""
    day = edition_id.split(".", maxsplit=1)[0]
    claims = city.expected("benefit_claim", "day", edition_id)
    page.goto(f"/?as_of={day}")
    card = page.locator("article.card", has=page.get_by_role("heading", name="失业保险金新增申领"))
    card.wait_for()
    week = span(page.locator("section.block .label").first.inner_text())
    assert number(card.locator("strong.amount").inner_text()) == total(claims, judge_form.CITY, "ALL", *week)

    grid = page.locator("table.grid")
    window = span(grid.locator("caption").inner_text())
    assert (window[1] - window[0]).days == 27
    headings = grid.locator("thead th").all_inner_texts()
    row = grid.locator("tbody tr", has=page.get_by_role("rowheader", name="东昌府", exact=True))
    cells = row.locator("td .amount").all_inner_texts()
    assert number(cells[0]) == total(claims, "371502", "ALL", *window) > 0
    section = headings.index("制造") - 1
    assert number(cells[section]) == total(claims, "371502", "C", *window) > 0

    for area in (judge_form.CITY, "371502"):
        page.goto(f"/area/{area}?as_of={day}")
        for indicator, title in (("insured_net_change_rate", "参保净增减率"), ("job_loss_rate", "岗位流失率")):
            panel = page.locator("article.panel", has=page.get_by_role("heading", name=title))
            panel.wait_for()
            caption = panel.locator("p.caption").inner_text()
            month = re.search(r"(\d+)年(\d+)月", caption)
            period = pd.Timestamp(int(month[1]), int(month[2]), 1)
            expected = city.expected(indicator, "month", edition_id)[area, "ALL", period]
            assert number(panel.locator("strong").inner_text()) == pytest.approx(expected, abs=0.005), (area, indicator)


def _is_of(drop: judge.Drop, path: Path) -> bool:
    feed, sender, written = path.stem.rsplit("_", 2)
    period = pd.Timestamp(written + ("01" if len(written) == 6 else ""))
    return (drop.sender, drop.period) == (sender, judge.week_of(period) if feed == "monitored_village" else period)


@pytest.fixture(scope="module")
def spikes(city: City) -> pd.DataFrame:
    """Each vintage of each spike warning of claims, with the score of the same window that the edition knew."""
    found = city.ask(
        "select e.*, d.edition_id, s.observed as judged, s.expected as mean, s.variance, s.p as stored "
        "from episode as e join edition as d on d.cutoff_at = e.known_from "
        "left join score as s on s.indicator = e.indicator and s.area = e.area and s.industry = e.industry "
        "and s.window_from = e.window_from and s.data_to = e.data_to and s.edition_id = d.edition_id "
        "where e.kind = 'spike' and e.indicator = ? order by e.known_from",
        ["benefit_claim"],
    )
    assert len(found) > 5
    return found


def test_what_a_warning_says_was_seen_is_what_the_files_say_and_its_band_holds_it(
    city: City, spikes: pd.DataFrame
) -> None:
    for row in spikes.itertuples():
        claims = city.expected("benefit_claim", "day", row.edition_id)
        said = total(claims, row.area, row.industry, row.window_from, row.window_to)
        assert row.observed == said > 0
        low, high = map(int, row.observed_band.split("–"))
        assert low <= said <= high


def test_what_a_warning_says_was_expected_is_the_stored_score_and_its_p_is_scipys(spikes: pd.DataFrame) -> None:
    assert (spikes["observed"] == spikes["judged"]).all()
    assert (spikes["expected"] == spikes["mean"]).all()
    assert (spikes["p"] == spikes["stored"]).all()
    mean, spread = spikes["mean"], spikes["variance"].clip(lower=1.02 * spikes["mean"])
    size = mean**2 / (spread - mean)
    model = nbinom(size, size / (size + mean))
    tail = model.sf(spikes["observed"]) + 0.5 * model.pmf(spikes["observed"])
    assert spikes["p"].to_numpy() == pytest.approx(tail, rel=1e-9)
    edge = 1.959964 * spikes["variance"] ** 0.5
    assert spikes["hi"].to_numpy() == pytest.approx((mean + edge).to_numpy())
    assert spikes["lo"].to_numpy() == pytest.approx((mean - edge).clip(lower=0).to_numpy())
    assert (spikes["opened_on"] == spikes["opened_on"].min()).all(), "it keeps the day on which it was opened"


def test_a_warnings_page_prints_these_numbers(city: City, spikes: pd.DataFrame, page: Page) -> None:
    row = spikes.iloc[-1]
    page.goto(f"/warning/{row.episode_id}")
    page.wait_for_selector("dl.facts")
    told = dict(
        zip(page.locator("dl.facts dt").all_inner_texts(), page.locator("dl.facts dd").all_inner_texts(), strict=True)
    )
    claims = city.expected("benefit_claim", "day", row.edition_id)
    assert number(told["实际"]) == total(claims, row.area, row.industry, row.window_from, row.window_to)
    assert number(told["预期"]) == pytest.approx(row["mean"], abs=0.5)
    low, high = (number(part) for part in told["正常范围（95%）"].split("–"))
    assert (low, high) == (pytest.approx(row.lo, abs=0.5), pytest.approx(row.hi, abs=0.5))
    assert number(told["影响人数"]) == pytest.approx(row.observed - row["mean"], abs=0.5)
    assert number(told["把握"].split("约")[1].split("分之")[0]) == pytest.approx(1 / row.p, rel=0.01)
    assert told["首次发现"].startswith(f"{row.opened_on.year}年{row.opened_on.month}月{row.opened_on.day}日")
