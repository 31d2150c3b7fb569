"""What is answered to a file that is not taken as it is: every problem, error sheets, what can be done."""

import base64
from enum import StrEnum
from pathlib import PurePath

from flask import Response, jsonify, make_response

from dashboard.locale import Language, count, language, text
from dashboard.upload.choice import Choice
from pipelines.formcheck.error_report import further_messages
from pipelines.formcheck.sandbox import SandboxAnswer
from pipelines.formcheck.validation.outcome import FileOutcome

MOST_SAID = 200
"""So many problems are listed; the error sheets have them all."""
_UNPROCESSABLE = 422


class Question(StrEnum):
    """What the sender is asked; the name of the field that answers it, with what was agreed to."""

    LEAVE_WRONG = "leave_wrong"
    NOTHING = "nothing"
    AS_NOTED = "as_noted"


def agreed_to(outcome: FileOutcome) -> str:
    """What a yes is a yes to: this file for this slice, and so many rows that do not count."""
    return f"{outcome.drop_id} {outcome.rows_quarantined}"


def sent_back(choice: Choice, answer: SandboxAnswer, file_name: str, question: Question | None) -> Response:
    """Say what is wrong; ``question``: on what condition the file is taken all the same."""
    is_chinese = language() is Language.CHINESE
    outcome = answer.outcome
    rows = answer.quarantined.sort_by("line_number").column("reason" if is_chinese else "reason_en")
    more = len(rows) - MOST_SAID
    told = {
        "say": _summary(choice, outcome, is_chinese),
        "problems": [*further_messages(outcome, english=not is_chinese), *rows[:MOST_SAID].to_pylist()],
        "more": text("… and {number} more; the error sheets have them all.", number=count(more)) if more > 0 else "",
        "sheets": _sheets(answer, file_name),
        "again": _again(outcome, question),
    }
    return make_response(jsonify(told), _UNPROCESSABLE)


def _summary(choice: Choice, outcome: FileOutcome, is_chinese: bool) -> str:
    if outcome.status == "refused":
        reason = outcome.reason if is_chinese else outcome.reason_en
        return text("{slice}: the file cannot be taken. {reason}", slice=choice.words, reason=reason or "")
    if not outcome.rows_total:
        return text("{slice}: the file has no rows. Nothing has been sent yet.", slice=choice.words)
    if not outcome.rows_quarantined:
        return text(
            "{slice}: all rows are right, but something is to be seen. Nothing has been sent yet.", slice=choice.words
        )
    return text(
        "{slice}: {wrong} of {rows} rows are wrong. Nothing has been sent yet.",
        slice=choice.words,
        wrong=count(outcome.rows_quarantined),
        rows=count(outcome.rows_total),
    )


def _sheets(answer: SandboxAnswer, file_name: str) -> list[dict[str, str]]:
    stem = PurePath(file_name).stem
    made = (
        (answer.error_sheet, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (answer.error_rows, "csv", "text/csv"),
    )
    return [
        {
            "title": text("Error sheet ({kind})", kind=suffix.upper()),
            "name": text("{name}_problems.{suffix}", name=stem, suffix=suffix),
            "kind": kind,
            "content": base64.b64encode(content).decode(),
        }
        for content, suffix, kind in made
        if content
    ]


def _again(outcome: FileOutcome, question: Question | None) -> dict[str, str] | None:
    """The button that sends the file all the same."""
    if question is None or outcome.status == "refused":
        return None
    words = {
        Question.LEAVE_WRONG: text(
            "Send it all the same: {good} rows count, {wrong} are sent back",
            good=count(outcome.rows_accepted),
            wrong=count(outcome.rows_quarantined),
        ),
        Question.NOTHING: text("Send it: there is nothing to report for this period"),
        Question.AS_NOTED: text("I have seen this; send it"),
    }
    return {"field": str(question), "title": words[question], "value": agreed_to(outcome)}
