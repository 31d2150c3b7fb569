"""Tells the administrator of mails that a server refused for good: which, for whom, its answer, what to do."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying.mail_kind import MailKind, Place, Preview, preview_of
from pipelines.notifying.message import Address, Message, write_text_message

OFFICE = "administrator"
_LOOK_BACK = timedelta(days=30)  # what bounced longer ago was told then, or nobody wanted to be told
_MOST_LISTED = 50


class Administration(MailKind):
    """Due to the administrator's address, where there is one, when a mail bounced that was not told yet."""

    purpose = Purpose.ADMINISTRATION
    title = "退信告知"
    is_of_the_system = True

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        if not place.settings.administrator_mail:
            return [], "没有设置 GANGSHAO_ADMINISTRATOR_MAIL"
        with place.ledger.reading() as connection:
            decision = draft_notice(connection, place.settings, place.now)
        return ([preview_of(decision)], "") if decision else ([], "没有被拒收而还未告知的邮件")


KIND = Administration()


def tell_administrator(ledger: Ledger, settings: Settings, now: datetime) -> Notice | None:
    """Queue one mail about what bounced and was not told yet; None when there is nothing, or no address is set.

    Its content holds the numbers and attempts it tells of, so that each failure is told once. The failure of such a
    mail is told to nobody: it would fail again.
    """
    if not settings.administrator_mail:
        return None
    with ledger.writing() as connection:
        decision = draft_notice(connection, settings, now)
        return None if decision is None else outbox.add_notice(connection, decision)


def draft_notice(connection: Connection, settings: Settings, now: datetime) -> NoticeDecision | None:
    """That mail, not stored; None when nothing bounced that was not told yet."""
    told = _reported_attempts(connection)
    bounced = [
        one
        for one in queue.bounced_since(connection, now - _LOOK_BACK)
        if one.purpose != Purpose.ADMINISTRATION and told.get(str(one.notice_id), 0) < one.attempts
    ]
    return _decision(bounced, settings.administrator_mail, settings, now) if bounced else None


def _reported_attempts(connection: Connection) -> dict[str, int]:
    """Numbers of bounced mails that were told, and after which attempt."""
    told: dict[str, int] = {}
    for one in outbox.of_purpose(connection, Purpose.ADMINISTRATION):
        for number, attempts in one.content.items():
            told[number] = max(attempts, told.get(number, 0))
    return told


def _decision(bounced: list[Notice], address: str, settings: Settings, now: datetime) -> NoticeDecision:
    last, about = bounced[-1], f"{now:%Y%m%dT%H%M%S%f}"
    message = _write(bounced, Address(OFFICE, address, f"{Purpose.ADMINISTRATION}:{about}", "", ""), settings, now)
    return NoticeDecision(
        edition_id=last.edition_id,
        day=last.day,
        cutoff_at=last.cutoff_at,
        office_id=OFFICE,
        address=address,
        reason=Reason.BOUNCED,
        state=NoticeState.QUEUED,
        content={str(one.notice_id): one.attempts for one in bounced},
        message_id=message.message_id,
        is_demonstration=last.is_demonstration,
        decided_at=now,
        subject=message.subject,
        file_name=message.file_name,
        message=message.message,
        purpose=Purpose.ADMINISTRATION,
        subject_key=about,
        is_urgent=True,
    )


def _write(bounced: list[Notice], to: Address, settings: Settings, now: datetime) -> Message:
    region = regions.load(settings.region)
    mark = "【演示数据】" if bounced[-1].is_demonstration else ""
    subject = f"{mark}[邮件退回] {region.name_zh} {len(bounced)} 封邮件被邮件服务器拒收"
    lines = [
        f"第 {one.notice_id} 号，版次 {one.edition_id}，{one.office_id}，{one.address}\n"
        f"    服务器答复：{one.smtp_reply}\n"
        for one in bounced[:_MOST_LISTED]
    ]
    more = f"另有 {len(bounced) - _MOST_LISTED} 封，见送达页面。\n" if len(bounced) > _MOST_LISTED else ""
    text = (
        f"{mark}下列邮件被邮件服务器拒收（5xx），程序不再重试，收件人没有收到：\n\n{''.join(lines)}{more}\n"
        "地址有误的，请改正 recipients.csv，下一版次会重新通知；地址无误的，排除原因后重发这一封：\n\n"
        f"gangshao outbox resend {bounced[0].notice_id}\n\n"
        f"送达情况：{settings.address}/delivery\n"
    )
    return write_text_message(to, subject, text, region, settings, now)
