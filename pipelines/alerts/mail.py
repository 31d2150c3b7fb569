"""Sends the queued mails: into the outbox folder, or through a mail server, one answer on record for each recipient."""

import logging
import os
import re
import smtplib
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from filelock import FileLock

from pipelines.alerts.notices import may_send
from pipelines.domain import UserError
from pipelines.ledger import Ledger
from pipelines.ledger import notice as outbox
from pipelines.ledger.notice import Outgoing
from pipelines.log import tell
from pipelines.settings import Settings

SMTP_SECONDS = 30.0
log = logging.getLogger(__name__)
_IMPLICIT_TLS_PORT = 465
_BROKEN_IN_A_ROW = 2  # a server that breaks off twice running is left alone until the next attempt
_SERVICE_CLOSING = 421


@dataclass(frozen=True)
class SendReport:
    """What became of the queue: mails sent now, refused for good, still waiting; those that may arrive twice.

    ``problem`` is a sentence on why mails are waiting, empty when none is.
    """

    sent: int
    failed: int
    waiting: int
    ambiguous: int
    problem: str = ""


@dataclass(frozen=True)
class _Answer:
    """What the server said about one mail; ``is_broken`` when the connection is of no more use."""

    outcome: str  # sent, failed, waiting
    reply: str
    is_ambiguous: bool = False
    is_broken: bool = False


