"""Rules and leads, for the bureau: employers the law says to look at; each rule with its backtest and false alarms."""

from typing import Any

import pandas as pd
from dash import html

from dashboard.components import shell
from dashboard.components.table import table
from dashboard.components.tag import level_word
from dashboard.locale import count, percent, short_day, text, value
from dashboard.rules import decision
from dashboard.rules.conditions import scope_words
from dashboard.summary import reference, stored_backtests
from dashboard.summary.reference import region
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.workflow.progress import CAUSE_TITLES
from pipelines.core.domain import State
from pipelines.core.region.rule_version import rule_hash
from pipelines.ledger.workflow.rule import StoredBacktest, seen_backtests
from pipelines.ledger.workflow.steps import Cause, handled_episodes, workflow_states

_LEAD_COLUMNS = ("Employer", "Where", "Why", "People", "Of its staff", "Usual", "On the list since")
_RULE_COLUMNS = (
    "Rule",
    "Levels",
    "State",
    "Legal basis",
    "Warnings a week",
    "Known event or confirmed",
    "Median lead",
    "Backtested",
    "False alarms",
)
_STATES = {"enabled": "in force", "disabled": "switched off", "not_available": "no data yet"}


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Rules and leads · Gangshao", path="/rules")


@shell.page
def layout(**_: str) -> list[Any]:
    """The page: leads first, then the rules."""
    leads = data.read("layoff_lead")
    kept = _backtests()
    rules = list(data.read("rule").groupby("rule_id", sort=False))
    alarms = _false_alarms()
    return [
        html.Div(
            [html.H1(text("Rules and leads")), html.P(text("For the bureau alone; no office is told."))],
            className="title",
        ),
        html.H2(text("Employers to look at")),
        table(
            text("Employers to look at"),
            [text(name) for name in _LEAD_COLUMNS],
            [_lead(row) for row in leads.itertuples(index=False)],
            numeric=frozenset({3, 4, 5}),
            kind="rules",
            empty=text("No employer."),
        ),
        *([] if data.looks_back_to() is not None else decision.decision_section()),
        html.H2(text("Rules")),
        table(
            text("Rules"),
            [text(name) for name in _RULE_COLUMNS],
            [_rule(rows, kept.get(str(rule_id)), alarms.get(rule_id)) for rule_id, rows in rules],
            kind="rules with-backtests",
        ),
        html.H2(text("What the rules would have said")),
        html.P(
            text("Each warning of the newest stored backtest of a rule as it stands, the latest first."),
            className="caption",
        ),
        *stored_backtests.cases(
            [(str(rows["title"].iloc[0]), kept[str(rule_id)]) for rule_id, rows in rules if str(rule_id) in kept]
        ),
    ]


def _backtests() -> dict[str, StoredBacktest]:
    """By rule the newest stored backtest of it as it stands."""
    newest = {(one.rule_id, one.rule_hash): one for one in seen_backtests(trail().ledger, data.viewer(), data.until())}
    rules = region().rules_on(data.edition().day).groupby("rule_id")
    told = {str(rule_id): newest.get((str(rule_id), rule_hash(rows))) for rule_id, rows in rules}
    return {rule_id: one for rule_id, one in told.items() if one is not None}


def _lead(row: Any) -> list[Any]:
    return [
        row.employer_name if isinstance(row.employer_name, str) else row.employer,
        reference.where(row.area, row.industry),
        row.rule_title,
        count(row.people),
        "" if pd.isna(row.ratio) else percent(row.ratio),
        "" if pd.isna(row.expected) else value(row.expected, "ratio"),
        short_day(row.first_on.date()),
    ]


def _false_alarms() -> dict[Any, "pd.Series[int]"]:
    """By rule: how many of its warnings were dismissed for which cause, the most frequent first."""
    told = data.read("warning_rule").set_index("episode_id")["rule_id"]
    until = data.until()
    with trail().ledger.reading() as connection:
        stand = workflow_states(connection, told.index[told.index.isin(handled_episodes(connection))], until)
    dismissed = [
        (told[episode_id], at.steps[-1].cause) for episode_id, at in stand.items() if at.state is State.DISMISSED
    ]
    frame = pd.DataFrame(dismissed, columns=["rule_id", "cause"])
    return {rule_id: own["cause"].value_counts() for rule_id, own in frame.groupby("rule_id")}


def _causes(counts: "pd.Series[int] | None") -> str:
    if counts is None:
        return ""
    return text("; ").join(
        text("{cause}: {count}", cause=text(CAUSE_TITLES[Cause(str(cause))]), count=count(number))
        for cause, number in counts.items()
    )


def _rule(rows: pd.DataFrame, kept: StoredBacktest | None, alarms: "pd.Series[int] | None") -> list[Any]:
    first = rows.iloc[0]
    state = _STATES[first["status"]]
    levels = html.Span(" ".join(level_word(level) for level in sorted({int(level) for level in rows["level"]})))
    weekly: Any = ""
    right = lead = span = ""
    if kept is not None:
        weekly, right = stored_backtests.weekly_words(kept), stored_backtests.right_words(kept.figures)
        lead, span = stored_backtests.lead_words(kept.figures), stored_backtests.span_words(kept)
    basis = html.Small(" ".join(dict.fromkeys(rows["basis"])))
    about = text(", ").join(scope_words(first))
    title = html.Span([first["title"], " ", html.Small(about)]) if about else first["title"]
    return [title, levels, text(state), basis, weekly, right, lead, span, _causes(alarms)]
