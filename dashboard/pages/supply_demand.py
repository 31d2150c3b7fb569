"""Supply and demand: posts against people looking for one, industries that are short of people, where demand fell."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import breakdown, shell
from dashboard.components.form import area_choice
from dashboard.components.shell import Topic
from dashboard.components.table import table
from dashboard.components.tag import stored
from dashboard.components.warning import address, industry_link
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, month, text, value
from dashboard.summary import headline, reference
from dashboard.summary.breakdown import balance_by_occupation
from dashboard.summary.comparison import change_words
from dashboard.summary.headline import shown
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY

PATH = "/supply-demand"
RATIO, DEMAND, SHORTAGE = "vacancy_seeker_ratio", "vacancy", "labour_shortage_rate"
TOP = 10
_PARTS = {
    "Posts by occupation and education": ("vacancy_occupation", "vacancy_stock", "vacancy_education", "vacancy_wage"),
    "People looking for a post": ("seeker_occupation", "seeker_education", "seeker_age", "seeker_sex", "seeker_cohort"),
    "What employers are short of": ("shortage_occupation", "shortage_wage"),
}
BALANCE = 1.0  # a post for each who looks for one


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Supply and demand · Gangshao", path=PATH, topic=Topic("Supply and demand", 4))


@shell.cached_page
def layout(area: str = "", **_: str) -> list[Any]:
    """The page; which area's industries it shows is the query of its address."""
    shown_area = area or reference.city()
    if shown_area not in reference.codes():
        return shell.not_found()
    return [
        html.Div([html.H1(text("Supply and demand")), html.P(_finding())], className="title"),
        _ratio(),
        area_choice(PATH, shown_area),
        _short(shown_area),
        _fallen(shown_area),
        _balance(shown_area),
        *[
            html.Section([html.H2(text(heading)), breakdown.panels(names, shown_area)])
            for heading, names in _PARTS.items()
        ],
        html.Section([html.H2(text("What is not told here")), html.P(_missing())]),
    ]


def _finding() -> str:
    """What the ratio of the last whole month says."""
    rows = _whole(RATIO, reference.city(), TOTAL_INDUSTRY)
    if rows.empty or pd.isna(rows.iloc[-1]["value"]):
        return text("The ratio of posts to people looking for one is not known.")
    last = rows.iloc[-1]
    words = (
        "{month}: {ratio} posts for each person looking for one, more posts than people"
        if last["value"] >= BALANCE
        else "{month}: {ratio} posts for each person looking for one, fewer posts than people"
    )
    return text(words, month=month(last["period"].date()), ratio=value(float(last["value"]), "ratio"))


def _whole(name: str, area: str, industry: str) -> pd.DataFrame:
    """Months of a series that are over."""
    rows = headline.series(area, industry, "month", headline.long_ago(), name)
    return rows[rows["period"] < pd.Timestamp(data.edition().day.replace(day=1))]


def _ratio() -> Any:
    indicator = reference.indicators().get(RATIO)
    if indicator is None or _whole(RATIO, reference.city(), TOTAL_INDUSTRY).empty:
        return html.Section([html.P(text("There are no figures of it yet."), className="empty")])
    rows = _whole(RATIO, reference.city(), TOTAL_INDUSTRY).tail(1)
    counts = [
        text(
            "{posts} posts, {people} people looking for one", posts=count(row.numerator), people=count(row.denominator)
        )
        for row in rows.itertuples(index=False)
        if not pd.isna(row.numerator) and not pd.isna(row.denominator)
    ]
    title = dcc.Link(indicator.title, href=address(f"/indicator/{RATIO}"))
    return html.Section(
        [
            html.H2([title, html.Small(reference.place(reference.city()))]),
            html.P(text(", ").join(counts), className="caption"),
            figure_placeholder(RATIO, reference.city(), TOTAL_INDUSTRY),
        ],
        className="panel",
    )


def _of_month(name: str, area: str) -> tuple[date | None, pd.DataFrame]:
    """The last whole month an area told an indicator of, and what it said by section, with the year before."""
    rows = _whole(name, area, TOTAL_INDUSTRY)
    rows = rows[rows["value"].notna() | rows["is_suppressed"].fillna(False)]
    if rows.empty:
        return None, pd.DataFrame()
    when = rows["period"].iloc[-1]
    before = (when - pd.DateOffset(years=1)).date()
    found = data.read("supply_by_industry", area=area, month=when.date(), before=before)
    return when.date(), found[found["indicator"] == name]


