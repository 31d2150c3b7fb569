"""What people do about a warning: steps, acknowledgements, measures; JSON behind the guard, within their scope."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, make_response

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.summary.reference import due_day, office_of, region
from dashboard.web import data
from dashboard.web.security import current_permissions
from dashboard.web.security.entrance import Clock
from dashboard.web.security.request_body import answer_sentence, read_field
from dashboard.web.security.trail import actor, trail
from dashboard.workflow.progress import is_closed, step_address
from pipelines.core.domain import Level, State, UserError
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import ActContext
from pipelines.ledger.workflow import acknowledgement, measure, steps
from pipelines.ledger.workflow.measure import Assignment, Progress
from pipelines.ledger.workflow.steps import Ground, ShownState, StaleError, Subject

_LONG = 1000  # characters of a ground or a result
_LONGEST = {"owner": 200, "deputy": 200, "document": 200}


def subject_of(row: Any) -> Subject:
    """What an act is about: the warning as this request's edition shows it."""
    is_city, level = row.area == reference.city(), Level(int(row.level))
    return Subject(row.episode_id, data.edition().edition_id, row.area, level, is_city, is_closed=is_closed(row))


class _NotThereError(UserError):
    """A warning that does not exist, or not for this viewer: both look alike."""


def warning_actions(ledger: Ledger, clock: Clock) -> Blueprint:
    """The writing side of a warning's page as a Flask blueprint."""
    acts = Blueprint("warning_acts", __name__)

    @acts.errorhandler(UserError)
    def refused(error: UserError) -> Response:
        trail().refuse("act_refused")
        return answer_sentence(
            error, 404 if isinstance(error, _NotThereError) else 409 if isinstance(error, StaleError) else 400
        )

    @acts.post("/warning/<episode_id>/step")
    def step(episode_id: str) -> Response:
        to = _one_of(State, "to", text("Choose the next step."))
        lowered = _number("lowered_to")
        if lowered is not None and lowered not in set(Level):
            raise UserError(text("Choose the next step."))
        steps.apply_transition(
            ledger,
            region().transition,
            ActContext(data.viewer(), actor(), clock(), _written("note")),
            _subject(episode_id),
            to,
            Ground(
                document=_written("document"),
                cause=read_field("cause") if to is State.DISMISSED else "",
                lowered_to=Level(lowered) if lowered and to is State.LOWERED else None,
            ),
            shown=_shown(),
        )
        return _done(episode_id)

    @acts.post("/warning/<episode_id>/step/<int(max=999999999):number>/undo")
    def undo_step(episode_id: str, number: int) -> Response:
        steps.undo_transition(ledger, ActContext(data.viewer(), actor(), clock()), _subject(episode_id), number)
        return _done(episode_id)

    @acts.post("/warning/<episode_id>/acknowledge")
    def acknowledge(episode_id: str) -> Response:
        subject = _subject(episode_id)
        if read_field("level") and _number("level") != subject.level:
            raise UserError(text("The warning has got another level meanwhile. Load the page again."))
        acknowledgement.acknowledge(
            ledger,
            current_permissions(),
            ActContext(data.viewer(), actor(), clock(), _written("note")),
            subject,
            _office(subject.area),
            _written("owner"),
            _number("days") or 0,
        )
        return _done(episode_id)

    @acts.post("/warning/<episode_id>/acknowledge/<int(max=999999999):number>/undo")
    def undo(episode_id: str, number: int) -> Response:
        acknowledgement.undo_acknowledgement(
            ledger, current_permissions(), ActContext(data.viewer(), actor(), clock()), _subject(episode_id), number
        )
        return _done(episode_id)

    @acts.post("/warning/<episode_id>/measure")
    def assign(episode_id: str) -> Response:
        subject = _subject(episode_id)
        days = region().playbook.set_index("playbook")["due_days"].get(read_field("playbook"))
        if days is None:
            raise UserError(text("Choose a measure of the playbook."))
        due_on = _day("due_on") if _written("due_on") else due_day(int(days), data.today())
        measure.assign_measure(
            ledger,
            current_permissions(),
            ActContext(data.viewer(), actor(), clock(), _written("note")),
            subject,
            Assignment(read_field("playbook"), _written("owner"), _written("deputy"), due_on),
            data.today(),
        )
        return _done(episode_id)

    @acts.post("/warning/<episode_id>/measure/<int(max=999999999):number>/close")
    def close(episode_id: str, number: int) -> Response:
        state = _one_of(Progress, "state", text("Choose done or dropped."))
        measure.close_measure(
            ledger,
            current_permissions(),
            ActContext(data.viewer(), actor(), clock()),
            _subject(episode_id),
            number,
            state,
            _written("result"),
        )
        return _done(episode_id)

    return acts


def _subject(episode_id: str) -> Subject:
    found = data.read("warning", episode_id=episode_id)
    if found.empty:
        raise _NotThereError(text("This page does not exist"))
    return subject_of(next(found.itertuples(index=False)))


def _shown() -> ShownState:
    """What the page showed on which the step was chosen."""
    entries, level = _number("entries"), _number("level")
    if entries is None or level not in set(Level) or read_field("state") not in set(State):
        raise UserError(text("Load the page again: it does not say what it was shown with."))
    return ShownState(entries, State(read_field("state")), Level(level or 0))


def _office(area: str) -> str:
    """The office that takes a warning on: the one the area belongs to, else the viewer's own."""
    found = office_of(frozenset({area})) or office_of(data.viewer().areas)
    if found is None:
        raise UserError(text("No office is responsible for this area."))
    return found[0]


def _done(episode_id: str) -> Response:
    return make_response(jsonify(to=step_address(episode_id)))


def _one_of(names: Any, name: str, otherwise: str) -> Any:
    if read_field(name) not in set(names):
        raise UserError(otherwise)
    return names(read_field(name))


def _number(name: str) -> int | None:
    value = read_field(name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _written(name: str) -> str:
    """What somebody wrote, as long as both engines keep it."""
    value, most = read_field(name).replace("\0", ""), _LONGEST.get(name, _LONG)
    if len(value) > most:
        raise UserError(text("Write at most {most} characters.", most=most))
    return value


def _day(name: str) -> date:
    try:
        return date.fromisoformat(read_field(name))
    except ValueError:
        raise UserError(text("Write the day like 2026-11-23.")) from None
