"""Mails by the calendar: which are due on a day, to whom; each kind is a file in ``kinds``."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import ClassVar

import pandas as pd

from pipelines.core.domain import ENDS, Edition, Role, State
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Reason
from pipelines.ledger.workflow.steps import workflow_states
from pipelines.notifying.audience import Recipient, recipients
from pipelines.notifying.kinds import mail_kinds
from pipelines.notifying.mail_kind import MailKind, Place, Preview, preview_of
from pipelines.notifying.message import Address, Message, write_message
from pipelines.notifying.occasion import Material, Occasion, may_send, read_occasion
from pipelines.notifying.wording import LEVEL_NAMES

_LONGEST_WAIT = 62  # days within which a month's first workday comes
Fields = Mapping[str, object]


class CalendarMail(MailKind):
    """A kind of mail by the calendar; ``waits_for_work``: whether it waits for working hours.

    ``is_of_edition``: it tells what the day's edition says, and waits for it.
    """

    posts: ClassVar[frozenset[Role]]
    waits_for_work: ClassVar[bool] = True
    is_of_edition: ClassVar[bool] = True

    @abstractmethod
    def key(self, region: Region, day: date) -> str | None:
        """Its key on a workday; None when none is due."""

    @abstractmethod
    def fields(self, given: Occasion, ledger: Ledger, to: Recipient, key: str) -> Fields:
        """What its template prints, beside what is the same for all of them."""

    def thread(self, given: Occasion, office_id: str) -> str:
        """The mails it hangs together with in mail readers."""
        del given
        return f"{self.purpose}\n{office_id}"

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        given = place.occasion(place.now)
        found = [_preview_next(self, place, given, to) for to in place.to if to.role in self.posts]
        return found, "" if found else "所选单位没有收这种邮件的岗位"


def calendar_kinds() -> list[CalendarMail]:
    """The kinds by the calendar, in the order in which they are queued."""
    return [kind for kind in mail_kinds().values() if isinstance(kind, CalendarMail)]


def send_due(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> list[Notice]:
    """Queue what the calendar wants at ``now`` (UTC), once each: on a workday the brief, on the week's first one the
    weekly digest, on the month's first one report and test mail.

    What the day's edition is to tell waits for it until ``finished_by``; then the last one is told, as what it is.
    Raises UserError when the edition is not published.
    """
    given = read_occasion(edition, ledger, region, settings, now)
    if given.is_demonstration and not may_send(settings):
        return []
    today = region.local_day(now)
    is_awaited = bool(_missing(given)) and now < region.instant(today, region.timetable.finished_by)
    wanted = [one for one in _due(region, today) if not (is_awaited and one[0].is_of_edition)]
    with ledger.reading() as connection:
        missing = [
            (kind, to, key)
            for kind, to, key in wanted
            if outbox.find_notice(connection, *to.key, f"{kind.purpose}:{key}") is None
        ]
    decisions = [draft_notice(given, ledger, kind, to, key) for kind, to, key in missing]
    with ledger.writing() as connection:
        return [
            outbox.add_notice(connection, one)
            for one in decisions
            if outbox.find_notice(connection, one.office_id, one.address, one.purpose_key) is None
        ]


def draft_notice(given: Occasion, ledger: Ledger, kind: CalendarMail, to: Recipient, key: str) -> NoticeDecision:
    """One of these mails with its decision, not stored."""
    return _decision(given, kind, to, key, write_calendar_message(given, ledger, kind, to, key))


def next_day(kind: CalendarMail, region: Region, since: date) -> date:
    """The first day from ``since`` on whose calendar wants a mail of this kind. Raises ValueError when none does."""
    days = (since + timedelta(days=ahead) for ahead in range(_LONGEST_WAIT))
    found = next((day for day in days if region.is_workday(day) and kind.key(region, day) is not None), None)
    if found is None:
        raise ValueError(f"no {kind.purpose} within {_LONGEST_WAIT} days of {since}")
    return found


def write_calendar_message(given: Occasion, ledger: Ledger, kind: CalendarMail, to: Recipient, key: str) -> Message:
    """One of these mails."""
    office_id, address = to.key
    thread = kind.thread(given, office_id)
    envelope = Address(office_id, address, f"{kind.purpose}:{key}", given.edition.edition_id, thread)
    shared = {
        "office": to.office,
        "title": to.title,
        "is_demonstration": given.is_demonstration,
        "missing": _missing(given),
        "edition_day": given.edition.day.isoformat(),
    }
    fields = {**shared, **kind.fields(given, ledger, to, key)}
    return write_message(envelope, kind.purpose, fields, given.region, given.settings, given.now)


def _missing(given: Occasion) -> str:
    """In words the last run day, when its edition is not there; else empty."""
    today = given.region.local_day(given.now)
    day = given.region.last_run_day(today)
    if given.edition.day >= day:
        return ""
    return "今天" if day == today else day.isoformat()


def _due(region: Region, day: date) -> Iterator[tuple[CalendarMail, Recipient, str]]:
    if not region.is_workday(day):
        return
    for to in recipients(region, day):
        for kind in calendar_kinds():
            key = kind.key(region, day)
            if key is not None and to.role in kind.posts:
                yield kind, to, key


def is_first_workday(region: Region, since: date, day: date) -> bool:
    """Whether no day from ``since`` to the day before is a workday."""
    return not any(region.is_workday(since + timedelta(days=back)) for back in range((day - since).days))


def month_key(region: Region, day: date) -> str | None:
    """The month on its first workday, else None."""
    return f"{day:%Y-%m}" if is_first_workday(region, day.replace(day=1), day) else None


def open_rows(material: Material) -> pd.DataFrame:
    """The office's own warnings that nobody ended, by the level that counts."""
    rows = material.rows[~material.rows["is_ended"] & material.rows["area"].isin(material.office.areas)]
    return rows.sort_values("level", kind="stable")


