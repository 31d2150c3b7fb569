"""What each recipient was notified of, and by warning and edition why, or why not."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from pipelines.ledger.db.schema import notice, warning_notice
from pipelines.ledger.db.schema import notice as notice_table
from pipelines.ledger.db.store import Ledger
from pipelines.ledger.notifications.notice import TOLD, NoticeState, Purpose

Key = tuple[str, str]  # office, address


@dataclass(frozen=True)
class NotificationState:
    """Warnings and levels a recipient was told of; ``digest_at``: the last digest, ``at``: the last mail (UTC).

    ``levels`` has each warning at the level at which it was told last, ``told_at`` when that was (UTC). ``at_once``:
    what mails of their own were about, ever.
    """

    levels: dict[str, int] = field(default_factory=dict)
    told_at: dict[str, datetime] = field(default_factory=dict)
    at_once: frozenset[str] = frozenset()
    digest_at: datetime | None = None
    digest_cutoff_at: datetime | None = None
    at: datetime | None = None


NOTHING = NotificationState()
_IN = "@"  # between what a mail at once is about and the edition that made it


def at_once_key(subject: str, edition_id: str) -> str:
    """The key of a mail at once about something; an edition makes it anew when an earlier one told nobody."""
    return f"{subject}{_IN}{edition_id}"


def subject_of(episode_id: str, level: int, *, is_issue: bool = False) -> str:
    """What a mail at once about a warning is about: that it reached a level, or was issued at it."""
    return f"{episode_id}:{level}{':issued' if is_issue else ''}"


def find_notification_states(connection: Connection, before: datetime) -> dict[Key, NotificationState]:
    """Per office and address, what mails about editions up to this cut-off (UTC) told; who got none is absent."""
    table = notice.c
    columns = (table.office_id, table.address, table.cutoff_at, table.decided_at, table.content, table.purpose_key)
    is_told = (table.state.in_(TOLD), table.cutoff_at <= before)
    nth = func.row_number().over(
        partition_by=(table.office_id, table.address), order_by=(table.cutoff_at.desc(), table.notice_id.desc())
    )
    ranked = select(*columns, nth.label("nth")).where(table.purpose == Purpose.DIGEST, *is_told).subquery()
    found: dict[Key, NotificationState] = {}
    for row in connection.execute(select(ranked).where(ranked.c.nth == 1)):
        levels = json.loads(row.content)
        found[row.office_id, row.address] = NotificationState(
            levels=levels,
            told_at=dict.fromkeys(levels, row.decided_at),
            digest_at=row.decided_at,
            digest_cutoff_at=row.cutoff_at,
            at=row.decided_at,
        )
    at_once = select(*columns).where(table.purpose == Purpose.IMMEDIATE, *is_told).order_by(table.notice_id)
    subjects: defaultdict[Key, set[str]] = defaultdict(set)
    for row in connection.execute(at_once):
        key, levels = (row.office_id, row.address), json.loads(row.content)
        subjects[key].add(row.purpose_key.removeprefix(f"{Purpose.IMMEDIATE}:").partition(_IN)[0])
        subjects[key].update(subject_of(*one) for one in levels.items())
        before_it = found.get(key, NOTHING)
        if before_it.digest_cutoff_at is not None and row.cutoff_at < before_it.digest_cutoff_at:
            continue
        found[key] = replace(
            before_it,
            levels=before_it.levels | levels,
            told_at=before_it.told_at | dict.fromkeys(levels, row.decided_at),
            at=max(filter(None, (before_it.at, row.decided_at))),
        )
    return found | {key: replace(found[key], at_once=frozenset(about)) for key, about in subjects.items()}


def call_back(connection: Connection, levels: Mapping[str, int], now: datetime) -> int:
    """Call back mails about single warnings that still wait for their hour and say what is no longer so.

    ``levels``: the open warnings and their levels. Such a mail told nobody anything. Returns how many there were.
    """
    table = notice.c
    waiting = connection.execute(
        select(table.notice_id, table.content).where(
            table.purpose == Purpose.IMMEDIATE, table.state == NoticeState.QUEUED.value, table.not_before > now
        )
    )
    stale = [
        row.notice_id
        for row in waiting
        if any(levels.get(episode_id) != level for episode_id, level in json.loads(row.content).items())
    ]
    if stale:
        changed = {"state": NoticeState.NOT_DUE.value, "is_due": False, "smtp_reply": "发出前情况已变化，未发出"}
        connection.execute(update(notice).where(table.notice_id.in_(stale)).values(changed))
    return len(stale)


def count_made(connection: Connection, purpose_key: str) -> set[Key]:
    """Whose decision of this key was made, whatever became of it: office and address."""
    table = notice.c
    query = select(table.office_id, table.address).where(table.purpose_key == purpose_key)
    return {(row.office_id, row.address) for row in connection.execute(query)}


def is_notified_since(connection: Connection, episode_id: str, since: datetime) -> bool:
    """Whether a digest or a mail at once made at ``since`` (UTC) or later, sent or waiting, tells of a warning."""
    table = notice.c
    query = select(table.content).where(
        table.decided_at >= since, table.state.in_(TOLD), table.purpose.in_((Purpose.DIGEST, Purpose.IMMEDIATE))
    )
    return any(episode_id in json.loads(row.content) for row in connection.execute(query))


COLUMNS = ("edition_id", "office_id", "address", "episode_id", "level", "reason", "detail", "notice_id")
_SOME = 500  # values in one question: SQLite takes 999 at least


class NoticeWords(StrEnum):
    """Why a recipient is told of a warning in an edition, or why not; the list is closed."""

    FIRST = "first"
    WORSE = "worse"
    ISSUED = "issued"
    BETTER = "better"
    LIFTED = "lifted"
    REMINDER = "reminder"
    DIGEST = "digest"
    FOLDED = "folded"
    SILENCED = "silenced"
    OUTSIDE_HOURS = "outside_hours"
    NEXT_DIGEST = "next_digest"
    NOT_FOR_POST = "not_for_post"
    NOT_IN_SCOPE = "not_in_scope"
    NOTHING_NEW = "nothing_new"
    RETROSPECTIVE = "retrospective"
    DEMONSTRATION = "demonstration"


WORDS = {
    NoticeWords.FIRST: "首次通报",
    NoticeWords.WORSE: "级别升高",
    NoticeWords.ISSUED: "正式发布",
    NoticeWords.BETTER: "级别降低",
    NoticeWords.LIFTED: "已解除",
    NoticeWords.REMINDER: "催办",
    NoticeWords.DIGEST: "列入当日汇总",
    NoticeWords.FOLDED: "并入上级预警",
    NoticeWords.SILENCED: "已签收或已判定，不再提醒",
    NoticeWords.OUTSIDE_HOURS: "非工作时间，下一工作日通报",
    NoticeWords.NEXT_DIGEST: "当日汇总已发，列入下一次汇总",
    NoticeWords.NOT_FOR_POST: "该岗位只收橙色以上和催办",
    NoticeWords.NOT_IN_SCOPE: "不属本单位区域",
    NoticeWords.NOTHING_NEW: "没有变化",
    NoticeWords.RETROSPECTIVE: "补跑的版次，不通报",
    NoticeWords.DEMONSTRATION: "演示数据，不外发",
}


def words_of(why: str, detail: str = "") -> str:
    """A reason as people read it."""
    return WORDS[NoticeWords(why)] + (f"（{detail}）" if detail else "")


def record_words(connection: Connection, rows: pd.DataFrame) -> None:
    """Store reasons in the caller's transaction; ``rows`` has the columns of ``COLUMNS``, no notice_id: no mail."""
    if rows.empty:
        return
    given = rows[list(COLUMNS)].astype(object).where(rows[list(COLUMNS)].notna(), None)
    connection.execute(insert(warning_notice), given.to_dict("records"))


