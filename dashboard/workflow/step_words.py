"""What the states of a warning, its steps and the causes of a false alarm are called, and where they are sent."""

from dashboard.components.tag import level_word
from dashboard.locale import text
from pipelines.core.domain import ANNOUNCED, Level, State
from pipelines.ledger.workflow.steps import Cause, WorkflowState

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
    State.CONFIRMED: "Confirm that it is true",
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


def address_of(episode_id: str) -> str:
    """The page of a warning; what is done about it is sent below it."""
    return f"/warning/{episode_id}"


def due_title(to: State) -> str:
    """What is due, in words: the first step, though it says one answer, is due as a question."""
    return text("Verify") if to is State.CONFIRMED else text(STEP_TITLES[to])


def state_words(at: WorkflowState, level: Level) -> str:
    """The state in words; an announced warning bears the level that people gave it."""
    state = at.state_at(level)
    words = text(STATE_TITLES[state])
    if state in ANNOUNCED:
        return text("{level} warning, {state}", level=level_word(at.level_at(level)), state=words)
    return words
