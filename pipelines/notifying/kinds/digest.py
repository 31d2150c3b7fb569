"""The digest of an office and day: what is open, what is new, what ended."""

from collections.abc import Iterator
from datetime import datetime

from pipelines.ledger.notifications.notice import NoticeDecision, Purpose, Reason
from pipelines.notifying.audience import Recipient
from pipelines.notifying.digest import digest_fields
from pipelines.notifying.mail_kind import (
    MailKind,
    Place,
    Preview,
    draft_planned,
    preview_of,
    waits_until,
    write_planned,
)
from pipelines.notifying.message import Message, week_thread
from pipelines.notifying.occasion import Occasion
from pipelines.notifying.plan import IS_DUE, Plan

_NO_DIGEST = {
    Reason.NOTHING_NEW: "没有新情况",
    Reason.NOTHING_OF_YOURS: "本单位区域没有未解除的事项",
    Reason.TOLD_AT_ONCE: "新情况都单独即时通报",
    Reason.ALREADY_TOLD: "今天的汇总已经写好或发出",
    Reason.OUTSIDE_HOURS: "已经下班，下次上班时汇总",
    Reason.NOT_FOR_POST: "该岗位只收橙色以上和催办",
}


class Digest(MailKind):
    """Due to desks when something is new to them, once a day, in their hours."""

    purpose = Purpose.DIGEST
    title = "当日汇总"

    def draft(self, given: Occasion, plan: Plan) -> NoticeDecision:
        """The decision about it, with the mail if it is due; stores nothing."""
        message = self.write(given, plan) if plan.reason in IS_DUE else None
        return draft_planned(given, plan, plan.reason, plan.content, message, waits_until(given, plan))

    def write(self, given: Occasion, plan: Plan) -> Message:
        """The digest of a plan whose reason is one to write."""
        fields = digest_fields(
            given.material(plan.recipient.office),
            plan.recipient,
            plan.told,
            plan.known.levels,
            plan.reason,
            given.region,
            given.settings,
        )
        thread = week_thread(plan.recipient.office.office_id, given.edition.day)
        return write_planned(given, plan, f"{self.purpose}:{given.edition.edition_id}", thread, "digest", fields)

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``; after an office's hours as of its next ones: then none is sent before."""
        found, without = [], []
        for at, to in _by_hours(place):
            given = place.occasion(at)
            for plan in place.plans(given):
                if plan.recipient not in to:
                    continue
                if plan.reason in IS_DUE:
                    found.append(preview_of(self.draft(given, plan)))
                else:
                    without.append(f"{plan.recipient.office.name} {plan.recipient.title}：{_NO_DIGEST[plan.reason]}")
        return found, "".join(f"\n  {one}" for one in without)


KIND = Digest()


def _by_hours(place: Place) -> Iterator[tuple[datetime, list[Recipient]]]:
    groups: dict[datetime, list[Recipient]] = {}
    for one in place.to:
        hours = one.office.hours
        is_over = hours.is_over(place.region, place.now)
        at = hours.next_working(place.region, place.now) if is_over else place.now
        groups.setdefault(at, []).append(one)
    yield from groups.items()