def mark_notified(
    connection: Connection,
    edition_id: str,
    office_id: str,
    address: str,
    episode_ids: Sequence[str],
    notice_id: int,
    why: NoticeWords,
) -> None:
    """Say of these warnings that a later mail about this edition told of them, where none had done so before."""
    table = warning_notice.c
    for first in range(0, len(episode_ids), _SOME):
        connection.execute(
            update(warning_notice)
            .where(
                table.edition_id == edition_id,
                table.office_id == office_id,
                table.address == address,
                table.episode_id.in_(episode_ids[first : first + _SOME]),
                table.notice_id.is_(None),
            )
            .values(reason=why.value, notice_id=notice_id)
        )


def reasons(ledger: Ledger, edition_id: str | None = None, episode_id: str | None = None) -> pd.DataFrame:
    """All reasons, those of one edition or of one warning, with the columns of ``COLUMNS``."""
    query = select(warning_notice).order_by(*(warning_notice.c[name] for name in COLUMNS[:4]))
    if edition_id is not None:
        query = query.where(warning_notice.c.edition_id == edition_id)
    if episode_id is not None:
        query = query.where(warning_notice.c.episode_id == episode_id)
    with ledger.reading() as connection:
        return pd.DataFrame(connection.execute(query).mappings().all(), columns=list(COLUMNS))


def first_notified(connection: Connection, episode_ids: Sequence[str], until: datetime) -> pd.DataFrame:
    """When each office was told of each warning at each level, by a mail that went or waits.

    Columns: office_id, address, episode_id, level, told_at (UTC: when it was decided, or the hour it waits for).
    """
    table, told = warning_notice.c, notice_table.c
    found = []
    for first in range(0, len(episode_ids), _SOME):
        query = (
            select(table.office_id, table.address, table.episode_id, table.level, told.decided_at, told.not_before)
            .join_from(warning_notice, notice_table, table.notice_id == told.notice_id)
            .where(
                table.episode_id.in_(episode_ids[first : first + _SOME]),
                table.reason.in_(
                    [
                        NoticeWords.FIRST.value,
                        NoticeWords.WORSE.value,
                        NoticeWords.ISSUED.value,
                        NoticeWords.FOLDED.value,
                    ]
                ),
                told.decided_at <= until,
            )
        )
        found += [
            (row.office_id, row.address, row.episode_id, row.level, row.not_before or row.decided_at)
            for row in connection.execute(query)
        ]
    return pd.DataFrame(found, columns=["office_id", "address", "episode_id", "level", "told_at"])
