"""Uploads in words: what kind of file, which stage it has reached, and the list of those sent last."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components.table import table
from dashboard.locale import Language, count, instant, language, text
from dashboard.summary import reference
from dashboard.upload.submission import RECEIPT
from dashboard.web import data
from pipelines.ledger.uploads.upload import Stage, Upload

MOST = 30
_STAGES = {
    Stage.CHECKED: "The form is right; the file waits to be taken in.",
    Stage.ACCEPTED: "Taken in and accepted; it counts from the next edition.",
    Stage.HELD: "Taken in and held until somebody has looked at it; the file before stays in force.",
    Stage.REFUSED: "Taken in and sent back whole.",
    Stage.WITHDRAWN: "Withdrawn.",
}
_SHORT = {
    Stage.CHECKED: "sent, not yet taken in",
    Stage.ACCEPTED: "accepted",
    Stage.HELD: "held for confirmation",
    Stage.REFUSED: "refused",
    Stage.WITHDRAWN: "withdrawn",
}


def stage_words(one: Upload) -> str:
    """Where an upload stands, in a sentence, with the reason where there is one."""
    reason = one.reason if language() is Language.CHINESE else one.reason_en
    words = text(_STAGES[one.stage])
    if one.stage is Stage.ACCEPTED and one.settled_at is not None and one.settled_at <= data.edition().cutoff_at:
        words = text("Taken in and accepted; the edition in force knows it.")
    return " ".join(part for part in (words, reason) if part)


def version_words(one: Upload) -> str:
    """What kind of file it is."""
    if one.is_supplement:
        return text("supplement")
    return text("whole file, version {number}", number=one.version)


def sent_files(sent: Sequence[Upload]) -> Any:
    """The files sent last by the upload page, each leading to its receipt."""
    columns = [
        text(name)
        for name in ("Receipt", "Sent", "Feed", "Area", "Period", "State", "Rows that count", "Rows sent back", "By")
    ]
    return table(
        text("Files sent by this page"),
        columns,
        [_row(one) for one in sent[:MOST]],
        kind="cards",
        empty=text("Nothing has been sent by this page."),
    )


def _row(one: Upload) -> list[Any]:
    is_settled = one.stage is not Stage.CHECKED
    return [
        html.A(str(one.upload_id), href=f"{RECEIPT}/{one.upload_id}"),
        instant(one.uploaded_at, reference.zone()),
        reference.feed(one.feed),
        reference.place(one.area),
        one.period.isoformat(),
        text(_SHORT[one.stage]),
        count(one.rows_accepted or 0) if is_settled else "–",
        count(one.rows_quarantined or 0) if is_settled else "–",
        html.Bdi(one.who.partition(":")[2]),
    ]
