"""A walk over a leader's pages that gathers what they show, the tables behind figures and the files among it.

Nothing of the project is imported.
"""

import csv
import io
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
from playwright.sync_api import Page

from tests.pipeline.judge_pages import READ, Period, Shown, of_page, period
from tests.pipeline.judge_writing import CITY, table
from tests.tier import IS_LONG

FIGURES = 2  # figures of a page that are asked for, drawn at random
AREAS, SECTIONS, INDICATORS = (99, 99, 99) if IS_LONG else (3, 4, 10)  # pages of a kind, drawn at random
ROWS = 40  # rows of a file that are looked at, drawn at random
BY_LAST_DAY = "截止日"  # heads a course of sums of days


def addresses(page: Page, lot: random.Random) -> list[str]:
    """Every page with readings that the site leads its leader to; in `make test` some of each kind."""
    page.goto("/")
    page.wait_for_selector("article.card")
    inside = _links(page, "header nav a")
    page.goto("/indicators")
    page.wait_for_selector("main a[href^='/indicator/']")
    named = _links(page, "main a[href^='/indicator/']")
    areas = sorted({href for href in inside if href.startswith("/area/")})
    assert len(areas) == 12
    sections = [f"/industry/{code}" for code in table("industries").query("level in ('section', 'unknown')")["code"]]
    forecast = ("benefit_claim", "insured_leave", "insured_headcount")
    return [
        "/", "/?matrix=insured_leave", *_some(areas, AREAS, lot), *_some(sections, SECTIONS, lot),
        *_some(sorted(set(named)), INDICATORS, lot), "/supply-demand", "/supply-demand?area=371502", "/transfer", "/employers", "/warnings", "/data",
        *(f"/forecasts?area={CITY}&indicator={name}" for name in forecast),
    ]  # fmt: skip


def walked(page: Page, seed: int) -> list[Shown]:
    """All observed values of these pages, and those of figures and files drawn by lot."""
    lot = random.Random(seed)
    found: list[Shown] = []
    for address in addresses(page, lot):
        page.goto(address)
        page.wait_for_selector("main h1")
        read = page.evaluate(READ)
        found += of_page(address, read)
        for figure in lot.sample(read["figures"], min(FIGURES, len(read["figures"]))):
            found += _of_figure(page, address, figure)
        if read["files"]:
            found += _of_readings(page, address, lot.choice(read["files"]), lot)
    return found


def _some(of_a_kind: list[str], most: int, lot: random.Random) -> list[str]:
    return sorted(lot.sample(of_a_kind, min(most, len(of_a_kind))))


def _links(page: Page, choice: str) -> list[str]:
    found: list[str] = page.locator(choice).evaluate_all("links => links.map((one) => one.getAttribute('href'))")
    return found


def _of_figure(page: Page, address: str, figure: str) -> Iterator[Shown]:
    """The table behind a figure's tab, and the file of the same series."""
    for rows in _tables(page.context.request.get(figure).json()):
        is_daily = rows[0][0] == BY_LAST_DAY
        yield from _course(address, figure, "figure", rows, is_daily=is_daily)
        answer = page.context.request.get(figure.replace("/figure?", "/download/series.csv?"))
        yield from _course(address, figure, "series.csv", _lines(answer.body()), is_daily=is_daily)


def _course(address: str, figure: str, place: str, rows: list[list[str]], *, is_daily: bool) -> Iterator[Shown]:
    asked = {name: found[0] for name, found in parse_qs(urlsplit(figure).query).items()}
    for row in rows[1:]:
        if any(sign.isdigit() for sign in row[1]):
            when = _ending(row[0], int(asked["days"])) if is_daily else _beginning(row[0], "week")
            yield Shown("figure", address, place, asked["indicator"], row[1], asked["area"], asked["industry"], when)


def _of_readings(page: Page, address: str, file: str, lot: random.Random) -> Iterator[Shown]:
    """Some rows of the file of all readings of an area."""
    asked = parse_qs(urlsplit(file).query)
    grain, area = asked["grain"][0], asked["area"][0]
    rows = [row for row in _lines(page.context.request.get(file).body())[1:] if row[7]]
    for row in lot.sample(rows, min(ROWS, len(rows))):
        when = _beginning(row[6], grain)
        yield Shown("file", address, "readings.csv", row[0], row[7], area, row[4], when)


def _lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def _ending(day: str, days: int) -> Period:
    last = pd.Timestamp(day)
    return Period("day", last - pd.Timedelta(days=days - 1), last)


def _beginning(words: str, grain: str) -> Period:
    """A month by its name, else the period that begins on a day."""
    if named := period(words):
        return named
    first = pd.Timestamp(words)
    return Period(grain, first, first)


def _tables(tree: Any) -> Iterator[list[list[str]]]:
    """Rows of the tables in what a figure is made of."""
    for node in _nodes(tree):
        if node.get("type") == "Table":
            rows = (one for one in _nodes(node) if one.get("type") == "Tr")
            yield [[_words(cell) for cell in _nodes(row) if cell.get("type") in {"Th", "Td"}] for row in rows]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for one in tree:
            yield from _nodes(one)
    elif isinstance(tree, dict):
        yield tree
        yield from _nodes(tree.get("props", {}).get("children"))


def _words(tree: Any) -> str:
    if isinstance(tree, list):
        return "".join(_words(one) for one in tree)
    if isinstance(tree, dict):
        return _words(tree.get("props", {}).get("children"))
    return "" if tree is None else str(tree)
