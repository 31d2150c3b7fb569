"""Holds a file that would replace a much fuller one of its slice: a lost page must not look like a quiet week."""

from dataclasses import dataclass
from datetime import datetime

from pipelines.warehouse.store import Warehouse

LEAST_SHARE = 0.7  # of the rows in force (architecture.md §3, vintages)


@dataclass(frozen=True)
class Held:
    """A drop that waits for a person, and the sentence that says why."""

    drop_id: str
    reason: str


def settle(warehouse: Warehouse, feed: str) -> list[Held]:
    """Judge the replacing files of a feed in the order in which they came; returns those held, old and new.

    Decided from the register alone, so that the order of ingesting does not matter. Supplements add and are never held.
    """
    rows = warehouse.connection.execute(
        "select sender, period, drop_id, version, received_at, content_hash, rows_accepted, status from drop_register"
        " where feed = ? and status in ('accepted', 'held') and not is_supplement"
        " qualify count(*) over (partition by sender, period) > 1"
        " order by sender, period, received_at, version, content_hash",
        [feed],
    ).fetchall()
    in_force: dict[tuple[str, object], tuple[tuple[int, datetime, str], int]] = {}
    found: list[Held] = []
    for sender, period, drop_id, version, received_at, content_hash, count, status in rows:
        rank = (version, received_at, content_hash)
        before = in_force.get((sender, period))
        is_replacing = before is not None and rank > before[0]
        if before is not None and is_replacing and count < LEAST_SHARE * before[1]:
            reason = (
                f"本文件可用 {count} 行，不足现行文件 {before[1]} 行的七成；已暂存待核实，现行文件继续有效。"
                "请核对是否漏行，补齐后以更高的版本号重新报送。"
            )
            found.append(Held(drop_id, reason))
        else:
            if before is None or is_replacing:
                in_force[sender, period] = (rank, count)
            if status == "held":  # an earlier file has become known since
                _set(warehouse, drop_id, "accepted", None)
    for item in found:
        _set(warehouse, item.drop_id, "held", item.reason)
    return found


def _set(warehouse: Warehouse, drop_id: str, status: str, reason: str | None) -> None:
    warehouse.connection.execute(
        "update drop_register set status = ?, reason = ? where drop_id = ? and status <> ?",
        [status, reason, drop_id, status],
    )
