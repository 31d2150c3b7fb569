"""Acceptance: files that shrink or jump are held, decisions of people are applied, uploads get their result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pipelines.core.domain import Said, UserError
from pipelines.core.sql import name, names, step
from pipelines.feeds import contracts
from pipelines.feeds.contract import Bound
from pipelines.ledger import Ledger
from pipelines.ledger.uploads import upload as uploads
from pipelines.ledger.uploads.upload import Settled, Stage, SubmissionDecision
from pipelines.warehouse.store import Warehouse

LEAST_SHARE = 0.7  # of the rows in force (docs/explain/ingest.md)
_WAN = 10_000  # 万
_NEAR = 3.0  # a ratio within this factor of 万 is taken for a change of unit


@dataclass(frozen=True)
class Held:
    """A drop that waits for a person, and the sentence that says why."""

    drop_id: str
    said: Said


@dataclass(frozen=True)
class _File:
    """A whole file as it was read at some time; ``origin_id`` is the drop, ``drop_id`` this reading of it."""

    drop_id: str
    origin_id: str
    sender: str
    period: date
    version: int
    received_at: datetime
    content_hash: str
    known_at: datetime
    rows: int
    total: float | None
    status: str

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Of two files of a slice the one of higher rank speaks."""
        return self.version, self.received_at, self.content_hash


@dataclass
class _Sender:
    """What one sender's files say at a moment of the story."""

    candidates: dict[date, dict[str, _File]] = field(default_factory=dict)
    waiting: dict[str, _File] = field(default_factory=dict)

    def in_force(self, period: date) -> _File | None:
        """The file that speaks for a period."""
        return max(self.candidates.get(period, {}).values(), key=lambda file: file.rank, default=None)

    def before(self, period: date) -> _File | None:
        """The file that speaks for the newest earlier period."""
        return next(
            (
                file
                for at in sorted(self.candidates, reverse=True)
                if at < period
                for file in [self.in_force(at)]
                if file is not None
            ),
            None,
        )

    def accept(self, file: _File) -> None:
        """From now on the file counts."""
        self.waiting.pop(file.drop_id, None)
        self.candidates.setdefault(file.period, {})[file.origin_id] = file


def decide_status(warehouse: Warehouse, feed: str, drop_ids: Sequence[str]) -> list[Held]:
    """Judge files of a feed in the order in which they came, after something about these drops became known.

    Looked at is all that they can bear on: the files of their slices; where sums are compared between periods, those of
    their senders. Returns the files held among them, old and new.
    Decided from the register and from what people decided (drop_act), so that the order of ingesting does not matter.
    The status says how a file was judged when it came; confirming or withdrawing it later does not change that.
    Supplements add and are never held.
    """
    bound = contracts()[feed].bound
    header = contracts()[feed].column(bound.column).header if bound else ""
    if bound:
        _sum_up(warehouse, feed, bound, drop_ids)
    files = _files(warehouse, feed, bound, drop_ids)
    story: list[tuple[datetime, int, tuple[int, str], _File | None, tuple[str, str]]] = [
        (file.known_at, 0, (file.version, file.content_hash), file, ("", "")) for file in files
    ]
    story += [
        (acted_at, 1, (act_id, ""), None, (kind, drop_id))
        for act_id, drop_id, kind, acted_at in warehouse.connection.execute(
            "select act_id, drop_id, kind, acted_at from drop_act"
        ).fetchall()
    ]
    senders: dict[str, _Sender] = {}
    found: list[Held] = []
    for _, _, _, file, (kind, drop_id) in sorted(story, key=lambda item: item[:3]):
        if file is None:
            for sender in senders.values():
                _act(sender, kind, drop_id)
            continue
        sender = senders.setdefault(file.sender, _Sender())
        said = _why_held(sender, file) or (_why_beyond(sender, file, bound, header) if bound else None)
        if said is None:
            sender.accept(file)
        else:
            sender.waiting[file.drop_id] = file
            found.append(Held(file.drop_id, said))
    _write(warehouse, files, found)
    return found


