"""What each recipient knows of the open warnings: the last digest, and the mails of single warnings since."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, func, select, update

from pipelines.ledger.notice import DIGEST, IMMEDIATE, TOLD, State
from pipelines.ledger.schema import notice

Key = tuple[str, str]  # office, address


@dataclass(frozen=True)
class Known:
    """Warnings and levels a recipient was told of; ``digest_on``: the last digest's day, ``at``: the last mail (UTC).

    ``levels`` has each warning at the level at which it was told last.
    """

    levels: dict[str, int] = field(default_factory=dict)
    digest_on: date | None = None
    digest_cutoff_at: datetime | None = None
    at: datetime | None = None


NOTHING = Known()


def known(connection: Connection, before: datetime) -> dict[Key, Known]:
    """Per office and address, what mails about editions up to this cut-off (UTC) told; who got none is absent."""
    table = notice.c
    columns = (table.office_id, table.address, table.day, table.cutoff_at, table.decided_at, table.content)
    is_told = (table.state.in_(TOLD), table.cutoff_at <= before)
    nth = func.row_number().over(
        partition_by=(table.office_id, table.address), order_by=(table.cutoff_at.desc(), table.notice_id.desc())
    )
    ranked = select(*columns, nth.label("nth")).where(table.purpose == DIGEST, *is_told).subquery()
    found: dict[Key, Known] = {}
    for row in connection.execute(select(ranked).where(ranked.c.nth == 1)):
        found[row.office_id, row.address] = Known(json.loads(row.content), row.day, row.cutoff_at, row.decided_at)
    at_once = select(*columns).where(table.purpose == IMMEDIATE, *is_told).order_by(table.notice_id)
    for row in connection.execute(at_once):
        before_it = found.get((row.office_id, row.address), NOTHING)
        if before_it.digest_cutoff_at is not None and row.cutoff_at < before_it.digest_cutoff_at:
            continue
        found[row.office_id, row.address] = Known(
            before_it.levels | json.loads(row.content),
            before_it.digest_on,
            before_it.digest_cutoff_at,
            max(filter(None, (before_it.at, row.decided_at))),
        )
    return found


def call_back(connection: Connection, levels: Mapping[str, int], now: datetime) -> int:
    """Call back mails about single warnings that still wait for their hour and say what is no longer so.

    ``levels``: the open warnings and their levels. Such a mail told nobody anything. Returns how many there were.
    """
    table = notice.c
    waiting = connection.execute(
        select(table.notice_id, table.content).where(
            table.purpose == IMMEDIATE, table.state == State.QUEUED.value, table.not_before > now
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


def made(connection: Connection, purpose_keys: Sequence[str]) -> set[tuple[str, str, str]]:
    """Those decisions of these keys that were made: office, address, key."""
    table = notice.c
    found: set[tuple[str, str, str]] = set()
    for first in range(0, len(purpose_keys), 500):
        query = select(table.office_id, table.address, table.purpose_key).where(
            table.purpose_key.in_(purpose_keys[first : first + 500])
        )
        found |= {(row.office_id, row.address, row.purpose_key) for row in connection.execute(query)}
    return found
