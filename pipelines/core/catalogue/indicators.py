"""The catalogue of indicators, read from the headers of their SQL; the order of building is read from the SQL too."""

import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import cast, get_args

import sqlglot
from sqlglot import exp

from models.panel import Nature, Worse
from pipelines.core.domain import EVERY_COHORT, Grain, UserError
from pipelines.core.sql import IN_ENGLISH, SQL, header_of

INDICATORS = SQL / "indicators"
_SCALES = {"percent": 100.0, "per_mille": 1000.0}
_REQUIRED = ("title", "unit", "units", "worse", "kind", "grain", "clock", "by", "formula", "source")
_KINDS = ("count", "stock", "ratio", "given")
_NATURE: dict[str, Nature] = {"count": "count", "stock": "stock", "ratio": "count", "given": "stock"}
_LOOK_BACK_DAYS = "62"
_BY_COHORT = "area × cohort"
COHORT_GRAINS = (Grain.WEEK, Grain.MONTH)
SHOWN = ("matrix", "counties", "today")  # tables of Today that show chosen indicators; a card beyond the first ones


@dataclass(frozen=True, order=True)
class Share:
    """A part of a ratio that is another indicator's numerator: which part, whose, of how many periods before."""

    part: str
    indicator: str
    periods_back: int


@dataclass(frozen=True)
class Indicator:
    """A measure: what it is called, how it is built, which way is worse.

    ``kind``: a *count* of a period has zeros where its feed reported, adds up over areas, industries and periods; a
    *stock* adds up over areas and industries; a *ratio* is summed as numerator and denominator; what is *given* (an
    index) never adds up: every series, totals too, is as its source gives it. To recompute a period the SQL
    reads facts of up to ``look_back_days`` before it: two months unless the header says otherwise. ``nature`` is how
    its people (of a ratio the numerator) are judged: as a count, as a stock by its change, or as a signed net change.
    ``shares``: which of its parts are told by another indicator, too (disclosure control). ``has_cohorts``: whether
    there are readings of the groups of people its facts name, by area, of COHORT_GRAINS (a day of one is too few).
    ``sort``: its place among the cards of pages, None after those that have one; ``shown``: where on Today it is.
    """

    name: str
    title_zh: str
    title_en: str
    unit: str
    units: str
    worse: Worse
    kind: str
    nature: Nature
    grains: tuple[Grain, ...]
    clock: str
    dimensions: tuple[str, ...]
    formula: str
    source: str
    sql: str
    tables: tuple[str, ...]
    roster_feeds: tuple[str, ...]
    look_back_days: int
    shares: tuple[Share, ...]
    has_cohorts: bool = False
    sort: int | None = None
    shown: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """What numerator ÷ denominator is multiplied by."""
        return _SCALES.get(self.unit, 1.0)

    @property
    def is_ratio(self) -> bool:
        """Whether the value is numerator ÷ denominator."""
        return self.kind == "ratio"

    def judged_grain(self, cohort: str = EVERY_COHORT) -> Grain:
        """By which periods everybody is judged, or one cohort: a day of it is too few people."""
        return self.grains[0] if cohort == EVERY_COHORT else COHORT_GRAINS[0]


def indicator_named(name: str) -> Indicator:
    """The indicator of this name. Raises UserError naming those there are."""
    if name not in catalogue():
        raise UserError(f"没有名为“{name}”的指标，现有 {'、'.join(catalogue())} (no such indicator)")
    return catalogue()[name]


def _header(path: Path, text: str) -> dict[str, str]:
    header = header_of(text)
    missing = [key for key in _REQUIRED if key not in header]
    if missing:
        raise UserError(f"指标文件 {path.name} 的表头缺少 {'、'.join(missing)}，请补上 (indicator header incomplete)")
    for key, allowed in (("kind", _KINDS), ("worse", get_args(Worse))):
        if header[key] not in allowed:
            raise UserError(f"指标文件 {path.name} 的 {key} 只能是 {'、'.join(allowed)}")
    return header


