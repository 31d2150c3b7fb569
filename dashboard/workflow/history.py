"""The history of a warning on its page: where it stands, who is on it, which measures; what is due and by whom."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.form import action_button, choice_field, form, hidden_field, text_area, text_field
from dashboard.components.table import scrolling, table
from dashboard.components.tag import level_word
from dashboard.locale import instant, text
from dashboard.locale.translation import in_words
from dashboard.summary import reference
from dashboard.summary.reference import due_day, region
from dashboard.web import data
from dashboard.web.security import current_permissions, trail
from dashboard.web.security.entrance import ROLE_TITLES
from dashboard.workflow.forms import find_owner, find_service_officer, next_steps
from dashboard.workflow.progress import (
    CAUSE_TITLES,
    STATE_TITLES,
    is_closed,
    may_read,
    step_address,
    workflow_state_words,
)
from pipelines.core.domain import ENDS, Level, State
from pipelines.core.region.permissions import PermittedAct
from pipelines.ledger.workflow.acknowledgement import LASTS_DAYS, Acknowledgement, acknowledgements
from pipelines.ledger.workflow.measure import Measure, Progress, Proposal, measures, proposals
from pipelines.ledger.workflow.steps import Cause, Transition, WorkflowState, workflow_states
from pipelines.ledger.workflow.transition import remind_within

_PROGRESS_TITLES = {Progress.ASSIGNED: "under way", Progress.DONE: "done", Progress.DROPPED: "dropped"}


def workflow_history(row: Any) -> Any:
    """The section of one warning (a row of the question ``warning``) as its viewer may act on it, as of now.

    In a page that looks back nobody can act, and what people did later is not shown.
    """
    until = data.until()
    with trail().ledger.reading() as connection:
        at = workflow_states(connection, [row.episode_id], until)[row.episode_id]
        taken_on = acknowledgements(connection, [row.episode_id], until)[row.episode_id]
        assigned = measures(connection, [row.episode_id], until)[row.episode_id]
    level = Level(int(row.level))
    may_act = until is None
    is_over = at.state_at(level) in ENDS or is_closed(row)
    if not may_read(row.area):
        at, taken_on, assigned = _withheld(at, taken_on, assigned)
    renewed: dict[str, Any] = {"data-renewed": "handling"}
    return html.Div(
        [
            html.Section(
                [
                    html.H2(text("Where it stands")),
                    html.P(_sentence(at, level), className="lead"),
                    _of_the_data(row, at, level, is_over=is_over),
                    next_steps(row, at, level, _now(), may_act=may_act, busy=_busy(taken_on, assigned, level)),
                    html.Details([html.Summary(text("All steps so far")), _steps(at)], open=bool(at.entries)),
                ]
            ),
            html.Section(
                [
                    html.H2(text("Who is on it")),
                    find_service_officer(row, data.today()),
                    _acknowledged(row, taken_on, level, may_act, is_over=is_over),
                    html.H3(text("Measures")),
                    _measures(row, assigned, may_act, is_over=is_over),
                ]
            ),
        ],
        className="halves handling",
        **renewed,
    )


def _withheld(
    at: WorkflowState, taken_on: list[Acknowledgement], assigned: list[Measure]
) -> tuple[WorkflowState, list[Acknowledgement], list[Measure]]:
    """The same without what people wrote; that there is something stays to be seen."""

    def hidden(said: str) -> str:
        return text("not shown here") if said else ""

    return (
        WorkflowState(tuple(replace(one, document=hidden(one.document), note=hidden(one.note)) for one in at.entries)),
        [replace(one, owner=hidden(one.owner), note=hidden(one.note)) for one in taken_on],
        [
            replace(
                one,
                owner=hidden(one.owner),
                deputy=hidden(one.deputy),
                note=hidden(one.note),
                result=hidden(one.result),
            )
            for one in assigned
        ],
    )


def _now() -> datetime:
    """This instant, or the one at which the edition looked back to was made."""
    return trail().clock() if data.looks_back_to() is None else data.edition().cutoff_at


def _sentence(at: WorkflowState, level: Level) -> str:
    if at.is_outgrown_at(level):
        return text("It has got worse than when it was last decided about: it is to be verified anew.")
    if at.since is None:
        return text("Nobody has verified it yet; it is a suspicion.")
    last = at.steps[-1]
    return text(
        "{state} since {instant}, by {who}",
        state=workflow_state_words(at, level),
        instant=_instant(last.acted_at),
        who=text(ROLE_TITLES[last.role]),
    )


def _of_the_data(row: Any, at: WorkflowState, level: Level, *, is_over: bool) -> Any:
    """What the data say of a warning that they no longer show."""
    if row.status == "open":
        return None
    since = row.closed_on.date().isoformat()
    if not is_over:
        said = "The data no longer show it since {day}. It stays open until people verify it and end it."
    elif at.state_at(level) is State.TO_VERIFY:
        said = "Not verified; the data fell back on {day}."
    else:
        said = "The data no longer show it since {day}."
    return html.P(text(said, day=since), className="source")


def _may(act: PermittedAct, row: Any) -> bool:
    """Whether the viewer may do an act about a warning."""
    return current_permissions().may_for(data.viewer(), act, row.area, is_city=row.area == reference.city())


def _busy(taken_on: list[Acknowledgement], assigned: list[Measure], level: Level) -> str:
    """Who is on it, in words: who took it on, and how many measures are under way."""
    names = [one.owner for one in taken_on if one.holds(level, _now())]
    running = sum(one.state is Progress.ASSIGNED for one in assigned)
    more = [text("{number} measures under way", number=running)] if running else []
    return text("; ").join([*dict.fromkeys(names), *more])


def _acknowledged(row: Any, taken_on: list[Acknowledgement], level: Level, may_act: bool, *, is_over: bool) -> Any:
    now = _now()
    is_theirs = may_act and _may(PermittedAct.ACKNOWLEDGE, row)
    shown = []
    for one in taken_on:
        state = text("in force") if one.holds(level, now) else text("undone") if one.undone_at else text("ended")
        back = None
        if is_theirs and one.undone_at is None:
            back = action_button(
                f"{step_address(row.episode_id)}/acknowledge/{one.acknowledgement_id}/undo", text("Undo")
            )
        until = text("until {instant}", instant=_instant(one.expires_at))
        shown.append([_instant(one.acknowledged_at), one.owner, one.note, [state, html.Small(until)], back or ""])
    columns = [text(name) for name in ("When", "Handled by", "Note", "State", "Acts")]
    listed = table(
        text("Who took this warning on"), columns, shown, kind="cards", empty=text("Nobody has taken it on yet.")
    )
    parts = [listed, _reminded(level) if not is_over and not any(one.holds(level, now) for one in taken_on) else None]
    if not is_theirs or is_over:
        return html.Div(parts)
    days = [(str(number), text("{days} days", days=number)) for number in LASTS_DAYS]
    inputs = [
        hidden_field("level", str(level.value)),
        text_field("owner", text("Post or person that handles it"), completes="off"),
        choice_field("days", text("No reminders for"), days, [str(LASTS_DAYS[1])]),
        text_area("note", text("Note")),
    ]
    path = f"{step_address(row.episode_id)}/acknowledge"
    return html.Div([*parts, form(path, inputs, text("Take it on"), key="acknowledge")])


def _reminded(level: Level) -> Any:
    """How soon the next post is told that nobody took a warning of a level on, by the numbers the mails go by."""
    within = remind_within(region().transition).get(level)
    if within is None:
        return None
    said = "Where nobody takes it on, the next post is reminded each {hours} working hours."
    return html.P(text(said, hours=within // timedelta(hours=1)), className="source")


def _measures(row: Any, assigned: list[Measure], may_act: bool, *, is_over: bool) -> Any:
    playbook = in_words(region().playbook)
    titles = dict(zip(playbook["playbook"], playbook["title"], strict=True))
    today = data.today() if data.looks_back_to() is None else data.edition().day
    shown = [
        [
            titles.get(one.playbook, one.playbook),
            [one.owner, html.Small(text("deputy {name}", name=one.deputy)) if one.deputy else ""],
            [one.due_on.isoformat(), html.Span(text("overdue"), className="tag late") if one.is_overdue(today) else ""],
            [text(_PROGRESS_TITLES[one.state]), html.Small(one.result)],
            _report(row, one, may_act),
        ]
        for one in assigned
    ]
    columns = [text(name) for name in ("Measure", "Owner", "Due", "State and result", "Acts")]
    parts = [table(text("Measures"), columns, shown, kind="cards", empty=text("No measure is assigned yet."))]
    fitting = proposals(playbook, row.kind, row.indicator, row.level)
    running = {one.playbook for one in assigned if one.state is Progress.ASSIGNED}
    open_ones = [] if is_over else [one for one in fitting if one.playbook not in running]
    if open_ones and may_act and _may(PermittedAct.ASSIGN_MEASURE, row):
        parts.append(_assign(row, open_ones, today))
    elif open_ones:
        words = [text("{title} (item {item})", title=one.title, item=one.item) for one in open_ones]
        parts.append(
            html.P(text("The playbook proposes: {measures}", measures=text("; ").join(words)), className="source")
        )
    return html.Div(parts)


def _report(row: Any, one: Measure, may_act: bool) -> Any:
    if not may_act or one.state is not Progress.ASSIGNED or not _may(PermittedAct.REPORT_MEASURE, row):
        return ""
    options = [(str(state), text(_PROGRESS_TITLES[state])) for state in (Progress.DONE, Progress.DROPPED)]
    inputs = [choice_field("state", text("State"), options, [str(Progress.DONE)]), text_area("result", text("Result"))]
    where = f"{step_address(row.episode_id)}/measure/{one.measure_id}/close"
    return html.Details(
        [html.Summary(text("Report")), form(where, inputs, text("Enter"), key=f"close {one.measure_id}")]
    )


def _assign(row: Any, fitting: list[Proposal], today: date) -> Any:
    options = [
        (
            one.playbook,
            text(
                "{title} (item {item}), by {day}",
                title=one.title,
                item=one.item,
                day=due_day(one.due_days, today).isoformat(),
            ),
        )
        for one in fitting
    ]
    responsible = find_owner(row, today)
    inputs = [
        choice_field("playbook", text("Measure"), options, [fitting[0].playbook]),
        text_field("owner", text("Owner"), value=responsible.owner, completes="off"),
        text_field("deputy", text("Deputy"), value=responsible.deputy, is_required=False, completes="off"),
        text_field(
            "due_on",
            text("Due on (like 2026-11-23), where not as said with the measure"),
            is_required=False,
            completes="off",
        ),
    ]
    return form(f"{step_address(row.episode_id)}/measure", inputs, text("Assign"), key="measure")


def _steps(at: WorkflowState) -> Any:
    """Everything that was entered, what was taken back too."""
    undone = {one.undoes for one in at.entries}
    shown = [
        [
            _instant(one.acted_at),
            _step(one, is_undone=one.number in undone),
            level_word(one.level),
            text(ROLE_TITLES[one.role]),
            text("; ").join(
                part
                for part in (one.document, text(CAUSE_TITLES[Cause(one.cause)]) if one.cause else "", one.note)
                if part
            ),
            one.edition_id,
        ]
        for one in at.entries
    ]
    columns = [text(name) for name in ("When", "Step", "Level", "By", "Grounds", "Edition seen")]
    caption = text("All steps so far")
    return scrolling(caption, table(caption, columns, shown, kind="plain", empty=text("No step has been taken.")))


def _step(one: Transition, *, is_undone: bool) -> Any:
    before, after = text(STATE_TITLES[one.from_state]), text(STATE_TITLES[one.to_state])
    words = text("{before} → {after}", before=before, after=after)
    if one.undoes is not None:
        return text("{step} (taken back)", step=words)
    return html.S(words) if is_undone else words


def _instant(at: Any) -> str:
    return instant(pd.Timestamp(at).to_pydatetime(), reference.zone())
