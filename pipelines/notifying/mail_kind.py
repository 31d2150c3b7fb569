"""What a kind of mail is: what it is for, what it is called, and how it would look now."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from pipelines.core.domain import Edition, Level
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying.audience import Recipient
from pipelines.notifying.message import Address, Message, message_id, write_message
from pipelines.notifying.occasion import Occasion, read_occasion
from pipelines.notifying.plan import AtOnce, Plan, plans_of
from pipelines.published.read import edition_in_force


@dataclass(frozen=True)
class Preview:
    """A mail that is not sent, and the instant before which it would not go (UTC)."""

    decision: NoticeDecision
    at: datetime

    @property
    def message(self) -> bytes:
        """The mail, byte for byte."""
        return self.decision.message or b""


@dataclass(frozen=True)
class Place:
    """Where and when one looks: at the mails to these recipients at an instant (UTC).

    Mails about invented data are shown even where they may not leave the machine.
    """

    ledger: Ledger
    region: Region
    settings: Settings
    now: datetime
    to: Sequence[Recipient] = ()
    _plans: dict[datetime, list[Plan]] = field(default_factory=dict)

    @cached_property
    def edition(self) -> Edition:
        """The edition in force. Raises UserError when none is published."""
        return edition_in_force(self.settings.published)

    def occasion(self, at: datetime) -> Occasion:
        """The edition as of an instant."""
        at_home = self.settings.model_copy(update={"smtp_host": ""})
        return read_occasion(self.edition, self.ledger, self.region, at_home, at)

    def plans(self, given: Occasion) -> list[Plan]:
        """What these recipients would get of it."""
        if given.now not in self._plans:
            self._plans[given.now] = plans_of(given, self.ledger, is_replay=False)
        keys = {one.key for one in self.to}
        return [plan for plan in self._plans[given.now] if plan.recipient.key in keys]


class MailKind(ABC):
    """A kind of mail, one file in ``kinds``."""

    purpose: ClassVar[Purpose]
    title: ClassVar[str]
    """What it is called in Chinese."""
    is_of_the_system: ClassVar[bool] = False
    """Whether it goes to an address of the settings, not to an office."""

    @abstractmethod
    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """The mails as they would be, and a sentence on why there are no more; empty where nothing is to be said.

        Those that would go now; else, of reminders, overdue steps and mails by the calendar, the next to come. Raises
        UserError when no edition is published that they could tell of.
        """


def preview_of(decision: NoticeDecision) -> Preview:
    """A mail that would go as soon as its decision lets it."""
    return Preview(decision, decision.not_before or decision.decided_at)


def write_planned(
    given: Occasion, plan: Plan, key: str, thread: str, template: str, fields: dict[str, object]
) -> Message:
    """A message of a plan; ``key``: its purpose and subject."""
    office_id, address = plan.recipient.key
    to = Address(office_id, address, key, given.edition.edition_id, thread)
    return write_message(to, template, fields, given.region, given.settings, given.now)


def waits_until(given: Occasion, plan: Plan) -> datetime | None:
    """Until when mails of a plan wait for the office's hours (UTC); None when somebody is there now."""
    hour = plan.recipient.office.hours.next_working(given.region, given.now)
    return None if hour == given.now else hour


def draft_planned(
    given: Occasion,
    plan: Plan,
    reason: Reason,
    content: dict[str, int],
    message: Message | None,
    not_before: datetime | None,
    mail: AtOnce | None = None,
) -> NoticeDecision:
    """The decision about the digest of a plan, or about one of its mails at once."""
    edition = given.edition
    office_id, address = plan.recipient.key
    purpose, key = (Purpose.DIGEST, "") if mail is None else (Purpose.IMMEDIATE, mail.key)
    is_retrospective = reason is Reason.RETROSPECTIVE
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=office_id,
        address=address,
        reason=reason,
        state=NoticeState.QUEUED if message else NoticeState.RETROSPECTIVE if is_retrospective else NoticeState.NOT_DUE,
        content=content,
        message_id=message_id(office_id, address, f"{purpose}:{key or edition.edition_id}", given.settings),
        is_demonstration=given.is_demonstration,
        decided_at=given.now,
        subject=message.subject if message else "",
        file_name=message.file_name if message else "",
        message=message.message if message else None,
        purpose=purpose,
        subject_key=key,
        episode_id=mail.units[0].head if mail and len(mail.units) == 1 else None,
        not_before=not_before if message else None,
        is_urgent=mail is not None and mail.level is Level.RED,
    )
