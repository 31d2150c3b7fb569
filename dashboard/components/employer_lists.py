"""Lists of employers one by one: arrears and deferrals, leads on unpaid wages, shortage, operation, welfare posts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard.components import breakdown, elements
from dashboard.components.table import table
from dashboard.components.tag import stored
from dashboard.components.warning import address, industry_link
from dashboard.locale import count, percent, text
from dashboard.summary import reference
from dashboard.summary.breakdown import title_of
from dashboard.summary.reference import code_title, codes_of_class
from dashboard.web import data
from pipelines.core.catalogue.breakdowns import breakdowns

SOON = 30  # days before a deferral or a post ends
OVERDUE = 30  # days that a lead may be open
_SINCE = timedelta(days=400)
_PARTS = {
    "arrears": ("insured_flow",),
    "leads": ("lead_status", "lead_source"),
    "welfare": ("welfare_kind", "welfare_subsidy", "welfare_difficulty"),
}
TITLES = {
    "arrears": "Arrears and deferrals",
    "leads": "Leads on unpaid wages",
    "shortage": "Employers short of people",
    "operation": "Employers that lose jobs or do not work as usual",
    "welfare": "Public-welfare posts and when they end",
}
_ARREARS = ("Employer", "Where", "Insured staff", "Months in arrears", "Amount (yuan)", "Deferred until", "Days left")
_LEADS = ("Employer", "Where", "Entered on", "Persons", "Amount (yuan)", "Status", "Source", "Days open")
_SHORTAGE = (
    "Employer",
    "Where",
    "Staff",
    "Unfilled",
    "Occupation",
    "Monthly wage",
    "Expected staff",
    "Operation",
    "Difficulties",
)
_OPERATION = (
    "Employer",
    "Where",
    "Operation",
    "Jobs",
    "Jobs lost",
    "Type and reason",
    "Size and ownership",
    "Wages owed to",
)
_WELFARE = (
    "Unit",
    "Area",
    "Kind of post",
    "Persons",
    "In difficulty",
    "Monthly subsidy",
    "Since",
    "Ends on",
    "Days left",
)


def choice(path: str, chosen: str) -> Any:
    """The lists there are, each leading to the page with it; the first link leads back to findings."""
    links = [("", text("Findings and reports")), *((name, text(title)) for name, title in TITLES.items())]
    shown = [
        html.A(
            title,
            href=address(f"{path}?list={name}" if name else path),
            **(elements.ARIA_CURRENT if name == chosen else {}),
        )
        for name, title in links
    ]
    return html.Nav(shown, className="choice", **elements.aria_label(text("Lists of employers")))


def section(name: str) -> Any:
    """One list with what it says in a sentence."""
    said, columns, rows, numeric = _LISTS[name]()
    title = text(TITLES[name])
    shown = table(title, columns, rows, numeric=numeric, kind="rules", empty=text("No employer."))
    parts = breakdown.panels(_PARTS[name], reference.city()) if name in _PARTS else None
    return html.Section([html.H2(title), html.P(said), parts, shown])


def _named(row: Any) -> str:
    return row.employer_name if isinstance(row.employer_name, str) else str(row.employer)


def _where(row: Any) -> Any:
    return html.Div([html.Div(reference.place(row.area)), html.Div(industry_link(row.industry))])


def _number(number: Any) -> str:
    return "–" if pd.isna(number) else count(float(number))


def _day(when: Any) -> str:
    return "–" if pd.isna(when) else str(when.date().isoformat())


def _codes(listed: str, codes: Any) -> Any:
    if not isinstance(codes, str) or not codes:
        return "–"
    return stored(text(", ").join(code_title(listed, code) for code in codes.split(";")))


def _days_left(last: Any) -> Any:
    if pd.isna(last):
        return "–"
    days = (last.date() - data.edition().day).days
    return html.Span(count(days), className="tag late") if days <= SOON else count(days)


def _arrears() -> tuple[str, list[str], list[list[Any]], frozenset[int]]:
    rows = data.read("employer_arrears")
    ends = rows["deferred_until"].dropna()
    soon = sum(0 <= (when.date() - data.edition().day).days <= SOON for when in ends)
    said = text(
        "{arrears} employers in arrears, {insured} insured, {amount} yuan; {deferred} with a deferral, of which {soon} "
        "end within {days} days",
        arrears=count(int((rows["arrears_months"] > 0).sum())),
        insured=count(float(rows.loc[rows["arrears_months"] > 0, "insured"].sum())),
        amount=count(float(rows["arrears_amount"].sum())),
        deferred=count(int(rows["is_deferred"].fillna(False).sum())),
        soon=count(soon),
        days=SOON,
    )
    cells = [
        [
            _named(row),
            _where(row),
            _number(row.insured),
            _number(row.arrears_months),
            _number(row.arrears_amount),
            _day(row.deferred_until),
            _days_left(row.deferred_until),
        ]
        for row in rows.itertuples(index=False)
    ]
    return said, [text(name) for name in _ARREARS], cells, frozenset({2, 3, 4, 6})


def _leads() -> tuple[str, list[str], list[list[Any]], frozenset[int]]:
    day = data.edition().day
    rows = data.read("arrears_lead", since=day - _SINCE)
    is_open = rows["closed_on"].isna()
    age = (pd.Timestamp(day) - rows["reported_on"]).dt.days
    said = text(
        "{open} leads are open, {persons} persons, {amount} yuan, {overdue} of them for more than {days} days; closed "
        "of those entered in the last {since} days: {share}",
        open=count(int(is_open.sum())),
        persons=count(float(rows.loc[is_open, "persons"].sum())),
        amount=count(float(rows.loc[is_open, "amount"].sum())),
        overdue=count(int((is_open & (age > OVERDUE)).sum())),
        days=OVERDUE,
        since=_SINCE.days,
        share=_closed(rows, pd.Timestamp(day - _SINCE)),
    )
    cells = [
        [
            _named(row),
            _where(row),
            _day(row.reported_on),
            _number(row.persons),
            _number(row.amount),
            _codes("lead_status", row.status),
            _codes("lead_source", row.source),
            _age(row),
        ]
        for row in rows.itertuples(index=False)
    ]
    return said, [text(name) for name in _LEADS], cells, frozenset({3, 4, 7})


def _closed(rows: pd.DataFrame, since: pd.Timestamp) -> str:
    """The share of leads entered since a day that are closed."""
    entered = rows[rows["reported_on"] >= since]
    return percent(float(entered["closed_on"].notna().mean())) if len(entered) else text("not known")


def _age(row: Any) -> Any:
    if not pd.isna(row.closed_on):
        return text("closed on {day}", day=_day(row.closed_on))
    days = (data.edition().day - row.reported_on.date()).days
    return html.Span(count(days), className="tag late") if days > OVERDUE else count(days)


def _shortage() -> tuple[str, list[str], list[list[Any]], frozenset[int]]:
    rows = data.read("shortage_list")
    rows = rows[(rows["unfilled"] > 0) | _is_unusual(rows)]
    said = text(
        "{number} employers miss {posts} people",
        number=count(int((rows["unfilled"] > 0).sum())),
        posts=count(float(rows["unfilled"].sum())),
    )
    cells = [
        [
            _named(row),
            _where(row),
            _number(row.staff),
            _number(row.unfilled),
            _codes("occupation", row.occupation),
            _number(row.wage),
            _number(row.expected_staff),
            _resumed(row),
            _codes("difficulty", row.difficulties),
        ]
        for row in rows.itertuples(index=False)
    ]
    return said, [text(name) for name in _SHORTAGE], cells, frozenset({2, 3, 5, 6})


def _is_unusual(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether an employer has told a state of operation that is not the usual one."""
    state = rows["operation"]
    return state.notna() & ~state.isin(codes_of_class("operation", "open"))


