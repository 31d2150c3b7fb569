"""Sends the queued mails: into the outbox folder, or through a mail server, one answer on record for each recipient."""

import hashlib
import logging
import os
import smtplib
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from filelock import FileLock

from pipelines.core.domain import UserError
from pipelines.core.log import tell
from pipelines.core.region import load as regions
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import queue
from pipelines.ledger.notifications.queue import Outgoing, Sender
from pipelines.notifying.bounces import tell_administrator
from pipelines.notifying.notices import may_send
from pipelines.notifying.retry import next_attempt
from pipelines.notifying.smtp import Answer, Outcome, connect, deliver, reply_of, say_goodbye

SMTP_SECONDS = 30.0
log = logging.getLogger(__name__)
_BROKEN_IN_A_ROW = 2  # a server that breaks off twice running is left alone until the next attempt
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class SendReport:
    """What became of the queue: mails accepted now, refused for good, still waiting; those that may arrive twice.

    ``problem`` is a sentence on why mails are waiting, empty when none is.
    """

    sent: int
    failed: int
    waiting: int
    ambiguous: int
    problem: str = ""


@dataclass
class Clock:
    """The time that goes on while mails are sent, from a given instant (UTC)."""

    start: datetime
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The instant."""
        return self.start + timedelta(seconds=time.monotonic() - self._began)

    def wait_until(self, instant: datetime) -> None:
        """Return when it has come."""
        time.sleep(max(0.0, (instant - self.now()).total_seconds()))


@dataclass
class _Pass:
    """One go through the queue: what it works with, what it met."""

    ledger: Ledger
    settings: Settings
    sender: Sender
    clock: Clock
    timeout: float
    due_by: datetime
    tally: Counter[Outcome] = field(default_factory=Counter)
    touched: list[int] = field(default_factory=list)
    problem: str = ""

    def claim(self) -> Outgoing | None:
        mail = queue.claim_mails(self.ledger, self.sender, self.due_by, self.clock.now())
        if mail is not None:
            self.touched.append(mail.notice_id)
        return mail


def send(
    ledger: Ledger, settings: Settings, now: datetime, *, timeout: float | None = None, clock: Clock | None = None
) -> SendReport:
    """Try every mail that is due once.

    At least once, in practice once: a mail is claimed, then marked as handed over before the server gets its text, and
    one whose answer was lost (a crash, a broken line) is sent again with the same Message-ID and counted as ambiguous.
    Senders of several machines share a ledger by claims; of one data folder one sends at a time, and so knows that
    earlier claims of this folder are those of the dead. What bounced is told to the administrator.

    Raises UserError when invented data would leave this machine, or a password would travel in the clear.
    """
    clock = clock or Clock(now)
    settings.data.mkdir(parents=True, exist_ok=True)
    with FileLock(lock := settings.data / "mail.lock"):
        place = _place(lock.stat())
        work = _Pass(ledger, settings, queue.sender_at(place), clock, timeout or SMTP_SECONDS, now)
        if taken := queue.take_over(ledger, place, now):
            tell(log, "mails of a dead sender taken over", mails=taken)
        _refuse_what_must_not_leave(ledger, settings)
        _go_through(work)
        if tell_administrator(ledger, settings, now):
            _go_through(work)
    report = SendReport(
        sent=work.tally[Outcome.ACCEPTED],
        failed=work.tally[Outcome.BOUNCED],
        waiting=queue.backlog(ledger).waiting,
        ambiguous=queue.count_ambiguous(ledger, work.touched),
        problem=work.problem,
    )
    if work.touched or report.waiting:
        counts = {"sent": report.sent, "failed": report.failed, "waiting": report.waiting}
        tell(log, "mails tried", **counts, ambiguous=report.ambiguous)
    return report


def _place(lock: os.stat_result) -> str:
    """A short name of the lock that is held: of the same file on the same machine, and of no other, it is the same."""
    return hashlib.sha256(f"{socket.gethostname()}:{lock.st_dev}:{lock.st_ino}".encode()).hexdigest()[:16]


def _refuse_what_must_not_leave(ledger: Ledger, settings: Settings) -> None:
    if not may_send(settings) and (settings.demonstration_mark.exists() or queue.backlog(ledger).demonstration):
        reason = (
            f"演示数据的邮件不得发往本机以外的邮件服务器 {settings.smtp_host}；"
            "请清空 GANGSHAO_SMTP_HOST，邮件将写入发件箱文件夹"
            " (mails about demonstration data stay on this machine)"
        )
        queue.explain_waiting(ledger, reason)
        raise UserError(reason)
    refuse_plain_password(settings)


def refuse_plain_password(settings: Settings) -> None:
    """Raise UserError when the settings would send a password to another machine over a line that is not encrypted."""
    is_encrypted = settings.smtp_starttls or settings.is_tls_from_the_start
    if settings.smtp_host and settings.smtp_user and not is_encrypted and not may_send(settings):
        raise UserError(
            "邮件服务器密码不得明文传送；请设置 GANGSHAO_SMTP_STARTTLS=true 或 GANGSHAO_SMTP_TLS=true（465 端口不必设）"
            " (a mail password is only sent over TLS)"
        )


def _go_through(work: _Pass) -> None:
    if work.settings.smtp_host:
        _through_smtp(work)
    else:
        _into_folder(work)


def _into_folder(work: _Pass) -> None:
    """Write each mail as a file named after its Message-ID: a repeated attempt writes the same file again."""
    folder = work.settings.outbox
    folder.mkdir(parents=True, exist_ok=True)
    while (mail := work.claim()) is not None:
        unfinished = folder / f".{mail.file_name}.part"
        with unfinished.open("wb") as file:
            file.write(mail.message)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / mail.file_name)
        queue.mark_accepted(work.ledger, mail.notice_id, f"outbox/{mail.file_name}", work.clock.now())
        work.tally[Outcome.ACCEPTED] += 1


def _through_smtp(work: _Pass) -> None:
    settings, connection, broken = work.settings, None, 0
    while broken < _BROKEN_IN_A_ROW and queue.is_any_due(work.ledger, work.due_by):
        if connection is None:
            try:
                connection = connect(settings, work.timeout)
            except (OSError, smtplib.SMTPException) as error:
                _leave_alone(work, "无法使用", reply_of(error))
                return
        _keep_the_rate(work)
        mail = work.claim()
        if mail is None:  # another sender was faster
            continue
        answer = _attempt(work, connection, mail)
        is_turned_away = answer.outcome is Outcome.TURNED_AWAY
        if is_turned_away and not answer.is_broken:
            _leave_alone(work, f"不接收 {settings.mail_from} 的任何邮件，请核对发件人和登录设置", answer.reply)
            break
        if answer.is_broken:
            connection.close()
            connection = None
            broken += 1
            if is_turned_away and broken == _BROKEN_IN_A_ROW:
                _leave_alone(work, "此刻不接收任何邮件", answer.reply)
        else:
            broken = 0
    if connection is not None:
        say_goodbye(connection)


def _leave_alone(work: _Pass, what: str, reply: str) -> None:
    """Say why the server is asked no more in this pass: no mail is to blame, all of them wait."""
    place = f"{work.settings.smtp_host}:{work.settings.smtp_port}"
    work.problem = f"邮件服务器 {place} {what}：{reply} (mails wait in the queue)"
    queue.explain_waiting(work.ledger, reply)


def _attempt(work: _Pass, connection: smtplib.SMTP, mail: Outgoing) -> Answer:
    """Offer a mail and record the answer."""
    ledger, sender = work.ledger, work.sender

    def may_hand_over() -> bool:
        return queue.hand_over(ledger, sender, mail.notice_id, work.clock.now())

    answer = deliver(connection, parseaddr(work.settings.mail_from)[1], mail, may_hand_over)
    now = work.clock.now()
    work.tally[answer.outcome] += 1
    if answer.outcome is Outcome.ACCEPTED:
        queue.mark_accepted(ledger, mail.notice_id, answer.reply, now)
    elif answer.outcome is Outcome.BOUNCED:
        queue.mark_bounced(ledger, sender, mail.notice_id, answer.reply, now)
    elif answer.outcome is Outcome.PUT_OFF:
        again = next_attempt(mail.attempts, mail.is_urgent, mail.office_id, regions.load(work.settings.region), now)
        queue.defer_mail(ledger, sender, mail.notice_id, answer.reply, now, again, is_ambiguous=answer.is_ambiguous)
        work.problem = f"有邮件未被接收，留在队列中：{answer.reply} (mails wait in the queue)"
    elif answer.outcome is Outcome.TURNED_AWAY:
        queue.give_back_mails(ledger, sender, mail.notice_id)
    return answer


def _keep_the_rate(work: _Pass) -> None:
    """Wait while the server has been given as many mails in the last minute as it may, by whatever sender."""
    most = work.settings.mails_a_minute
    if not most:
        return
    now = work.clock.now()
    # Later than now is what was handed over before somebody set the clock back: of the last minute it says nothing.
    given = [at for at in queue.handed_over_since(work.ledger, now - _MINUTE) if at <= now]
    if len(given) >= most:
        work.clock.wait_until(given[-most] + _MINUTE)
