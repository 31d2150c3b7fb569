"""The matrix area × industry: 28 days against expectation for who sees exact figures, else the last month; drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import elements
from dashboard.components.table import scrolling
from dashboard.components.tag import hidden, level_mark, level_word
from dashboard.components.warning import address
from dashboard.locale import month, short_day, text
from dashboard.summary import completeness, headline, reference
from dashboard.summary.comparison import NORMAL_RANGE_SIGMAS
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY, Audience

WINDOW = 28  # days: most 7-day cells of a city this size are below 10 people
FEWEST = 3  # persons: one more than none is no deviation, whatever its probability


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
    return [one for one in reference.shown_in("matrix") if not _rows(one).empty]


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
    columns = [TOTAL_INDUSTRY, *reference.sections(), *reference.tags()]
    some = {sector for _, sector in cells}
    return Matrix(indicator, period, data_to, kept, tuple(one for one in columns if one in some), cells, late, is_exact)


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


FEW = 8  # columns that would look lost on the whole width


def grid(shown: Matrix) -> Any:
    """The table of sections, that of industry tags, the legend, the choice of indicator and the download."""
    caption = text(
        "{title}, {period}, {unit}; data to {day}",
        title=shown.indicator.title,
        period=shown.period,
        unit=shown.indicator.unit_word,
        day=short_day(shown.data_to),
    )
    tags = set(reference.tags())
    sections = [code for code in shown.industries if code not in tags]
    parts = [scrolling(text("Matrix of areas and industries"), _table(shown, caption, sections))]
    tagged = [code for code in shown.industries if code in tags]
    if tagged:
        caption = text(
            "{table}: industry tags, which are parts of industries, overlap and add up to nothing", table=caption
        )
        parts.append(scrolling(text("Matrix of areas and industry tags"), _table(shown, caption, tagged)))
    return html.Div([_choice(shown), *parts, _legend(shown)])


def _table(shown: Matrix, caption: str, industries: Sequence[str]) -> Any:
    head = html.Tr(
        [html.Th(text("Area"), scope="col"), *[html.Th(_industry(code), scope="col") for code in industries]]
    )
    body = [
        html.Tr([html.Th(_area(code, shown), scope="row"), *[_cell(shown, code, sector) for sector in industries]])
        for code in shown.areas
    ]
    return html.Table(
        [html.Caption(caption), html.Thead(head), html.Tbody(body)],
        className="grid" if len(industries) >= FEW else "grid few",
    )


def _short(code: str) -> str:
    return text("All") if code == TOTAL_INDUSTRY else reference.short_industry(code)


def _industry(code: str) -> Any:
    name = html.Abbr(_short(code), title=reference.industry(code))
    return name if code == TOTAL_INDUSTRY else dcc.Link(name, href=address(f"/industry/{code}"))


def _area(code: str, shown: Matrix) -> Any:
    place = reference.places()[code]
    name = text("Whole city") if code == reference.city() else place.short_name
    link = dcc.Link(name, href=address(f"/area/{code}"))
    if code not in shown.late:
        return link
    to = shown.late[code]
    return [link, html.Span(text("to {day}", day=short_day(to)) if to else text("not reported"), className="tag late")]


def _cell(shown: Matrix, area: str, sector: str) -> Any:
    cell = shown.cells.get((area, sector))
    if cell is None:
        return html.Td(html.Span(text("not reported")), className="missing")
    if cell.state == "withheld":
        return html.Td(cell.amount, className="withheld")
    if cell.state == "missing":
        return html.Td(cell.amount, className="missing")
    classes = f"level level-{cell.level}" if cell.level is not None else cell.deviation
    words: list[Any] = [html.Span(cell.amount, className="amount")]
    if cell.level is not None:
        words += [
            html.B(level_mark(cell.level), **elements.ARIA_HIDDEN),
            hidden(text("warning: {level}", level=level_word(cell.level))),
        ]
    elif cell.deviation:
        words += [
            html.I("↑" if cell.deviation == "high" else "↓", **elements.ARIA_HIDDEN),
            hidden(text(cell.deviation)),
        ]
    if cell.expected:
        words.append(html.Small([hidden(text("expected")), " ", cell.expected]))
    return html.Td(words, className=classes)


def _choice(shown: Matrix) -> Any:
    """Which indicator, as links: the state is in the address."""
    links = []
    for item in choices():
        is_current = item.indicator == shown.indicator.indicator
        attributes = elements.ARIA_CURRENT if is_current else {}
        links.append(html.A(item.title, href=address(f"/?matrix={item.indicator}"), **attributes))
    download = html.A(
        text("Download CSV"),
        href=address(f"/download/matrix.csv?indicator={shown.indicator.indicator}"),
        className="download",
    )
    return html.P([*links, download], className="choice")


def _legend(shown: Matrix) -> Any:
    parts: list[Any] = []
    if shown.is_exact:
        parts.append(text("Large: seen. Small: expected from this series' own history."))
        parts.append(text("↑ above, ↓ below the normal range (95%)"))
    marks = [html.Span(level_word(level), className=f"tag level level-{level}") for level in (1, 2, 3, 4)]
    parts.append([text("Open warning:"), " ", *marks])
    parts.append(
        [html.Span(text("not reported"), className="tag late"), " ", text("the file has not come, which is not zero")]
    )
    if not shown.is_exact:
        parts.append(text("C withheld: too few people or employers, or a figure from which one could tell such a one."))
    return html.Ul([html.Li(part) for part in parts], className="legend")
