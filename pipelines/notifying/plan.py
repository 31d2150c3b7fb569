"""What is to be sent to one recipient about an edition: mails at once, the digest or why there is none, all reasons."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from pipelines.core.domain import Edition, Level
from pipelines.core.region.load import Region
from pipelines.core.region.office_hours import Hours
from pipelines.ledger.notifications.notice import Reason
from pipelines.ledger.notifications.notification_state import NoticeWords, NotificationState, at_once_key, subject_of
from pipelines.notifying.audience import DESKS, Recipient
from pipelines.notifying.immediate_alert import Unit
from pipelines.notifying.notification_reasons import Board, Flags, Told

MOST_AT_ONCE = 3
"""So many urgent warnings of a level get a mail each; more of them share one."""
_NOT_YET = {Reason.OUTSIDE_HOURS: NoticeWords.OUTSIDE_HOURS, Reason.ALREADY_TOLD: NoticeWords.NEXT_DIGEST}
_NEWS = (
    Reason.FIRST,
    Reason.NEW_WARNINGS,
    Reason.WORSENED,
    Reason.ISSUED,
    Reason.LIFTED,
    Reason.EASED,
    Reason.NOT_REPORTED,
)
IS_DUE = frozenset(_NEWS)


@dataclass(frozen=True)
class AtOnce:
    """A mail of its own about one urgent warning, or about several of a level; ``rows`` of the board it tells of."""

    key: str
    units: tuple[Unit, ...]
    level: Level
    rows: Flags

    @property
    def reason(self) -> Reason:
        """What happened to the first of them, or to what is folded into it."""
        return self.units[0].reason


@dataclass(frozen=True)
class Plan:
    """What one recipient gets: mails at once, and the digest for ``reason`` or, with another reason, none.

    ``told``: reasons of all warnings, final; ``gone``: warnings told earlier that are open no more.
    """

    recipient: Recipient
    known: NotificationState
    told: Told
    at_once: tuple[AtOnce, ...]
    reason: Reason
    content: dict[str, int]
    gone: tuple[str, ...]


def planned(
    edition: Edition,
    region: Region,
    now: datetime,
    board: Board,
    recipient: Recipient,
    told: Told,
    known: NotificationState,
    silent_since: Sequence[datetime],
    *,
    only_issues: bool = False,
) -> Plan:
    """Plan for one recipient; ``silent_since``: since when reports of areas with open warnings of its office are
    overdue (UTC). ``only_issues``: of the mails at once only those about what people issued."""
    at_once = _at_once(edition, board, told, known.at_once, only_issues=only_issues)
    covered = np.zeros(len(told.why), dtype=bool)
    for mail in at_once:
        covered |= mail.rows
    content = content_of(board, told)
    gone = tuple(one for one in sorted(known.levels) if one not in content)
    rest = told.is_news & ~covered
    reason = _reason(told, rest, gone, known, silent_since if recipient.role in DESKS else ())
    is_told_today = known.digest_at is not None and region.local_day(known.digest_at) == region.local_day(now)
    if reason is None:
        reason = _silence(recipient, content, bool(at_once), is_told_today)
    elif is_told_today:
        reason = Reason.ALREADY_TOLD
    elif recipient.office.hours.is_over(region, now) and _is_told_later(recipient.office.hours, region, now):
        reason = Reason.OUTSIDE_HOURS
    why = told.why.copy()
    if reason in IS_DUE:
        why[(why == NoticeWords.NOTHING_NEW) & told.is_listed] = NoticeWords.DIGEST
    elif reason in _NOT_YET:
        why[rest] = _NOT_YET[reason]
    return Plan(recipient, known, replace(told, why=why), at_once, reason, content, gone)


def _is_told_later(hours: Hours, region: Region, now: datetime) -> bool:
    """Whether another edition comes before somebody is at the desk again; else the digest itself waits until then."""
    until, day = hours.next_working(region, now), region.local_day(now)
    later = [day + timedelta(days=ahead) for ahead in range(1, (region.local_day(until) - day).days + 1)]
    return any(region.is_run_day(one) and region.cutoff_at(one) <= until for one in later)


def kept_back(plan: Plan) -> Plan:
    """The same recipient when mails about invented data may not leave."""
    if not plan.at_once and plan.reason not in IS_DUE:
        return plan
    why = plan.told.why.copy()
    why[plan.told.is_news | (why == NoticeWords.DIGEST)] = NoticeWords.DEMONSTRATION
    return replace(plan, told=replace(plan.told, why=why), at_once=(), reason=Reason.DEMONSTRATION)


def retrospective(board: Board, recipient: Recipient, told: Told) -> Plan:
    """The same recipient for an edition that is computed after its time: remembered, told to nobody."""
    why = np.where(told.is_own, NoticeWords.RETROSPECTIVE, NoticeWords.NOT_IN_SCOPE).astype(object)
    blank = replace(told, why=why, detail=np.full(len(why), "", dtype=object))
    return Plan(recipient, NotificationState(), blank, (), Reason.RETROSPECTIVE, content_of(board, told), ())


def content_of(board: Board, told: Told) -> dict[str, int]:
    """The warnings a digest to this recipient would list, and their levels."""
    rows = board.rows.loc[told.is_listed, ["episode_id", "level"]]
    return {str(one): int(level) for one, level in zip(rows["episode_id"], rows["level"], strict=True)}


def _at_once(
    edition: Edition, board: Board, told: Told, told_at_once: Set[str], *, only_issues: bool
) -> tuple[AtOnce, ...]:
    ids, levels = board.ids, board.rows["level"].to_numpy()
    parents = board.rows["parent"].to_numpy(dtype=object)
    is_folded = told.why == NoticeWords.FOLDED
    # A parent that is not the office's own is told to it for the sake of what is folded into it.
    is_parent = pd.Index(ids).isin(parents[is_folded]) & (levels <= Level.ORANGE) & ~told.is_own
    subjects = {
        int(at): subject_of(ids[at], levels[at], is_issue=told.why[at] == NoticeWords.ISSUED)
        for at in np.flatnonzero(told.is_urgent | is_parent)
    }
    is_meant = np.zeros(len(ids), dtype=bool)
    is_meant[[at for at, subject in subjects.items() if subject not in told_at_once]] = True
    is_head = is_meant & ~is_folded
    # What joins a parent that was told before is told by itself.
    is_head |= is_meant & is_folded & ~pd.Index(parents).isin(ids[is_head])
    found: list[AtOnce] = []
    for at in np.flatnonzero(is_head):
        members = is_folded & (parents == ids[at])
        covered = members.copy()
        covered[at] = told.is_own[at]
        folded = {str(one): int(before) for one, before in zip(ids[members], told.before[members], strict=True)}
        unit = Unit(str(ids[at]), folded, _happened(told, int(at), members), int(told.before[at]))
        key = at_once_key(subjects[int(at)], edition.edition_id)
        if unit.reason is Reason.ISSUED or not only_issues:
            found.append(AtOnce(key, (unit,), Level(int(levels[at])), covered))
    return tuple(_shared(edition, found))


def _happened(told: Told, at: int, members: Flags) -> Reason:
    """What happened to a warning that is told at once; to its members, where it is not the office's own."""
    if told.why[at] == NoticeWords.ISSUED:
        return Reason.ISSUED
    before = told.before[at] if told.is_own[at] else told.before[members].max()
    return Reason.WORSENED if before else Reason.FIRST


