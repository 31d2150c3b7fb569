"""Decides who is told what about a published edition: one stored decision a recipient, with its reason, sent or not."""

from dataclasses import replace
from datetime import datetime

import pandas as pd

from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications import notification_state
from pipelines.ledger.notifications.notice import Notice, NoticeDecision, Purpose
from pipelines.ledger.notifications.notification_state import NoticeWords, call_back, count_made
from pipelines.ledger.workflow.steps import last_step_id
from pipelines.notifying.kinds.digest import KIND as DIGEST
from pipelines.notifying.kinds.immediate import KIND as IMMEDIATE
from pipelines.notifying.message import hashed
from pipelines.notifying.occasion import Occasion, read_occasion
from pipelines.notifying.plan import Plan, plans_of, reason_rows


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
        given = read_occasion(edition, ledger, region, settings, now)
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
    decisions = [(plan, draft_notices(given, plan)) for plan in plans]
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
        told = _issues_told(read_occasion(edition, ledger, region, settings, now), ledger)
        if told is not None:
            return told


def _issues_told(given: Occasion, ledger: Ledger) -> list[Notice] | None:
    """The mails as ``tell_issued`` queues them; None where people acted meanwhile: nothing is queued then."""
    edition = given.edition
    _call_back(given, ledger)
    if not (given.board.rows["issued_at"] > pd.Timestamp(edition.cutoff_at)).any():
        return []
    plans = [_named(plan) for plan in plans_of(given, ledger, is_replay=False, only_issues=True)]
    decided = [(plan, IMMEDIATE.draft(given, plan)) for plan in plans if plan.at_once]
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


def draft_notices(given: Occasion, plan: Plan) -> list[NoticeDecision]:
    """The decisions of a plan, the digest's first, with the mails that are due; stores nothing."""
    return [DIGEST.draft(given, plan), *IMMEDIATE.draft(given, plan)]