def _resumed(row: Any) -> Any:
    state = _codes("operation", row.operation)
    return state if pd.isna(row.resumed_on) else [state, html.Small(text("resumed on {day}", day=_day(row.resumed_on)))]


def _operation() -> tuple[str, list[str], list[list[Any]], frozenset[int]]:
    rows = data.read("monitored_list")
    rows = rows[(rows["losses"] > 0) | (rows["unpaid_persons"] > 0) | _is_unusual(rows)]
    said = text(
        "{number} monitored employers lost {jobs} jobs, by their newest form",
        number=count(int((rows["losses"] > 0).sum())),
        jobs=count(float(rows["losses"].sum())),
    )
    cells = [
        [
            _named(row),
            _where(row),
            _codes("operation", row.operation),
            text("{number} of {base}", number=_number(row.cur_jobs), base=_number(row.base_jobs)),
            _number(row.losses),
            html.Div([html.Div(_codes("loss_type", row.loss_type)), html.Div(_codes("loss_reason", row.loss_reason))]),
            html.Div([html.Div(_codes("employer_size", row.size)), html.Div(_codes("ownership", row.ownership))]),
            _number(row.unpaid_persons),
        ]
        for row in rows.itertuples(index=False)
    ]
    return said, [text(name) for name in _OPERATION], cells, frozenset({3, 4, 7})


def _welfare() -> tuple[str, list[str], list[list[Any]], frozenset[int]]:
    rows = data.read("welfare_list")
    ends = rows["ends_on"]
    days = (ends - pd.Timestamp(data.edition().day)).dt.days
    said = text(
        "{persons} persons in {posts} posts; posts of {soon} end within {days} days",
        persons=count(float(rows["persons"].sum())),
        posts=count(len(rows)),
        soon=count(float(rows.loc[days.between(0, SOON), "persons"].sum())),
        days=SOON,
    )
    kinds = breakdowns()["welfare_kind"]
    cells = [
        [
            row.unit_name,
            reference.place(row.area),
            title_of(kinds, row.kind),
            _number(row.persons),
            _number(row.in_difficulty),
            _number(row.subsidy),
            _day(row.started_on),
            _day(row.ends_on),
            _days_left(row.ends_on),
        ]
        for row in rows.itertuples(index=False)
    ]
    return said, [text(name) for name in _WELFARE], cells, frozenset({3, 4, 5, 8})


_LISTS: dict[str, Callable[[], tuple[str, list[str], list[list[Any]], frozenset[int]]]] = {
    "arrears": _arrears,
    "leads": _leads,
    "shortage": _shortage,
    "operation": _operation,
    "welfare": _welfare,
}
