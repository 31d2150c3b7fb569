"""The steps of a warning on its page: what is due and by whom, a form a step, the question before it ends, taking back.

No form stands open, so that what is pressed twice after a step meets no button of the next one.
"""

from datetime import date, datetime
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.form import action_button, choice_field, form, hidden_field, text_area, text_field
from dashboard.components.table import facts
from dashboard.components.tag import level_word, stored
from dashboard.components.warning import people, rule_name, subject
from dashboard.locale import instant, text
from dashboard.locale.translation import worded
from dashboard.summary import reference
from dashboard.summary.reference import code_title, region, steps_from
from dashboard.web import data
from dashboard.web.security.entrance import ROLE_TITLES
from dashboard.web.security.trail import actor
from dashboard.workflow.progress import CAUSE_TITLES, STEP_TITLES, due_title, step_address
from pipelines.core.domain import ENDS, Level, State
from pipelines.core.region.office_hours import suspected_at
from pipelines.ledger.workflow.measure import Responsible, responsible
from pipelines.ledger.workflow.steps import NEEDS_GROUND, UNDO_WITHIN, Cause, WorkflowState, timed_steps
from pipelines.ledger.workflow.transition import Step

_ENTERED: dict[str, Any] = {"data-entered": ""}  # the place that says what became of a form
_QUESTIONS = {State.DISMISSED: "Really dismiss it as a false alarm?", State.LIFTED: "Really lift it?"}


def next_steps(row: Any, at: WorkflowState, level: Level, now: datetime, *, may_act: bool, busy: str) -> Any:
    """What is due, and the forms of the steps that this viewer may take; ``busy``: who is on it, in words."""
    possible = steps_from(at.level_at(level), at.state_at(level), is_city=row.area == reference.city())
    if not possible:
        return html.Div(
            [_entered(row, at, now, may_act=may_act), html.P(text("Nothing more is due."), className="empty")]
        )
    due = {one.step.to: one.due_at for one in timed_steps(possible, at, suspected_at(region(), row))}
    lines = [_due(one, due.get(one.to), now) for one in possible]
    mine = [one for one in possible if one.is_for(data.viewer().role)] if may_act else []
    leading = [one for one in mine if one.to not in ENDS]
    ending = [one for one in mine if one.to in ENDS]
    parts: list[Any] = [_entered(row, at, now, may_act=may_act), html.Ul(lines, className="due")]
    parts += [_form(row, at, level, one) for one in leading]
    if ending:
        about = _about(row, at, level, busy)
        forms = [_form(row, at, level, one, about) for one in ending]
        parts.append(html.Div([html.H3(text("End this warning")), *forms], className="ending"))
    return html.Div(parts)


def _due(one: Step, due_at: datetime | None, now: datetime) -> Any:
    words: list[Any] = [due_title(one.to) if due_at else text(STEP_TITLES[one.to])]
    words.append(text(" – for {role}", role=text(ROLE_TITLES[one.role])))
    if due_at is not None:
        by = text("by {instant}", instant=_instant(due_at))
        is_over = now > due_at
        words += [
            " ",
            html.Span(text("overdue, {by}", by=by) if is_over else by, className="tag late" if is_over else ""),
        ]
    return html.Li([*words, html.Small(worded(one.basis))])


def _entered(row: Any, at: WorkflowState, now: datetime, *, may_act: bool) -> Any:
    """What this viewer has just entered, and the button that takes it back; the place that a form's answer leads to."""
    last = at.undoable(actor().who, now) if may_act else None
    if last is None:
        return html.P("", tabIndex=-1, className="said", role="status", **_ENTERED)
    until = _instant(last.acted_at + UNDO_WITHIN)
    said = text(
        "Entered: {step}. You may take it back until {instant}.", step=text(STEP_TITLES[last.to_state]), instant=until
    )
    if last.to_state is State.ISSUED:
        said += text("Once mails tell of the issue it cannot be taken back any more.")
    return html.Div(
        [
            html.P(said, tabIndex=-1, className="said well", role="status", **_ENTERED),
            action_button(f"{step_address(row.episode_id)}/step/{last.number}/undo", text("Take this step back")),
        ],
        className="entered",
    )


