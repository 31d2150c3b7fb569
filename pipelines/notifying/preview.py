"""A mail of any purpose as it would be, from the edition in force and the ledger; sends, stores and changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from pipelines.core.domain import Edition, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import NoticeDecision, Purpose, Reason
from pipelines.notifying import auditor_mail, bounces, calendar_mails, notices, reminders
from pipelines.notifying.audience import Recipient
from pipelines.notifying.notices import Occasion, occasion
from pipelines.notifying.plan import IS_DUE, Plan
from pipelines.operations import watch
from pipelines.published.read import edition_in_force

NAMES = {
    Purpose.DIGEST: "当日汇总",
    Purpose.IMMEDIATE: "即时通报",
    Purpose.REMINDER: "催办",
    Purpose.OVERDUE: "逾期提醒",
    Purpose.BRIEF: "每日简报",
    Purpose.WEEKLY: "每周汇总",
    Purpose.QUALITY: "预警质量月报",
    Purpose.TEST: "测试邮件",
    Purpose.AUDIT: "审计锚点",
    Purpose.ADMINISTRATION: "退信告知",
    Purpose.WATCH: "系统值守",
}
OF_THE_SYSTEM = frozenset({Purpose.AUDIT, Purpose.ADMINISTRATION, Purpose.WATCH})
"""These go to an address of the settings, not to an office."""
_NO_DIGEST = {
    Reason.NOTHING_NEW: "没有新情况",
    Reason.NOTHING_OF_YOURS: "本单位区域没有未解除的事项",
    Reason.TOLD_AT_ONCE: "新情况都单独即时通报",
    Reason.ALREADY_TOLD: "今天的汇总已经写好或发出",
    Reason.OUTSIDE_HOURS: "已经下班，下次上班时汇总",
    Reason.NOT_FOR_POST: "该岗位只收橙色以上和催办",
}


@dataclass(frozen=True)
class Seen:
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
        return occasion(self.edition, self.ledger, self.region, at_home, at)

    def plans(self, given: Occasion) -> list[Plan]:
        """What these recipients would get of it."""
        if given.now not in self._plans:
            self._plans[given.now] = notices.plans_of(given, self.ledger, is_replay=False)
        keys = {one.key for one in self.to}
        return [plan for plan in self._plans[given.now] if plan.recipient.key in keys]


def preview(purpose: Purpose, place: Place) -> tuple[list[Seen], str]:
    """The mails of a purpose, and a sentence on why there are no more; empty where nothing is to be said.

    Those that would go now; else, of reminders, overdue steps and mails by the calendar, the next to come. Raises
    UserError when no edition is published that they could tell of.
    """
    return PREVIEWS[purpose](place)


def _digests(place: Place) -> tuple[list[Seen], str]:
    """After an office's hours, as of its next ones: then none is sent before."""
    found, without = [], []
    for at, to in _by_hours(place):
        given = place.occasion(at)
        for plan in place.plans(given):
            if plan.recipient not in to:
                continue
            if plan.reason in IS_DUE:
                found.append(_seen(notices.drafts(given, plan)[0]))
            else:
                without.append(f"{plan.recipient.office.name} {plan.recipient.title}：{_NO_DIGEST[plan.reason]}")
    return found, "".join(f"\n  {one}" for one in without)


def _by_hours(place: Place) -> Iterator[tuple[datetime, list[Recipient]]]:
    groups: dict[datetime, list[Recipient]] = {}
    for one in place.to:
        hours = one.office.hours
        is_over = hours.is_over(place.region, place.now)
        at = hours.next_working(place.region, place.now) if is_over else place.now
        groups.setdefault(at, []).append(one)
    yield from groups.items()


def _at_once(place: Place) -> tuple[list[Seen], str]:
    given = place.occasion(place.now)
    found = [_seen(one) for plan in place.plans(given) if plan.at_once for one in notices.drafts(given, plan)[1:]]
    return found, "" if found else "橙色、红色事项都已单独通报"