def send(ledger: Ledger, settings: Settings, now: datetime, *, timeout: float = SMTP_SECONDS) -> SendReport:
    """Try every waiting mail once.

    At least once, in practice once: a mail is marked as handed over before the server gets it, and a mail whose
    answer was lost (a crash, a broken line) is sent again with the same Message-ID and counted as ambiguous.
    One process of this data folder sends at a time; a second waits and finds the queue empty.

    Raises UserError when invented data would leave this machine, or a password would travel in the clear.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.data / "mail.lock"):
        queue = outbox.waiting(ledger)
        _refuse_what_must_not_leave(ledger, settings, queue)
        if settings.smtp_host:
            tally, problem = _through_smtp(ledger, settings, queue, now, timeout)
        else:
            tally, problem = _into_folder(ledger, settings.outbox, queue, now), ""
    report = SendReport(
        sent=tally["sent"],
        failed=tally["failed"],
        waiting=len(queue) - tally["sent"] - tally["failed"],
        ambiguous=tally["ambiguous"],
        problem=problem,
    )
    tell(log, "mails tried", sent=report.sent, failed=report.failed, waiting=report.waiting, ambiguous=report.ambiguous)
    return report


def _refuse_what_must_not_leave(ledger: Ledger, settings: Settings, queue: Sequence[int]) -> None:
    if not may_send(settings):
        invented = settings.demonstration_mark.exists() or any(
            outbox.outgoing(ledger, notice_id).is_demonstration for notice_id in queue
        )
        if invented:
            reason = (
                f"演示数据的邮件不得发往本机以外的邮件服务器 {settings.smtp_host}；"
                "请清空 GANGSHAO_SMTP_HOST，邮件将写入发件箱文件夹"
                " (mails about demonstration data stay on this machine)"
            )
            outbox.explain_waiting(ledger, queue, reason)
            raise UserError(reason)
    is_encrypted = settings.smtp_starttls or settings.smtp_port == _IMPLICIT_TLS_PORT
    if settings.smtp_host and settings.smtp_user and not is_encrypted and not may_send(settings):
        raise UserError(
            "邮件服务器密码不得明文传送；请设置 GANGSHAO_SMTP_STARTTLS=true 或使用 465 端口"
            " (a mail password is only sent over TLS)"
        )


def _into_folder(ledger: Ledger, folder: Path, queue: Sequence[int], now: datetime) -> Counter[str]:
    """Write each mail as a file named after its Message-ID: a repeated attempt writes the same file again."""
    folder.mkdir(parents=True, exist_ok=True)
    tally: Counter[str] = Counter()
    for notice_id in queue:
        mail = outbox.outgoing(ledger, notice_id)
        unfinished = folder / f".{mail.file_name}.part"
        with unfinished.open("wb") as file:
            file.write(mail.message)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / mail.file_name)
        outbox.mark_sent(ledger, notice_id, f"outbox/{mail.file_name}", now)
        tally["sent"] += 1
    return tally


def _through_smtp(
    ledger: Ledger, settings: Settings, queue: Sequence[int], now: datetime, timeout: float
) -> tuple[Counter[str], str]:
    tally: Counter[str] = Counter()
    connection: smtplib.SMTP | None = None
    broken = 0
    problem = ""
    for position, notice_id in enumerate(queue):
        if connection is None:
            try:
                connection = _connect(settings, timeout)
            except (OSError, smtplib.SMTPException) as error:
                reply = _reply_of(error)
                problem = (
                    f"邮件服务器 {settings.smtp_host}:{settings.smtp_port} 无法使用：{reply} (mails wait in the queue)"
                )
                outbox.explain_waiting(ledger, queue[position:], reply)
                break
        mail = outbox.outgoing(ledger, notice_id)
        outbox.hand_over(ledger, notice_id, now)
        answer = _deliver(connection, parseaddr(settings.mail_from)[1], mail)
        tally[answer.outcome] += 1
        if answer.outcome == "sent":
            outbox.mark_sent(ledger, notice_id, answer.reply, now)
        elif answer.outcome == "failed":
            outbox.mark_failed(ledger, notice_id, answer.reply, now)
        else:
            outbox.mark_waiting(ledger, notice_id, answer.reply, now, is_ambiguous=answer.is_ambiguous)
            problem = f"有邮件未被接收，留在队列中：{answer.reply} (mails wait in the queue)"
        if answer.is_broken:
            connection.close()
            connection = None
            broken += 1
            if broken == _BROKEN_IN_A_ROW:
                break
        else:
            broken = 0
    if connection is not None:
        _say_goodbye(connection)
    tally["ambiguous"] = outbox.count_ambiguous(ledger, queue)
    return tally, problem


def _connect(settings: Settings, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.smtp_port == _IMPLICIT_TLS_PORT:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=timeout, context=context
        )
    else:
        connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        if settings.smtp_starttls:
            connection.starttls(context=context)
            connection.ehlo()
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        connection.close()
        raise
    return connection


def _deliver(connection: smtplib.SMTP, sender: str, mail: Outgoing) -> _Answer:
    """Give one mail to the server. The steps are spelled out to know whether it can have had the whole mail."""
    is_whole = False
    try:
        for code, reply in _before_data(connection, sender, mail.address):
            if code not in {250, 251, 354}:
                return _refused(connection, code, reply)
        # As smtplib.data does: lines end in CRLF, a leading dot is doubled, a dot alone ends the mail.
        text = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", mail.message))
        is_whole = True
        connection.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, reply = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return _Answer("waiting", _reply_of(error), is_ambiguous=is_whole, is_broken=True)
    if code == 250:
        return _Answer("sent", _said(code, reply))
    return _refused(connection, code, reply)


def _before_data(connection: smtplib.SMTP, sender: str, address: str) -> "list[tuple[int, bytes]]":
    said = [connection.mail(sender)]
    if said[-1][0] == 250:
        said.append(connection.rcpt(address))
        if said[-1][0] in {250, 251}:
            said.append(connection.docmd("data"))
    return said


def _refused(connection: smtplib.SMTP, code: int, reply: bytes) -> _Answer:
    if code == _SERVICE_CLOSING:
        return _Answer("waiting", _said(code, reply), is_broken=True)
    try:
        connection.rset()
    except (OSError, smtplib.SMTPException):
        return _Answer("failed" if code >= 500 else "waiting", _said(code, reply), is_broken=True)
    return _Answer("failed" if code >= 500 else "waiting", _said(code, reply))


def _say_goodbye(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _said(code: int, reply: bytes) -> str:
    return f"{code} {reply.decode('utf-8', 'replace')}"


def _reply_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__
