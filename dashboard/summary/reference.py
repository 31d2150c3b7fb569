"""What published files and the region's folder name: places, industries, indicators, feeds, offices, codes, steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from flask import current_app

from dashboard.locale import Language, language, messages, text
from dashboard.locale.translation import REGION
from dashboard.web import data
from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Audience, Level, State
from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.ledger.workflow.transition import Step, possible_steps

_UNITS = {
    "persons": "persons",
    "posts": "posts",
    "adverts": "adverts",
    "employers": "employers",
    "reports": "reports",
    "months": "months",
    "days": "days",
    "cases": "cases",
    "yuan": "yuan",
    "percent": "%",
    "ratio": "times",
    "index": "points",
}


@dataclass(frozen=True)
class Place:
    """An area as pages name it."""

    code: str
    name: str
    short_name: str
    level: str
    residents: float | None
    county_view: str = ""


@dataclass(frozen=True)
class Indicator:
    """What pages need to know of an indicator."""

    indicator: str
    title: str
    unit: str
    worse: str
    grains: frozenset[str]
    formula: str
    source: str
    feed: str
    is_ratio: bool
    sort: int | None = None
    """Its place among cards; None: after those that have one."""
    shown: frozenset[str] = frozenset()
    """Where on Today it is: matrix, counties, today (a card)."""

    @property
    def short_title(self) -> str:
        """The title for a narrow card: the catalogue's short form, or the title itself."""
        return messages().get(f"{self.indicator} in short") or self.title

    @property
    def unit_word(self) -> str:
        """The unit in words, to follow a number."""
        return text(_UNITS.get(self.unit, self.unit))


def city() -> str:
    """Code of the whole region."""
    return data.manifest()["city"]


def zone() -> str:
    """Name of the region's time zone."""
    return data.manifest()["time_zone"]


def is_demonstration() -> bool:
    """Whether all the data are invented."""
    return data.manifest().get("is_demonstration") == "true"


def places() -> dict[str, Place]:
    """All areas by code, in the region's order."""
    return data.once_an_edition(_places)


def _places() -> dict[str, Place]:
    return {
        row.code: Place(
            row.code,
            row.name,
            row.short_name,
            row.level,
            None if pd.isna(row.residents) else row.residents,
            row.county_view if isinstance(row.county_view, str) else "",
        )
        for row in data.read("place").itertuples(name="Row", index=False)
    }


def units() -> list[Place]:
    """The reporting units this viewer may name: an office's own areas, else all of them."""
    own = data.viewer().areas
    limited = data.viewer().audience is Audience.OFFICE or bool(own)
    return [place for place in places().values() if place.level == "unit" and (not limited or place.code in own)]


def codes() -> list[str]:
    """Codes of the areas whose pages this viewer may open: the city, and the units it may name."""
    return [city(), *[unit.code for unit in units()]]


def place(code: str) -> str:
    """Name of an area."""
    known = places().get(code)
    return known.name if known else code


def industry(code: str) -> str:
    """Name of an industry."""
    return data.once_an_edition(_industries).get(code, code)


def is_industry(code: str) -> bool:
    """Whether an industry, or the total of all, has this code."""
    return code == TOTAL_INDUSTRY or code in data.once_an_edition(_industries)


def _industries() -> dict[str, str]:
    rows = data.read("industry")
    return dict(zip(rows["code"], rows["name"], strict=True))


def sections() -> list[str]:
    """Codes of the industrial sections and of the unknown one."""
    listed = data.read("industry")
    return list(listed[listed["level"].isin(["section", "unknown"])]["code"])


def tags() -> list[str]:
    """Codes of the industry tags, groups of divisions that overlap and are parts of sections."""
    listed = data.read("industry")
    return list(listed[listed["level"] == "tag"]["code"])


def short_industry(code: str) -> str:
    """Name of an industry for a narrow column: the catalogue's short form, or the name itself."""
    return messages().get(f"section {code} in short") or industry(code)


def indicators() -> dict[str, Indicator]:
    """The catalogue of indicators by identity."""
    return data.once_an_edition(_indicators)


def _indicators() -> dict[str, Indicator]:
    is_chinese = language() is Language.CHINESE
    return {
        row.indicator: Indicator(
            indicator=row.indicator,
            title=row.title_zh if is_chinese else row.title_en,
            unit=row.unit,
            worse=row.worse,
            grains=frozenset(part.strip() for part in row.grains.split(",")),
            formula=row.formula,
            source=row.source,
            feed=row.feed,
            is_ratio=bool(row.is_ratio),
            sort=None if pd.isna(row.sort) else int(row.sort),
            shown=frozenset(filter(None, str(row.shown or "").split(", "))),
        )
        for row in data.read("indicator").itertuples(name="Row", index=False)
    }


def ordered(found: Iterable[Indicator]) -> list[Indicator]:
    """Indicators in the order of the pages: by their place among cards, then by title."""
    return sorted(found, key=lambda one: (one.sort is None, one.sort or 0, one.title))


def shown_in(place: str) -> list[Indicator]:
    """Indicators that Today shows in a place (matrix, counties, today), in the order of the pages."""
    return ordered(one for one in indicators().values() if place in one.shown)


