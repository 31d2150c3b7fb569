"""What stored backtests say of rules: how often each would have warned, how often rightly, how early, and where."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard.components.table import facts, table
from dashboard.components.tag import level_tag
from dashboard.locale import count, percent, text, value
from dashboard.summary import reference
from pipelines.core.domain import State
from pipelines.ledger.workflow.rule import StoredBacktest

SHOWN = 200  # cases; a rule that says more a page cannot make clear
_COLUMNS = ("Day", "Where", "Worst level", "People", "Known event or confirmed", "Lead")
_RULINGS = {State.CONFIRMED.value: "confirmed by people", State.DISMISSED.value: "dismissed by people"}
_Words = Mapping[str, tuple[str, str]]
_OF_A_CASE: _Words = {
    "lead_days": ("{days} days before its end", "{days} days after its end"),
    "decided_lead_days": ("{days} days before that was decided", "{days} days after that was decided"),
}
_OF_A_RULE: _Words = {
    "lead_days": ("{days} days before the end of known events", "{days} days after the end of known events"),
    "confirmed_lead_days": ("{days} days before people confirmed", "{days} days after people confirmed"),
}


def weekly_words(kept: StoredBacktest) -> Any:
    """Warnings a week of the city, and of the rule it replaced."""
    said = value(float(kept.figures["per_week"]), "ratio")
    old = kept.figures.get("replaces")
    if not old:
        return said
    was = text("replaced: {number}", number=value(float(old["per_week"]), "ratio"))
    return html.Span([said, " ", html.Small(was)])


def right_words(figures: Mapping[str, Any]) -> str:
    """How many of its warnings from yellow on touch a known event, and how many of those decided on were confirmed."""
    touched, confirmed = figures.get("touched"), figures.get("confirmed")
    parts = [
        "" if touched is None else text("{share} touch a known event", share=percent(float(touched))),
        ""
        if confirmed is None
        else text("{share} of {number} confirmed", share=percent(float(confirmed)), number=count(figures["judged"])),
    ]
    return text("; ").join(part for part in parts if part)


def lead_words(figures: Mapping[str, Any]) -> str:
    """How early, as medians: before the end of known events, before people confirmed."""
    return _leads(figures, _OF_A_RULE)


def span_words(kept: StoredBacktest) -> str:
    """The days it was about."""
    return text("{first} to {last}", first=kept.first_on.isoformat(), last=kept.last_on.isoformat())


def cases(rules: Sequence[tuple[str, StoredBacktest]]) -> list[Any]:
    """Rule by rule (title, backtest) the warnings it would have made, behind a switch each."""
    if not rules:
        return [html.P(text("No rule in force has a stored backtest."), className="empty")]
    return [_of_rule(title, kept) for title, kept in rules]


def _of_rule(title: str, kept: StoredBacktest) -> Any:
    told = sorted(kept.figures["cases"], key=lambda one: (one["opened_on"], -one["level"]), reverse=True)
    said = text("{rule}: {count} warnings, {span}", rule=title, count=count(len(told)), span=span_words(kept))
    more = len(told) - SHOWN
    rest = text("{number} earlier ones are stored with the backtest.", number=count(more))
    return html.Details(
        [
            html.Summary(said),
            _offices(kept.figures.get("per_week_of_area", {})),
            table(
                text("Warnings of the backtest of {rule}", rule=title),
                [text(name) for name in _COLUMNS],
                [_case(one) for one in told[:SHOWN]],
                kind="rules cases-of-rule",
                empty=text("It would have warned of nothing in these days."),
            ),
            html.P(rest) if more > 0 else None,
        ]
    )


def _offices(weekly: Mapping[str, float]) -> Any:
    if not weekly:
        return None
    pairs = [(reference.place(area), value(float(number), "ratio")) for area, number in sorted(weekly.items())]
    return html.Div([html.P(text("Warnings a week by area"), className="caption"), facts(pairs)])


def _case(one: Mapping[str, Any]) -> list[Any]:
    ruling = _RULINGS.get(one.get("ruling") or "")
    known = {True: "touches a known event", False: "no known event"}.get(one["touched"])
    right = text("; ").join(text(word) for word in (known, ruling) if word)
    return [
        one["opened_on"],
        reference.where(one["area"], one["industry"]),
        level_tag(one["level"]),
        one["people_band"],
        right or text("not known"),
        _leads(one, _OF_A_CASE),
    ]


def _leads(said: Mapping[str, Any], words: _Words) -> str:
    known = [(said[name], *both) for name, both in words.items() if said.get(name) is not None]
    return text("; ").join(text(before if days >= 0 else after, days=f"{abs(days):g}") for days, before, after in known)
