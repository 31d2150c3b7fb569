"""The city the independent judge looks at: its files as they were sent and spoiled, what was published, its pages.

Nothing of the project is imported but its command line.
"""

import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd
from playwright.sync_api import Browser, Page

from tests import forked
from tests.house import NEW_PASSWORD, House
from tests.pipeline import judge, judge_measures, judge_service, judge_warnings, judge_writing
from tests.pipeline.spoiled import Clerk
from tests.pipeline.spoiled_warnings import WarningClerk

FEEDS = (
    "benefit_claim", "insured_event", "insured_headcount", "monitored_employer", "registered_unemployment",
    "labour_shortage", "monitored_village", "layoff_report", "vacancy", "job_seeker", "unemployment_registration",
    "wage_arrears_lead", "long_term_unemployment", "telecom_mobility", "transport_mobility", "welfare_post",
    *judge_service.FEEDS,
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
    _facts: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    _expected: dict[tuple[str, str, str], pd.Series] = field(default_factory=dict)

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
        """The rows of a feed that were in force when an edition was made."""
        key = feed, edition_id
        if key not in self._facts:
            self._facts[key] = judge.facts(feed, self.files[feed], self.cutoff_at(edition_id))
        return self._facts[key]

    def expected(self, name: str, grain: str, edition_id: str) -> pd.Series:
        """What the files say of an indicator (identity or title), by the judge; index (area, industry, period)."""
        key = name, grain, edition_id
        if key not in self._expected:
            self._expected[key] = judge_measures.measure(name).values(lambda feed: self.facts(feed, edition_id), grain)
        return self._expected[key]

    def _is_of_weeks(self, indicator: str) -> bool:
        days = "select count(*) as days from reading where indicator = ? and grain = 'day'"
        return bool(self.ask(days, [indicator])["days"].iloc[0] == 0)

    def warned(self, row: pd.Series) -> tuple[float, float]:
        """What the files say of a stored warning: what was seen (persons), and how many people that affects.

        It keeps what it said in the edition in which its rule was last met. What was expected is the stored number.
        """
        if row["kind"] == "spike" and self._is_of_weeks(row["indicator"]):  # a share: people are those of its numerator
            return row["observed"], abs(row["observed"] - row["expected"])
        edition_id = f"{min(row['data_to'] + pd.Timedelta(days=1), pd.Timestamp(LAST_EDITION)):%Y-%m-%d}.1"
        if row["kind"] == "spike":
            people = self.expected(row["indicator"], "day", edition_id)
            seen = total(people, row["area"], row["industry"], row["window_from"], row["window_to"])
            return seen, seen - row["expected"]
        known = judge_warnings.reports(self.facts("layoff_report", LAST))
        day = pd.Timestamp(LAST_EDITION)
        if row["kind"] == "event":
            _, people = judge_warnings.employer_warnings(known, day)[row["employer"]]
        else:
            _, people = judge_warnings.county_warnings(known, day)[row["area"], row["industry"]]
        return people, people


def built(folder: Path) -> City:
    """Write the files, spoil them, take them in, run the editions."""
    sent, house = folder / "sent", House(folder, {"GANGSHAO_REGION": str(judge_writing.REGION)})
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
def served(house: House, said: Path) -> Iterator[House]:
    """The house with its dashboard on a port of its own; what the server says goes to ``said``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = House(house.folder, house.environment | {"GANGSHAO_PORT": str(port)})
    server = forked.start(("serve",), own.env, said, said)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield own
    finally:
        server.terminate()
        server.join(30)


@contextmanager
def signed_in(house: House, browser: Browser, role: str, *options: str) -> Iterator[Page]:
    """A browser with the desk's screen of a role's new account in a served house, on the page it is led to."""
    account = f"{role}.{secrets.token_hex(4)}"  # a copied house has the accounts of its original
    link = house.gangshao("account", "add", account, "--role", role, "--person", "李四", *options).stdout.strip()
    base = link.split("/sign-in/", maxsplit=1)[0]
    context = browser.new_context(locale="zh-CN", base_url=base, viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    opened.goto(link)
    for name, words in NEW_PASSWORD.items():
        opened.locator(f"#{name}").fill(words)
    opened.get_by_role("button").first.click()
    opened.wait_for_selector("article.card")
    yield opened
    context.close()


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