def count_ended(material: Material, ledger: Ledger, since: date, region: Region) -> Fields:
    """How many of the office's own were lifted, by people or the data, and dismissed, since the edition of a day.

    What people ended counts when they did, not again when the data follow.
    """
    own = material.rows[material.rows["is_ended"] & material.rows["area"].isin(material.office.areas)]
    is_recent = material.closed["closed_on"].astype(str) > since.isoformat()
    is_by_people = material.closed["state"].isin([state.value for state in ENDS])
    by_data = int((is_recent & ~is_by_people).sum())
    with ledger.reading() as connection:
        stand = workflow_states(connection, [*own["episode_id"], *material.closed.loc[is_by_people, "episode_id"]])
    by_people = [
        one.state
        for one in stand.values()
        if one.state in ENDS and one.since is not None and one.since > region.cutoff_at(since)
    ]
    return {"lifted": by_people.count(State.LIFTED) + by_data, "dismissed": by_people.count(State.DISMISSED)}


def count_levels(rows: pd.DataFrame) -> str:
    """How many there are of each level, in words."""
    found = rows["level"].value_counts()
    return "、".join(f"{name} {found[level]} 项" for level, name in LEVEL_NAMES.items() if level in found.index)


def _decision(given: Occasion, kind: CalendarMail, to: Recipient, key: str, message: Message) -> NoticeDecision:
    hours, now = to.office.hours, given.now
    hour = hours.next_working(given.region, now) if kind.waits_for_work else hours.after_quiet(given.region, now)
    edition = given.edition
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=to.office.office_id,
        address=to.address,
        reason=Reason.PERIODIC,
        state=NoticeState.QUEUED,
        content={},
        message_id=message.message_id,
        is_demonstration=given.is_demonstration,
        decided_at=now,
        subject=message.subject,
        file_name=message.file_name,
        message=message.message,
        purpose=kind.purpose,
        subject_key=key,
        not_before=None if hour == now else hour,
    )


def _preview_next(kind: CalendarMail, place: Place, given: Occasion, to: Recipient) -> Preview:
    region, today = place.region, place.region.local_day(place.now)
    day = next_day(kind, region, today)
    with place.ledger.reading() as connection:
        made = outbox.find_notice(connection, *to.key, f"{kind.purpose}:{kind.key(region, day)}")
    if made is not None:
        day = next_day(kind, region, day + timedelta(days=1))
    decision = draft_notice(given, place.ledger, kind, to, str(kind.key(region, day)))
    if day == today:
        return preview_of(decision)
    opens = region.cutoff_at(day)
    return Preview(decision, to.office.hours.next_working(region, opens) if kind.waits_for_work else opens)
