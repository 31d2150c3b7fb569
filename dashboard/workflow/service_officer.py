"""The service officer of a key employer (notice, item 1): who is proposed as owner of a warning about it."""

from datetime import date
from typing import Any

from dash import html

from dashboard.components.tag import stored
from dashboard.locale import text
from dashboard.summary.region_tables import code_title, region
from dashboard.web import data
from pipelines.ledger.workflow.measure import Responsible, responsible


def owner_of(row: Any, today: date) -> Responsible:
    """Who should have a warning (row of the question ``warning``): of a key employer its officer, or who stands in."""
    known = region()
    posts = _posts(row, today)
    return responsible(known.offices, known.recipients, known.absences, row.area, posts, today)


def served_by(row: Any, today: date) -> Any:
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
