"""The auditor's mail of an edition: the audit trail's last number and hash, kept where no rewriter reaches them.

It also names the links and roles of accounts that see more than a county which were given in the last days.
"""

import json
from datetime import datetime

from pipelines.core.domain import Edition, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.accounts.confirmation import TOLD_FOR, given_roles
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Purpose, Reason
from pipelines.notifying.mail_kind import MailKind, Place, Preview, preview_of
from pipelines.notifying.message import Address, write_text_message
from pipelines.notifying.occasion import may_send

OFFICE = "auditor"
_MOST_LISTED = 50


class Audit(MailKind):
    """Due once an edition to the auditor's address, where there is one."""

    purpose = Purpose.AUDIT
    title = "审计锚点"
    is_of_the_system = True

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        if not place.settings.auditor_mail:
            return [], "没有设置 GANGSHAO_AUDITOR_MAIL"
        at_home = place.settings.model_copy(update={"smtp_host": ""})
        try:
            decision = draft_notice(place.edition, place.ledger, place.region, at_home, place.now)
        except OSError as error:
            raise UserError(
                f"版次 {place.edition.edition_id} 的发布清单无法读取：{error.strerror} (no manifest)"
            ) from error
        if decision is None:
            return [], f"版次 {place.edition.edition_id} 没有审计锚点"
        return [preview_of(decision)], ""


KIND = Audit()


def tell_auditor(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> Notice | None:
    """Queue the mail about an edition's anchor; None when no auditor's address is set or the edition has no anchor.

    At most one an edition, however often it is published or notified. ``now`` (UTC) becomes the mail's date.
    """
    decision = draft_notice(edition, ledger, region, settings, now) if settings.auditor_mail else None
    if decision is None:
        return None
    with ledger.writing() as connection:
        made = outbox.find_notice(connection, OFFICE, decision.address, decision.purpose_key)
        return outbox.add_notice(connection, decision) if made is None else made


def draft_notice(
    edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime
) -> NoticeDecision | None:
    """That mail, not stored; None when the edition has no anchor."""
    manifest = json.loads((settings.published / edition.edition_id / "manifest.json").read_text(encoding="utf-8"))
    anchor = manifest.get("audit_anchor")
    if not anchor:
        return None
    is_demonstration = manifest.get("is_demonstration") == "true"
    is_kept_back = is_demonstration and not may_send(settings)
    mark, noted = "【演示数据】" if is_demonstration else "", f"{anchor['seq']}:{anchor['own_hash']}"
    to = Address(OFFICE, settings.auditor_mail, f"{Purpose.AUDIT}:{edition.edition_id}", edition.edition_id, "")
    subject = f"{mark}[审计锚点] {region.name_zh} 版次 {edition.edition_id} 第 {anchor['seq']} 条"
    text = (
        f"{mark}版次 {edition.edition_id} 发布时，审计记录的末条是：\n\n{noted}\n\n"
        "请保存本邮件。以后在服务器上核对：\n\n"
        f"gangshao audit verify --anchor {noted}\n\n"
        "记录被改动、截尾或整体改写，都会与它不符。本邮件每个版次一封，不含任何业务数字。\n"
        f"{list_given_access(ledger, region, now)}"
    )
    message = write_text_message(to, subject, text, region, settings, now)
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=OFFICE,
        address=settings.auditor_mail,
        reason=Reason.DEMONSTRATION if is_kept_back else Reason.ANCHOR,
        state=NoticeState.NOT_DUE if is_kept_back else NoticeState.QUEUED,
        content={},
        message_id=message.message_id,
        is_demonstration=is_demonstration,
        decided_at=now,
        subject=message.subject,
        file_name=message.file_name,
        message=None if is_kept_back else message.message,
        purpose=Purpose.AUDIT,
    )


def list_given_access(ledger: Ledger, region: Region, now: datetime) -> str:
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