def feed(identity: str) -> str:
    """Title of a feed; the identity itself of one that no contract has any more."""
    contract = contracts().get(identity)
    if contract is None:
        return identity
    return contract.title if language() is Language.CHINESE else contract.title_en


def where(area: str, sector: str) -> str:
    """Area and industry of a series in one breath; the total industry goes unnamed."""
    if pd.isna(sector) or sector in {TOTAL_INDUSTRY, ""}:
        return place(area)
    return f"{place(area)} · {industry(sector)}"


def cohort_of(rule_id: str) -> str:
    """The group of people that a rule is about; EVERY_COHORT of one about everybody."""
    rules = data.read("rule")
    own = rules.loc[rules["rule_id"] == rule_id, "cohort"].dropna()
    return EVERY_COHORT if own.empty else str(own.iloc[0])


def last_day(when: date, indicator: str, cohort: str = EVERY_COHORT) -> date:
    """The last day of a judged period, which the published file names by its first day: weeks are judged as wholes, and
    groups of people by the week."""
    known = indicators().get(indicator)
    by_week = known is not None and "week" in known.grains and ("day" not in known.grains or cohort != EVERY_COHORT)
    return when + timedelta(days=6) if by_week else when


def periods(first: date, last: date, indicator: str) -> int:
    """How many periods a judged window has, named by the first days of its first and its last."""
    known = indicators().get(indicator)
    grains = frozenset({"day"}) if known is None else known.grains
    if "day" in grains:
        return (last - first).days + 1
    if "week" in grains:
        return (last - first).days // 7 + 1
    months = 12 * (last.year - first.year) + last.month - first.month
    return (months if "month" in grains else months // 3) + 1


def judged_in(indicator: Indicator | None, kind: str) -> Indicator | None:
    """The indicator in the unit of its findings: a spike of a rate counts people, one of vacancies per seeker posts, a
    fault of data reports."""
    if indicator is not None and kind == "data_fault":
        return replace(indicator, unit="reports", is_ratio=False)
    if indicator is None or kind != "spike" or not indicator.is_ratio:
        return indicator
    return replace(indicator, unit=counted_in(indicator))


def counted_in(ratio: Indicator) -> str:
    """The unit of a ratio's numerator."""
    return "posts" if ratio.unit == "ratio" else "persons"


def is_monthly_spike(indicator: str, kind: str) -> bool:
    """Whether a warning's days are first days of months that were judged as wholes."""
    known = indicators().get(indicator)
    return kind in BEYOND_EXPECTED and known is not None and not known.grains & {"day", "week"}


def where_in_short(area: str, sector: str) -> str:
    """The same in short names, for sentences that name many."""
    known = places().get(area)
    name = known.short_name if known else area
    is_total = pd.isna(sector) or sector in {TOTAL_INDUSTRY, ""}
    return name if is_total else f"{name} · {short_industry(sector)}"


def as_day(value: Any) -> date | None:
    """A day of a frame (timestamp, date or missing) as a date."""
    stamp = pd.Timestamp(value)
    return None if pd.isna(stamp) else stamp.date()


def region() -> Region:
    """The region of this request's server, as its files are now. Raises UserError as ``load`` does."""
    return data.once(_region)


def office_of(areas: frozenset[str]) -> tuple[str, str] | None:
    """Identity and name of the first office that answers for any of these areas."""
    offices = region().offices
    found = ((str(one.office_id), str(one.name)) for one in offices.itertuples() if areas & set(one.areas.split(";")))
    return next(found, None)


def code_title(listed: str, code: str) -> str:
    """The title of a code of one of the region's lists; the code itself where the list has none."""
    codes = region().codes
    titles = codes.loc[(codes["list"] == listed) & (codes["code"] == code), "title"]
    return str(titles.iloc[0]) if len(titles) else code


def codes_of_class(listed: str, wanted: str) -> frozenset[str]:
    """The codes of one of the region's lists that are of a class."""
    codes = region().codes
    return frozenset(codes.loc[(codes["list"] == listed) & (codes["class"] == wanted), "code"])


def due_day(days: int, today: date) -> date:
    """So many days from today; where that is no workday, the next one."""
    due = today + timedelta(days=days)
    while not region().is_workday(due):
        due += timedelta(days=1)
    return due


def steps_from(level: Level, state: State, *, is_city: bool) -> Sequence[Step]:
    """The steps out of a state at a level; ``is_city``: of a warning about the whole city."""
    return _steps(_folder(), data.region_changed_at(), level, state, is_city)


def _region() -> Region:
    return _loaded(_folder(), data.region_changed_at())


def _folder() -> Path:
    folder: Path = current_app.config[REGION]
    return folder


@lru_cache(maxsize=2)
def _loaded(folder: Path, _at: int) -> Region:
    return load(folder)


@lru_cache(maxsize=256)
def _steps(folder: Path, changed_at: int, level: Level, state: State, is_city: bool) -> tuple[Step, ...]:
    return tuple(possible_steps(_loaded(folder, changed_at).transition, level, state, is_city=is_city))
