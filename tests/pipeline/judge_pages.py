"""What stands on a leader's pages, read from them: each observed value with what identifies it.

Nothing of the project is imported: a title, a period, an area are what the page says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tests.pipeline.judge_writing import CITY, table

YEAR = 2026

READ = """() => {
  const words = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("small, .unseen, .tag, b, i, svg").forEach((one) => one.remove());
    return copy.textContent.trim();
  };
  const all = (within, choice) => [...within.querySelectorAll(choice)];
  const link = (within) => within.querySelector("a")?.getAttribute("href") ?? "";
  const main = document.querySelector("main");
  return {
    heading: words(main.querySelector("h1")),
    lead: all(main, ".title p").map((one) => one.textContent).join(" "),
    blocks: all(main, "section.block").map((block) => ({
      period: block.querySelector(".label").textContent,
      cards: all(block, "article.card").map((card) => ({
        title: words(card.querySelector("h3")), amount: card.querySelector("strong.amount").textContent,
        own: card.querySelector(".range")?.textContent ?? "",
      })),
    })),
    panels: all(main, ".panel").map((panel) => ({
      title: words(panel.querySelector("h2, h3")), caption: panel.querySelector("p.caption")?.textContent ?? "",
      amount: panel.querySelector("p.caption strong")?.textContent ?? "",
    })),
    tables: all(main, "table:not([data-figure] *)").map((one) => ({
      caption: one.querySelector("caption").textContent, kind: one.className,
      head: all(one, "thead th").map((cell) => ({ words: words(cell), link: link(cell) })),
      rows: all(one, "tbody tr").map((row) => [...row.children].map((cell) => ({ words: words(cell), link: link(cell) }))),
    })),
    sources: all(main, "p.source").map((one) => one.textContent),
    figures: all(main, "[data-figure]").map((one) => one.dataset.figure),
    files: all(main, "a.download[href*='readings.csv']").map((one) => one.getAttribute("href")),
  };
}"""


@dataclass(frozen=True)
class Period:
    """Days of a sum (grain day, both included), or the first day of a week or month (first = last)."""

    grain: str
    first: pd.Timestamp
    last: pd.Timestamp


@dataclass(frozen=True)
class Shown:
    """A value as it is shown. ``page``: its kind (area, industry, …) and address; ``place``: card, caption, table, …

    ``one``: the warning, employer or file it is about, where it is about a single one; then there may be no period.
    """

    page: str
    address: str
    place: str
    title: str
    words: str
    area: str = CITY
    industry: str = "ALL"
    period: Period | None = None
    one: str = ""


def of_page(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    kind = urlsplit(address).path.split("/")[1] or "today"
    makers = {
        "today": _of_today, "area": _of_area, "industry": _of_industry, "indicator": _of_indicator,
        "supply-demand": _of_supply, "transfer": _of_transfer, "employers": _of_employers, "warnings": _of_warnings,
        "data": _of_data, "forecasts": _of_forecasts,
    }  # fmt: skip
    for one in makers[kind](address, read):
        if any(sign.isdigit() for sign in one.words):
            yield one


def _of_today(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for block in read["blocks"]:
        for card in block["cards"]:
            when = period(card["own"]) or period(block["period"])
            yield Shown("today", address, "card", card["title"], card["amount"], period=when)
    for grid in _tables(read, "grid"):
        title, window = grid["caption"].split("，")[:2]
        sectors = [_last(cell["link"]) or "ALL" for cell in grid["head"][1:]]
        for row in grid["rows"]:
            for sector, cell in zip(sectors, row[1:], strict=True):
                yield Shown(
                    "today", address, "matrix", title, cell["words"], _last(row[0]["link"]), sector, period(window)
                )
    for listed in _tables(read, "counties"):
        for place, column in enumerate(listed["head"][2:], start=2):
            told = next(
                part for line in read["sources"] for part in line.split("、") if part.startswith(column["words"] + "（")
            )
            for row in listed["rows"]:
                words = row[place]["words"]
                yield Shown(
                    "today", address, "areas", column["words"], words, _last(row[0]["link"]), period=period(told)
                )


def _of_area(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for panel in read["panels"]:
        yield Shown(
            "area", address, "caption", panel["title"], panel["amount"], _last(address), period=period(panel["caption"])
        )


def _of_industry(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    sector = _last(address)
    for listed in _captioned(read, "全部指标"):
        for row in listed["rows"]:
            title, words, when = (row[place]["words"] for place in (0, 1, 3))
            yield Shown("industry", address, "table", title, words, industry=sector, period=period(when))
    for panel in read["panels"]:
        yield Shown(
            "industry",
            address,
            "caption",
            panel["title"],
            panel["amount"],
            industry=sector,
            period=period(panel["caption"]),
        )


def _of_indicator(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for panel in read["panels"][:1]:
        yield Shown("indicator", address, "caption", read["heading"], panel["amount"], period=period(panel["caption"]))


def _of_supply(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    when = period(read["lead"])
    yield Shown(
        "supply", address, "sentence", "求人倍率", re.search(r"求人倍率 ([\d.]+)", read["lead"])[1], period=when
    )
    counts = re.search(r"需求 (\S+) 人，求职 (\S+) 人", read["panels"][0]["caption"])
    for title, words in zip(("招聘需求人数", "求职人数"), counts.groups(), strict=True):
        yield Shown("supply", address, "caption", title, words, period=when)
    area = parse_qs(urlsplit(address).query).get("area", [CITY])[0]
    for listed in _captioned(read, "缺工最多的行业"):
        when = period(next(line for line in read["sources"] if "用工监测企业" in line))
        for row in listed["rows"]:
            for title, cell in (("缺工人数", row[1]), ("缺工率", row[2])):
                yield Shown("supply", address, "table", title, cell["words"], area, _last(row[0]["link"]), when)


def _of_transfer(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    monday = pd.Timestamp(re.search(r"(\d{4}-\d\d-\d\d) 起的一周", read["lead"])[1])
    when = Period("week", monday, monday)
    columns = {
        "在外人数": "监测村外出务工人数", "本周返乡": "监测村本期返乡人数", "返乡率": "监测村返乡率", "县内乡外": "监测村县内乡外务工人数",
        "市内县外": "监测村市内县外务工人数", "省内市外": "监测村省内市外务工人数", "省外": "监测村省外务工人数",
    }  # fmt: skip
    for listed in (*_captioned(read, "各区域在外务工情况"), *_captioned(read, "去了哪里")):
        for place, column in enumerate(listed["head"]):
            for row in listed["rows"] if column["words"] in columns else []:
                title, area = columns[column["words"]], places()[row[0]["words"]]
                yield Shown("transfer", address, "table", title, row[place]["words"], area, period=when)


def _of_employers(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for listed in _tables(read, "rules"):
        names = [cell["words"] for cell in listed["head"]]
        if "拟裁减人数" in names:
            for row in listed["rows"]:
                day = pd.Timestamp(row[names.index("报告日期")]["words"])
                words = row[names.index("拟裁减人数")]["words"]
                yield Shown(
                    "employers",
                    address,
                    "report",
                    "拟裁人数",
                    words,
                    period=Period("day", day, day),
                    one=row[0]["words"],
                )


def _of_warnings(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for listed in _tables(read, "warnings"):
        names = [cell["words"] for cell in listed["head"]]
        if "影响人数" in names:  # of those that have ended the levels are told
            for row in listed["rows"]:
                words = row[names.index("影响人数")]["words"]
                yield Shown("warnings", address, "people", "影响人数", words, one=_last(row[0]["link"]))


def _of_data(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for listed in _tables(read, "drops"):
        for row in listed["rows"]:
            for title, cell in (("行数", row[6]), ("采用行数", row[7])):
                yield Shown("data", address, "file", title, cell["words"], one=row[4]["words"])


def _of_forecasts(address: str, read: dict[str, Any]) -> Iterator[Shown]:
    for listed in _captioned(read, "当时预测与实际"):
        title = listed["caption"].split("：")[1]
        for row in listed["rows"]:
            yield Shown("forecasts", address, "came", title, row[4]["words"], period=period(row[0]["words"]))


def _tables(read: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in read["tables"] if kind in one["kind"].split()]


def _captioned(read: dict[str, Any], words: str) -> list[dict[str, Any]]:
    return [one for one in read["tables"] if one["caption"].startswith(words)]


def _last(address: str) -> str:
    """The last part of an address's path: an area's or industry's code, a warning's identity; "" of none."""
    return urlsplit(address).path.rsplit("/", maxsplit=1)[-1]


@cache
def places() -> dict[str, str]:
    """Code of an area by its name."""
    known = table("places").query("level in ('city', 'unit')")
    return dict(zip(known["name"], known["code"], strict=True))


def period(words: str) -> Period | None:
    """The first period that stands in a text."""
    if days := re.search(r"(\d+)月(\d+)日至(\d+)月(\d+)日(当周)?", words):
        first, last = (pd.Timestamp(YEAR, int(days[at]), int(days[at + 1])) for at in (1, 3))
        return Period("week", first, first) if days[5] else Period("day", first, last)
    if month := re.search(r"(\d{4})年(\d+)月", words):
        first = pd.Timestamp(int(month[1]), int(month[2]), 1)
        return Period("month", first, first)
    return None