def _files(warehouse: Warehouse, feed: str, bound: Bound | None, drop_ids: Sequence[str]) -> list[_File]:
    """Whole files that the drops bear on; without a bound those of slices that came more than once."""
    touched = names(["sender"] if bound else ["sender", "period"])
    wanted = {"feed": feed, "drop_ids": list(drop_ids), "is_bounded": bound is not None}
    rows = warehouse.connection.execute(step("candidate_file", touched=touched), wanted).fetchall()
    return [_File(*row) for row in rows]


def _act(sender: _Sender, kind: str, drop_id: str) -> None:
    if kind == "confirm" and drop_id in sender.waiting:
        sender.accept(sender.waiting[drop_id])
    elif kind == "withdraw":
        sender.waiting.pop(drop_id, None)
        for files in sender.candidates.values():
            files.pop(drop_id, None)


def _is_judged(sender: _Sender, file: _File) -> bool:
    """Whether the file would speak for its slice from now on; a file in force that is only read again is not judged."""
    before = sender.in_force(file.period)
    is_read_again = file.origin_id in sender.candidates.get(file.period, {})
    return not is_read_again and (before is None or file.rank > before.rank)


def _why_held(sender: _Sender, file: _File) -> Said | None:
    before = sender.in_force(file.period)
    if before is None or not _is_judged(sender, file) or file.rows >= LEAST_SHARE * before.rows:
        return None
    return Said(
        f"本文件可用 {file.rows} 行，不足现行文件 {before.rows} 行的七成；已暂存待核实，现行文件继续有效。"
        "请核对是否漏行，补齐后以更高的版本号重新报送。",
        f"{file.rows} usable rows, under 70 % of the {before.rows} in force; held, the file before stays in force."
        " Look for lost rows and send it again with a higher version.",
    )


def _why_beyond(sender: _Sender, file: _File, bound: Bound, header: str) -> Said | None:
    earlier = sender.before(file.period)
    if earlier is None or not earlier.total or file.total is None or not _is_judged(sender, file):
        return None
    ratio = file.total / earlier.total
    if bound.least <= ratio <= bound.most:
        return None
    is_unit = any(wan / _NEAR <= ratio <= wan * _NEAR for wan in (_WAN, 1 / _WAN))
    unit = "相差约一万倍，可能把“人”与“万人”弄混了；" if is_unit else ""
    unit_en = " About ten thousand times: 人 and 万人 may be mixed up." if is_unit else ""
    return Said(
        f"“{header}”合计 {file.total:g}，是上一期（{earlier.period}）{earlier.total:g} 的 {ratio:.3g} 倍，"
        f"超出 {bound.least:g}—{bound.most:g} 倍；{unit}已暂存待核实。请核对后以更高的版本号重新报送，或由市级确认。",
        f"The sum of {header}, {file.total:g}, is {ratio:.3g} times the {earlier.total:g} of {earlier.period}, outside"
        f" {bound.least:g} to {bound.most:g}; held.{unit_en} Check it and send it again with a higher version.",
    )


def _sum_up(warehouse: Warehouse, feed: str, bound: Bound, drop_ids: Sequence[str]) -> None:
    """Write the sum of the bounded column beside each of the drops that lacks it."""
    warehouse.connection.execute(
        step("control_total", column=name(bound.column), facts=name(feed)), {"drop_ids": list(drop_ids)}
    )


def _write(warehouse: Warehouse, files: list[_File], found: list[Held]) -> None:
    told = {item.drop_id: item.said for item in found}
    for file in files:
        said = told.get(file.drop_id)
        status = "accepted" if said is None else "held"
        if status != file.status:  # or an earlier file has become known since
            warehouse.connection.execute(
                "update drop_register set status = ?, reason = ?, reason_en = ? where drop_id = ?",
                [status, said.zh if said else None, said.en if said else None, file.drop_id],
            )


@dataclass(frozen=True)
class DecidableSubmission:
    """A drop somebody wants to decide about: what it is, and from when a decision would count (UTC)."""

    drop_id: str
    file_name: str
    counts_from: datetime