def _nature(path: Path, header: dict[str, str]) -> Nature:
    said = header.get("judged", _NATURE[header["kind"]])
    if said not in get_args(Nature):
        raise UserError(f"指标文件 {path.name} 的 judged 只能是 {'、'.join(get_args(Nature))}")
    return cast("Nature", said)


def _shares(path: Path, said: str) -> tuple[Share, ...]:
    found = []
    for part in filter(None, (item.strip() for item in said.split(","))):
        match = re.fullmatch(r"(numerator|denominator) = (\w+)(?: -(\d+))?", part)
        if match is None or not (path.parent / f"{match[2]}.sql").is_file():
            raise UserError(
                f"指标文件 {path.name} 的 shares 写法有误：{part!r}，例如 denominator = insured_headcount -1"
                " (part = indicator, and how many periods before)"
            )
        found.append(Share(match[1], match[2], int(match[3] or 0)))
    return tuple(found)


def _sort(path: Path, said: str | None) -> int | None:
    if said is not None and not re.fullmatch(r"[1-9]\d{0,3}", said):
        raise UserError(f"指标文件 {path.name} 的 sort 应为正整数（卡片中的次序），现为 {said!r} (place among cards)")
    return None if said is None else int(said)


def _shown(path: Path, said: str) -> tuple[str, ...]:
    found = tuple(filter(None, (part.strip() for part in said.split(","))))
    if not set(found) <= set(SHOWN):
        raise UserError(f"指标文件 {path.name} 的 shown 只能是 {'、'.join(SHOWN)}，现为 {said!r}")
    return found


def parse(path: Path) -> Indicator:
    """Read one indicator file. Raises UserError that names the file and what its header lacks."""
    text = path.read_text(encoding="utf-8")
    header = _header(path, text)
    tables = tuple(sorted({table.name for table in sqlglot.parse_one(text, read="duckdb").find_all(exp.Table)}))
    title_zh, _, title_en = header["title"].partition(IN_ENGLISH)
    by, *also = (part.strip() for part in header["by"].split(","))
    if also and (also != [_BY_COHORT] or header["kind"] != "count" or len(tables) != 1 or "group by all" not in text):
        raise UserError(
            f"指标文件 {path.name} 的 by 在逗号之后只能是 {_BY_COHORT}，且只用于由一张明细表按 group by all 计数的指标"
            " (cohorts are read of a count of one table, grouped by all)"
        )
    return Indicator(
        name=path.stem,
        title_zh=title_zh,
        title_en=title_en or path.stem,
        unit=header["unit"],
        units=header["units"],
        worse="lower" if header["worse"] == "lower" else "higher",
        kind=header["kind"],
        nature=_nature(path, header),
        grains=tuple(Grain(part.strip()) for part in header["grain"].split(",")),
        clock=header["clock"],
        dimensions=tuple(part.strip() for part in by.split("×")),
        formula=header["formula"].partition(IN_ENGLISH)[0],
        source=header["source"].partition(IN_ENGLISH)[0],
        sql=text,
        tables=tables,
        roster_feeds=tuple(part.strip() for part in header.get("roster", ", ".join(tables)).split(",")),
        look_back_days=int(header.get("look_back_days", _LOOK_BACK_DAYS)),
        shares=_shares(path, header.get("shares", "")),
        has_cohorts=bool(also),
        sort=_sort(path, header.get("sort")),
        shown=_shown(path, header.get("shown", "")),
    )


@cache
def catalogue(folder: Path = INDICATORS) -> dict[str, Indicator]:
    """All indicators by name, those that others read first."""
    found = {path.stem: parse(path) for path in sorted(folder.glob("*.sql"))}
    graph = {name: {table for table in item.tables if table in found and table != name} for name, item in found.items()}
    return {name: found[name] for name in TopologicalSorter(graph).static_order()}
