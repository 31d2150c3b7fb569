"""Breakdowns as pages show them: one measure by category, the newest whole period beside earlier ones."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import inf

import pandas as pd

from dashboard.locale import Language, language, text
from dashboard.summary import reference
from dashboard.web import data
from pipelines.core.catalogue.breakdowns import Breakdown, breakdowns
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, Grain

_REACH = timedelta(days=460)  # the newest period and the one of a year before
_YEAR = {Grain.WEEK: pd.DateOffset(weeks=52), Grain.MONTH: pd.DateOffset(years=1)}
_STEP = {Grain.WEEK: pd.DateOffset(weeks=1), Grain.MONTH: pd.DateOffset(months=1)}


@dataclass(frozen=True)
class Line:
    """One category: what it is called, its value now, a period before and a year before, its share and its units."""

    category: str
    title: str
    is_stored: bool
    now: float | None
    before: float | None
    year_before: float | None
    share: float | None
    units: float | None


@dataclass(frozen=True)
class Parted:
    """A breakdown of an area in its newest whole period; ``areas`` of ``usual`` areas have reported it."""

    of: Breakdown
    area: str
    period: date
    lines: tuple[Line, ...]
    areas: int
    usual: int


def in_language(words: tuple[str, str]) -> str:
    """What the catalogue says in both languages, in the reader's."""
    return words[0] if language() is Language.CHINESE else words[1]


def own_area(area: str) -> str | None:
    """The area of which this reader is shown exact parts: the one asked for, an office's own, None for nobody else."""
    viewer = data.viewer()
    if viewer.audience is Audience.BUREAU or (viewer.audience is Audience.OFFICE and area in viewer.areas):
        return area
    return min(viewer.areas, default=None) if viewer.audience is Audience.OFFICE else None


def rows_of(name: str, area: str, industry: str = TOTAL_INDUSTRY) -> pd.DataFrame:
    """Periods and categories of a breakdown of an area that this reader may see."""
    since = data.edition().day - _REACH
    return data.read("breakdown", breakdown=name, area=area, city=reference.city(), industry=industry, since=since)


def parted(name: str, asked: str, industry: str = TOTAL_INDUSTRY) -> Parted | None:
    """A breakdown in its newest whole period; None where this reader sees none or nothing was told."""
    area = own_area(asked)
    one = breakdowns()[name]
    if area is None:
        return None
    rows = rows_of(name, area, industry)
    rows = rows[rows["period"] + _STEP[one.grain] <= pd.Timestamp(data.edition().day)]
    if rows.empty:
        return None
    newest = rows["period"].max()
    now, before, year = (
        rows[rows["period"] == when].set_index("category")
        for when in (newest, newest - _STEP[one.grain], newest - _YEAR[one.grain])
    )
    total = float(now["numerator"].sum())
    has_share = not one.overlaps and now["denominator"].isna().all() and total > 0
    lines = [
        Line(
            category=category,
            title=title_of(one, category),
            is_stored=bool(one.code_list and category),
            now=_value(one, now, category),
            before=_value(one, before, category),
            year_before=_value(one, year, category),
            share=float(now.at[category, "numerator"]) / total if has_share else None,
            units=float(now.at[category, "units"]),
        )
        for category in _ordered(one, list(now.index))
    ]
    areas = int(now["areas"].max())
    usual = max([areas, *rows.loc[rows["period"] == newest - _STEP[one.grain], "areas"]])
    return Parted(one, area, newest.date(), tuple(lines), areas, int(usual))


def periods_ahead(name: str, area: str) -> pd.DataFrame:
    """A breakdown's periods from the running month on, a year of them: a row a period, a column a category."""
    rows = rows_of(name, area)
    first = pd.Timestamp(data.edition().day.replace(day=1))
    rows = rows[(rows["period"] >= first) & (rows["period"] < first + pd.DateOffset(years=1))]
    return rows.pivot_table(index="period", columns="category", values="numerator", aggfunc="sum", fill_value=0.0)


@dataclass(frozen=True)
class Balance:
    """Posts of an occupation offered in a month, and people who began to look for one."""

    title: str
    posts: float
    people: float

    @property
    def ratio(self) -> float | None:
        """Posts for each person; None where nobody looks for one."""
        return self.posts / self.people if self.people else None


def balance_by_occupation(asked: str) -> tuple[str, date, list[Balance]] | None:
    """Area, newest whole month of which both are told, and its occupations, those most short of people first; None
    where this reader sees none. Who names no occupation is left out."""
    area = own_area(asked)
    if area is None:
        return None
    sides = [
        rows_of(name, area).set_index(["period", "category"])["numerator"]
        for name in ("vacancy_occupation", "seeker_occupation")
    ]
    both = pd.concat(sides, axis=1, keys=["posts", "people"]).dropna(how="all")
    told = both.notna().groupby(level="period").any().all(axis=1)
    whole = [when for when in told[told].index if when + _STEP[Grain.MONTH] <= pd.Timestamp(data.edition().day)]
    if not whole:
        return None
    of_month = both.loc[max(whole)].fillna(0.0)
    one = breakdowns()["seeker_occupation"]
    found = [
        Balance(title_of(one, category), float(of_month.at[category, "posts"]), float(of_month.at[category, "people"]))
        for category in _ordered(one, [code for code in of_month.index if code])
    ]
    return area, max(whole).date(), sorted(found, key=lambda row: -(row.ratio if row.ratio is not None else inf))


def title_of(one: Breakdown, category: str) -> str:
    """What a category is called."""
    if not category:
        return text("not given")
    if one.code_list:
        return reference.code_title(one.code_list, category)
    return in_language(one.categories.get(category, (category, category)))


def categories(one: Breakdown) -> list[str]:
    """All categories in their order; the one of rows that give none comes last."""
    codes = reference.region().codes
    listed = list(codes.loc[codes["list"] == one.code_list, "code"].drop_duplicates()) if one.code_list else []
    return [*(listed or one.categories), ""]


def _ordered(one: Breakdown, found: list[str]) -> list[str]:
    known = categories(one)
    return [*[code for code in known if code in found], *sorted(code for code in found if code not in known)]


def _value(one: Breakdown, rows: pd.DataFrame, category: str) -> float | None:
    if category not in rows.index:
        return None
    row = rows.loc[category]
    if pd.isna(row["denominator"]):
        return float(row["numerator"])
    return float(one.scale * row["numerator"] / row["denominator"]) if row["denominator"] else None
