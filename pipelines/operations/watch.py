"""The small check that looks at the whole from outside: was there a run, do mails leave, is the schedule alive."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipelines.core.domain import Edition, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.db import job
from pipelines.ledger.editions import RecordedEdition, is_ahead, recorded_editions
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying import outbox as mail
from pipelines.notifying.audience import recipients
from pipelines.notifying.message import message_id
from pipelines.notifying.retry import hours_of
from pipelines.operations.clock import ahead_sentence
from pipelines.published.read import edition_in_force

OFFICE = "duty"
STUCK_FOR = timedelta(minutes=30)
SILENT_FOR = timedelta(minutes=10)
DECIDED_WITHIN = timedelta(minutes=10)
"""From an edition's record in the ledger to the decision whom to tell; else the run died in between."""
_TITLES = {
    Reason.NO_EDITION: "当天的版次没有完成",
    Reason.STUCK: "邮件没有发出",
    Reason.NO_SCHEDULE: "定时任务没有动静",
    Reason.EDITION_AHEAD: "现行版次在此刻之后",
}


@dataclass(frozen=True)
class Trouble:
    """Something the duty desk should know, and a sentence on what it is and what to do."""

    reason: Reason
    sentence: str


def find_troubles(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> list[Trouble]:
    """What is wrong at an instant; empty when all is well. Changes nothing."""
    found = (
        _edition_ahead(settings, region, now),
        _no_edition(settings, region, ledger, now),
        _stuck(region, ledger, now),
        _no_schedule(region, ledger, now),
    )
    return [trouble for trouble in found if trouble is not None]


def _edition_ahead(settings: Settings, region: Region, now: datetime) -> Trouble | None:
    try:
        edition = edition_in_force(settings.published)
    except UserError:
        return None
    return Trouble(Reason.EDITION_AHEAD, ahead_sentence(region, edition)) if is_ahead(edition, now) else None


def _no_edition(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> Trouble | None:
    today, hour = region.local_day(now), region.timetable.finished_by
    day = region.edition_due(now)
    editions = recorded_editions(ledger)
    if not editions and day < today:  # the first one is still to come
        return None
    lacking = _lacking(settings, region, ledger, [one for one in editions if one.edition.day >= day], now)
    if not lacking:
        return None
    return Trouble(
        Reason.NO_EDITION,
        f"{f'到 {hour:%H:%M}，' if day == today else ''}{day} 的版次{lacking}；请查看日志，然后运行 gangshao run"
        " (no run of the day has finished)",
    )


def _lacking(settings: Settings, region: Region, ledger: Ledger, made: Sequence[RecordedEdition], now: datetime) -> str:
    """What a run left undone, in words; empty when one of the editions is published and the last one decided about."""
    if not made:
        return "没有完成"
    try:
        is_published = edition_in_force(settings.published).day >= made[0].edition.day
    except UserError:
        is_published = False
    if not is_published:
        return "已算出但没有发布"
    last = made[-1]
    if now - last.finished_at < DECIDED_WITHIN or not recipients(region, last.edition.day):
        return ""
    decided = outbox.recorded_notices(ledger, last.edition.edition_id)
    return "" if any(one.purpose == Purpose.DIGEST for one in decided) else "已发布但没有决定通知谁"


def _stuck(region: Region, ledger: Ledger, now: datetime) -> Trouble | None:
    before = now - STUCK_FOR
    is_working = hours_of(region, OFFICE).is_working(region, before)
    overdue = queue.overdue(ledger, before, is_put_off_too=is_working)
    if overdue is None:
        return None
    return Trouble(
        Reason.STUCK,
        f"发件箱有 {overdue.mails} 封邮件超过 {STUCK_FOR // timedelta(minutes=1)} 分钟没有发出，最早的自"
        f" {overdue.since.astimezone(region.time_zone):%m-%d %H:%M}；服务器答复：{overdue.reply or '无'}"
        " (the outbox is stuck: see gangshao outbox list --state queued)",
    )


def _no_schedule(region: Region, ledger: Ledger, now: datetime) -> Trouble | None:
    until = job.runs_until(ledger, job.LEASE)
    if until is None or abs(now - until) < SILENT_FOR:  # one that lives takes it for a minute, whatever time it is
        return None
    at = f"{until.astimezone(region.time_zone):%m-%d %H:%M}"
    since = f"自 {at} 起" if until < now else f"在时钟拨回（此前已到 {at}）之后"
    return Trouble(
        Reason.NO_SCHEDULE, f"定时任务{since}没有动静；请重新启动 gangshao schedule (the schedule is silent)"
    )


def tell_duty(troubles: list[Trouble], settings: Settings, region: Region, ledger: Ledger, now: datetime) -> str:
    """Mail the duty desk about each trouble, once a day; returns a sentence on whether the mail has left."""
    if not settings.duty_mail:
        return "没有设置 GANGSHAO_DUTY_MAIL，未寄邮件 (no address of the duty desk is set)"
    about = draft_troubles(troubles, settings, region, now)
    with ledger.writing() as connection:
        for decision in about:
            if outbox.find_notice(connection, OFFICE, settings.duty_mail, decision.purpose_key) is None:
                outbox.add_notice(connection, decision)
    try:
        report = mail.send(ledger, settings, now)
    except UserError as error:
        return f"给值班岗的邮件没有发出：{error}"
    with ledger.reading() as connection:
        told = [outbox.find_notice(connection, OFFICE, settings.duty_mail, decision.purpose_key) for decision in about]
    if all(one is not None and one.state is NoticeState.ACCEPTED for one in told):
        return "已邮件告知值班岗，每天每件事一封 (the duty desk has been told by mail)"
    return f"给值班岗的邮件没有发出，请当面或电话告知：{report.problem} (the mail to the duty desk has not left)"


def draft_troubles(
    troubles: Sequence[Trouble], settings: Settings, region: Region, now: datetime
) -> list[NoticeDecision]:
    """The mail about each trouble, not stored."""
    day = region.local_day(now)
    about = [
        NoticeDecision(
            edition_id=_edition(settings, region, now).edition_id,
            day=day,
            cutoff_at=region.cutoff_at(day),
            office_id=OFFICE,
            address=settings.duty_mail,
            reason=trouble.reason,
            state=NoticeState.QUEUED,
            content={},
            message_id=message_id(OFFICE, settings.duty_mail, f"{Purpose.WATCH}:{trouble.reason}:{day}", settings),
            is_demonstration=settings.demonstration_mark.exists(),
            decided_at=now,
            purpose=Purpose.WATCH,
            subject_key=f"{trouble.reason}:{day}",
            is_urgent=True,
        )
        for trouble in troubles
    ]
    return [_with_letter(one, trouble, settings, region) for trouble, one in zip(troubles, about, strict=True)]


def _edition(settings: Settings, region: Region, now: datetime) -> Edition:
    """The edition in force; before there is one, today's, which is to come."""
    try:
        return edition_in_force(settings.published)
    except UserError:
        day = region.local_day(now)
        return Edition(day, 1, region.cutoff_at(day))


def _with_letter(decision: NoticeDecision, trouble: Trouble, settings: Settings, region: Region) -> NoticeDecision:
    mark = "【演示数据】" if decision.is_demonstration else ""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"{mark}[系统值守] {region.name_zh} {_TITLES[trouble.reason]}"
    message["From"] = settings.mail_from
    message["To"] = decision.address
    message["Date"] = format_datetime(decision.decided_at.astimezone(region.time_zone))
    message["Message-ID"] = decision.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{mark}{trouble.sentence}\n\n本邮件由 gangshao watch 发出，同一件事每天一封。\n", cte="base64")
    name = f"{decision.day}_{OFFICE}_{decision.message_id[1:17]}.eml"
    return replace(decision, subject=str(message["Subject"]), file_name=name, message=message.as_bytes())
