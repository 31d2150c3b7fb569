"""What every page says while the edition that is due is not there, as ``/readyz`` does: which, how late, who knows."""

from datetime import date, datetime, timedelta
from typing import Any

from dash import html

from dashboard.components import aria
from dashboard.locale import count, day, instant, text
from dashboard.summary.region_tables import region
from dashboard.web import data
from dashboard.web.health import GRACE, due_day, trouble
from dashboard.web.security import trail
from pipelines.core.domain import UserError
from pipelines.ledger.notifications.notice import Notice, Purpose, Reason, of_purpose

_IN_DAYS = timedelta(days=2)  # so long, and longer, is said in days


def overdue_banner() -> Any:
    """The banner; None while the edition in force is the one that is due, or while the region cannot be read."""
    try:
        here = region()
    except UserError:  # who has to mend it is told elsewhere; pages need no region
        return None
    shown, now = data.newest_edition(), trail().clock()
    wrong = trouble(here, shown, now)
    if not wrong:
        return None
    zone = here.time_zone.key
    parts: list[Any]
    if wrong == "ahead":
        said = text(
            "The edition of {day} lies ahead: its cut-off, {at}, has not come yet. A clock was wrong when it was made; "
            "tell the administrator.",
            day=day(shown.day),
            at=instant(shown.cutoff_at, zone),
        )
        parts = [html.Strong(text("Edition ahead of its time")), " ", said]
    else:
        due = date.fromisoformat(due_day(here, now))
        at = here.cutoff_at(due) + GRACE
        said = text(
            "The edition of {day} should have been there at {at}; it is {late} late. You see the edition of {shown}.",
            day=day(due),
            at=instant(at, zone),
            late=_span(now - at),
            shown=day(shown.day),
        )
        parts = [html.Strong(text("Edition missing")), " ", said, " ", _told(due, zone)]
    line = html.P(parts, className="banner overdue")
    return html.Div(line, className="banners", role="region", **aria.label(text("State of the edition")))


def _span(late: timedelta) -> str:
    if late >= _IN_DAYS:
        return text("{number} days", number=count(late // timedelta(days=1)))
    if late >= timedelta(hours=1):
        return text("{number} hours", number=count(late // timedelta(hours=1)))
    return text("{number} minutes", number=count(late // timedelta(minutes=1)))


def _told(due: date, zone: str) -> str:
    """Who has been told that it is not there: the duty desk by ``gangshao watch``, once a day."""
    with trail().ledger.reading() as connection:
        found = of_purpose(connection, Purpose.WATCH)
    about: list[Notice] = [one for one in found if one.reason is Reason.NO_EDITION and one.day >= due]
    sent: list[datetime] = [one.sent_at for one in about if one.sent_at is not None]
    if sent:
        return text("The duty desk was told by mail at {at}.", at=instant(max(sent), zone))
    if about:
        return text("A mail to the duty desk is written and has not left yet.")
    return text("Nobody has been told by mail yet: tell the administrator.")
