"""Labour transfer: who of the monitored villages is away for work, where, who came back, around Spring Festival."""

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import breakdown, shell
from dashboard.components.form import area_choice
from dashboard.components.shell import Topic
from dashboard.components.table import scrolling, table
from dashboard.components.warning import address
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, percent, text, value
from dashboard.summary import headline, reference, villages
from dashboard.summary.comparison import change_words
from dashboard.summary.headline import shown
from dashboard.summary.reference import Indicator
from dashboard.summary.villages import AWAY, NOTHING, PLACES, RETURNED, SHARE, Cell, Weeks
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY

PATH = "/transfer"
AGAIN = 4  # weeks after the festival
_CHARTS = (AWAY, RETURNED, "telecom_net_outflow", "transport_net_outflow")
_PARTS = {
    "Why they came back, and what became of them": ("return_reason", "return_outcome"),
    "Labour of the villages": (
        "village_labour",
        "outworking_place",
        "village_wage",
        "village_unpaid",
        "away_per_household",
    ),
    "By means of transport": ("transport_out_mode", "transport_in_mode"),
    "Where people go and where they come from": (
        "transport_out_place",
        "transport_in_place",
        "telecom_out_place",
        "telecom_in_place",
    ),
}
_WHERE = (
    "Area",
    "People away",
    "A year before",
    "Against before",
    "Returned this week",
    "Share that returned",
    "Villages",
)

_TOWNSHIPS = (
    "Township",
    "Code",
    "Villages",
    "People away",
    "A year before",
    "Returned this week",
    "Share that returned",
    "Share a year before",
)


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Labour transfer · Gangshao", path=PATH, topic=Topic("Labour transfer", 5))


@shell.cached_page
def layout(area: str = "", **_: str) -> list[Any]:
    """The page; which area's courses it shows is the query of its address."""
    shown_area = area or reference.city()
    if shown_area not in reference.codes():
        return shell.not_found()
    weeks = villages.newest()
    heading = html.H1(text("Labour transfer"))
    if weeks is None:
        return [
            html.Div([heading], className="title"),
            html.P(text("No monitored village has reported yet."), className="empty"),
        ]
    said = text(
        "Monitored villages only, not all villages; week from {day}, compared with the week from {before}",
        day=weeks.week.isoformat(),
        before=weeks.before.isoformat(),
    )
    return [
        html.Div([heading, html.P(said)], className="title"),
        html.Section([html.H2(_finding(weeks)), _by_area(weeks, reference.codes())]),
        html.Section([html.H2(text("Where they are")), _by_place(weeks, reference.codes())]),
        area_choice(PATH, shown_area),
        *_by_township(weeks, shown_area),
        html.Div([_festival(name, shown_area) for name in (AWAY, RETURNED)], className="panels"),
        *[
            html.Section([html.H2(text(heading)), breakdown.panels(names, shown_area)])
            for heading, names in _PARTS.items()
        ],
        html.Section(
            [
                html.H2(text("How it ran, {area}", area=reference.place(shown_area))),
                html.Div([_chart(name, shown_area) for name in _CHARTS], className="panels"),
            ]
        ),
    ]


def _of(name: str) -> Indicator | None:
    return reference.indicators().get(name)


def _finding(weeks: Weeks) -> str:
    """What the table says first: how many are away in the city, against the same distance from the festival."""
    for area in (reference.city(), *sorted(data.viewer().areas)):
        now, before = weeks.cell(area, AWAY), weeks.cell(area, AWAY, is_before=True)
        if now.value is not None:
            given = {"area": reference.place(area), "number": count(now.value)}
            if before.value is None:
                return text("{area}: {number} people of the monitored villages are away", **given)
            change = change_words(now.value, before.value, "persons", is_ratio=False)
            return text(
                "{area}: {number} people of the monitored villages are away, {change} on a year before",
                change=change,
                **given,
            )
    return text("Who is away, area by area")


def _by_area(weeks: Weeks, areas: list[str]) -> Any:
    rows = []
    for area in areas:
        now, before = weeks.cell(area, AWAY), weeks.cell(area, AWAY, is_before=True)
        is_known = now.value is not None and before.value is not None
        change = change_words(now.value, before.value, "persons", is_ratio=False) if is_known else "–"  # type: ignore[arg-type]
        rows.append(
            [
                dcc.Link(reference.place(area), href=address(f"/area/{area}")),
                _words(now, AWAY),
                _words(before, AWAY),
                change,
                _words(weeks.cell(area, RETURNED), RETURNED),
                _words(weeks.cell(area, SHARE), SHARE),
                "–" if now.villages is None else count(now.villages),
            ]
        )
    return table(
        text("Who is away, area by area"),
        [text(name) for name in _WHERE],
        rows,
        numeric=frozenset(range(1, 7)),
        kind="rules",
    )