def list_decidable(warehouse: Warehouse, drop_id: str, kind: str, now: datetime) -> DecidableSubmission:
    """Look at a drop before a decision. Raises UserError when there is none or the decision makes no sense.

    A decision counts from now on, or from just after the last edition where that lies later: what editions said stays.
    """
    con = warehouse.connection
    found = con.execute(
        "select drop_id, file_name, status, origin_id from drop_register where drop_id like ? || '%' order by drop_id",
        [drop_id],
    ).fetchall()
    if not drop_id or not found:
        raise UserError(f"没有编号为“{drop_id}”的报送批次；请用 gangshao drops 查看编号 (no such drop)")
    if len({row[3] or row[0] for row in found}) > 1:
        raise UserError(f"编号“{drop_id}”对应 {len(found)} 个报送批次，请写完整 (the number is not unique)")
    chosen = found[-1] if kind == "confirm" else found[0]
    done = {row[0] for row in con.execute("select kind from drop_act where drop_id = ?", [chosen[0]]).fetchall()}
    if kind in done:
        raise UserError(f"{chosen[1]} 已经{'确认' if kind == 'confirm' else '撤回'}过了 (already done)")
    if kind == "confirm" and chosen[2] != "held":
        raise UserError(f"{chosen[1]} 没有被暂存，不需要确认 (it is not held)")
    if kind == "withdraw" and chosen[2] == "refused":
        raise UserError(f"{chosen[1]} 已整份退回，不需要撤回 (it was refused)")
    after = warehouse.after_editions(now.astimezone(UTC).replace(tzinfo=None))
    return DecidableSubmission(chosen[0], chosen[1], after.replace(tzinfo=UTC))


def apply_decisions(warehouse: Warehouse, decisions: Sequence[SubmissionDecision]) -> None:
    """Write the ledger's decisions that the warehouse does not know yet, and judge held files anew."""
    con = warehouse.connection
    known = {row[0] for row in con.execute("select act_id from drop_act").fetchall()}
    fresh = [item for item in decisions if item.act_id not in known]
    if not fresh:
        return
    with warehouse.transaction():
        for item in fresh:
            con.execute(
                "insert into drop_act values (?, ?, ?, ?, ?, ?)",
                [
                    item.act_id,
                    item.drop_id,
                    item.kind,
                    item.acted_at.astimezone(UTC).replace(tzinfo=None),
                    item.actor,
                    item.reason,
                ],
            )
        names = [item.drop_id for item in fresh]
        for (feed,) in con.execute(
            "select distinct feed from drop_register where list_contains($names, drop_id)", {"names": names}
        ).fetchall():
            decide_status(warehouse, feed, names)


def record_upload_results(warehouse: Warehouse, ledger: Ledger, now: datetime) -> int:
    """Write the register's word on every upload beside it; how many have another stage than before.

    Asked of the register each time, so that an ingest that broke off is made up for by the next. A held file that was
    confirmed is accepted, one that was withdrawn is withdrawn.
    """
    with ledger.reading() as connection:
        waiting = uploads.unsettled(connection)
    if not waiting:
        return 0
    rows = warehouse.connection.execute(_BECAME, {"drop_ids": list(waiting)}).fetchall()
    found = [Settled(drop_id, Stage(stage), *counts) for drop_id, stage, *counts in rows]
    news = [item for item in found if item.stage is not waiting[item.drop_id]]
    uploads.settle_upload(ledger, news, now)
    return len(news)


_BECAME = """
select
    drop_id,
    case
        when is_withdrawn then 'withdrawn'
        when status = 'held' and is_confirmed then 'accepted'
        else status
    end as stage,
    rows_accepted, rows_quarantined,
    coalesce(case when status = 'held' and is_confirmed then null else reason end, '') as reason,
    coalesce(case when status = 'held' and is_confirmed then null else reason_en end, '') as reason_en
from (
    select
        register.*,
        exists (select 1 from drop_act where drop_act.drop_id = register.drop_id and kind = 'confirm') as is_confirmed,
        exists (select 1 from drop_act where drop_act.drop_id = register.drop_id and kind = 'withdraw') as is_withdrawn
    from drop_register as register
    where drop_id in (select unnest($drop_ids))
) as known
"""
