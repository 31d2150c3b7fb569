"""Employers, for the bureau and of its own area for an office: findings that name one, leads, layoff reports filed."""

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components import employer_lists, shell
from dashboard.components.shell import Topic
from dashboard.components.table import table
from dashboard.components.tag import comparison_tag, level_tag, state_tag, stored
from dashboard.components.warning import address, industry_link, people
from dashboard.figures.tabbed import figure_placeholder
from dashboard.locale import count, month, percent, short_day, text, value
from dashboard.summary import reference
from dashboard.summary.comparison import NORMAL_RANGE_SIGMAS, Comparison, against_range, change_words
from dashboard.summary.reference import code_title
from dashboard.web import data
from dashboard.workflow.progress import in_hand
from pipelines.core.domain import TOTAL_INDUSTRY, Audience, UserError

PATH = "/employers"
CLOSED_SINCE = timedelta(days=90)
REPORTED_SINCE = timedelta(days=400)
NOTICE_DAYS = 30  # Labour Contract Law 41
_LEADS = {
    "unreported": "people left without a report (R3)",
    "early": "planned day too soon after staff were told (R2)",
    "rehire": "people taken on within six months of a layoff (R4)",
}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Employers · Gangshao", path=PATH, topic=Topic("Employers", 6))


@shell.page
def layout(**asked: str) -> list[Any]:
    """The page: findings first, then leads for the bureau, then reports by month; or one list of employers."""
    chosen = asked.get("list", "")
    if chosen in employer_lists.TITLES:
        return [
            html.Div([html.H1(text("Employers"))], className="title"),
            html.P(text("Confidential: not for passing on. That you look at it is entered in the audit trail.")),
            employer_lists.choice(PATH, chosen),
            employer_lists.section(chosen),
        ]
    found = data.read("employer_warning", closed_since=data.edition().day - CLOSED_SINCE)
    leads = _leads_found()
    return [
        html.Div([html.H1(text("Employers")), html.P(_finding(found, leads))], className="title"),
        html.P(text("Confidential: not for passing on. That you look at it is entered in the audit trail.")),
        employer_lists.choice(PATH, ""),
        html.Section([html.H2(text("Findings that name an employer")), _findings(found)]),
        *_leads(leads),
        html.Section([html.H2(text("Layoff reports filed")), *_reports()]),
        html.Section([html.H2(text("Key employers by kind")), *_kinds()]),
        html.Section([html.H2(text("Key employers")), _key(set(found.loc[found["status"] == "open", "employer"]))]),
    ]


def _leads_found() -> pd.DataFrame:
    """Leads of the edition: the bureau's alone."""
    if data.viewer().audience is not Audience.BUREAU:
        return pd.DataFrame()
    try:
        return data.read("layoff_lead")
    except UserError:  # files published before there was such a table
        return pd.DataFrame()


def _finding(found: pd.DataFrame, leads: pd.DataFrame) -> str:
    is_open = found[found["status"] == "open"]
    most = is_open.groupby("employer")["people"].max()  # one employer may be named by several warnings
    named = text(
        "{number} employers are named by open warnings, {people} people",
        number=count(len(most)),
        people=count(float(most.sum())),
    )
    return named if leads.empty else text("{named}; {number} leads to look at", named=named, number=count(len(leads)))


def _findings(found: pd.DataFrame) -> Any:
    brought = in_hand(found)
    rows = [
        [
            dcc.Link(row.employer_name, href=address(f"/warning/{row.episode_id}"), className="subject"),
            _where(row.area, row.industry),
            level_tag(int(brought[row.episode_id].level if row.episode_id in brought else row.level)),
            [row.rule_title, html.Small(_seen(row))],
            people(row),
            _staff(row),
            short_day(row.opened_on.date()),
            brought[row.episode_id].state if row.episode_id in brought else state_tag("lifted"),
        ]
        for row in found.itertuples(index=False)
    ]
    names = ("Employer", "Where", "Level", "What was seen", "People", "Insured staff", "Since", "State")
    return table(
        text("Findings that name an employer"),
        [text(name) for name in names],
        rows,
        numeric=frozenset({4}),
        kind="rules",
        empty=text("No warning names an employer."),
    )


def _where(area: str, industry: str) -> Any:
    return html.Div([html.Div(reference.place(area)), html.Div(industry_link(industry))])


def _seen(row: Any) -> str:
    indicator = reference.judged_in(reference.indicators().get(row.indicator), row.kind)
    if pd.isna(row.observed) or indicator is None:
        return ""
    return text("seen {observed} {unit}", observed=value(row.observed, indicator.unit), unit=indicator.unit_word)