def _form(row: Any, at: WorkflowState, level: Level, one: Step, about: Any = None) -> Any:
    """One step behind its name: a ground where it needs one, and a button that says what it does."""
    inputs = [
        hidden_field("entries", str(len(at.entries))),
        hidden_field("state", at.state_at(level).value),
        hidden_field("level", str(at.level_at(level).value)),
        hidden_field("to", one.to.value),
    ]
    if one.role is not data.viewer().role:
        inputs.append(text_field("document", text("Order and document number (by delegation)")))
    if one.to is State.DISMISSED:
        causes = [("", text("Choose the cause"))] + [(str(cause), text(CAUSE_TITLES[cause])) for cause in Cause]
        inputs.append(choice_field("cause", text("Cause of a false alarm"), causes, [""], is_required=True))
    if one.to is State.LOWERED:
        below = [lower for lower in Level if lower > at.level_at(level)]
        options = [("", text("Choose the level"))] + [(str(lower.value), level_word(lower)) for lower in below]
        inputs.append(choice_field("lowered_to", text("Lowered to"), options, [""], is_required=True))
    inputs.append(text_area("note", text("Grounds"), is_required=one.to in NEEDS_GROUND))
    title = text(STEP_TITLES[one.to])
    ask = text(_QUESTIONS[one.to]) if one.to in _QUESTIONS else ""
    path = f"{step_address(row.episode_id)}/step"
    return html.Details(
        [html.Summary(title), form(path, inputs, title, ask=ask, about=about if ask else None, key=f"step {one.to}")],
        className="step",
    )


def _about(row: Any, at: WorkflowState, level: Level, busy: str) -> Any:
    """The warning in a few lines, below the question whether it ends."""
    return [
        facts(
            [
                (text("Subject"), subject(row)),
                (text("Rule"), rule_name(row)),
                (text("Level"), level_word(at.level_at(level))),
                (text("People affected"), people(row)),
                (text("Handled by"), busy or text("nobody yet")),
            ]
        ),
        html.P(text("It ends for good: nobody is reminded any more, and there is no further step.")),
    ]


def _instant(at: datetime) -> str:
    return instant(pd.Timestamp(at).to_pydatetime(), reference.zone())


def find_owner(row: Any, today: date) -> Responsible:
    """Who should have a warning (row of the question ``warning``): of a key employer its officer, or who stands in."""
    known = region()
    posts = _posts(row, today)
    return responsible(known.offices, known.recipients, known.absences, row.area, posts, today)


def find_service_officer(row: Any, today: date) -> Any:
    """A line that says that the warning's employer is a key one, why, and which post serves it; None of any other."""
    found = _listed(row, today)
    if found is None or found.empty:
        return None
    why = text(", ").join(dict.fromkeys(code_title("key_employer_kind", kind) for kind in found["kind"]))
    posts = _posts(row, today)
    words = _around(text("Key employer ({why}).", why="\0"), why)
    served = _around(text("It is served by: {post}.", post="\0"), text(", ").join(posts or []))
    return html.P([*words, " ", *(served if posts else [text("No post serves it yet.")])], className="source")


def _around(sentence: str, words: str) -> list[Any]:
    """A sentence with a stored text in its place, marked as the Chinese it is."""
    before, after = sentence.split("\0")
    return [before, stored(words), after]


def _listed(row: Any, today: date) -> Any:
    if not isinstance(row.employer, str) or not data.may_read_scores(row.area):
        return None
    return data.read("service_officer", employer=row.employer, day=today)


def _posts(row: Any, today: date) -> list[str] | None:
    found = _listed(row, today)
    return None if found is None or found.empty else list(dict.fromkeys(found["officer_post"].dropna()))
