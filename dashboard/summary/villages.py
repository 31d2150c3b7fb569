"""What monitored villages say of people who work elsewhere: who is away, where, who came back, around the festival."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dashboard.summary import headline, reference
from dashboard.summary.reference import Indicator, region
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError

AWAY, RETURNED, SHARE = "outworking_labour", "returning_labour", "returning_labour_share"
PLACES = {
    "outworking_in_county": "in the county",
    "outworking_in_city": "in the city",
    "outworking_in_province": "in the province",
    "outworking_other_province": "in other provinces",
}
AROUND = range(-6, 11)  # weeks before and after the festival
YEARS = 4


@dataclass(frozen=True)
class Cell:
    """A figure of one area, indicator and week as it is told: value, villages behind it, whether it is withheld."""

    value: float | None
    villages: int | None
    is_withheld: bool
    is_provisional: bool


NOTHING = Cell(None, None, is_withheld=False, is_provisional=False)


@dataclass(frozen=True)
class Weeks:
    """The newest week with its counterpart of the year before, and what each area told of both."""

    week: date
    before: date
    cells: dict[tuple[str, str, date], Cell]

    def cell(self, area: str, indicator: str, *, is_before: bool = False) -> Cell:
        """What was told; nothing where none was."""
        return self.cells.get((area, indicator, self.before if is_before else self.week), NOTHING)


def newest() -> Weeks | None:
    """The newest week that is told; None where villages told nothing."""
    week = reference.as_day(data.read("newest_village_week")["period"].iloc[0])
    if week is None:
        return None
    before = counterpart_week(week, festivals())
    rows = data.read("weeks_of_villages", week=week, before=before)
    cells = {
        (row.area, row.indicator, row.period.date()): Cell(
            None if pd.isna(row.value) else float(row.value),
            None if pd.isna(row.units) else int(row.units),
            is_withheld=row.is_suppressed is True,
            is_provisional=row.is_provisional is True,
        )
        for row in rows.itertuples(index=False)
    }
    return Weeks(week, before, cells)


def townships(area: str, weeks: Weeks) -> pd.DataFrame:
    """The townships of an area in the newest week beside the year before, for the bureau and the office concerned."""
    if data.viewer().audience is Audience.GENERAL:
        return pd.DataFrame()
    try:
        return data.read("township_week", area=area, week=weeks.week, before=weeks.before)
    except UserError:  # files published before there was such a table
        return pd.DataFrame()


def around(area: str, indicator: Indicator) -> pd.DataFrame:
    """One indicator of an area around the last festivals: a row a week from the festival, a column a festival's year.

    A week belongs to the festival it is nearest to; NaN where nothing was told.
    """
    known = [one for one in festivals() if one <= data.edition().day + timedelta(days=7 * -AROUND.start)]
    rows = headline.series(area, TOTAL_INDUSTRY, "week", _since(known), indicator.indicator)
    if rows.empty or not known:
        return pd.DataFrame()
    placed = [nearest(day.date() + timedelta(days=3), known) for day in rows["period"]]  # by its Thursday
    frame = pd.DataFrame(
        {
            "year": [one[0].year for one in placed if one is not None],
            "week": [round(one[1] / 7) for one in placed if one is not None],
            "value": rows["value"].to_numpy(),
        }
    )
    kept = frame[frame["week"].isin(AROUND)].drop_duplicates(["year", "week"], keep="last")
    wide = kept.pivot(index="week", columns="year", values="value")
    return wide[wide.columns[wide.notna().any()]].reindex(list(AROUND))


def _since(known: list[date]) -> date:
    recent = known[-YEARS:]
    return recent[0] + timedelta(days=7 * AROUND.start - 7) if recent else data.edition().day


BEFORE, AFTER = 30, 60  # days around the festival within which its distance counts, not the date
YEAR_OF_WEEKS = timedelta(days=364)


def festivals() -> list[date]:
    """First days of the first moon that the region's calendar knows, in order."""
    calendar = region().calendar
    return sorted(pd.to_datetime(calendar.loc[calendar["kind"] == "spring_festival", "date"]).dt.date)


def nearest(day: date, known: Sequence[date]) -> tuple[date, int] | None:
    """The festival nearest to a day and the day's distance from it, below zero before; None without any."""
    if not known:
        return None
    own = min(known, key=lambda one: abs(day - one))
    return own, (day - own).days


def counterpart(day: date, known: Sequence[date]) -> date:
    """The day of the year before to compare with: from 30 days before to 60 after a festival the one at the same
    distance from the festival before it, else, or where that one is not known, the same weekday 52 weeks ago."""
    found = nearest(day, known)
    if found is not None and -BEFORE <= found[1] <= AFTER:
        earlier = [one for one in known if one < found[0]]
        if earlier:
            return max(earlier) + timedelta(days=found[1])
    return day - YEAR_OF_WEEKS


def counterpart_week(monday: date, known: Sequence[date]) -> date:
    """The Monday nearest to the counterpart of a Monday."""
    day = counterpart(monday, known)
    weekday = day.weekday()
    return day - timedelta(days=weekday) if weekday <= 3 else day + timedelta(days=7 - weekday)
