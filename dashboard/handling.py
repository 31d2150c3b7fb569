"""The human side of a warning on its page: where it stands, what is due and by whom, who is on it, which measures."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd
from dash import html

from dashboard import data, reference
from dashboard.acts import address_of
from dashboard.components.form import act, chosen, form, kept, told, written
from dashboard.components.table import scrolling, table
from dashboard.components.tag import level_word
from dashboard.locale import instant, text
from dashboard.officer import owner_of, served_by
from dashboard.region import due_day, region, steps_from
from dashboard.security import trail
from dashboard.security.entrance import ROLE_TITLES
from dashboard.wording import in_words, worded
from pipelines.domain import ANNOUNCED, Audience, Level, State
from pipelines.ledger.acknowledgement import LASTS_DAYS, Acknowledgement, acknowledgements, may_acknowledge
from pipelines.ledger.chain import Cause, Standing, standing, timed
from pipelines.ledger.measure import (
    MAY_ASSIGN,
    MAY_REPORT,
    Measure,
    Progress,
    Proposal,
    measures,
    proposals,
)
from pipelines.ledger.transition import Step

STATE_TITLES = {
    State.TO_VERIFY: "suspected, to be verified",
    State.CONFIRMED: "confirmed",
    State.DISMISSED: "false alarm",
    State.ISSUED: "issued",
    State.HANDLING: "being handled",
    State.LOWERED: "lowered",
    State.LIFTED: "lifted by people",
}
STEP_TITLES = {
    State.CONFIRMED: "Confirm",
    State.DISMISSED: "Dismiss as a false alarm",
    State.ISSUED: "Issue the warning",
    State.HANDLING: "Begin to handle it",
    State.LOWERED: "Lower its level",
    State.LIFTED: "Lift it",
}
CAUSE_TITLES = {
    Cause.DATA_ERROR: "error in the data",
    Cause.LATE_FILING: "filed late, all at once",
    Cause.POLICY_CHANGE: "a rule or procedure changed",
    Cause.SEASON: "season or holiday",
    Cause.TRANSFER: "people moved between units, no loss of jobs",
    Cause.CHANCE: "chance",
    Cause.OTHER: "another cause",
}
_PROGRESS_TITLES = {Progress.ASSIGNED: "under way", Progress.DONE: "done", Progress.DROPPED: "dropped"}


def handling(row: Any) -> Any:
    """The section of one warning (a row of the question ``warning``) as its viewer may act on it, as of now.

    In a page that looks back nobody can act, and what people did later is not shown.
    """
    until = data.until()
    with trail().ledger.reading() as connection:
        at = standing(connection, [row.episode_id], until)[row.episode_id]
        taken_on = acknowledgements(connection, [row.episode_id], until)[row.episode_id]
        assigned = measures(connection, [row.episode_id], until)[row.episode_id]
    level = Level(int(row.level))
    may_act = until is None
    if not may_read(row.area):
        at, taken_on, assigned = _withheld(at, taken_on, assigned)
    return html.Div(
        [
            html.Section(
                [
                    html.H2(text("Where it stands")),
                    html.P(_sentence(at, level), className="lead"),
                    _next(row, at, level, may_act),
                    html.Details([html.Summary(text("All steps so far")), _steps(at)], open=bool(at.steps)),
                ]
            ),
            html.Section(
                [
                    html.H2(text("Who is on it")),
                    served_by(row, data.today()),
                    _acknowledged(row, taken_on, level, may_act),
                    html.H3(text("Measures")),
                    _measures(row, assigned, may_act),
                ]
            ),
        ],
        className="halves handling",
    )


def state_words(at: Standing, level: Level) -> str:
    """The state in words; an announced warning bears the level that people gave it."""
    state = at.state_at(level)
    words = text(STATE_TITLES[state])
    if state in ANNOUNCED:
        return text("{level} warning, {state}", level=level_word(at.level_at(level)), state=words)
    return words


def may_read(area: str) -> bool:
    """Whether the viewer may read what people wrote about warnings of an area: it may name employers or persons."""
    viewer = data.viewer()
    return viewer.audience is Audience.BUREAU or (viewer.audience is Audience.OFFICE and area in viewer.areas)


def _withheld(
    at: Standing, taken_on: list[Acknowledgement], assigned: list[Measure]
) -> tuple[Standing, list[Acknowledgement], list[Measure]]:
    """The same without what people wrote; that there is something stays to be seen."""

    def hidden(said: str) -> str:
        return text("not shown here") if said else ""

    return (
        Standing(tuple(replace(one, document=hidden(one.document), note=hidden(one.note)) for one in at.steps)),
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


def _sentence(at: Standing, level: Level) -> str:
    if at.is_outgrown_at(level):
        return text("It has got worse than when it was last decided about: it is to be verified anew.")
    if at.since is None:
        return text("Nobody has verified it yet; it is a suspicion.")
    last = at.steps[-1]
    return text(
        "{state} since {instant}, by {who}",
        state=state_words(at, level),
        instant=_instant(last.acted_at),
        who=text(ROLE_TITLES[last.role]),
    )


def _next(row: Any, at: Standing, level: Level, may_act: bool) -> Any:
    is_city = row.area == reference.city()
    possible = steps_from(at.level_at(level), at.state_at(level), is_city=is_city)
    if not possible:
        return html.P(text("Nothing more is due."), className="empty")
    due = {one.step.to: one.due_at for one in timed(possible, at)}
    lines = []
    for one in possible:
        words: list[Any] = [text(STEP_TITLES[one.to]), text(" – for {role}", role=text(ROLE_TITLES[one.role]))]
        if one.to in due:
            is_over = _now() > due[one.to]
            by = text("by {instant}", instant=_instant(due[one.to]))
            words += [
                " ",
                html.Span(text("overdue, {by}", by=by) if is_over else by, className="tag late" if is_over else ""),
            ]
        lines.append(html.Li([*words, html.Small(worded(one.basis))]))
    mine = [one for one in possible if one.is_for(data.viewer().role)] if may_act else []
    return html.Div([html.Ul(lines, className="due"), _step_form(row, at, level, mine) if mine else None])


def _step_form(row: Any, at: Standing, level: Level, mine: list[Step]) -> Any:
    goals = {one.to for one in mine}
    inputs = [
        kept("number", str(len(at.steps))),
        chosen("to", text("Next step"), [(str(one.to), text(STEP_TITLES[one.to])) for one in mine], [mine[0].to]),
    ]
    if any(one.role is not data.viewer().role for one in mine):
        inputs.append(written("document", text("Order and document number (by delegation)")))
    if State.DISMISSED in goals:
        causes = [("", text("– only for a false alarm"))] + [(str(one), text(CAUSE_TITLES[one])) for one in Cause]
        inputs.append(chosen("cause", text("Cause of a false alarm"), causes, [""]))
    if State.LOWERED in goals:
        below = [one for one in Level if one > at.level_at(level)]
        options = [("", text("– only when lowered"))] + [(str(one.value), level_word(one)) for one in below]
        inputs.append(chosen("lowered_to", text("Lowered to"), options, [""]))
    inputs.append(told("note", text("Grounds")))
    return form(f"{address_of(row.episode_id)}/step", inputs, text("Enter this step"))


def _acknowledged(row: Any, taken_on: list[Acknowledgement], level: Level, may_act: bool) -> Any:
    now = _now()
    is_theirs = may_act and may_acknowledge(data.viewer(), row.area, is_city=row.area == reference.city())
    shown = []
    for one in taken_on:
        state = text("in force") if one.holds(level, now) else text("undone") if one.undone_at else text("ended")
        back = None
        if is_theirs and one.undone_at is None:
            back = act(f"{address_of(row.episode_id)}/acknowledge/{one.acknowledgement_id}/undo", text("Undo"))
        until = text("until {instant}", instant=_instant(one.expires_at))
        shown.append([_instant(one.acknowledged_at), one.owner, one.note, [state, html.Small(until)], back or ""])
    columns = [text(name) for name in ("When", "Handled by", "Note", "State", "Acts")]
    listed = table(
        text("Who took this warning on"), columns, shown, kind="cards", empty=text("Nobody has taken it on yet.")
    )
    if not is_theirs:
        return listed
    days = [(str(number), text("{days} days", days=number)) for number in LASTS_DAYS]
    inputs = [
        kept("level", str(level.value)),
        written("owner", text("Post or person that handles it"), completes="off"),
        chosen("days", text("No reminders for"), days, [str(LASTS_DAYS[1])]),
        told("note", text("Note")),
    ]
    return html.Div([listed, form(f"{address_of(row.episode_id)}/acknowledge", inputs, text("Take it on"))])


def _measures(row: Any, assigned: list[Measure], may_act: bool) -> Any:
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
    open_ones = [one for one in fitting if one.playbook not in running]
    if open_ones and may_act and data.viewer().role in MAY_ASSIGN and data.viewer().answers_for(row.area):
        parts.append(_assign(row, open_ones, today))
    elif open_ones:
        words = [text("{title} (item {item})", title=one.title, item=one.item) for one in open_ones]
        parts.append(
            html.P(text("The playbook proposes: {measures}", measures=text("; ").join(words)), className="source")
        )
    return html.Div(parts)


def _report(row: Any, one: Measure, may_act: bool) -> Any:
    if (
        not may_act
        or one.state is not Progress.ASSIGNED
        or data.viewer().role not in MAY_REPORT
        or not data.viewer().answers_for(row.area)
    ):
        return ""
    options = [(str(state), text(_PROGRESS_TITLES[state])) for state in (Progress.DONE, Progress.DROPPED)]
    inputs = [chosen("state", text("State"), options, [str(Progress.DONE)]), told("result", text("Result"))]
    where = f"{address_of(row.episode_id)}/measure/{one.measure_id}/close"
    return html.Details([html.Summary(text("Report")), form(where, inputs, text("Enter"))])


def _assign(row: Any, fitting: list[Proposal], today: date) -> Any:
    options = [
        (
            one.playbook,
            text(
                "{title} (item {item}), by {day}", title=one.title, item=one.item,
                day=due_day(one.due_days, today).isoformat(),
            ),
        )
        for one in fitting
    ]  # fmt: skip
    responsible = owner_of(row, today)
    inputs = [
        chosen("playbook", text("Measure"), options, [fitting[0].playbook]),
        written("owner", text("Owner"), value=responsible.owner, completes="off"),
        written("deputy", text("Deputy"), value=responsible.deputy, is_required=False, completes="off"),
        written(
            "due_on",
            text("Due on (like 2026-11-23), where not as said with the measure"),
            is_required=False,
            completes="off",
        ),
    ]
    return form(f"{address_of(row.episode_id)}/measure", inputs, text("Assign"))


def _steps(at: Standing) -> Any:
    shown = [
        [
            _instant(one.acted_at),
            text(
                "{before} → {after}", before=text(STATE_TITLES[one.from_state]), after=text(STATE_TITLES[one.to_state])
            ),
            level_word(one.level),
            text(ROLE_TITLES[one.role]),
            text("; ").join(
                part
                for part in (
                    one.document,
                    text(CAUSE_TITLES[Cause(one.cause)]) if one.cause else "",
                    one.note,
                )
                if part
            ),
            one.edition_id,
        ]
        for one in at.steps
    ]
    columns = [text(name) for name in ("When", "Step", "Level", "By", "Grounds", "Edition seen")]
    caption = text("All steps so far")
    return scrolling(caption, table(caption, columns, shown, kind="plain", empty=text("No step has been taken.")))


def _instant(at: Any) -> str:
    return instant(pd.Timestamp(at).to_pydatetime(), reference.zone())
