"""The city the independent judge looks at: its files as they were sent and spoiled, what was published, its pages.

Nothing of the project is imported but its command line.
"""

import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd
from playwright.sync_api import Browser, Page

from tests import forked
from tests.house import NEW_PASSWORD, House
from tests.pipeline import judge, judge_form, judge_warnings
from tests.pipeline.spoiled import Clerk
from tests.pipeline.spoiled_warnings import WarningClerk

FEEDS = (
    "benefit_claim", "insured_event", "insured_headcount", "monitored_employer", "registered_unemployment",
    "labour_shortage", "monitored_village", "layoff_report",
)  # fmt: skip
FIRST_EDITION, LAST_EDITION = "2026-10-22", "2026-10-31"
PAST, BETWEEN, LAST = "2026-10-24.1", "2026-10-28.1", f"{LAST_EDITION}.1"
EDITIONS = (PAST, BETWEEN, LAST)
YEAR = 2026
OCTOBER, SEPTEMBER = pd.Timestamp("2026-10-01"), pd.Timestamp("2026-09-01")


@dataclass
class City:
    """The files as sent, and the published file the command line made of them."""

    sent: Path
    house: House
    stories: dict[str, Path]

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
        if indicator == "insured_leave":
            return judge_warnings.leaves(self.facts("insured_event", edition_id))
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


def built(folder: Path) -> City:
    """Write the files, spoil them, take them in, run the editions."""
    sent, house = folder / "sent", House(folder, {"GANGSHAO_REGION": str(judge_form.REGION)})
    house.gangshao(
        "demo", "--into", str(sent), "--days", "130", "--scale", "0.1", "--seed", "7", "--until", "2026-10-30"
    )
    clerk = Clerk(sent)
    clerk.spoil()
    WarningClerk(sent).spoil()
    for feed in sorted(path.name for path in sent.iterdir() if path.is_dir()):
        shutil.copytree(sent / feed, house.data / "inbox" / feed)
    house.gangshao("ingest", "--backfill")
    house.gangshao("run", "--from", FIRST_EDITION, "--to", LAST_EDITION)
    return City(sent, house, clerk.stories)


@contextmanager
def signed_in(city: City, browser: Browser, said: Path) -> Iterator[Page]:
    """A browser signed in as the city's leader on the served dashboard; what the server says goes to ``said``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house = House(city.house.folder, city.house.environment | {"GANGSHAO_PORT": str(port)})
    link = house.account("city_leader")
    server = forked.start(("serve",), house.env, said, said)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(link, timeout=5).close()  # noqa: S310 - our own server
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        context = browser.new_context(locale="zh-CN", base_url=link.split("/sign-in/", maxsplit=1)[0])
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
