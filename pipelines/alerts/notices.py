"""Decides who is told what about a published edition: one stored decision a recipient, with its reason, sent or not."""

import ipaddress
from datetime import datetime

import pandas as pd

from pipelines.alerts.audience import Office, addresses, concerned, offices
from pipelines.alerts.letter import Material, compose, message_id
from pipelines.domain import Edition, Viewer, recipient_viewer
from pipelines.ledger import Ledger
from pipelines.ledger import notice as outbox
from pipelines.ledger.notice import DIGEST, Decision, Notice, Reason, State
from pipelines.publish.read import read
from pipelines.region import Region
from pipelines.settings import Settings

_WORTH_A_MAIL = frozenset({Reason.FIRST, Reason.NEW_WARNINGS, Reason.WORSENED, Reason.EASED, Reason.LIFTED})


def decide(
    edition: Edition, *, is_replay: bool, ledger: Ledger, region: Region, settings: Settings, now: datetime
) -> list[Notice]:
    """Decide for every office and recipient whether this published edition is told, and queue the mails that are due.

    All decisions and mails are stored in one transaction. An edition that was decided before, by a run that is
    repeated or a rebuild, returns its old decisions and queues nothing. ``now`` (UTC) becomes the date of the mails.
    Raises UserError when the edition is not published.
    """
    found = _material(edition, is_replay, region, settings)
    notices = []
    with ledger.writing() as connection:
        for office, material in found:
            own = concerned(material.warnings, office)
            opened = own[own["status"] == "open"]
            content = {
                str(episode_id): int(level)
                for episode_id, level in zip(opened["episode_id"], opened["level"], strict=True)
            }
            for address in addresses(region, office.office_id, edition.day):
                purpose_key = f"{DIGEST}:{edition.edition_id}"
                before = outbox.find(connection, office.office_id, address, purpose_key)
                if before is not None:
                    notices.append(before)
                    continue
                last = outbox.last_told(connection, office.office_id, address, DIGEST, edition.cutoff_at)
                if is_replay:
                    reason = Reason.RETROSPECTIVE
                else:
                    reason = _reason(content, last, edition)
                    if reason in _WORTH_A_MAIL and material.is_demonstration and not may_send(settings):
                        reason = Reason.DEMONSTRATION
                told = last.content if last else {}
                letter = (
                    compose(office, address, edition, reason, own, told, material, region, settings, now)
                    if reason in _WORTH_A_MAIL
                    else None
                )
                decision = Decision(
                    edition_id=edition.edition_id,
                    day=edition.day,
                    cutoff_at=edition.cutoff_at,
                    office_id=office.office_id,
                    address=address,
                    reason=reason,
                    state=State.QUEUED if letter else State.RETROSPECTIVE if is_replay else State.NOT_DUE,
                    content=content,
                    message_id=message_id(office.office_id, address, purpose_key, settings),
                    is_demonstration=material.is_demonstration,
                    decided_at=now,
                    subject=letter.subject if letter else "",
                    file_name=letter.file_name if letter else "",
                    message=letter.message if letter else None,
                )
                notices.append(outbox.add(connection, decision))
    return notices


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


def _material(edition: Edition, is_replay: bool, region: Region, settings: Settings) -> list[tuple[Office, Material]]:
    """What the edition shows to each office, read as the office's recipients may read it.

    A replay writes no mails, so it asks once, for all areas, and decides from the same rows.
    """
    told = offices(region)
    if is_replay:
        everywhere = frozenset[str]().union(*(office.areas for office in told))
        shared = _read(recipient_viewer(everywhere), edition, settings)
        return [(office, shared) for office in told]
    return [(office, _read(office.viewer, edition, settings)) for office in told]


def _read(viewer: Viewer, edition: Edition, settings: Settings) -> Material:
    def ask(name: str) -> pd.DataFrame:
        return read(name, viewer, edition.cutoff_at, published=settings.published)

    manifest = ask("mail_manifest")
    return Material(
        warnings=ask("mail_warning"),
        completeness=ask("mail_completeness"),
        manifest={str(key): str(value) for key, value in zip(manifest["key"], manifest["value"], strict=True)},
    )