def _shared(edition: Edition, found: list[AtOnce]) -> list[AtOnce]:
    """One mail for the many of a level."""
    mails = []
    for level in (Level.RED, Level.ORANGE):
        of_level = [one for one in found if one.level is level]
        if len(of_level) <= MOST_AT_ONCE:
            mails += of_level
            continue
        rows = np.logical_or.reduce([one.rows for one in of_level])
        units = tuple(unit for one in of_level for unit in one.units)
        mails.append(AtOnce(f"{edition.edition_id}:{level.value}", units, level, rows))
    return mails


def _reason(
    told: Told, rest: Flags, gone: Sequence[str], known: NotificationState, silent_since: Sequence[datetime]
) -> Reason | None:
    """Why a digest is worth sending; the first answer that holds."""
    new = rest & (told.before == 0)
    happened = {
        Reason.FIRST: known.at is None and bool(new.any()),
        Reason.NEW_WARNINGS: bool(new.any()),
        Reason.WORSENED: bool((rest & np.isin(told.why, [NoticeWords.WORSE, NoticeWords.FOLDED])).any()),
        Reason.ISSUED: bool((rest & (told.why == NoticeWords.ISSUED)).any()),
        Reason.LIFTED: bool(gone),
        Reason.EASED: bool((rest & (told.why == NoticeWords.BETTER)).any()),
        Reason.NOT_REPORTED: any(known.digest_cutoff_at is None or at > known.digest_cutoff_at for at in silent_since)
        and known.at is not None,
    }
    return next((reason for reason, holds in happened.items() if holds), None)


def _silence(recipient: Recipient, content: dict[str, int], is_told_at_once: bool, is_told_today: bool) -> Reason:
    if is_told_at_once:
        return Reason.TOLD_AT_ONCE
    if is_told_today:
        return Reason.ALREADY_TOLD
    if content:
        return Reason.NOTHING_NEW
    return Reason.NOTHING_OF_YOURS if recipient.role in DESKS else Reason.NOT_FOR_POST


def reason_rows(plan: Plan, board: Board, edition_id: str, notice_ids: dict[str, int]) -> pd.DataFrame:
    """The rows of ``warning_notice`` of a plan; ``notice_ids``: of the digest under an empty key, of mails at once."""
    rows = board.rows
    sent = np.full(len(rows), -1, dtype=np.int64)
    if plan.reason in IS_DUE:
        sent[(plan.told.is_listed | (plan.told.why == NoticeWords.LIFTED)) & plan.told.is_own] = notice_ids[""]
    for mail in plan.at_once:
        sent[mail.rows] = notice_ids[mail.key]
    ended = [one for one in plan.gone if one not in set(board.ids)]
    is_told = plan.reason in IS_DUE
    late = _NOT_YET.get(plan.reason, NoticeWords.NOTHING_NEW)
    frame = pd.DataFrame(
        {
            "episode_id": [*board.ids, *ended],
            "level": [*rows["level"], *(plan.known.levels[one] for one in ended)],
            "reason": [str(one) for one in plan.told.why] + [str(NoticeWords.LIFTED if is_told else late)] * len(ended),
            "detail": [*plan.told.detail, *([""] * len(ended))],
            "notice_id": [*sent, *([notice_ids[""] if is_told else -1] * len(ended))],
        }
    )
    frame["notice_id"] = frame["notice_id"].astype("Int64").where(frame["notice_id"] >= 0)
    office_id, address = plan.recipient.key
    return frame.assign(edition_id=edition_id, office_id=office_id, address=address)
