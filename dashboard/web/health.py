"""For whoever watches the service and for pages: does it answer, is its edition due, and the banner when it lacks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from dash import html
from flask import Blueprint, Response, current_app, jsonify

from dashboard.components import elements
from dashboard.locale import count, day, instant, text
from dashboard.summary.reference import region
from dashboard.web import data
from dashboard.web.security import trail
from dashboard.web.security.guard import HEALTH
from pipelines.core.domain import Edition, UserError
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger.editions import is_ahead
from pipelines.ledger.notifications.notice import Notice, Purpose, Reason, of_purpose
from pipelines.published.read import edition_in_force

IS_PREPARED = "GANGSHAO_IS_PREPARED"  # in the server's configuration: false while a server that starts makes its pages
HAS_FIGURES = "GANGSHAO_HAS_FIGURES"  # the same for the figures on them, which follow the pages
_IN_DAYS = timedelta(days=2)  # so long, and longer, is said in days


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def health(settings: Settings, clock: Callable[[], datetime] = wall_clock) -> Blueprint:
    """``/healthz``, ``/readyz``, ``/edition``: no session, no figure, nothing of anybody; ``clock`` in UTC.

    The first says 200 as long as the process answers. The second says 200 when the edition in force is that of the
    last day that is due (``Region.edition_due``), else 503 and what ``find_trouble`` says, with the
    edition and its age; a server that has just started says 503 and "preparing" until its pages are made;
    ``has_figures`` says when their figures are made too. The third names the edition that pages show: those that stay
    open ask for it, which must not keep a session alive.
    """
    pages = Blueprint(HEALTH, __name__)

    @cache
    def region() -> Region:
        return regions.load(settings.region)

    @pages.get("/healthz")
    def alive() -> Response:
        return _sentence(200, status="alive")

    @pages.get("/readyz")
    def ready() -> Response:
        try:
            edition = edition_in_force(settings.published)
        except UserError:
            return _sentence(503, status="empty")
        now = clock()
        wrong = find_trouble(region(), edition, now)
        is_prepared, has_figures = (current_app.config.get(one, True) for one in (IS_PREPARED, HAS_FIGURES))
        status = wrong or ("ready" if is_prepared else "preparing")
        return _sentence(
            200 if status == "ready" else 503,
            status=status,
            is_prepared=is_prepared,
            has_figures=has_figures,
            edition=edition.edition_id,
            due=region().edition_due(now).isoformat(),
            age_hours=round((now - edition.cutoff_at) / timedelta(hours=1), 1),
        )

    @pages.get("/edition")
    def shown() -> Response:
        try:
            return _sentence(200, edition=edition_in_force(settings.published).edition_id)
        except UserError:
            return _sentence(200, edition="")

    return pages


def find_trouble(region: Region, edition: Edition, now: datetime) -> str:
    """What is wrong with the edition in force at an instant (UTC).

    ``stale``: that of the last due day is not there; ``ahead``: its cut-off has not come, so a clock was wrong when it
    was made; empty: nothing.
    """
    if is_ahead(edition, now):
        return "ahead"
    return "stale" if edition.day < region.edition_due(now) else ""


def _sentence(code: int, **said: object) -> Response:
    answer = jsonify(said)
    answer.status_code = code
    answer.headers["Cache-Control"] = "no-store"
    return answer


def overdue_banner() -> Any:
    """The banner; None while the edition in force is the one that is due, or while the region cannot be read."""
    try:
        here = region()
    except UserError:  # who has to mend it is told elsewhere; pages need no region
        return None
    shown, now = data.newest_edition(), trail().clock()
    wrong = find_trouble(here, shown, now)
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
        due = here.edition_due(now)
        at = here.edition_due_at(due)
        said = text(
            "The edition of {day} should have been there at {at}; it is {late} late. You see the edition of {shown}.",
            day=day(due),
            at=instant(at, zone),
            late=_span(now - at),
            shown=day(shown.day),
        )
        parts = [html.Strong(text("Edition missing")), " ", said, " ", _banner_sentence(due, zone)]
    line = html.P(parts, className="banner overdue")
    return html.Div(line, className="banners", role="region", **elements.aria_label(text("State of the edition")))


def _span(late: timedelta) -> str:
    if late >= _IN_DAYS:
        return text("{number} days", number=count(late // timedelta(days=1)))
    if late >= timedelta(hours=1):
        return text("{number} hours", number=count(late // timedelta(hours=1)))
    return text("{number} minutes", number=count(late // timedelta(minutes=1)))


def _banner_sentence(due: date, zone: str) -> str:
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
