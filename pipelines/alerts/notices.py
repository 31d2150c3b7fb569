"""Decides who is told what about a published edition: one stored decision a recipient, with its reason, sent or not."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipelines.alerts.audience import Office, addresses, concerned, offices
from pipelines.alerts.letter import Material, compose, message_id
from pipelines.domain import GENERAL, Edition, Viewer, recipient_viewer
from pipelines.ledger import Ledger
from pipelines.ledger import notice as outbox
from pipelines.ledger.notice import DIGEST, Decision, Notice, Reason, State
from pipelines.publish.read import read
from pipelines.region import Region
from pipelines.settings import Settings

_WORTH_A_MAIL = frozenset({Reason.FIRST, Reason.NEW_WARNINGS, Reason.WORSENED, Reason.EASED, Reason.LIFTED})


@dataclass(frozen=True)
class _Occasion:
    """What is the same for all recipients of one edition."""

    edition: Edition
    is_replay: bool
    is_demonstration: bool
    region: Region
    settings: Settings
    now: datetime


def decide(
    edition: Edition, *, is_replay: bool, ledger: Ledger, region: Region, settings: Settings, now: datetime
) -> list[Notice]:
    """Decide for every office and recipient whether this published edition is told, and queue the mails that are due.

    All decisions and mails are stored in one transaction. An edition that was decided before, by a run that is
    repeated or a rebuild, returns its old decisions and queues nothing. ``now`` (UTC) becomes the date of the mails.
    Raises UserError when the edition is not published.
    """
    shown = _warnings(edition, is_replay, region, settings)
    occasion = _Occasion(edition, is_replay, _is_demonstration(edition, settings), region, settings, now)
    notices = []
    with ledger.writing() as connection:
        for office, warnings in shown:
            for address in addresses(region, office.office_id, edition.day):
                made = outbox.find(connection, office.office_id, address, f"{DIGEST}:{edition.edition_id}")
                if made is None:
                    last = outbox.last_told(connection, office.office_id, address, DIGEST, edition.cutoff_at)
                    made = outbox.add(connection, _decision(occasion, office, address, warnings, last))
                notices.append(made)
    return notices


def _decision(
    occasion: _Occasion, office: Office, address: str, warnings: pd.DataFrame, last: Notice | None
) -> Decision:
    edition, settings = occasion.edition, occasion.settings
    own = concerned(warnings, office)
    opened = own[own["status"] == "open"]
    content = {
        str(episode_id): int(level) for episode_id, level in zip(opened["episode_id"], opened["level"], strict=True)
    }
    reason = Reason.RETROSPECTIVE if occasion.is_replay else _reason(content, last, edition)
    if reason in _WORTH_A_MAIL and occasion.is_demonstration and not may_send(settings):
        reason = Reason.DEMONSTRATION
    letter = None
    if reason in _WORTH_A_MAIL:
        completeness = _ask("mail_completeness", office.viewer, edition, settings)
        material = Material(own, warnings, completeness, occasion.is_demonstration)
        told = last.content if last else {}
        letter = compose(office, address, edition, reason, told, material, occasion.region, settings, occasion.now)
    return Decision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=office.office_id,
        address=address,
        reason=reason,
        state=State.QUEUED if letter else State.RETROSPECTIVE if occasion.is_replay else State.NOT_DUE,
        content=content,
        message_id=message_id(office.office_id, address, f"{DIGEST}:{edition.edition_id}", settings),
        is_demonstration=occasion.is_demonstration,
        decided_at=occasion.now,
        subject=letter.subject if letter else "",
        file_name=letter.file_name if letter else "",
        message=letter.message if letter else None,
    )


def may_send(settings: Settings) -> bool:
    """Whether mails about invented data may leave: into the outbox folder, or to a mail server on this machine."""
    if not settings.smtp_host or settings.smtp_host == "localhost":
        return True
    try:
        return ipaddress.ip_address(settings.smtp_host.strip("[]")).is_loopback
    except ValueError:
        return False


def _reason(content: dict[str, int], last: Notice | None, edition: Edition) -> Reason:
    """Compare the open warnings with those of the last mail; the first answer that holds is the reason."""
    told = last.content if last else {}
    shared = content.keys() & told.keys()
    answers = {
        Reason.FIRST: last is None and bool(content),
        Reason.NEW_WARNINGS: bool(content.keys() - told.keys()),
        Reason.WORSENED: any(content[episode_id] < told[episode_id] for episode_id in shared),
        Reason.LIFTED: bool(told.keys() - content.keys()),
        Reason.EASED: any(content[episode_id] > told[episode_id] for episode_id in shared),
        Reason.ALREADY_TOLD: last is not None and last.day == edition.day,
        Reason.NOTHING_NEW: bool(content),
        Reason.NOTHING_OF_YOURS: True,
    }
    return next(reason for reason, holds in answers.items() if holds)


def _warnings(
    edition: Edition, is_replay: bool, region: Region, settings: Settings
) -> list[tuple[Office, pd.DataFrame]]:
    """The warnings the edition shows to each office, read as the office's recipients may read them.

    A replay writes no mails, so it asks once, for all areas, and decides from the same rows.
    """
    told = offices(region)
    if is_replay:
        everywhere = frozenset[str]().union(*(office.areas for office in told))
        shared = _ask("mail_warning", recipient_viewer(everywhere), edition, settings)
        return [(office, shared) for office in told]
    return [(office, _ask("mail_warning", office.viewer, edition, settings)) for office in told]


def _is_demonstration(edition: Edition, settings: Settings) -> bool:
    rows = _ask("mail_manifest", GENERAL, edition, settings)
    return bool(((rows["key"] == "is_demonstration") & (rows["value"] == "true")).any())


def _ask(name: str, viewer: Viewer, edition: Edition, settings: Settings) -> pd.DataFrame:
    return read(name, viewer, edition.cutoff_at, published=settings.published)
