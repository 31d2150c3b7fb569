"""A published number as people ask for it: which indicator, where, when, and as which edition knew it."""

from dataclasses import dataclass
from datetime import UTC, date

import duckdb

from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.domain import TOTAL_INDUSTRY, Edition, Grain, UserError
from pipelines.core.region.load import Region

GRAINS = {Grain.DAY: "日", Grain.WEEK: "周", Grain.MONTH: "月", Grain.QUARTER: "季"}


@dataclass(frozen=True)
class Figure:
    """A published number: one reading as one edition knew it; numerator, denominator and value as published."""

    indicator: Indicator
    area: str
    industry: str
    grain: Grain
    period: date
    edition: Edition
    numerator: float | None
    denominator: float | None
    value: float | None
    reporting: int
    due: int

    @property
    def parts(self) -> tuple[str, ...]:
        """What is traced: the numerator, of a ratio the denominator too."""
        return ("numerator", "denominator") if self.indicator.is_ratio else ("numerator",)


@dataclass(frozen=True)
class FigureAddress:
    """A published number as people type it.

    ``period``: ``2026-10``, ``2026Q4`` or any day of the period. ``area`` (default the city) and ``industry`` (default
    all of them): code or name. ``grain``: by default what the period is written as, for a day the finest the indicator
    has. ``as_of``: the last edition of that day; None: the newest.
    """

    indicator: str
    period: str
    area: str = ""
    industry: str = ""
    grain: str = ""
    as_of: date | None = None


def find_figure(con: duckdb.DuckDBPyConnection, region: Region, address: FigureAddress) -> Figure:
    """Find a published number in the warehouse. Raises UserError in one sentence for anything that does not exist."""
    chosen, area = _indicator(address.indicator), address.area
    place = region.aliases.get(area.upper(), region.aliases.get(area)) if area else region.city
    if place is None:
        raise UserError(f"没有名为“{area}”的地区，请写代码或名称，如 {region.units[0]} (no such area)")
    at_grain, first = _period(chosen, region, address.period, address.grain)
    branch = _industry(region, address.industry)
    edition = _edition(con, address.as_of)
    key = {
        "indicator": chosen.name,
        "area": place,
        "industry": branch,
        "grain": str(at_grain),
        "period": first,
        "at": edition.cutoff_at.replace(tzinfo=None),
    }
    found = con.execute(
        "select numerator, denominator, value, reporting, due from warehouse.main.reading where indicator = $indicator "
        "and area = $area and industry = $industry and cohort = 'all' and grain = $grain and period = $period "
        "and known_from <= $at and (known_to is null or known_to > $at)",
        key,
    ).fetchall()
    if not found:
        raise UserError(
            f"版次 {edition.edition_id} 中没有这个读数：{chosen.name}，地区 {place}，行业 {branch}，"
            f"{GRAINS[at_grain]} {first.isoformat()}；该地区、行业可能当期无人报送或不在此指标的口径内"
            " (no such reading in this edition)"
        )
    numerator, denominator, value, reporting, due = found[0]
    return Figure(
        chosen, place, branch, at_grain, first, edition, numerator, denominator, value, reporting or 0, due or 0
    )


def _indicator(name: str) -> Indicator:
    found = catalogue().get(name)
    if found is None:
        raise UserError(f"没有名为“{name}”的指标；可用的有：{'、'.join(sorted(catalogue()))} (no such indicator)")
    return found


def _industry(region: Region, text: str) -> str:
    table = region.industries_and_tags
    table = table[table["level"] != "division"]
    codes = {str(code): str(code) for code in table["code"]}
    known = {str(name): str(code) for name, code in zip(table["name"], table["code"], strict=True)} | codes
    found = known.get(text.upper(), known.get(text)) if text else TOTAL_INDUSTRY
    if found is None:
        raise UserError(f"没有名为“{text}”的行业门类，请写代码，如 C，或 {TOTAL_INDUSTRY} (no such industry section)")
    return found


def _period(indicator: Indicator, region: Region, text: str, grain: str) -> tuple[Grain, date]:
    """Grain and first day of the period that somebody wrote."""
    wrong = UserError(f"时段“{text}”写法有误，请写成 2026-10、2026Q4 或 2026-10-12 (write periods like this)")
    digits = text.replace("-", "").upper()
    written: Grain | None = None
    try:
        if digits[4:5] == "Q" and len(digits) == 6:
            written, day = Grain.QUARTER, date(int(digits[:4]), 3 * int(digits[5]) - 2, 1)
        elif len(digits) == 6:
            written, day = Grain.MONTH, date(int(digits[:4]), int(digits[4:]), 1)
        else:
            day = date.fromisoformat(digits)
    except ValueError as error:
        raise wrong from error
    allowed = "、".join(indicator.grains)
    try:
        chosen = Grain(grain) if grain else written or indicator.grains[0]
    except ValueError as error:
        raise UserError(f"没有名为“{grain}”的时段长度；{indicator.name} 有 {allowed} (no such grain)") from error
    if chosen not in indicator.grains or (written is not None and chosen is not written):
        raise UserError(
            f"{indicator.name} 按 {allowed} 计，“{text}”不是这样的时段；请改写时段或 --grain"
            " (the indicator has no such period)"
        )
    return chosen, region.period_start(chosen, day)


def _edition(con: duckdb.DuckDBPyConnection, as_of: date | None) -> Edition:
    rows = con.execute(
        "select day, number, cutoff_at from warehouse.main.edition order by cutoff_at, number"
    ).fetchall()
    if not rows:
        raise UserError("仓库中还没有版次，请先运行 gangshao run (the warehouse has no edition)")
    of_day = [row for row in rows if as_of is None or row[0] == as_of]
    if not of_day:
        raise UserError(f"{as_of} 没有版次，现有 {rows[0][0]} 至 {rows[-1][0]} 的 (no edition of this day)")
    day, number, cutoff_at = of_day[-1]
    return Edition(day, number, cutoff_at.replace(tzinfo=UTC))
