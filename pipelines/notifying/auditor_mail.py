"""The auditor's mail of an edition: the audit trail's last number and hash, kept where no rewriter reaches them.

It also names the links and roles of accounts that see more than a county which were given in the last days.
"""

import json
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts.confirmation import TOLD_FOR, given_roles
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying.message import message_id
from pipelines.notifying.notices import may_send

OFFICE = "auditor"
_MOST_LISTED = 50


def tell_auditor(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> Notice | None:
    """Queue the mail about an edition's anchor; None when no auditor's address is set or the edition has no anchor.

    At most one an edition, however often it is published or notified. ``now`` (UTC) becomes the mail's date.
    """
    decision = draft(edition, ledger, region, settings, now) if settings.auditor_mail else None
    if decision is None:
        return None
    with ledger.writing() as connection:
        made = outbox.find_notice(connection, OFFICE, decision.address, decision.purpose_key)
        return outbox.add_notice(connection, decision) if made is None else made


def draft(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> NoticeDecision | None:
    """That mail, not stored; None when the edition has no anchor."""
    manifest = json.loads((settings.published / edition.edition_id / "manifest.json").read_text(encoding="utf-8"))
    anchor = manifest.get("audit_anchor")
    if not anchor:
        return None
    is_demonstration = manifest.get("is_demonstration") == "true"
    is_kept_back = is_demonstration and not may_send(settings)
    identity = message_id(OFFICE, settings.auditor_mail, f"{Purpose.AUDIT}:{edition.edition_id}", settings)
    message = _message(edition, anchor, identity, is_demonstration, given(ledger, region, now), region, settings, now)
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=OFFICE,
        address=settings.auditor_mail,
        reason=Reason.DEMONSTRATION if is_kept_back else Reason.ANCHOR,
        state=NoticeState.NOT_DUE if is_kept_back else NoticeState.QUEUED,
        content={},
        message_id=identity,
        is_demonstration=is_demonstration,
        decided_at=now,
        subject=str(message["Subject"]),
        file_name=f"{edition.edition_id}_{OFFICE}_{identity[1:17]}.eml",
        message=None if is_kept_back else message.as_bytes(),
        purpose=Purpose.AUDIT,
    )


def given(ledger: Ledger, region: Region, now: datetime) -> str:
    """Lines about links and roles given in the last days, newest first; empty where there were none."""
    lines = [
        f"{one.at.astimezone(region.time_zone):%Y-%m-%d %H:%M}  {one.by}  "
        f"{'设置密码的链接' if one.is_link else '更改角色'}：{one.name}（{one.role.value}）\n"
        for one in given_roles(ledger, now)
    ]
    if not lines:
        return ""
    more = f"另有 {len(lines) - _MOST_LISTED} 项，见审计记录。\n" if len(lines) > _MOST_LISTED else ""
    days = TOLD_FOR.days
    return (
        f"\n近 {days} 天发出的、可看到不止一个县区的账号链接和角色，请核对：\n\n{''.join(lines[:_MOST_LISTED])}{more}"
    )


def _message(
    edition: Edition,
    anchor: dict[str, object],
    identity: str,
    is_demonstration: bool,
    accounts: str,
    region: Region,
    settings: Settings,
    now: datetime,
) -> EmailMessage:
    mark = "【演示数据】" if is_demonstration else ""
    noted = f"{anchor['seq']}:{anchor['own_hash']}"
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"{mark}[审计锚点] {region.name_zh} 版次 {edition.edition_id} 第 {anchor['seq']} 条"
    message["From"] = settings.mail_from
    message["To"] = settings.auditor_mail
    message["Date"] = format_datetime(now.astimezone(region.time_zone))
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"
    message["X-Gangshao-Edition"] = edition.edition_id
    message.set_content(
        f"{mark}版次 {edition.edition_id} 发布时，审计记录的末条是：\n\n{noted}\n\n"
        "请保存本邮件。以后在服务器上核对：\n\n"
        f"gangshao audit verify --anchor {noted}\n\n"
        f"记录被改动、截尾或整体改写，都会与它不符。本邮件每个版次一封，不含任何业务数字。\n{accounts}",
        cte="base64",
    )
    return message
