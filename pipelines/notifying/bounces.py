"""Tells the administrator of mails that a server refused for good: which, for whom, its answer, what to do."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import Connection

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying.message import message_id

OFFICE = "administrator"
_LOOK_BACK = timedelta(days=30)  # what bounced longer ago was told then, or nobody wanted to be told
_MOST_LISTED = 50


def tell_administrator(ledger: Ledger, settings: Settings, now: datetime) -> Notice | None:
    """Queue one mail about what bounced and was not told yet; None when there is nothing, or no address is set.

    Its content holds the numbers and attempts it tells of, so that each failure is told once. The failure of such a
    mail is told to nobody: it would fail again.
    """
    if not settings.administrator_mail:
        return None
    with ledger.writing() as connection:
        decision = draft(connection, settings, now)
        return None if decision is None else outbox.add_notice(connection, decision)


def draft(connection: Connection, settings: Settings, now: datetime) -> NoticeDecision | None:
    """That mail, not stored; None when nothing bounced that was not told yet."""
    told = _told(connection)
    bounced = [
        one
        for one in queue.bounced_since(connection, now - _LOOK_BACK)
        if one.purpose != Purpose.ADMINISTRATION and told.get(str(one.notice_id), 0) < one.attempts
    ]
    return _decision(bounced, settings.administrator_mail, settings, now) if bounced else None


def _told(connection: Connection) -> dict[str, int]:
    """Numbers of bounced mails that were told, and after which attempt."""
    told: dict[str, int] = {}
    for one in outbox.of_purpose(connection, Purpose.ADMINISTRATION):
        for number, attempts in one.content.items():
            told[number] = max(attempts, told.get(number, 0))
    return told


def _decision(bounced: list[Notice], address: str, settings: Settings, now: datetime) -> NoticeDecision:
    last, about = bounced[-1], f"{now:%Y%m%dT%H%M%S%f}"
    identity = message_id(OFFICE, address, f"{Purpose.ADMINISTRATION}:{about}", settings)
    message = _message(bounced, identity, address, settings, now)
    return NoticeDecision(
        edition_id=last.edition_id,
        day=last.day,
        cutoff_at=last.cutoff_at,
        office_id=OFFICE,
        address=address,
        reason=Reason.BOUNCED,
        state=NoticeState.QUEUED,
        content={str(one.notice_id): one.attempts for one in bounced},
        message_id=identity,
        is_demonstration=last.is_demonstration,
        decided_at=now,
        subject=str(message["Subject"]),
        file_name=f"{now:%Y-%m-%d}_{OFFICE}_{identity[1:17]}.eml",
        message=message.as_bytes(),
        purpose=Purpose.ADMINISTRATION,
        subject_key=about,
        is_urgent=True,
    )


def _message(bounced: list[Notice], identity: str, address: str, settings: Settings, now: datetime) -> EmailMessage:
    region = regions.load(settings.region)
    mark = "【演示数据】" if bounced[-1].is_demonstration else ""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"{mark}[邮件退回] {region.name_zh} {len(bounced)} 封邮件被邮件服务器拒收"
    message["From"] = settings.mail_from
    message["To"] = address
    message["Date"] = format_datetime(now.astimezone(region.time_zone))
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"
    lines = [
        f"第 {one.notice_id} 号，版次 {one.edition_id}，{one.office_id}，{one.address}\n"
        f"    服务器答复：{one.smtp_reply}\n"
        for one in bounced[:_MOST_LISTED]
    ]
    more = f"另有 {len(bounced) - _MOST_LISTED} 封，见送达页面。\n" if len(bounced) > _MOST_LISTED else ""
    message.set_content(
        f"{mark}下列邮件被邮件服务器拒收（5xx），程序不再重试，收件人没有收到：\n\n{''.join(lines)}{more}\n"
        "地址有误的，请改正 recipients.csv，下一版次会重新通知；地址无误的，排除原因后重发这一封：\n\n"
        f"gangshao outbox resend {bounced[0].notice_id}\n\n"
        f"送达情况：{settings.address}/delivery\n",
        cte="base64",
    )
    return message