def _staff(row: Any) -> Any:
    """How many are insured, when that was counted, and what it was at the oldest count that an edition told."""
    if pd.isna(row.insured):
        return text("not known")
    when = html.Small(text("counted for {month}", month=month(row.counted_on.date())))
    if pd.isna(row.insured_before):
        return [count(row.insured), when]
    before = text("{number} in {month}", number=count(row.insured_before), month=month(row.counted_before.date()))
    return [count(row.insured), when, html.Small(before)]


def _leads(leads: pd.DataFrame) -> list[Any]:
    if data.viewer().audience is not Audience.BUREAU:
        return []
    rows = [
        [
            row.employer_name if isinstance(row.employer_name, str) else row.employer,
            _where(row.area, row.industry),
            [text(_LEADS.get(row.kind, row.kind)), html.Small(_dates(row))],
            count(row.people),
            "–" if pd.isna(row.staff) else count(row.staff),
            "–" if pd.isna(row.ratio) else percent(row.ratio),
            "–" if pd.isna(row.reported) else count(row.reported),
            "–" if pd.isna(row.first_on) else short_day(row.first_on.date()),
        ]
        for row in leads.itertuples(index=False)
    ]
    names = ("Employer", "Where", "Why", "People", "Staff", "Of its staff", "Reported", "On the list since")
    shown = table(
        text("Leads, for the bureau alone"),
        [text(name) for name in names],
        rows,
        numeric=frozenset({3, 4, 5, 6}),
        kind="rules",
        empty=text("No employer."),
    )
    hint = text("A lead is no warning: somebody has to look. How each rule was tried is on the page of rules.")
    return [html.Section([html.H2(text("Leads, for the bureau alone")), html.P([hint, " ", _to_rules()]), shown])]


def _to_rules() -> Any:
    return dcc.Link(text("Rules"), href=address("/rules"))


def _dates(row: Any) -> str:
    parts = []
    if not pd.isna(row.told_on):
        parts.append(text("staff told on {day}", day=row.told_on.date().isoformat()))
    if not pd.isna(row.effective_on):
        parts.append(text("planned for {day}", day=row.effective_on.date().isoformat()))
    if not parts and not pd.isna(row.window_from):
        first, last = row.window_from.date().isoformat(), row.window_to.date().isoformat()
        parts.append(text("{first} to {last}", first=first, last=last))
    return text(", ").join(parts)


def _reports() -> list[Any]:
    """Reports in force one by one, and how many people they planned for by month."""
    rows = data.read("filed_report", since=data.edition().day - REPORTED_SINCE)
    cells = [
        [
            row.employer_name if isinstance(row.employer_name, str) else row.employer,
            _where(row.area, row.industry),
            [_coded("layoff_kind", row.kind), html.Small(_coded("layoff_ground", row.ground))],
            count(row.people),
            "–" if pd.isna(row.staff) else [count(row.staff), html.Small(percent(row.people / row.staff))],
            _day(row.reported_on),
            html.Div([html.Div(_day(row.told_on)), html.Div(_day(row.effective_on)), _notice(row)]),
            _owed(row),
            _resettled(row),
        ]
        for row in rows.itertuples(index=False)
    ]
    names = (
        "Employer",
        "Where",
        "Kind and ground",
        "People planned for",
        "Staff",
        "Filed on",
        "Staff told on, planned for",
        "Owed (yuan)",
        "Compensation and resettlement",
    )
    shown = table(
        text("Layoff reports filed"),
        [text(name) for name in names],
        cells,
        numeric=frozenset({3, 4}),
        kind="rules",
        empty=text("The files of this edition name no layoff report."),
    )
    return [html.P(_filed(rows)) if len(rows) else None, shown, _chart()]


def _filed(rows: pd.DataFrame) -> str:
    return text(
        "{number} reports in the last {days} days, {people} people planned for",
        number=count(len(rows)),
        days=REPORTED_SINCE.days,
        people=count(float(rows["people"].sum())),
    )


def _coded(listed: str, *given: Any) -> Any:
    """The titles of codes of the region's lists; a code itself where the list has none."""
    return stored(text(", ").join(code_title(listed, code) for code in given if isinstance(code, str)))


def _day(when: Any) -> str:
    return "–" if pd.isna(when) else str(when.date().isoformat())


def _notice(row: Any) -> Any:
    """How many days staff were told ahead, marked where the law asks for more."""
    if pd.isna(row.told_on) or pd.isna(row.effective_on):
        return ""
    days = (row.effective_on - row.told_on).days
    words = text("{number} days ahead", number=days)
    return html.Span(words, className="tag tone-normal" if days >= NOTICE_DAYS else "tag late")


def _owed(row: Any) -> Any:
    parts = [(row.wages_owed, "wages {value}"), (row.contributions_owed, "contributions {value}")]
    return [html.Div(text(words, value=count(owed))) for owed, words in parts if not pd.isna(owed) and owed > 0] or "–"


