"""Decides who is told what about a published edition: one stored decision a recipient, with its reason, sent or not."""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import pandas as pd

from pipelines.core.domain import GENERAL, Edition, Level, Viewer, recipient_viewer
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import notification_state
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, NoticeState, Purpose, Reason
from pipelines.ledger.notifications.notification_state import (
    NOTHING,
    NoticeWords,
    call_back,
    count_made,
    find_notification_states,
)
from pipelines.ledger.workflow.acknowledgement import acknowledgements
from pipelines.ledger.workflow.steps import first_published_day, handled_episodes, last_step_id, workflow_states
from pipelines.notifying import immediate_alert as one_urgent
from pipelines.notifying.audience import Office, concerned, offices, recipients
from pipelines.notifying.completeness import completeness_lines, silent_since
from pipelines.notifying.digest import Material, bundle, digest
from pipelines.notifying.message import Address, Letter, hashed, message_id, seal, week_thread
from pipelines.notifying.notification_reasons import Board, board, judged
from pipelines.notifying.plan import IS_DUE, AtOnce, Plan, kept_back, planned, reason_rows, retrospective
from pipelines.published.read import read

_TREND = timedelta(weeks=44)


@dataclass(frozen=True)
class Occasion:
    """What is the same for all recipients of one edition: what it shows, and what people made of it.

    ``entered``: the last entry about any warning (``steps.last_step_id``) when it was read.
    """

    edition: Edition
    region: Region
    settings: Settings
    now: datetime
    board: Board
    entered: int

    @cached_property
    def is_demonstration(self) -> bool:
        """Whether the edition's data are invented."""
        rows = ask("mail_manifest", GENERAL, self.edition, self.settings)
        return bool(((rows["key"] == "is_demonstration") & (rows["value"] == "true")).any())

    @cached_property
    def _materials(self) -> dict[str, Material]:
        return {}

    def material(self, office: Office) -> Material:
        """What the edition shows to an office, read as its recipients may read it."""
        if office.office_id not in self._materials:
            shown = ask("mail_warning", office.viewer, self.edition, self.settings)
            is_shown = self.board.rows["episode_id"].isin(shown["episode_id"]).to_numpy()
            since = self.edition.day - _TREND
            roster = ask("mail_completeness", office.viewer, self.edition, self.settings)
            self._materials[office.office_id] = Material(
                office=office,
                edition=self.edition,
                rows=self.board.rows[is_shown],
                is_shown=is_shown,
                closed=concerned(self.board.closed[self.board.closed["episode_id"].isin(shown["episode_id"])], office),
                completeness=roster,
                trend=read(
                    "mail_trend", office.viewer, self.edition.cutoff_at, published=self.settings.published, since=since
                ),
                is_demonstration=self.is_demonstration,
                lines=completeness_lines(roster, self.edition, office, self.region),
            )
        return self._materials[office.office_id]


