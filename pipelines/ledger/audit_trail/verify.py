"""Walks the audit trail from its first entry and compares it with every anchor known; names the first thing broken."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from pipelines.ledger.audit_trail.anchor import Found
from pipelines.ledger.audit_trail.trail import FIRST_PREVIOUS, Entry, is_intact
from pipelines.ledger.db.schema import audit as audit_table
from pipelines.ledger.db.store import Ledger

_BLOCK = 5000


@dataclass(frozen=True)
class Verdict:
    """How far the trail was walked: entries, anchors met, the last hash; ``breach`` says what is broken, or nothing."""

    entries: int
    anchors: int
    last_hash: str
    breach: str = ""


def verify(ledger: Ledger, anchors: Sequence[Found]) -> Verdict:
    """Walk the trail in order. Stops at the first entry or anchor that does not hold, and names it."""
    wanted: dict[int, list[Found]] = defaultdict(list)
    for found in anchors:
        wanted[found.anchor.seq].append(found)
    walked, met, last_hash = 0, 0, FIRST_PREVIOUS
    for entry in _walk(ledger):
        breach = _unreadable(walked + 1) if entry is None else _broken(entry, walked, last_hash)
        if breach or entry is None:
            return Verdict(walked, met, last_hash, breach)
        for found in wanted.pop(entry.seq, []):
            if found.anchor.own_hash != entry.own_hash:
                return Verdict(walked, met, last_hash, _differs(found))
            met += 1
        walked, last_hash = entry.seq, entry.own_hash
    if wanted:
        found = wanted[min(wanted)][0]
        return Verdict(walked, met, last_hash, _cut(found, walked))
    return Verdict(walked, met, last_hash, _stray(ledger, walked))


def _broken(entry: Entry, walked: int, last_hash: str) -> str:
    if entry.seq <= walked:
        return f"第 {entry.seq} 条审计记录出现两次：记录被重复插入 (an entry is there twice)"
    if entry.seq != walked + 1:
        return f"第 {walked + 1} 条审计记录不见了，其后是第 {entry.seq} 条：记录被删除 (an entry was deleted)"
    if entry.previous_hash != last_hash:
        return f"第 {entry.seq} 条审计记录与前一条接不上：在此处改写或分叉 (the chain is broken before this entry)"
    if not is_intact(entry):
        return f"第 {entry.seq} 条审计记录的内容与其散列不符：记录被改动 (this entry was changed)"
    return ""


def _stray(ledger: Ledger, walked: int) -> str:
    """Entries that share a number with another one: only a table that was made anew can hold them."""
    query = select(func.count()).select_from(audit_table).where(audit_table.c.seq <= walked)
    with ledger.reading() as connection:
        stray = int(connection.execute(query).scalar_one()) - walked
    return f"审计记录之外多出 {stray} 条：记录被插入 ({stray} entries are outside the chain)" if stray else ""


def _unreadable(seq: int) -> str:
    return f"第 {seq} 条审计记录无法读取：台账文件被改动或已损坏 (this entry cannot be read)"


def _differs(found: Found) -> str:
    return (
        f"{found.place}记下的第 {found.anchor.seq} 条散列与审计记录不同：这一条及以前的记录被整体改写，或另有分叉"
        " (the trail was written anew, or forked, before this anchor)"
    )


def _cut(found: Found, walked: int) -> str:
    return (
        f"{found.place}记到第 {found.anchor.seq} 条，审计记录却只到第 {walked} 条：尾部被截去"
        " (the end of the trail was cut off)"
    )


def _walk(ledger: Ledger) -> Iterator[Entry | None]:
    """Every stored entry in order, then None if one cannot be read."""
    done = 0
    while True:
        block, is_whole = _block(ledger, done)
        yield from block
        if not is_whole:
            yield None
        if not block or not is_whole:
            return
        done = block[-1].seq


def _block(ledger: Ledger, after: int) -> tuple[list[Entry], bool]:
    """Entries after a number; where the block cannot be read as one, those before the first unreadable one."""
    query = select(audit_table).where(audit_table.c.seq > after).order_by(audit_table.c.seq)
    try:
        with ledger.reading() as connection:
            return [Entry(**row._mapping) for row in connection.execute(query.limit(_BLOCK))], True
    except (DatabaseError, ValueError):
        pass
    read: list[Entry] = []
    try:
        while len(read) < _BLOCK:
            with ledger.reading() as connection:
                row = connection.execute(
                    query.where(audit_table.c.seq > (read[-1].seq if read else after)).limit(1)
                ).one_or_none()
            if row is None:
                return read, True
            read.append(Entry(**row._mapping))
    except (DatabaseError, ValueError):
        return read, False
    return read, True