def _resettled(row: Any) -> Any:
    """What is paid for the loss of the jobs, in all and a person, and what becomes of those laid off."""
    parts = []
    if not pd.isna(row.compensation):
        each = count(row.compensation / row.people) if row.people else "–"
        parts.append(html.Div(text("{value} yuan, {each} a person", value=count(row.compensation), each=each)))
    if isinstance(row.settlement, str) and row.settlement:
        parts.append(html.Div(_coded("settlement", *row.settlement.split(";"))))
    return parts or "–"


def _chart() -> Any:
    """People planned for by month, in the area that the viewer looks at first."""
    indicator = reference.indicators().get("layoff_reported")
    if indicator is None:
        return None
    own = sorted(data.viewer().areas)
    area = own[0] if own else reference.city()
    heading = html.H3(text("{title}, {area}", title=indicator.title, area=reference.place(area)))
    return html.Article([heading, figure_placeholder(indicator.indicator, area, TOTAL_INDUSTRY)], className="panel")


def _kinds() -> list[Any]:
    """Sums over the list by kind, of the city or the office's first area: staff and leaves beside what they were."""
    own = sorted(data.viewer().areas)
    area = own[0] if own else reference.city()
    try:
        found = data.read("employer_kind", area=area)
    except UserError:  # files published before there was such a table
        found = pd.DataFrame()
    rows = [
        [
            _coded("key_employer_kind", row.kind),
            count(row.employers),
            "–" if pd.isna(row.insured) else [count(row.insured), html.Small(_month_of(row.counted_on))],
            _against(row.insured, row.insured_3),
            _against(row.insured, row.insured_12),
            count(row.leaves),
            comparison_tag(_leaves_verdict(row)),
            text("usual {lo} to {hi}", lo=count(_usual(row)[0]), hi=count(_usual(row)[1])),
            _against(row.leaves, row.leaves_3),
            _against(row.leaves, row.leaves_12),
        ]
        for row in found.itertuples(index=False)
    ]
    names = (
        "Kind",
        "Employers",
        "Insured",
        "On 3 months before",
        "On 12 months before",
        "Leaves in 30 days",
        "Verdict",
        "Normal range",
        "On 90 days before",
        "On 360 days before",
    )
    said = text(
        "{area}: the employers that are on the list now, throughout; an employer of several kinds counts in each. "
        "Leaves with a risk of unemployment beside twelve times 30 days before.",
        area=reference.place(area),
    )
    shown = table(
        text("Key employers by kind"),
        [text(name) for name in names],
        rows,
        numeric=frozenset({1, 2, 3, 4, 5, 8, 9}),
        kind="rules",
        empty=text("The files of this edition name no key employer."),
    )
    return [html.P(said), shown]


def _month_of(day: Any) -> str:
    return "" if pd.isna(day) else month(day.date())


def _against(now: float, then: float) -> str:
    return "–" if pd.isna(now) or pd.isna(then) else change_words(float(now), float(then), "persons", is_ratio=False)


def _usual(row: Any) -> tuple[float, float]:
    """The normal range of 30 days: mean of twelve such before and their spread, at least that of chance."""
    spread = NORMAL_RANGE_SIGMAS * max(row.leaves_spread, row.leaves_usual**0.5)
    return max(0.0, row.leaves_usual - spread), row.leaves_usual + spread


def _leaves_verdict(row: Any) -> Comparison:
    return against_range(float(row.leaves), *_usual(row), "persons", "higher")


def _key(warned: set[str]) -> Any:
    """The list of key employers with the post that serves each; first those an open warning names."""
    rows = data.read("key_employer", day=data.edition().day)
    parts = [part for _, part in rows.groupby(["area", "employer"], sort=False)]
    parts.sort(key=lambda part: part["employer"].iloc[0] not in warned)
    cells = [_key_row(part, is_warned=part["employer"].iloc[0] in warned) for part in parts]
    names = ("Employer", "Where", "On the list as", "Service officer", "On the list since", "Open warning")
    served = sum(part["officer_post"].notna().any() for part in parts)
    said = text("{number} employers, {served} with a service officer", number=count(len(parts)), served=count(served))
    shown = table(
        text("Key employers"),
        [text(name) for name in names],
        cells,
        kind="rules",
        empty=text("The files of this edition name no key employer."),
    )
    return html.Details([html.Summary(said), shown], open=bool(warned)) if parts else shown


def _key_row(part: pd.DataFrame, *, is_warned: bool) -> list[Any]:
    first = part.iloc[0]
    posts = list(dict.fromkeys(part["officer_post"].dropna()))
    since = part["from_on"].min()
    return [
        first["employer_name"] if isinstance(first["employer_name"], str) else first["employer"],
        _where(first["area"], first["industry"]),
        _coded("key_employer_kind", *part["kind"]),
        stored(text(", ").join(posts)) if posts else html.Span(text("nobody named"), className="tag late"),
        _day(since),
        html.Span(text("named by a warning"), className="tag tone-worse") if is_warned else "–",
    ]