def _of_reminders(purpose: Purpose, nothing: str) -> Callable[[Place], tuple[list[Seen], str]]:
    def shown(place: Place) -> tuple[list[Seen], str]:
        given, keys = place.occasion(place.now), {one.key for one in place.to}
        with place.ledger.reading() as connection:
            due = [one for one in reminders.drafts(given, connection) if (one.office_id, one.address) in keys]
            found = [one for one in due if one.purpose is purpose]
            told = {(one.office_id, one.address) for one in found}
            for to in place.to:
                if to.key not in told:
                    found += [one for one in reminders.ahead(given, connection, to) if one.purpose is purpose]
        return [_seen(one) for one in found], "" if found else nothing

    return shown


def _by_calendar(kind: calendar_mails.Kind) -> Callable[[Place], tuple[list[Seen], str]]:
    def shown(place: Place) -> tuple[list[Seen], str]:
        given = place.occasion(place.now)
        found = [_next_of(kind, place, given, to) for to in place.to if to.role in kind.posts]
        return found, "" if found else "所选单位没有收这种邮件的岗位"

    return shown


def _next_of(kind: calendar_mails.Kind, place: Place, given: Occasion, to: Recipient) -> Seen:
    region, today = place.region, place.region.local_day(place.now)
    day = calendar_mails.next_day(kind, region, today)
    with place.ledger.reading() as connection:
        made = outbox.find_notice(connection, *to.key, f"{kind.purpose}:{kind.key(region, day)}")
    if made is not None:
        day = calendar_mails.next_day(kind, region, day + timedelta(days=1))
    decision = calendar_mails.draft(given, place.ledger, kind, to, str(kind.key(region, day)))
    if day == today:
        return _seen(decision)
    opens = region.cutoff_at(day)
    return Seen(decision, to.office.hours.next_working(region, opens) if kind.waits_for_work else opens)


def _audit(place: Place) -> tuple[list[Seen], str]:
    if not place.settings.auditor_mail:
        return [], "没有设置 GANGSHAO_AUDITOR_MAIL"
    at_home = place.settings.model_copy(update={"smtp_host": ""})
    try:
        decision = auditor_mail.draft(place.edition, place.ledger, place.region, at_home, place.now)
    except OSError as error:
        raise UserError(
            f"版次 {place.edition.edition_id} 的发布清单无法读取：{error.strerror} (no manifest)"
        ) from error
    if decision is None:
        return [], f"版次 {place.edition.edition_id} 没有审计锚点"
    return [_seen(decision)], ""


def _administration(place: Place) -> tuple[list[Seen], str]:
    if not place.settings.administrator_mail:
        return [], "没有设置 GANGSHAO_ADMINISTRATOR_MAIL"
    with place.ledger.reading() as connection:
        decision = bounces.draft(connection, place.settings, place.now)
    return ([_seen(decision)], "") if decision else ([], "没有被拒收而还未告知的邮件")


def _watch(place: Place) -> tuple[list[Seen], str]:
    if not place.settings.duty_mail:
        return [], "没有设置 GANGSHAO_DUTY_MAIL"
    troubles = watch.find_troubles(place.settings, place.region, place.ledger, place.now)
    found = watch.draft_troubles(troubles, place.settings, place.region, place.now)
    with place.ledger.reading() as connection:
        new = [
            one for one in found if outbox.find_notice(connection, one.office_id, one.address, one.purpose_key) is None
        ]
    nothing = "今天已经告知值班岗" if found else "一切正常"
    return [_seen(one) for one in new], "" if new else nothing


def _seen(decision: NoticeDecision) -> Seen:
    return Seen(decision, decision.not_before or decision.decided_at)


PREVIEWS: Mapping[Purpose, Callable[[Place], tuple[list[Seen], str]]] = {
    Purpose.DIGEST: _digests,
    Purpose.IMMEDIATE: _at_once,
    Purpose.REMINDER: _of_reminders(Purpose.REMINDER, "黄色以上事项都不在等人签收，或各岗位都已催过"),
    Purpose.OVERDUE: _of_reminders(Purpose.OVERDUE, "各步骤都没有逾期，或逾期的都已提醒过"),
    **{kind.purpose: _by_calendar(kind) for kind in calendar_mails.KINDS},
    Purpose.AUDIT: _audit,
    Purpose.ADMINISTRATION: _administration,
    Purpose.WATCH: _watch,
}
