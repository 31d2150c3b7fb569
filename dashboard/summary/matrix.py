"""The matrix area × industry: 28 days against expectation for those who see exact figures, else the last month."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard.locale import month, short_day, text
from dashboard.summary import completeness, headline, reference
from dashboard.summary.comparison import NORMAL_RANGE_SIGMAS
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience

WINDOW = 28  # days: most 7-day cells of a city this size are below 10 people
FEWEST = 3  # persons: one more than none is no deviation, whatever its probability
CHOICES = ("benefit_claim", "insured_leave", "weekly_claims")


@dataclass(frozen=True)
class Cell:
    """One area × industry: what is shown, what was expected, level of an open warning, deviation, and state."""

    amount: str
    expected: str = ""
    level: int | None = None
    deviation: str = ""  # high, low or nothing
    state: str = "shown"  # shown, withheld, missing


@dataclass(frozen=True)
class Matrix:
    """All cells with their margins, in the order of places and industries."""

    indicator: Indicator
    period: str
    data_to: date
    areas: tuple[str, ...]
    industries: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    late: dict[str, date | None]  # areas with a gap, and to which day they have reported
    is_exact: bool


def choices() -> list[Indicator]:
    """Indicators a matrix can show here: those with figures."""
    known = reference.indicators()
    return [known[name] for name in CHOICES if name in known and not _rows(known[name]).empty]


def matrix(wanted: str) -> Matrix | None:
    """The matrix of an indicator (one of ``choices``; another name: the first of them), None when there is none."""
    offered = {item.indicator: item for item in choices()}
    if not offered:
        return None
    indicator = offered.get(wanted) or next(iter(offered.values()))
    return _of_month(indicator) if _is_general() else _of_window(indicator)


def _is_general() -> bool:
    return data.viewer().audience is Audience.GENERAL


def _rows(indicator: Indicator) -> pd.DataFrame:
    """The last whole month, or the last window that was judged; a weekly series has shorter windows."""
    if _is_general():
        this_month = data.edition().day.replace(day=1)
        return data.read("matrix_month", indicator=indicator.indicator, this_month=this_month)
    rows = pd.DataFrame()
    for periods in (WINDOW, 4, 2):
        rows = data.read("matrix_window", indicator=indicator.indicator, window_periods=periods)
        if not rows.empty:
            break
    return rows


def _of_window(indicator: Indicator) -> Matrix:
    rows = _rows(indicator)
    levels = _open_levels(indicator.indicator)
    cells = {}
    for row in rows.itertuples(index=False):
        spread = NORMAL_RANGE_SIGMAS * row.variance**0.5
        away = row.observed - row.expected
        is_far = abs(away) > max(spread, FEWEST)
        deviation = "" if not is_far else "high" if away > 0 else "low"
        key = (row.area, row.industry)
        cells[key] = Cell(
            headline.shown(row.observed, False, indicator),
            headline.shown(row.expected, False, indicator),
            levels.get(key),
            deviation,
        )
    newest = rows[rows["data_to"] == rows["data_to"].max()]
    first = newest["window_from"].min().date()
    last = reference.last_day(newest["data_to"].max().date(), indicator.indicator)
    period = text("{first} to {last}", first=short_day(first), last=short_day(last))
    return _made(indicator, period, last, cells, _late(indicator), is_exact=True)


def _of_month(indicator: Indicator) -> Matrix:
    rows = _rows(indicator)
    levels = _open_levels(indicator.indicator)
    cells = {}
    for row in rows.itertuples(index=False):
        is_withheld = bool(row.is_suppressed)
        state = "withheld" if is_withheld else "missing" if pd.isna(row.value) else "shown"
        cells[row.area, row.industry] = Cell(
            headline.shown(row.value, is_withheld, indicator), level=levels.get((row.area, row.industry)), state=state
        )
    first = rows["period"].max()
    last = min((first + pd.offsets.MonthEnd(0)).date(), data.edition().day)
    return _made(indicator, month(first.date()), last, cells, _late(indicator), is_exact=False)


def _made(
    indicator: Indicator,
    period: str,
    data_to: date,
    cells: dict[tuple[str, str], Cell],
    late: dict[str, date | None],
    *,
    is_exact: bool,
) -> Matrix:
    used = {area for area, _ in cells}
    areas = reference.codes()
    kept = tuple(area for area in areas if area in used or (area != reference.city() and area in late))
    listed = data.read("industry")
    sections = [TOTAL_INDUSTRY, *listed[listed["level"].isin(["section", "unknown"])]["code"]]
    some = {sector for _, sector in cells}
    return Matrix(
        indicator, period, data_to, kept, tuple(one for one in sections if one in some), cells, late, is_exact
    )


def _late(indicator: Indicator) -> dict[str, date | None]:
    """Areas whose newest due file of this indicator's feed has not come."""
    return {gap.area: gap.reported_to for gap in completeness.state().gaps if gap.feed == indicator.feed}


def _open_levels(indicator: str) -> dict[tuple[str, str], int]:
    rows = data.read("open_warning")
    rows = rows[rows["indicator"] == indicator]
    levels: dict[tuple[str, str], int] = {}
    for row in rows.itertuples(index=False):
        key = (row.area, row.industry)
        levels[key] = min(int(row.level), levels.get(key, 9))
    return levels
