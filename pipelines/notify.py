"""Notify: after an edition is published, decide for each recipient, then send; a replay tells nobody but remembers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger import editions as recorded
from pipelines.notifying import calendar_mails, notices, outbox, reminders
from pipelines.notifying.kinds.audit import tell_auditor
from pipelines.published.read import edition_in_force


def notify(settings: Settings, region: Region, ledger: Ledger, edition: Edition, now: datetime) -> str:
    """Decide and send for one published edition; returns a sentence that says what happened."""
    decided = notices.decide(edition, is_replay=False, ledger=ledger, region=region, settings=settings, now=now)
    asked_again = reminders.remind(edition, ledger, region, settings, now)
    by_calendar = calendar_mails.send_due(edition, ledger, region, settings, now)
    tell_auditor(edition, ledger, region, settings, now)
    report = outbox.send(ledger, settings, now)
    reasons = Counter(str(notice.reason) for notice in decided)
    told = "，".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    problem = f"；{report.problem}" if report.problem else ""
    return (
        f"通知：{len(decided)} 项决定（{told}）；催办 {len(asked_again)}，定期邮件 {len(by_calendar)}；"
        f"已发 {report.sent}，失败 {report.failed}"
        f"，待发 {report.waiting}，结果不明重发 {report.ambiguous}{problem}"
    )


def remind(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> str:
    """Queue what was issued since, the reminders and the mails by the calendar that are due about the edition in force,
    and send.

    About one that was replayed nobody is asked.
    """
    edition = edition_in_force(settings.published)
    if is_replayed(ledger, edition):
        return _told_to_nobody(edition)
    issued = notices.tell_issued(edition, ledger, region, settings, now)
    asked_again = reminders.remind(edition, ledger, region, settings, now)
    by_calendar = calendar_mails.send_due(edition, ledger, region, settings, now)
    report = outbox.send(ledger, settings, now)
    made = f"发布 {len(issued)}，催办 {len(asked_again)}，定期邮件 {len(by_calendar)}"
    return f"{made}；已发 {report.sent}，待发 {report.waiting}"


def notify_current(settings: Settings, region: Region, ledger: Ledger, now: datetime) -> str:
    """Notify about the edition in force; an edition that was replayed is only remembered."""
    edition = edition_in_force(settings.published)
    if is_replayed(ledger, edition):
        return _told_to_nobody(edition)
    return notify(settings, region, ledger, edition, now)


def is_replayed(ledger: Ledger, edition: Edition) -> bool:
    """Whether an edition was computed after its time: then nobody is told."""
    return any(one.is_replay and one.edition == edition for one in recorded.recorded_editions(ledger))


def _told_to_nobody(edition: Edition) -> str:
    return f"版次 {edition.edition_id} 是补跑的，按规定不发通知 (a replayed edition is told to nobody)"


def remember_retrospective(
    settings: Settings, region: Region, ledger: Ledger, editions: Sequence[Edition], now: datetime
) -> None:
    """Record for replayed editions that nobody is told, and what they would have been told about."""
    for edition in editions:
        notices.decide(edition, is_replay=True, ledger=ledger, region=region, settings=settings, now=now)
