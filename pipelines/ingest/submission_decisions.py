"""Decisions of people about drops, on their way from the ledger to the warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.core.domain import UserError
from pipelines.ingest.acceptance_rules import settle
from pipelines.ledger.uploads.upload import SubmissionDecision
from pipelines.warehouse.store import Warehouse


@dataclass(frozen=True)
class Decidable:
    """A drop somebody wants to decide about: what it is, and from when a decision would count (UTC)."""

    drop_id: str
    file_name: str
    counts_from: datetime


def decidable(warehouse: Warehouse, drop_id: str, kind: str, now: datetime) -> Decidable:
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
    return Decidable(chosen[0], chosen[1], after.replace(tzinfo=UTC))


def follow(warehouse: Warehouse, decisions: Sequence[SubmissionDecision]) -> None:
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
            settle(warehouse, feed, names)