def _short(area: str) -> Any:
    """The industries that miss the most people."""
    title = text("Most short of people, by industry, {area}", area=reference.place(area))
    when, rows = _of_month(SHORTAGE, area)
    indicator = reference.indicators().get(SHORTAGE)
    if when is None or indicator is None:
        return _unknown(title)
    top = rows.sort_values("numerator", ascending=False, na_position="last").head(TOP)
    cells = [
        [
            industry_link(row.industry),
            _lacking(row),
            f"{shown(row.value, row.is_suppressed is True, indicator)}{'' if pd.isna(row.value) else ' %'}",
            "–"
            if pd.isna(row.before_value) or pd.isna(row.value)
            else text("{change} points", change=change_words(row.value, row.before_value, "percent", is_ratio=True)),
            "–" if pd.isna(row.units) else count(row.units),
        ]
        for row in top.itertuples(index=False)
    ]
    names = ("Industry", "Posts unfilled", "Shortage rate", "Change on a year before", "Employers asked")
    columns = [text(name) for name in names]
    source = text(
        "{month}; employers on the form of labour shortage only. Source: {source}",
        month=month(when),
        source=indicator.source,
    )
    return _by_industry(title, columns, cells, text("No industry told a shortage."), source)


def _lacking(row: Any) -> str:
    if row.is_suppressed is True:
        return text("C withheld")
    return "–" if pd.isna(row.numerator) else count(row.numerator)


def _fallen(area: str) -> Any:
    """The industries that offer fewest posts compared with a year before."""
    title = text("Demand that fell most on a year before, by industry, {area}", area=reference.place(area))
    when, rows = _of_month(DEMAND, area)
    indicator = reference.indicators().get(DEMAND)
    if when is None or indicator is None:
        return _unknown(title)
    known = rows.dropna(subset=["value", "before_value"])
    fallen = known[known["value"] < known["before_value"]]
    fallen = fallen.assign(change=fallen["value"] - fallen["before_value"]).sort_values("change").head(TOP)
    cells = [
        [
            industry_link(row.industry),
            count(row.value),
            count(row.before_value),
            change_words(row.value, row.before_value, "posts", is_ratio=False),
        ]
        for row in fallen.itertuples(index=False)
    ]
    columns = [text(name) for name in ("Industry", "Posts offered", "A year before", "Change on a year before")]
    source = text(
        "{month}, unit: {unit}. Source: {source}", month=month(when), unit=indicator.unit_word, source=indicator.source
    )
    return _by_industry(title, columns, cells, text("No industry offered fewer posts than a year before."), source)


def _balance(area: str) -> Any:
    """Posts against people by occupation, those most short of people first."""
    found = balance_by_occupation(area)
    if found is None:
        return _unknown(text("Posts and people looking for one, by occupation, {area}", area=reference.place(area)))
    whose, when, rows = found
    title = text("Posts and people looking for one, by occupation, {area}", area=reference.place(whose))
    cells = [
        [
            stored(row.title),
            count(row.posts),
            count(row.people),
            "–" if row.ratio is None else value(row.ratio, "ratio"),
            text("{number} short of people", number=count(row.posts - row.people))
            if row.posts >= row.people
            else text("{number} more people than posts", number=count(row.people - row.posts)),
        ]
        for row in rows
    ]
    names = ("Occupation", "Posts offered", "People looking for one", "Posts per person", "Balance")
    source = text(
        "{month}; posts offered and people who began to look for one in the month, by the first occupation they name. "
        "Above 1: more posts than people. Who names none is left out.",
        month=month(when),
    )
    return _by_industry(title, [text(name) for name in names], cells, "", source)


def _unknown(title: str) -> Any:
    return html.Section([html.H2(title), html.P(text("There are no figures of it yet."), className="empty")])


def _by_industry(title: str, columns: Sequence[str], cells: list[list[Any]], empty: str, source: str) -> Any:
    """A heading, a row an industry whose figures follow its name, and where they come from."""
    numeric = frozenset(range(1, len(columns)))
    return html.Section(
        [
            html.H2(title),
            table(title, columns, cells, numeric=numeric, kind="rules", empty=empty),
            html.P(source, className="source"),
        ]
    )


def _missing() -> str:
    return text(
        "The indicator of posts per person is told of the whole city only, and is judged and forecast; by occupation "
        "and county it stands above as it was in the month, for the bureau and the county concerned."
    )