def occasion(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> Occasion:
    """Read an edition and the human side of its open warnings. Raises UserError when it is not published."""
    everywhere = frozenset[str]().union(*(office.areas for office in offices(region)))
    warnings = ask("mail_warning", recipient_viewer(everywhere), edition, settings)
    with ledger.reading() as connection:
        may_matter = (warnings["status"] == "open") | warnings["episode_id"].isin(handled_episodes(connection))
        named = warnings.loc[may_matter, "episode_id"].tolist()
        stand, taken = workflow_states(connection, named), acknowledgements(connection, named)
        entered, told_from = last_step_id(connection), first_published_day(connection)
    return Occasion(edition, region, settings, now, board(warnings, stand, taken, region, now, told_from), entered)


def decide(
    edition: Edition, *, is_replay: bool, ledger: Ledger, region: Region, settings: Settings, now: datetime
) -> list[Notice]:
    """Decide for every office and recipient whether this published edition is told, and queue the mails that are due.

    All decisions, their reasons and mails are stored in one transaction. An edition that was decided before, by a run
    that is repeated or a rebuild, returns its old decisions and queues nothing. ``now`` (UTC) becomes the date of the
    mails. Returns the decision of each recipient, then those about mails at once. Raises UserError when the edition is
    not published.
    """
    while True:
        given = occasion(edition, ledger, region, settings, now)
        decided = _decided(given, ledger, is_replay=is_replay)
        if decided is not None:
            return decided


def _decided(given: Occasion, ledger: Ledger, *, is_replay: bool) -> list[Notice] | None:
    """The decisions as ``decide`` stores them; None where people acted meanwhile: nothing is stored then, so that no
    mail tells of a step that was taken back."""
    edition = given.edition
    if not is_replay:
        _call_back(given, ledger)
    plans = plans_of(given, ledger, is_replay=is_replay)
    decisions = [(plan, drafts(given, plan)) for plan in plans]
    digests: list[Notice] = []
    others: list[Notice] = []
    with ledger.writing() as connection:
        if last_step_id(connection) != given.entered:
            return None
        done = count_made(connection, f"{Purpose.DIGEST}:{edition.edition_id}")
        rows = []
        for plan, decided in decisions:
            office_id, address = plan.recipient.key
            if (office_id, address) in done:
                old = outbox.find_notice(connection, office_id, address, f"{Purpose.DIGEST}:{edition.edition_id}")
                digests += [old] if old is not None else []
                continue
            stored = {decision.subject_key: outbox.add_notice(connection, decision) for decision in decided}
            digests.append(stored[""])
            others += [notice for key, notice in stored.items() if key]
            notice_ids = {key: notice.notice_id for key, notice in stored.items()}
            rows.append(reason_rows(plan, given.board, edition.edition_id, notice_ids))
        if rows:
            notification_state.record_words(connection, pd.concat(rows, ignore_index=True))
    return digests + others


def tell_issued(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> list[Notice]:
    """Queue the mails at once about warnings that people issued since the published edition was told; each goes once.

    What the edition told stays as it is; mails that wait for their hour and are no longer so are called back. Raises
    UserError when the edition is not published.
    """
    while True:
        told = _issues_told(occasion(edition, ledger, region, settings, now), ledger)
        if told is not None:
            return told


def _issues_told(given: Occasion, ledger: Ledger) -> list[Notice] | None:
    """The mails as ``tell_issued`` queues them; None where people acted meanwhile: nothing is queued then."""
    edition = given.edition
    _call_back(given, ledger)
    if not (given.board.rows["issued_at"] > pd.Timestamp(edition.cutoff_at)).any():
        return []
    plans = [_named(plan) for plan in plans_of(given, ledger, is_replay=False, only_issues=True)]
    decided = [(plan, _at_once(given, plan)) for plan in plans if plan.at_once]
    found: list[Notice] = []
    with ledger.writing() as connection:
        if last_step_id(connection) != given.entered:
            return None
        done = count_made(connection, f"{Purpose.DIGEST}:{edition.edition_id}")
        for plan, decisions in decided:
            to = plan.recipient.key
            for one in decisions if to in done else []:
                if outbox.find_notice(connection, *to, one.purpose_key) is not None:
                    continue
                found.append(outbox.add_notice(connection, one))
                notification_state.mark_notified(
                    connection, edition.edition_id, *to, list(one.content), found[-1].notice_id, NoticeWords.ISSUED
                )
    return found


def _call_back(given: Occasion, ledger: Ledger) -> None:
    open_now = given.board.rows[~given.board.rows["is_ended"]]
    with ledger.writing() as connection:
        call_back(connection, dict(zip(open_now["episode_id"], open_now["level"], strict=True)), given.now)


def _named(plan: Plan) -> Plan:
    """The plan with each mail about several issues under a name of its own: an edition may see many of a level."""
    named = [
        one
        if len(one.units) == 1
        else replace(one, key=f"{one.key}:{hashed(*sorted(unit.head for unit in one.units))}")
        for one in plan.at_once
    ]
    return replace(plan, at_once=tuple(named))


def plans_of(given: Occasion, ledger: Ledger, *, is_replay: bool, only_issues: bool = False) -> list[Plan]:
    """What each recipient of the edition's day gets, in the order of offices; ``only_issues``: at once only those."""
    edition, region = given.edition, given.region
    everybody = recipients(region, edition.day)
    if is_replay:
        return [retrospective(given.board, one, judged(given.board, one, NOTHING)) for one in everybody]
    with ledger.reading() as connection:
        knows = find_notification_states(connection, edition.cutoff_at)
    everywhere = recipient_viewer(frozenset[str]().union(*(one.office.areas for one in everybody)) or frozenset({""}))
    roster = ask("mail_completeness", everywhere, edition, given.settings) if everybody else pd.DataFrame()
    is_kept_back = given.is_demonstration and not may_send(given.settings)
    rows = given.board.rows
    silent = silent_since(roster, edition, rows[~rows["is_receded"]]) if everybody else {}
    found = []
    for one in everybody:
        knowing = knows.get(one.key, NOTHING)
        told = judged(given.board, one, knowing)
        late = [at for area, at in silent.items() if area in one.office.areas]
        plan = planned(edition, region, given.now, given.board, one, told, knowing, late, only_issues=only_issues)
        found.append(kept_back(plan) if is_kept_back else plan)
    return found


def write_digest(given: Occasion, plan: Plan) -> Letter:
    """The digest of a plan whose reason is one to write."""
    material = given.material(plan.recipient.office)
    fields = digest(material, plan.recipient, plan.told, plan.known.levels, plan.reason, given.region, given.settings)
    thread = week_thread(plan.recipient.office.office_id, given.edition.day)
    return _sealed(given, plan, f"{Purpose.DIGEST}:{given.edition.edition_id}", thread, "digest", fields)


def write_at_once(given: Occasion, plan: Plan, mail: AtOnce) -> Letter:
    """A mail about one urgent warning, or several of a level."""
    material = given.material(plan.recipient.office)
    if len(mail.units) == 1:
        fields = one_urgent.urgent(material, plan.recipient, mail.units[0], given.region, given.settings)
        return _sealed(
            given, plan, f"{Purpose.IMMEDIATE}:{mail.key}", f"episode\n{mail.units[0].head}", "urgent", fields
        )
    because = f"同时有 {len(mail.units)} 项达到这一级别，合并为一封即时通报。"
    chosen = mail.rows & plan.told.is_own
    fields = bundle(material, plan.recipient, plan.told, chosen, because, given.region, given.settings)
    thread = week_thread(plan.recipient.office.office_id, given.edition.day)
    return _sealed(given, plan, f"{Purpose.IMMEDIATE}:{mail.key}", thread, "digest", fields)


def _sealed(given: Occasion, plan: Plan, key: str, thread: str, template: str, fields: dict[str, object]) -> Letter:
    office_id, address = plan.recipient.key
    to = Address(office_id, address, key, given.edition.edition_id, thread)
    return seal(to, template, fields, given.region, given.settings, given.now)


def drafts(given: Occasion, plan: Plan) -> list[NoticeDecision]:
    """The decisions of a plan, the digest's first, with the mails that are due; stores nothing."""
    letter = write_digest(given, plan) if plan.reason in IS_DUE else None
    return [_decision(given, plan, plan.reason, plan.content, letter, _waits(given, plan)), *_at_once(given, plan)]


def _waits(given: Occasion, plan: Plan) -> datetime | None:
    """Until when mails of a plan wait for the office's hours (UTC); None when somebody is there now."""
    hour = plan.recipient.office.hours.next_working(given.region, given.now)
    return None if hour == given.now else hour


def _at_once(given: Occasion, plan: Plan) -> list[NoticeDecision]:
    """The decisions of a plan's mails at once, with the mails."""
    decisions = []
    levels, waits = given.board.rows["level"].to_numpy(), _waits(given, plan)
    for mail in plan.at_once:
        told = mail.rows & plan.told.is_own
        content = {str(one): int(level) for one, level in zip(given.board.ids[told], levels[told], strict=True)}
        not_before = None if mail.level is Level.RED else waits
        letter = write_at_once(given, plan, mail)
        decisions.append(_decision(given, plan, mail.reason, content, letter, not_before, mail))
    return decisions


def _decision(
    given: Occasion,
    plan: Plan,
    reason: Reason,
    content: dict[str, int],
    letter: Letter | None,
    not_before: datetime | None,
    mail: AtOnce | None = None,
) -> NoticeDecision:
    edition = given.edition
    office_id, address = plan.recipient.key
    purpose, key = (Purpose.DIGEST, "") if mail is None else (Purpose.IMMEDIATE, mail.key)
    is_retrospective = reason is Reason.RETROSPECTIVE
    return NoticeDecision(
        edition_id=edition.edition_id,
        day=edition.day,
        cutoff_at=edition.cutoff_at,
        office_id=office_id,
        address=address,
        reason=reason,
        state=NoticeState.QUEUED if letter else NoticeState.RETROSPECTIVE if is_retrospective else NoticeState.NOT_DUE,
        content=content,
        message_id=message_id(office_id, address, f"{purpose}:{key or edition.edition_id}", given.settings),
        is_demonstration=given.is_demonstration,
        decided_at=given.now,
        subject=letter.subject if letter else "",
        file_name=letter.file_name if letter else "",
        message=letter.message if letter else None,
        purpose=purpose,
        subject_key=key,
        episode_id=mail.units[0].head if mail and len(mail.units) == 1 else None,
        not_before=not_before if letter else None,
        is_urgent=mail is not None and mail.level is Level.RED,
    )


def may_send(settings: Settings) -> bool:
    """Whether mails about invented data may leave: into the outbox folder, or to a mail server on this machine."""
    if not settings.smtp_host or settings.smtp_host == "localhost":
        return True
    try:
        return ipaddress.ip_address(settings.smtp_host.strip("[]")).is_loopback
    except ValueError:
        return False


def ask(name: str, viewer: Viewer, edition: Edition, settings: Settings) -> pd.DataFrame:
    """The answer of a question without parameters, as of an edition."""
    return read(name, viewer, edition.cutoff_at, published=settings.published)
