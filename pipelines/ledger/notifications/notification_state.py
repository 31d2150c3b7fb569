"""What each recipient knows of the open warnings: the last digest, and the mails of single warnings since."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from pipelines.ledger.db.schema import notice
from pipelines.ledger.notifications.notice import TOLD, Purpose, State

Key = tuple[str, str]  # office, address


@dataclass(frozen=True)
class Known:
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


NOTHING = Known()
_IN = "@"  # between what a mail at once is about and the edition that made it


def at_once_key(subject: str, edition_id: str) -> str:
    """The key of a mail at once about something; an edition makes it anew when an earlier one told nobody."""
    return f"{subject}{_IN}{edition_id}"


def subject_of(episode_id: str, level: int, *, is_issue: bool = False) -> str:
    """What a mail at once about a warning is about: that it reached a level, or was issued at it."""
    return f"{episode_id}:{level}{':issued' if is_issue else ''}"


def known(connection: Connection, before: datetime) -> dict[Key, Known]:
    """Per office and address, what mails about editions up to this cut-off (UTC) told; who got none is absent."""
    table = notice.c
    columns = (table.office_id, table.address, table.cutoff_at, table.decided_at, table.content, table.purpose_key)
    is_told = (table.state.in_(TOLD), table.cutoff_at <= before)
    nth = func.row_number().over(
        partition_by=(table.office_id, table.address), order_by=(table.cutoff_at.desc(), table.notice_id.desc())
    )
    ranked = select(*columns, nth.label("nth")).where(table.purpose == Purpose.DIGEST, *is_told).subquery()
    found: dict[Key, Known] = {}
    for row in connection.execute(select(ranked).where(ranked.c.nth == 1)):
        levels = json.loads(row.content)
        found[row.office_id, row.address] = Known(
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
            table.purpose == Purpose.IMMEDIATE, table.state == State.QUEUED.value, table.not_before > now
        )
    )
    stale = [
        row.notice_id
        for row in waiting
        if any(levels.get(episode_id) != level for episode_id, level in json.loads(row.content).items())
    ]
    if stale:
        changed = {"state": State.NOT_DUE.value, "is_due": False, "smtp_reply": "发出前情况已变化，未发出"}
        connection.execute(update(notice).where(table.notice_id.in_(stale)).values(changed))
    return len(stale)


def made(connection: Connection, purpose_key: str) -> set[Key]:
    """Whose decision of this key was made, whatever became of it: office and address."""
    table = notice.c
    query = select(table.office_id, table.address).where(table.purpose_key == purpose_key)
    return {(row.office_id, row.address) for row in connection.execute(query)}


def is_told_since(connection: Connection, episode_id: str, since: datetime) -> bool:
    """Whether a digest or a mail at once made at ``since`` (UTC) or later, sent or waiting, tells of a warning."""
    table = notice.c
    query = select(table.content).where(
        table.decided_at >= since, table.state.in_(TOLD), table.purpose.in_((Purpose.DIGEST, Purpose.IMMEDIATE))
    )
    return any(episode_id in json.loads(row.content) for row in connection.execute(query))
