"""Mails while nobody answers or acts: what reminders and overdue steps have in common, and queueing them."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Connection

from pipelines.core.domain import Edition, Level
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import notification_state
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, Purpose, Reason
from pipelines.ledger.notifications.notice import NoticeState as Sent
from pipelines.ledger.notifications.notification_state import NoticeWords
from pipelines.notifying.audience import Recipient
from pipelines.notifying.kinds import mail_kinds
from pipelines.notifying.mail_kind import MailKind, Place, Preview, preview_of
from pipelines.notifying.message import Address, write_message
from pipelines.notifying.occasion import Occasion, may_send, read_occasion
from pipelines.notifying.wording import Item, item


class UnansweredMail(MailKind):
    """A kind of mail that is due as time passes and nobody acts."""

    reason: ClassVar[Reason]
    nothing: ClassVar[str]
    """Why there is none, in Chinese."""

    @abstractmethod
    def draft_due(self, given: Occasion, connection: Connection) -> list[NoticeDecision]:
        """Those that are due at the occasion's instant and were not made yet, with their mails; stores nothing."""

    @abstractmethod
    def draft_next(self, given: Occasion, connection: Connection, recipient: Recipient) -> list[NoticeDecision]:
        """The next one to come to a recipient if nobody acts until then, dated to when it would be due."""

    def draft(
        self,
        given: Occasion,
        recipient: Recipient,
        key: str,
        content: dict[str, int],
        fields: Mapping[str, object],
        items: list[Item],
    ) -> NoticeDecision:
        """One of these mails with its decision, not stored; ``items``: the warnings it lists."""
        (office_id, address), edition = recipient.key, given.edition
        own = items[0].episode_id
        to = Address(office_id, address, f"{self.purpose}:{key}", edition.edition_id, f"episode\n{own}")
        shown = {"items": items, "office": recipient.office, "is_demonstration": given.is_demonstration}
        message = write_message(to, "reminder", {**fields, **shown}, given.region, given.settings, given.now)
        return NoticeDecision(
            edition_id=edition.edition_id,
            day=edition.day,
            cutoff_at=edition.cutoff_at,
            office_id=office_id,
            address=address,
            reason=self.reason,
            state=Sent.QUEUED,
            content=content,
            message_id=message.message_id,
            is_demonstration=given.is_demonstration,
            decided_at=given.now,
            subject=message.subject,
            file_name=message.file_name,
            message=message.message,
            purpose=self.purpose,
            subject_key=key,
            episode_id=own if len(items) == 1 else None,
            is_urgent=items[0].level == Level.RED,
        )

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        given, keys = place.occasion(place.now), {one.key for one in place.to}
        with place.ledger.reading() as connection:
            found = [one for one in self.draft_due(given, connection) if (one.office_id, one.address) in keys]
            due_to = {(one.office_id, one.address) for one in found}
            for to in place.to:
                if to.key not in due_to:
                    found += self.draft_next(given, connection, to)
        return [preview_of(one) for one in found], "" if found else self.nothing


def remind(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> list[Notice]:
    """Queue the reminders that are due at ``now`` (UTC) about the warnings of the published edition; each goes once.

    A warning is unanswered while nobody took it on, or acted on it, at its level. It may be called as often as one
    likes. Nothing is due outside an office's working hours, but overdue steps of red and orange ones, which wait for
    the end of the quiet hours, red not even that. Raises UserError when the edition is not published.
    """
    given = read_occasion(edition, ledger, region, settings, now)
    if given.is_demonstration and not may_send(settings):
        return []
    with ledger.writing() as connection:
        made = draft_due(given, connection)
        return [_stored(connection, decision) for decision in made]


def draft_due(given: Occasion, connection: Connection) -> list[NoticeDecision]:
    """The reminders and overdue steps that are due at the occasion's instant; stores nothing."""
    kinds = [kind for kind in mail_kinds().values() if isinstance(kind, UnansweredMail)]
    return [decision for kind in kinds for decision in kind.draft_due(given, connection)]


def _stored(connection: Connection, decision: NoticeDecision) -> Notice:
    made = outbox.find_notice(connection, decision.office_id, decision.address, decision.purpose_key)
    if made is not None:
        return made
    queued = outbox.add_notice(connection, decision)
    if decision.purpose is Purpose.REMINDER:
        to = (decision.edition_id, decision.office_id, decision.address)
        notification_state.mark_notified(
            connection, *to, list(decision.content), queued.notice_id, NoticeWords.REMINDER
        )
    return queued


def list_items(given: Occasion, episode_ids: Iterable[str]) -> list[Item]:
    """These warnings in words, the most severe first."""
    rows = given.board.rows[given.board.rows["episode_id"].isin(list(episode_ids))].sort_values("level", kind="stable")
    return [item(row, "", given.region, given.settings) for row in rows.to_dict("records")]
