"""A batch of drops of one feed, or one large drop block by block, into the warehouse in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol

import numpy as np
import pyarrow as pa

from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.parsing.blocks import Stream, WholeError, read_ahead
from pipelines.formcheck.parsing.non_data_rows import TrailingRows
from pipelines.formcheck.parsing.submission import Submission
from pipelines.formcheck.validation.file_result import Checked, FileOutcome
from pipelines.formcheck.validation.validation_result import SeenKeys, refuses_whole, too_many_wrong
from pipelines.ingest.acceptance import decide_status
from pipelines.ingest.raw_store import RawEntry
from pipelines.warehouse.store import Warehouse

_WRITTEN_TOGETHER = 400_000  # rows


@dataclass(frozen=True)
class LoadedSubmission:
    """A drop and how it came. Of a large one the drop holds no content: ``chunks`` gives it, once more when asked."""

    drop: Submission
    entry: RawEntry
    chunks: Callable[[], Iterable[bytes]] | None = None


class _AgainError(Exception):
    """Known only when all of a large file has been read: some keys came far apart, or the file goes back whole."""

    def __init__(self, seen: SeenKeys, is_refused: bool) -> None:
        super().__init__("to be read again")
        self.seen, self.is_refused = seen, is_refused


class Checks(Protocol):
    """What judges drops: the checker of files, or that of masked twins."""

    def check(self, contract: Contract, drops: Sequence[Submission]) -> Checked:
        """Judge drops of one feed together."""


def load(
    warehouse: Warehouse,
    checker: Checks,
    contract: Contract,
    arrivals: Sequence[LoadedSubmission],
    step: Callable[[], None],
    before_commit: Callable[[], None] = lambda: None,
) -> list[FileOutcome]:
    """Check drops and write facts, quarantine and register together: all of the batch or nothing of it.

    The drops must not be in the register yet; ``step`` is called twice within the transaction, ``before_commit`` when
    all is written. Raises AssertionError when rows in are not accepted + quarantined.
    """
    checked = checker.check(contract, [arrival.drop for arrival in arrivals])
    _reconcile(contract, checked)
    with warehouse.transaction():
        warehouse.append(contract.feed, checked.accepted)
        step()
        warehouse.append("quarantine", checked.quarantined)
        outcomes = _registered(warehouse, contract, arrivals, checked.outcomes)
        before_commit()
        step()
    return outcomes


def load_large(
    warehouse: Warehouse,
    checker: Checker,
    contract: Contract,
    region: Region,
    arrival: LoadedSubmission,
    step: Callable[[], None],
    before_commit: Callable[[], None],
) -> FileOutcome:
    """Load one drop of any size in little memory: what ``load`` does, and all or nothing like there.

    Its content is read once more when keys are repeated far apart, the file goes back whole for its many wrong rows, or
    it must be read whole. While a block is judged the next is read and those before are written.
    """
    drop, chunks = arrival.drop, arrival.chunks
    if chunks is None:
        raise AssertionError("a large drop is read from raw")

    def attempt(seen: SeenKeys, *, is_refused: bool) -> FileOutcome:
        outcome = FileOutcome(drop.drop_id, drop.named, None, "accepted", None)
        stream, ending = Stream(chunks(), contract, region), TrailingRows(contract)
        with warehouse.transaction(), _Writer(warehouse, contract) as writer:
            blocks = read_ahead(stream)
            for checked in checker.check_blocks(contract, outcome, blocks, seen, ending, is_refused=is_refused):
                _reconcile(contract, checked)
                outcome = _added(outcome, checked.outcomes[0])
                writer.write(checked)
                step()
            writer.finish()
            suspects = seen.suspects()
            if len(suspects):
                raise _AgainError(SeenKeys(suspects), is_refused)
            outcome = _without_asides(warehouse, outcome, ending)
            rows, refused = np.array([outcome.rows_total]), np.array([outcome.rows_quarantined])
            if is_refused:
                said = too_many_wrong(contract)
                outcome = replace(outcome, status="refused", reason=said.zh, reason_en=said.en)
            elif refuses_whole(contract, rows, refused)[0]:
                raise _AgainError(seen.again(), is_refused=True)
            outcome = replace(outcome, encoding=stream.text.encoding, ignored=stream.text.ignored)
            registered = _registered(warehouse, contract, [arrival], [outcome])[0]
            before_commit()
            step()
            return registered

    seen, is_refused = SeenKeys(), False
    while drop.refusal is None:  # three times at most
        try:
            return attempt(seen, is_refused=is_refused)
        except _AgainError as again:
            seen, is_refused = again.seen, again.is_refused
        except WholeError:
            drop = replace(drop, content=b"".join(chunks()))
            break
    return load(warehouse, checker, contract, [replace(arrival, drop=drop)], step, before_commit)[0]


def _without_asides(warehouse: Warehouse, outcome: FileOutcome, ending: TrailingRows) -> FileOutcome:
    """The outcome of a large file without its lines that are no rows, which leave the quarantine again."""
    lines, notes = ending.asides()
    if not lines:
        return replace(outcome, notes=outcome.notes + notes)
    warehouse.connection.execute(
        "delete from quarantine where drop_id = $drop_id and list_contains($lines, line_number)",
        {"drop_id": outcome.drop_id, "lines": lines},
    )
    return replace(
        outcome,
        notes=outcome.notes + notes,
        rows_total=outcome.rows_total - len(lines),
        rows_quarantined=outcome.rows_quarantined - len(lines),
    )


class _Writer:
    """Writes the blocks of a file in another thread, some together.

    Each of DuckDB's own threads would fill row groups of its own, and those half full are written twice: one is enough.
    """

    def __init__(self, warehouse: Warehouse, contract: Contract) -> None:
        self._warehouse, self._contract = warehouse, contract
        self._threads = warehouse.connection.execute("select current_setting('threads')").fetchall()[0][0]
        warehouse.connection.execute("set threads = 1")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._writing: Future[None] | None = None
        self._held: list[Checked] = []

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        self._warehouse.connection.execute(f"set threads = {self._threads}")

    def write(self, checked: Checked) -> None:
        """Write a block, or hold it until there are more; waits when two are behind."""
        self._held.append(checked)
        if sum(item.accepted.num_rows for item in self._held) >= _WRITTEN_TOGETHER:
            self._submit()

    def finish(self) -> None:
        """Write what is held and wait until all is written."""
        self._submit()
        if self._writing is not None:
            self._writing.result()

    def _submit(self) -> None:
        if self._writing is not None:
            self._writing.result()
        if self._held:
            self._writing = self._pool.submit(_write, self._warehouse, self._contract, self._held)
            self._held = []


def _write(warehouse: Warehouse, contract: Contract, blocks: Sequence[Checked]) -> None:
    warehouse.append(contract.feed, pa.concat_tables([block.accepted for block in blocks]))
    warehouse.append("quarantine", pa.concat_tables([block.quarantined for block in blocks]))


def _added(outcome: FileOutcome, block: FileOutcome) -> FileOutcome:
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
    warehouse: Warehouse, contract: Contract, arrivals: Sequence[LoadedSubmission], outcomes: Sequence[FileOutcome]
) -> list[FileOutcome]:
    """Write the register and judge which files are held; the outcomes, those held marked."""
    warehouse.append("drop_register", _register(arrivals, outcomes))
    held = {
        item.drop_id: item.said
        for item in decide_status(warehouse, contract.feed, [outcome.drop_id for outcome in outcomes])
    }
    return [
        replace(outcome, status="held", reason=said.zh, reason_en=said.en) if said else outcome
        for outcome in outcomes
        for said in [held.get(outcome.drop_id)]
    ]


def _register(arrivals: Sequence[LoadedSubmission], outcomes: Sequence[FileOutcome]) -> pa.Table:
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
        ("drop_id", pa.string()),
        ("content_hash", pa.string()),
        ("feed", pa.string()),
        ("sender", pa.string()),
        ("period", pa.date32()),
        ("grain", pa.string()),
        ("version", pa.int32()),
        ("is_supplement", pa.bool_()),
        ("received_at", pa.timestamp("us")),
        ("known_at", pa.timestamp("us")),
        ("is_backfilled", pa.bool_()),
        ("file_name", pa.string()),
        ("encoding", pa.string()),
        ("rows_total", pa.int32()),
        ("rows_accepted", pa.int32()),
        ("rows_quarantined", pa.int32()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("reason_en", pa.string()),
    ]
)
