"""The envelope of every mail: names, threads, headers; the same office, address and material give the same bytes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.core.text_safety import spell_controls

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.\d+| \d{2}:\d{2})?(?![^<>]*>)")  # or an edition, or an instant; in no tag


@dataclass(frozen=True)
class Message:
    """A finished mail: the same office, address, edition and material give the same bytes."""

    subject: str
    message_id: str
    file_name: str
    message: bytes


@dataclass(frozen=True)
class Address:
    """Where a mail goes and which one it is; mails with the same ``thread`` hang together in mail readers."""

    office_id: str
    address: str
    purpose_key: str
    edition_id: str
    thread: str


def hashed(*parts: str, length: int = 24) -> str:
    """A name for what has many parts, short enough for a key: hexadecimal digits of their SHA-256."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:length]


def message_id(office_id: str, address: str, purpose_key: str, settings: Settings) -> str:
    """The name of a mail: the same for every attempt, so that a mail server or reader can drop a second copy."""
    return f"<{hashed('mail', office_id, address, purpose_key, length=32)}@{_domain(settings)}>"


def week_thread(office_id: str, day: date) -> str:
    """The thread of an office's digests: one an ISO week."""
    year, week, _ = day.isocalendar()
    return f"{office_id}\n{year}-W{week:02d}"


def write_message(
    to: Address, template: str, fields: Mapping[str, object], region: Region, settings: Settings, now: datetime
) -> Message:
    """Write a mail from the templates ``<template>.txt.j2`` and ``<template>.html.j2``; ``fields`` has its subject.

    Invented data are marked in the subject. Raises jinja2.UndefinedError for a field that is missing.
    """
    marked = f"{'【演示数据】' if fields['is_demonstration'] else ''}{fields['subject']}"
    subject = " ".join(spell_controls(marked).splitlines())  # a header is one line
    given = {**fields, "subject": subject, "address": settings.address}
    message = _start_message(to, subject, region, settings, now)
    identity = str(message["Message-ID"])
    # All mails of a thread hang from one root, which no mail bears: readers show them as one thread.
    root = f"<{hashed('thread', *to.thread.splitlines(), length=32)}@{_domain(settings)}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Gangshao-Edition"] = to.edition_id
    message.set_content(_templates().get_template(f"{template}.txt.j2").render(given), cte="base64")
    page = _templates().get_template(f"{template}.html.j2").render(given)
    message.add_alternative(_with_whole_days(page), subtype="html", cte="base64")
    message.set_boundary(f"=_{identity.strip('<>').partition('@')[0]}")
    return Message(
        subject=subject,
        message_id=identity,
        file_name=f"{to.edition_id}_{to.office_id}_{identity[1:17]}.eml",
        message=message.as_bytes(),
    )


def write_text_message(
    to: Address, subject: str, text: str, region: Region, settings: Settings, now: datetime
) -> Message:
    """A mail of plain text, of no thread; one that is about no edition has an empty ``edition_id``."""
    message = _start_message(to, subject, region, settings, now)
    message["Auto-Submitted"] = "auto-generated"
    if to.edition_id:
        message["X-Gangshao-Edition"] = to.edition_id
    message.set_content(text, cte="base64")
    identity = str(message["Message-ID"])
    about = to.edition_id or f"{now:%Y-%m-%d}"
    return Message(subject, identity, f"{about}_{to.office_id}_{identity[1:17]}.eml", message.as_bytes())


def _start_message(to: Address, subject: str, region: Region, settings: Settings, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = settings.mail_from
    message["To"] = to.address
    message["Date"] = format_datetime(now.astimezone(region.time_zone))
    message["Message-ID"] = message_id(to.office_id, to.address, to.purpose_key, settings)
    return message


def _with_whole_days(page: str) -> str:
    """The same page, whose days are not broken over two lines, as browsers do at their hyphens."""
    head, body_tag, body = page.partition("<body")
    return head + body_tag + _DAY.sub(r'<span style="white-space:nowrap;">\g<0></span>', body)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("pipelines.notifying", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        finalize=_spelled,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _spelled(printed: object) -> object:
    """What a template prints, its controls and direction marks spelled out; markup stays markup."""
    return printed if isinstance(printed, Markup) or not isinstance(printed, str) else spell_controls(printed)


def _domain(settings: Settings) -> str:
    return parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
