"""Verifies the audit trail: the hash chain against every known anchor, and the tables against the entries."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from pipelines.core.settings import Settings
from pipelines.ledger.accounts.session import join_areas
from pipelines.ledger.audit_trail import trail
from pipelines.ledger.audit_trail.anchor import Found
from pipelines.ledger.audit_trail.publication import publications
from pipelines.ledger.audit_trail.trail import FIRST_PREVIOUS, Act, Entry, Result, is_intact
from pipelines.ledger.db.schema import account, edition, notice, warning_step
from pipelines.ledger.db.schema import audit as audit_table
from pipelines.ledger.db.store import Ledger
from pipelines.ledger.notifications.notice import NoticeState
from pipelines.ledger.workflow.steps import words_hash

_BLOCK = 5000


@dataclass(frozen=True)
class Verdict:
    """How far the trail was walked: entries, anchors met, the last hash; ``breach`` says what is broken, or nothing."""

    entries: int
    anchors: int
    last_hash: str
    breach: str = ""


def verify_chain(ledger: Ledger, anchors: Sequence[Found]) -> Verdict:
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


_MOST_NAMED = 5


def find_breaches(settings: Settings, ledger: Ledger, anchors: Sequence[Found]) -> list[str]:
    """A sentence for each thing that does not agree with the trail; empty when all does. The trail itself is intact."""
    found = [*_anchors(settings, ledger, anchors), *_register(settings, anchors)]
    with ledger.reading() as connection:
        for what, lines in (
            ("版次", _editions(connection)),
            ("预警的办理步骤", _steps(connection)),
            ("账号", _accounts(connection)),
            ("通知", _notices(connection)),
        ):
            if named := list(lines):
                more = f" 等 {len(named)} 项" if len(named) > _MOST_NAMED else ""
                found.append(
                    f"台账中的{what}与审计记录不符：{'；'.join(named[:_MOST_NAMED])}{more} (changed without an entry)"
                )
    return found


def _anchors(settings: Settings, ledger: Ledger, anchors: Sequence[Found]) -> Iterator[str]:
    """Each publishing has an anchor; of the last one it may lack, where a kill came between the two."""
    number = max((found.anchor.number for found in anchors), default=0)
    entered = publications(ledger)
    promised = max([one.anchor for one in entered[:-1]] + [one.anchor - 1 for one in entered[-1:]], default=0)
    with ledger.reading() as connection:
        is_run = select(audit_table.c.seq).where(audit_table.c.act == Act.RUN.value).limit(1)
        has_run = connection.execute(is_run).first() is not None
    if (settings.published / "current").exists() and has_run and not number:
        yield "有已发布的版次，却一个锚点也没有：锚点文件被删去 (all anchors are gone)"
    elif number < promised:
        yield f"审计记录中的发布到第 {promised} 号锚点，锚点文件却只有 {number} 个：缺尾 (anchors are lacking)"


def _register(settings: Settings, anchors: Sequence[Found]) -> Iterator[str]:
    """The list of received files only grows: up to the size an anchor tells it is what it was then."""
    told = sorted(
        {(one.anchor.register_size, one.anchor.register_sha256) for one in anchors if one.anchor.register_size}
    )
    path = settings.raw / "register.jsonl"
    if not told:
        return
    digest, read = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            for size, wanted in told:
                while read < size and (chunk := file.read(min(size - read, 1 << 20))):
                    digest.update(chunk)
                    read += len(chunk)
                if read < size or digest.hexdigest() != wanted:
                    yield (
                        f"收到文件的登记 {path} 的前 {size} 个字节与锚点记下的不符：有行被删改；请从备份恢复"
                        " (lines of the list of received files were changed or removed)"
                    )
                    return
    except OSError as error:
        yield f"收到文件的登记 {path} 无法读取（{error.strerror}）；请从备份恢复 (the list of received files is gone)"


def _entries(connection: Connection, act: Act) -> Iterator[Any]:
    table = audit_table.c
    query = (
        select(table.at, table.target, table.result, table.details).where(table.act == act.value).order_by(table.seq)
    )
    yield from connection.execute(query)


def _since(connection: Connection) -> str:
    """When the trail begins: what is older has no entries."""
    return connection.execute(select(func.min(audit_table.c.at))).scalar() or ""


def _editions(connection: Connection) -> Iterator[str]:
    entered = {row.target.removeprefix("edition ") for row in _entries(connection, Act.RUN)}
    since = _since(connection)
    for row in connection.execute(select(edition).order_by(edition.c.cutoff_at)):
        if row.edition_id not in entered and trail.instant(row.finished_at) > since:
            yield f"版次 {row.edition_id} 没有审计记录"


def _steps(connection: Connection) -> Iterator[str]:
    entered: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for row in _entries(connection, Act.TRANSITION):
        if row.result == Result.DONE.value:
            entered[row.target.removeprefix("warning ")].append((row.at, json.loads(row.details)))
    stored: defaultdict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for step in connection.execute(select(warning_step).order_by(warning_step.c.episode_id, warning_step.c.number)):
        said = {"from": step.from_state, "to": step.to_state, "level": step.level, "edition": step.edition_id}
        said["said"] = words_hash(step.document, step.cause, step.note)
        stored[step.episode_id].append((trail.instant(step.acted_at), said))
    for episode_id in sorted(entered.keys() | stored.keys()):
        is_same = len(entered[episode_id]) == len(stored[episode_id]) and all(
            at == then and all(there.get(key) == value for key, value in said.items())
            for (at, said), (then, there) in zip(entered[episode_id], stored[episode_id], strict=True)
        )
        if not is_same:
            yield f"预警 {episode_id}"


def _accounts(connection: Connection) -> Iterator[str]:
    told: dict[str, dict[str, Any]] = {}
    closed: dict[str, bool] = {}
    for row in _entries(connection, Act.ACCOUNT):
        said = json.loads(row.details)
        if said.get("what") in {"created", "changed"} and "role" in said:
            told[row.target] = said
        if said.get("what") in {"disabled", "enabled"}:
            closed[row.target] = said["what"] == "disabled"
    for one in connection.execute(select(account).order_by(account.c.name)):
        said = told.get(one.name, {})
        if (said.get("role"), join_areas(said.get("areas", ()))) != (one.role, one.areas):
            yield f"{one.name} 的角色或地区"
        elif closed.get(one.name, False) != (one.disabled_at is not None):
            yield f"{one.name} 的停用"


def _notices(connection: Connection) -> Iterator[str]:
    last: dict[str, str] = {}
    done: set[str] = set()
    for row in _entries(connection, Act.SEND):
        last[row.target] = row.result
        if row.result == Result.DONE.value:
            done.add(row.target)
    since = _since(connection)
    for one in connection.execute(select(notice.c.notice_id, notice.c.state, notice.c.decided_at)):
        name = f"notice {one.notice_id}"
        is_older = name not in last and trail.instant(one.decided_at) <= since
        is_accepted, is_bounced = one.state == NoticeState.ACCEPTED.value, one.state == NoticeState.BOUNCED.value
        if not is_older and (is_accepted != (name in done) or (is_bounced and last.get(name) != Result.FAILED.value)):
            yield f"第 {one.notice_id} 号通知"
