"""The receipt of one uploaded file: what was sent, when, by whom, and what the ingest has made of it since."""

from typing import Any

from dash import html

from dashboard.components import shell
from dashboard.components.table import facts
from dashboard.locale import count, instant, text
from dashboard.summary import reference
from dashboard.summary.expected_submissions import PATH
from dashboard.upload.form import stage_words, upload_version_words
from dashboard.upload.submission import RECEIPT
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.web.security.entrance import ROLE_TITLES
from pipelines.core.domain import Audience
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Stage, Upload


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Receipt · Gangshao", path_template=f"{RECEIPT}/<number>")


@shell.page
def layout(number: str = "", **_: str) -> list[Any]:
    """The page of the receipt ``number``, for those who may see the area's files."""
    found = _found(number)
    if found is None:
        return shell.not_found()
    if data.viewer().audience is Audience.BUREAU and 0 < found.rows_total < data.least_persons():
        data.note_seen(data.AuditedContent(has_small_cell=True))
    zone = reference.zone()
    who = found.who.partition(":")[2]
    rows = text("{rows} rows, of which {wrong} wrong", rows=count(found.rows_total), wrong=count(found.rows_wrong))
    pairs: list[tuple[str, Any]] = [
        (text("Receipt"), str(found.upload_id)),
        (text("Feed"), reference.feed(found.feed)),
        (text("Area"), reference.place(found.area)),
        (text("Period"), found.period.isoformat()),
        (text("Kind of file"), upload_version_words(found)),
        (text("Sent"), instant(found.uploaded_at, zone)),
        (text("By"), [text(ROLE_TITLES[found.role]), " ", html.Bdi(who)]),
        (text("Rows by the form check"), rows),
        (text("Size"), text("{number} bytes", number=count(found.size))),
        (text("File's hash (SHA-256)"), html.Code(found.content_hash)),
        (text("Kept as"), html.Code(found.file_name)),
    ]
    return [
        html.Div([html.H1(text("Receipt {number}", number=found.upload_id))], className="title"),
        html.Section([html.P(stage_words(found), className="lead", role="status"), _counts(found)]),
        html.Section([facts(pairs)], className="receipt"),
        html.P(
            [
                html.A(text("To the completeness matrix"), href=f"{PATH}?feed={found.feed}#matrix"),
                " · ",
                html.A(text("Send another file"), href=f"{PATH}?feed={found.feed}&area={found.area}#send"),
            ],
            className="choice",
        ),
    ]


def _found(number: str) -> Upload | None:
    if not number.isdecimal() or len(number) > 9:  # as far as both engines count
        return None
    with trail().ledger.reading() as connection:
        found = uploads.by_number(connection, int(number))
    who = data.viewer()
    may_see = who.audience is Audience.BUREAU or (who.audience is Audience.OFFICE and found and found.area in who.areas)
    return found if may_see else None


def _counts(found: Upload) -> Any:
    if found.settled_at is None or found.stage is Stage.CHECKED:
        return None
    pairs = [
        (text("Taken in"), instant(found.settled_at, reference.zone())),
        (text("Rows that count"), count(found.rows_accepted or 0)),
        (text("Rows sent back"), count(found.rows_quarantined or 0)),
    ]
    return facts(pairs)