def _by_place(weeks: Weeks, areas: list[str]) -> Any:
    rows = [[reference.place(area), *[_words(weeks.cell(area, name), name) for name in PLACES]] for area in areas]
    columns = [text("Area"), *[text(words) for words in PLACES.values()]]
    return table(text("Where they are"), columns, rows, numeric=frozenset(range(1, 5)), kind="rules")


def _by_township(weeks: Weeks, area: str) -> list[Any]:
    """The townships of the area, by the codes of its monitored villages; of the city and for everybody none."""
    found = villages.townships(area, weeks)
    if found.empty:
        return []
    rows = [
        [
            text("{village} and others", village=row.village_name) if row.villages > 1 else row.village_name,
            row.township,
            count(row.villages),
            count(row.away),
            "–" if pd.isna(row.year_before_away) else count(row.year_before_away),
            count(row.returned),
            _share(row.returned, row.away_before),
            _share(row.year_before_returned, row.year_before_away_before),
        ]
        for row in found.itertuples(index=False)
    ]
    heading = text("Townships, {area}", area=reference.place(area))
    said = text("By the villages monitored there, after one of which each is called; the files name no townships.")
    shown_table = table(
        heading, [text(name) for name in _TOWNSHIPS], rows, numeric=frozenset(range(2, 8)), kind="rules"
    )
    return [html.Section([html.H2(heading), html.P(said), shown_table])]


def _share(returned: float, away: float) -> str:
    return "–" if pd.isna(returned) or pd.isna(away) or not away else percent(returned / away)


def _words(cell: Cell, name: str) -> Any:
    """A figure with its unit, the word of a withheld one, or "not reported"; provisional ones are marked."""
    indicator = _of(name)
    if cell is NOTHING or indicator is None:
        return text("not reported")
    words = shown(cell.value, cell.is_withheld, indicator)
    if cell.value is None:
        return words
    number = f"{words} {indicator.unit_word}"
    return [number, html.Small(text("provisional"))] if cell.is_provisional else number


def _festival(name: str, area: str) -> Any:
    """One indicator before and after Spring Festival, the years side by side."""
    indicator = _of(name)
    if indicator is None:
        return None
    heading = text("{title} around Spring Festival, {area}", title=indicator.title, area=reference.place(area))
    wide = villages.around(area, indicator)
    if wide.empty:
        nothing = html.P(text("Nothing was told around a festival."), className="empty")
        return html.Section([html.H2(heading), nothing], className="panel")
    rows = [
        [_week(int(week)), *["–" if pd.isna(one) else value(float(one), indicator.unit) for one in line]]
        for week, line in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    columns = [text("Weeks from the festival"), *[text("{year}", year=int(year)) for year in wide.columns]]
    shown_table = table(heading, columns, rows, numeric=frozenset(range(1, len(columns))), kind="plain")
    source = text("Unit: {unit}. Source: {source}", unit=indicator.unit_word, source=indicator.source)
    found = html.P(_again(wide)) if name == AWAY else None
    return html.Section(
        [html.H2(heading), found, scrolling(heading, shown_table), html.P(source, className="source")],
        className="panel",
    )


def _again(wide: pd.DataFrame) -> str:
    """How many of those away well before the festival were away again four weeks after it, year by year."""
    share = (wide.loc[AGAIN] / wide.loc[wide.index.min()]).dropna()
    said = [text("{share} in {year}", share=percent(float(one)), year=int(year)) for year, one in share.items()]
    return text(
        "Away again {weeks} weeks after the festival, of those away before it: {shares}",
        weeks=AGAIN,
        shares=text(", ").join(said) or text("not known"),
    )


def _week(number: int) -> str:
    if number == 0:
        return text("the festival's week")
    if number < 0:
        return text("{number} weeks before", number=-number)
    return text("{number} weeks after", number=number)


def _chart(name: str, area: str) -> Any:
    indicator = _of(name)
    if indicator is None:
        return None
    if headline.series(area, TOTAL_INDUSTRY, "week", headline.long_ago(), name).empty:
        return None
    title = dcc.Link(indicator.title, href=address(f"/indicator/{name}"))
    return html.Article([html.H3(title), figure_placeholder(name, area, TOTAL_INDUSTRY)], className="panel")
