"""Talks to a mail server: connects, gives it one mail for one address, and says what it answered."""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pipelines.core.settings import Settings
from pipelines.ledger.notifications.queue import Outgoing

_SERVICE_CLOSING = 421
_NOT_SIGNED_IN = frozenset({530, 535})  # RFC 4954: who sends is refused, not whom it is for
_SEND_TEXT = 354
_LONGEST_REPLY = 500  # characters kept of what a server said


class Outcome(StrEnum):
    """What became of an attempt.

    Lost: the mail was no longer ours when the server was ready for its text. Turned away: the server takes nothing from
    our sender, whoever it is for; broken as well, it closed the line before it heard whom the mail is for.
    """

    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    PUT_OFF = "put_off"
    LOST = "lost"
    TURNED_AWAY = "turned_away"


@dataclass(frozen=True)
class Answer:
    """What the server said about one mail; ``is_broken`` when the connection is of no more use."""

    outcome: Outcome
    reply: str
    is_ambiguous: bool = False
    is_broken: bool = False


def connect(settings: Settings, timeout: float) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings say; the server's certificate is verified.

    Raises OSError or SMTPException, SMTPNotSupportedError where the server does not offer the STARTTLS that is asked
    for: then the password is not sent.
    """
    try:
        return _connect(settings, timeout)
    except UnicodeError as error:
        raise smtplib.SMTPException(
            "邮件服务器地址、用户名或密码含有无法传送的字符（如全角标点），请核对 GANGSHAO_SMTP_HOST、"
            "GANGSHAO_SMTP_USER、GANGSHAO_SMTP_PASSWORD (the mail settings hold what cannot be sent)"
        ) from error


def _connect(settings: Settings, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.is_tls_from_the_start:
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


def deliver(connection: smtplib.SMTP, sender: str, mail: Outgoing, may_hand_over: Callable[[], bool]) -> Answer:
    """Give one mail to the server. The steps are spelled out to know whether it can have had the whole mail.

    ``may_hand_over`` is asked when the server is ready for the text, and before it gets any of it.
    """
    is_given = False
    try:
        refusal = _before_text(connection, sender, mail.address)
        if refusal is not None:
            return refusal
        if not may_hand_over():
            return Answer(Outcome.LOST, "", is_broken=True)  # the server waits for a text: only closing ends that
        # As smtplib.data does: lines end in CRLF, a leading dot is doubled, a dot alone ends the mail.
        text = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", mail.message))
        is_given = True
        connection.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, reply = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Answer(Outcome.PUT_OFF, reply_of(error), is_ambiguous=is_given, is_broken=True)
    if _is_yes(code):
        return Answer(Outcome.ACCEPTED, _said(code, reply))
    if not 400 <= code < 600:  # no answer to a text: whether it was taken is not known
        return Answer(Outcome.PUT_OFF, _said(code, reply), is_ambiguous=True, is_broken=True)
    return _refused(connection, code, reply)


def say_goodbye(connection: smtplib.SMTP) -> None:
    """End the conversation, whatever the server makes of it."""
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def reply_of(error: Exception) -> str:
    """What a server or the network said, from an error."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _said(error.smtp_code, text if isinstance(text, bytes) else text.encode())
    return _plain(str(error) or type(error).__name__)


def _before_text(connection: smtplib.SMTP, sender: str, address: str) -> Answer | None:
    """Lead the server up to the text; its answer when it does not want it."""
    try:
        code, reply = connection.mail(sender)
    except (OSError, smtplib.SMTPException) as error:
        return Answer(Outcome.TURNED_AWAY, reply_of(error), is_broken=True)
    if not _is_yes(code):
        return Answer(Outcome.TURNED_AWAY, _said(code, reply), is_broken=code == _SERVICE_CLOSING)
    try:
        code, reply = connection.rcpt(address)
    except ValueError as error:  # an address that no command can carry, from before they were checked
        return _ended(connection, Outcome.BOUNCED, f"不是邮箱地址：{error}")
    if _is_yes(code):
        code, reply = connection.docmd("data")
    return None if code == _SEND_TEXT else _refused(connection, code, reply)


def _refused(connection: smtplib.SMTP, code: int, reply: bytes) -> Answer:
    if code == _SERVICE_CLOSING or code in _NOT_SIGNED_IN:
        return Answer(Outcome.PUT_OFF, _said(code, reply), is_broken=True)
    return _ended(connection, Outcome.BOUNCED if code >= 500 else Outcome.PUT_OFF, _said(code, reply))


def _ended(connection: smtplib.SMTP, outcome: Outcome, reply: str) -> Answer:
    """An answer after which the next mail may come, if the server forgets this one."""
    try:
        connection.rset()
    except (OSError, smtplib.SMTPException):
        return Answer(outcome, reply, is_broken=True)
    return Answer(outcome, reply)


def _is_yes(code: int) -> bool:
    return 200 <= code < 300


def _said(code: int, reply: bytes) -> str:
    return _plain(f"{code} {reply.decode('utf-8', 'replace')}")


def _plain(text: str) -> str:
    """What a server said, fit to be stored and shown: on one line, without control characters, not too long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST_REPLY else f"{line[: _LONGEST_REPLY - 1]}…"
