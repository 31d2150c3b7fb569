"""A batch of drops of one feed into the warehouse: checked as one table, written in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from pipelines.feeds.contract import Contract
from pipelines.ingest.check import Checked, Outcome
from pipelines.ingest.drop import Drop
from pipelines.ingest.hold import settle
from pipelines.ingest.raw import Entry
from pipelines.warehouse.store import Warehouse


@dataclass(frozen=True)
class Arrival:
    """A drop and how it came."""

    drop: Drop
    entry: Entry


class Checks(Protocol):
    """What judges drops: the checker of files, or that of masked twins."""

    def check(self, contract: Contract, drops: Sequence[Drop]) -> Checked:
        """Judge drops of one feed together."""


def load(
    warehouse: Warehouse,
    checker: Checks,
    contract: Contract,
    arrivals: Sequence[Arrival],
    step: Callable[[], None],
) -> list[Outcome]:
    """Check drops and write facts, quarantine and register together: all of the batch or nothing of it.

    The drops must not be in the register yet; ``step`` is called twice within the transaction. Raises
    AssertionError when rows in are not accepted + quarantined.
    """
    checked = checker.check(contract, [arrival.drop for arrival in arrivals])
    rows = sum(outcome.rows_accepted for outcome in checked.outcomes)
    if rows != checked.accepted.num_rows or any(
        outcome.rows_total != outcome.rows_accepted + outcome.rows_quarantined for outcome in checked.outcomes
    ):
        raise AssertionError(f"{contract.feed}: {rows} rows counted, {checked.accepted.num_rows} accepted")
    with warehouse.transaction():
        warehouse.append(contract.feed, checked.accepted)
        step()
        warehouse.append("quarantine", checked.quarantined)
        warehouse.append("drop_register", _register(arrivals, checked.outcomes))
        held = {item.drop_id: item.said for item in settle(warehouse, contract.feed)}
        step()
    return [
        replace(outcome, status="held", reason=said.zh, reason_en=said.en) if said else outcome
        for outcome in checked.outcomes
        for said in [held.get(outcome.drop_id)]
    ]


def _register(arrivals: Sequence[Arrival], outcomes: Sequence[Outcome]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "drop_id": outcome.drop_id,
                "content_hash": arrival.entry.content_hash,
                "feed": arrival.entry.feed,
                "sender": outcome.named.sender if outcome.named else None,
                "period": outcome.named.period if outcome.named else None,
                "grain": str(outcome.named.grain) if outcome.named else None,
                "version": outcome.named.version if outcome.named else None,
                "is_supplement": outcome.named.is_supplement if outcome.named else None,
                "received_at": arrival.entry.received_at,
                "known_at": arrival.entry.received_at,
                "is_backfilled": arrival.entry.is_backfilled,
                "file_name": arrival.entry.file_name,
                "encoding": outcome.encoding,
                "rows_total": outcome.rows_total,
                "rows_accepted": outcome.rows_accepted,
                "rows_quarantined": outcome.rows_quarantined,
                "status": outcome.status,
                "reason": outcome.reason,
                "reason_en": outcome.reason_en,
            }
            for arrival, outcome in zip(arrivals, outcomes, strict=True)
        ],
        _SCHEMA,
    )


_SCHEMA = pa.schema(
    [
        ("drop_id", pa.string()), ("content_hash", pa.string()), ("feed", pa.string()), ("sender", pa.string()),
        ("period", pa.date32()), ("grain", pa.string()), ("version", pa.int32()), ("is_supplement", pa.bool_()),
        ("received_at", pa.timestamp("us")), ("known_at", pa.timestamp("us")), ("is_backfilled", pa.bool_()),
        ("file_name", pa.string()),
        ("encoding", pa.string()), ("rows_total", pa.int32()), ("rows_accepted", pa.int32()),
        ("rows_quarantined", pa.int32()), ("status", pa.string()), ("reason", pa.string()),
        ("reason_en", pa.string()),
    ]
)  # fmt: skip
