"""A batch of drops of one feed, or one large drop block by block, into the warehouse in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pipelines.feeds.contract import Contract
from pipelines.ingest.check import Checked, Checker, Outcome, refuses_whole, too_many_wrong
from pipelines.ingest.drop import Drop
from pipelines.ingest.hold import settle
from pipelines.ingest.raw import Entry
from pipelines.ingest.stream import Stream, ahead
from pipelines.ingest.text import RefusedError
from pipelines.warehouse.store import Warehouse


@dataclass(frozen=True)
class Arrival:
    """A drop and how it came. Of a large one the drop holds no content: it is read from raw block by block."""

    drop: Drop
    entry: Entry
    is_large: bool = False


class _TooManyWrongError(Exception):
    """Known only when all of a large file has been read: it goes back whole."""


def load(
    warehouse: Warehouse,
    checker: Checker,
    contract: Contract,
    arrivals: Sequence[Arrival],
    step: Callable[[], None],
) -> list[Outcome]:
    """Check drops and write facts, quarantine and register together: all of the batch or nothing of it.

    The drops must not be in the register yet; ``step`` is called twice within the transaction. Raises
    AssertionError when rows in are not accepted + quarantined.
    """
    checked = checker.check(contract, [arrival.drop for arrival in arrivals])
    _reconcile(contract, checked)
    with warehouse.transaction():
        warehouse.append(contract.feed, checked.accepted)
        step()
        warehouse.append("quarantine", checked.quarantined)
        outcomes = _registered(warehouse, contract, arrivals, checked.outcomes)
        step()
    return outcomes


def load_large(
    warehouse: Warehouse,
    checker: Checker,
    contract: Contract,
    arrival: Arrival,
    chunks: Callable[[], Iterable[bytes]],
    step: Callable[[], None],
    before_commit: Callable[[], None],
) -> Outcome:
    """Load one drop of any size in little memory: what ``load`` does, and all or nothing like there.

    ``chunks`` gives the content, twice when the file is refused whole for its many wrong rows. While a block is judged
    the next is read and the one before written. ``before_commit`` is called when all is written.
    """
    drop = arrival.drop

    def finish(outcome: Outcome) -> Outcome:
        registered = _registered(warehouse, contract, [arrival], [outcome])[0]
        before_commit()
        step()
        return registered

    def attempt(*, is_refused: bool) -> Outcome:
        outcome = Outcome(drop.drop_id, drop.named, None, "accepted", drop.refusal)
        stream = Stream(chunks(), contract)
        with warehouse.transaction(), ThreadPoolExecutor(1, thread_name_prefix="write") as writer:
            writing: Future[None] | None = None
            for checked in checker.check_blocks(contract, outcome, ahead(stream), is_refused=is_refused):
                _reconcile(contract, checked)
                outcome = _added(outcome, checked.outcomes[0])
                if writing is not None:
                    writing.result()
                writing = writer.submit(_write, warehouse, contract, checked)
                step()
            if writing is not None:
                writing.result()
            rows, refused = np.array([outcome.rows_total]), np.array([outcome.rows_quarantined])
            if is_refused:
                outcome = replace(outcome, status="refused", reason=too_many_wrong(contract))
            elif refuses_whole(contract, rows, refused)[0]:
                raise _TooManyWrongError
            return finish(replace(outcome, encoding=stream.text.encoding, ignored=stream.text.ignored))

    try:
        if drop.refusal is not None:
            raise RefusedError(drop.refusal)
        try:
            return attempt(is_refused=False)
        except _TooManyWrongError:
            return attempt(is_refused=True)
    except RefusedError as refusal:
        with warehouse.transaction():
            return finish(Outcome(drop.drop_id, drop.named, None, "refused", str(refusal)))


def _write(warehouse: Warehouse, contract: Contract, checked: Checked) -> None:
    warehouse.append(contract.feed, checked.accepted)
    warehouse.append("quarantine", checked.quarantined)


def _added(outcome: Outcome, block: Outcome) -> Outcome:
    return replace(
        outcome,
        rows_total=outcome.rows_total + block.rows_total,
        rows_accepted=outcome.rows_accepted + block.rows_accepted,
        rows_quarantined=outcome.rows_quarantined + block.rows_quarantined,
    )


def _reconcile(contract: Contract, checked: Checked) -> None:
    rows = sum(outcome.rows_accepted for outcome in checked.outcomes)
    if rows != checked.accepted.num_rows or any(
        outcome.rows_total != outcome.rows_accepted + outcome.rows_quarantined for outcome in checked.outcomes
    ):
        raise AssertionError(f"{contract.feed}: {rows} rows counted, {checked.accepted.num_rows} accepted")


def _registered(
    warehouse: Warehouse, contract: Contract, arrivals: Sequence[Arrival], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """Write the register and judge which files are held; the outcomes, those held marked."""
    warehouse.append("drop_register", _register(arrivals, outcomes))
    held = {item.drop_id: item.reason for item in settle(warehouse, contract.feed)}
    return [
        replace(outcome, status="held", reason=held[outcome.drop_id]) if outcome.drop_id in held else outcome
        for outcome in outcomes
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
                "is_backfilled": arrival.entry.is_backfilled,
                "file_name": arrival.entry.file_name,
                "encoding": outcome.encoding,
                "rows_total": outcome.rows_total,
                "rows_accepted": outcome.rows_accepted,
                "rows_quarantined": outcome.rows_quarantined,
                "status": outcome.status,
                "reason": outcome.reason,
            }
            for arrival, outcome in zip(arrivals, outcomes, strict=True)
        ],
        _SCHEMA,
    )


_SCHEMA = pa.schema(
    [
        ("drop_id", pa.string()), ("content_hash", pa.string()), ("feed", pa.string()), ("sender", pa.string()),
        ("period", pa.date32()), ("grain", pa.string()), ("version", pa.int32()), ("is_supplement", pa.bool_()),
        ("received_at", pa.timestamp("us")), ("is_backfilled", pa.bool_()), ("file_name", pa.string()),
        ("encoding", pa.string()), ("rows_total", pa.int32()), ("rows_accepted", pa.int32()),
        ("rows_quarantined", pa.int32()), ("status", pa.string()), ("reason", pa.string()),
    ]
)  # fmt: skip
