"""Delivery: the newest decisions about recipients, what became of each mail, what the mail server said."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from dash import html

from dashboard.components import elements, shell
from dashboard.components.form import action_button
from dashboard.components.table import facts, table
from dashboard.locale import count, instant, text
from dashboard.summary import reference
from dashboard.web.security import trail
from pipelines.core.domain import UserError
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, NoticeState, Reason

PATH = "/delivery"
PAGE = 100  # decisions on one page
COUNTED = timedelta(days=30)
STATES = {
    NoticeState.QUEUED: "waiting",
    NoticeState.CLAIMED: "about to be sent",
    NoticeState.HANDED_OVER: "being sent",
    NoticeState.AMBIGUOUS: "answer lost",
    NoticeState.ACCEPTED: "accepted by the server",
    NoticeState.BOUNCED: "refused for good",
    NoticeState.NOT_DUE: "no mail due",
    NoticeState.RETROSPECTIVE: "no mail, made up for later",
}
# Reasons as people read them; one that is not here is shown as it is stored.
REASONS: dict[str, str] = {
    Reason.FIRST: "first warning",
    Reason.NEW_WARNINGS: "new warnings",
    Reason.WORSENED: "became worse",
    Reason.EASED: "became better",
    Reason.LIFTED: "lifted",
    Reason.NOTHING_NEW: "nothing new",
    Reason.NOTHING_OF_YOURS: "nothing in its areas",
    Reason.ALREADY_TOLD: "told before",
    Reason.RETROSPECTIVE: "made up for later",
    Reason.DEMONSTRATION: "invented data stay here",
    Reason.ISSUED: "issued",
    Reason.NOT_REPORTED: "not reported",
    Reason.TOLD_AT_ONCE: "told at once",
    Reason.OUTSIDE_HOURS: "outside its hours",
    Reason.NOT_FOR_POST: "not for this post",
    Reason.REMINDER: "reminder",
    Reason.OVERDUE: "overdue step",
    Reason.PERIODIC: "by the calendar",
    Reason.ANCHOR: "anchor of the audit trail",
    Reason.BOUNCED: "mails were refused",
    Reason.NO_EDITION: "no edition in time",
    Reason.STUCK: "mails do not leave",
    Reason.NO_SCHEDULE: "the schedule is silent",
    Reason.EDITION_AHEAD: "the edition in force lies ahead of now",
}
_COLUMNS = ("No.", "Decided", "Edition", "Recipient", "Reason", "State", "Attempts", "Server's answer", "Acts")
_MAY_GO_AGAIN = frozenset({NoticeState.BOUNCED, NoticeState.QUEUED, NoticeState.AMBIGUOUS})


def register() -> None:
    """Add the page to the site."""
    shell.register(__name__, layout, "Delivery · Gangshao", path=PATH)


@shell.page
def layout(state: str = "", before: str = "", **_: str) -> list[Any]:
    """The page; state and the number before which decisions are shown are the query of its address."""
    if state not in ("", *NoticeState):
        raise UserError(text("There is no such state."))
    if before and not (before.isdecimal() and len(before) <= 9):
        raise UserError(text("The address may be wrong, or what it names is not among what you may see."))
    ledger, now = trail().ledger, trail().clock()
    chosen = NoticeState(state) if state else None
    found = queue.newest_mails(ledger, chosen, PAGE + 1, int(before) if before else None)
    shown = found[:PAGE]
    older = _link("Older decisions", state=state, before=str(shown[-1].notice_id)) if len(found) > PAGE else None
    since = now - COUNTED
    with ledger.reading() as connection:
        bounced = len(queue.bounced_since(connection, since))
    counts = [
        (text("Waiting"), count(queue.backlog(ledger).waiting)),
        (text("Refused for good in 30 days"), count(bounced)),
        (text("May have arrived twice in 30 days"), count(queue.ambiguous_since(ledger, since))),
    ]
    return [
        html.Div(
            [html.H1(text("Delivery")), html.P(text("Newest first, {number} decisions.", number=count(len(shown))))],
            className="title",
        ),
        html.Section([facts(counts), _states(state)], **elements.aria_label(text("Choose decisions"))),
        html.Section(
            [
                table(
                    text("Delivery"),
                    [text(name) for name in _COLUMNS],
                    [_row(one) for one in shown],
                    kind="delivery",
                    empty=text("No decision fits."),
                ),
                html.P(older) if older else None,
            ]
        ),
    ]


def _states(current: str) -> Any:
    choices = [("", "All states"), *STATES.items()]
    return html.Nav(
        [_link(title, is_current=current == str(name), state=str(name)) for name, title in choices],
        className="choice",
        **elements.aria_label(text("State")),
    )


def _link(title: str, *, is_current: bool = False, **asked: str) -> Any:
    query = urlencode({name: value for name, value in asked.items() if value})
    mark = elements.ARIA_CURRENT if is_current else {}
    return html.A(text(title), href=f"{PATH}?{query}" if query else PATH, **mark)


def _row(one: Notice) -> list[Any]:
    """Identifiers, addresses and what the server said stand in elements of their own: nobody's to translate."""
    zone = reference.zone()
    reason = text(REASONS[one.reason]) if one.reason in REASONS else html.Code(one.reason)
    return [
        str(one.notice_id),
        instant(one.decided_at, zone),
        html.Code(one.edition_id),
        html.Span([html.Code(one.office_id), html.Br(), html.Code(one.address)]),
        reason,
        html.Span([text(STATES[one.state]), *_more(one)]),
        str(one.attempts),
        html.Code(one.smtp_reply or "–"),
        _resend(one),
    ]


def _more(one: Notice) -> list[Any]:
    """When it goes at the earliest, and whether it may have gone twice."""
    waits = [at for at in (one.not_before, one.next_attempt_at) if at is not None]
    lines = []
    if waits and one.state in {NoticeState.QUEUED, NoticeState.AMBIGUOUS}:
        lines.append(text("not before {time}", time=instant(max(waits), reference.zone())))
    if one.is_ambiguous:
        lines.append(text("may have arrived twice"))
    return [html.Small(line) for line in lines]


def _resend(one: Notice) -> Any:
    if one.state not in _MAY_GO_AGAIN:
        return "–"
    return action_button(
        f"{PATH}/{one.notice_id}/resend",
        text("Send this one again"),
        ask=text("This mail, and no other, is sent again. Go on?"),
    )
