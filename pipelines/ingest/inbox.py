"""Takes files from the inbox into raw and warehouse so that a crash at any point leaves before or after."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa

from pipelines.core.domain import Said, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.core.sql import name
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract
from pipelines.formcheck.form_check import Checker
from pipelines.formcheck.masked_copy import MaskedCopyChecker
from pipelines.formcheck.parsing.blocks import HEAD, can_stream
from pipelines.formcheck.parsing.submission import Keeping, Submission, named_by_file, submission_of
from pipelines.formcheck.validation.cell import visible
from pipelines.formcheck.validation.forbidden import may_name_person
from pipelines.formcheck.validation.identity import pads
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.acceptance import decide_status
from pipelines.ingest.arrivals import (
    MOST_BYTES,
    MOST_FILES,
    FoundFile,
    WaitingFile,
    batches,
    head_of,
    holds,
    read_waiting,
    receive_waiting,
    remove,
    remove_empty,
    scan,
)
from pipelines.ingest.guarded import GuardedChecks, Opener, OpeningNote
from pipelines.ingest.ingest_report import IngestReport, why_returned
from pipelines.ingest.load import Checks, LoadedSubmission, load, load_large
from pipelines.ingest.raw_store import Mark, RawEntry, RawStore
from pipelines.warehouse.store import Warehouse

Progress = Callable[[str, int, int], None]
"""Told after each step: what is done (Chinese, the stage as its first word), how many, of how many."""
# Creating and removing thousands of small files is waiting for the file system: several at a time are 4 times faster.
_HANDS = 8


def ingest_inbox(
    settings: Settings,
    region: Region,
    warehouse: Warehouse,
    backfill: bool,
    now: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Take every complete file of the inbox; ``received_at`` is ``now``, with ``backfill`` the day folder's midnight.

    Order: raw, list of drops, one transaction a batch, only then the inbox. Raises UserError (keys, folders) before
    anything is changed.
    """
    intake = _Intake(settings, region, warehouse, progress)
    try:
        found = scan(settings.inbox, contracts(), needs_day=backfill)
        intake.resume()
        intake.expect(len(found.files))
        for batch in batches(found.files):
            intake.load(batch, backfill, now.astimezone(UTC).replace(tzinfo=None))
        intake.mark()
    finally:
        intake.close()
    report = intake.report
    report.sentences[:0] = found.sentences
    if not found.files and not found.sentences and not report.resumed:
        report.sentences.append(f"收件箱 {settings.inbox} 是空的，没有可接收的文件。(the inbox is empty)")
    report.add_reasons(why_returned(warehouse.connection, report.wrong))
    if report.belated:
        report.sentences.append(
            f"其中 {report.belated} 个文件的收到日早于已发布的版次，计入下一版次。"
            "(belated files count from the next edition on)"
        )
    report.sentences.append(report.summary())
    return report


def rebuild(settings: Settings, region: Region, warehouse: Warehouse, progress: Progress | None = None) -> IngestReport:
    """Forget all facts and register every drop of raw anew, with today's contracts and reference data."""
    intake = _Intake(settings, region, warehouse, progress)
    try:
        intake.forget()
        intake.resume()
        intake.mark()
    finally:
        intake.close()
    return intake.report


def _name(file: WaitingFile) -> str:
    """The name of a file, whatever its bytes; characters that nobody sees are named."""
    return visible(file.path.name.encode(errors="replace").decode())


def _feeds() -> str:
    return " ".join(sorted(contracts()))


class _Intake:
    """One ingest at work: the keys, raw, the checker, the warehouse."""

    def __init__(self, settings: Settings, region: Region, warehouse: Warehouse, progress: Progress | None) -> None:
        self._region, self._warehouse = region, warehouse
        self._progress = progress or (lambda _what, _done, _total: None)
        # Arrow's own pool hands memory back at once, and getting it again cleared costs a tenth of the time.
        pa.set_memory_pool(pa.system_memory_pool())
        keys = all_keys.load_keys(settings)
        self._raw = RawStore(settings.raw, keys)
        self._checker = Checker(region, pads(keys.pseudonym), settings.memory_limit, settings.threads)
        self._note = OpeningNote(settings.raw / ".opening")
        self._opener = Opener(region, self._note)
        self._pool = ThreadPoolExecutor(_HANDS)
        self._floor = warehouse.after_editions(datetime.min)  # noqa: DTZ901
        self._done = self._total = 0
        self.report = IngestReport()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._checker.close()

    def expect(self, files: int) -> None:
        self._done, self._total = 0, files

    def _step(self, what: str) -> None:
        self._progress(what, self._done, self._total)

    def forget(self) -> None:
        """Empty the register, the quarantine and the facts."""
        with self._warehouse.transaction():
            for table in ("drop_register", "register_mark", "quarantine", *contracts()):
                self._warehouse.connection.execute(f"truncate {name(table)}")

    def _known(self, drop_ids: Iterable[str]) -> dict[str, tuple[datetime, str]]:
        """Those of the drops that the register knows, with the precedence of the arrival that counts."""
        wanted = list(drop_ids)
        if not wanted:
            return {}
        rows = self._warehouse.connection.execute(
            "select drop_id, received_at, file_name from drop_register where drop_id in (select unnest($drop_ids))",
            {"drop_ids": wanted},
        ).fetchall()
        return {drop_id: (received_at, file_name) for drop_id, received_at, file_name in rows}

    # -- how far the list of arrivals is in the register: the next ingest need not read it from its beginning --

    def mark(self) -> None:
        """Write down that all of the list has been taken up."""
        mark, con = self._raw.mark(), self._warehouse.connection
        if mark is not None and mark != self._marked():
            with self._warehouse.transaction():
                con.execute("delete from register_mark")
                con.execute("insert into register_mark values (?, ?, ?)", [mark.size, mark.digest, _feeds()])

    def _marked(self) -> Mark | None:
        rows = self._warehouse.connection.execute(
            "select size, digest from register_mark where feeds = ?", [_feeds()]
        ).fetchall()
        return Mark(*rows[0]) if rows else None

    # -- what raw holds and the warehouse does not: after a crash, or to rebuild --

    def resume(self) -> None:
        first: dict[str, RawEntry] = {}
        for entry in self._raw.entries(self._marked()):
            if entry.feed not in contracts():
                continue
            identity = entry.drop_id
            if identity not in first or entry.precedence < first[identity].precedence:
                first[identity] = entry
        known = self._known(first)
        missing = [entry for identity, entry in first.items() if identity not in known]
        self.expect(len(missing))
        in_order = sorted(missing, key=lambda entry: (entry.feed, *entry.precedence, entry.drop_id))
        purged = {
            entry.drop_id
            for entry in in_order
            if self._raw.is_purged(contracts()[entry.feed], entry.content_hash, entry.drop_id)
        }
        checkers: dict[bool, Checks] = {False: self._checker, True: MaskedCopyChecker(self._checker)}
        for is_purged, checker in checkers.items():
            for batch in self._kept_batches([entry for entry in in_order if (entry.drop_id in purged) == is_purged]):
                self._load(contracts()[batch[0].entry.feed], batch, checker)
                self.report.resumed += len(batch)
        self._correct_received([(identity, entry) for identity, entry in first.items() if identity in known])

    def _kept_batches(self, entries: Sequence[RawEntry]) -> Iterable[list[LoadedSubmission]]:
        batch: list[LoadedSubmission] = []
        size = 0
        for entry in entries:
            contract = contracts()[entry.feed]
            if self._streams(contract, entry):
                if batch:
                    yield batch
                    batch, size = [], 0
                yield [self._kept_large(contract, entry)]
                continue
            twin = self._raw.masked_copy(contract, entry.content_hash, entry.drop_id)
            content = b"" if entry.reason else twin or self._raw.content(contract, entry.content_hash)
            is_full = len(batch) >= MOST_FILES or size + len(content) > MOST_BYTES
            if batch and (entry.feed != batch[0].entry.feed or is_full):
                yield batch
                batch, size = [], 0
            if entry.reason:
                said = Said(entry.reason, entry.reason_en)
                named = named_by_file(entry.file_name, contract, self._region)
                drop = Submission(entry.drop_id, entry.content_hash, entry.file_name, b"", named, said, Keeping.NOT)
            elif twin is not None:
                drop = Submission(entry.drop_id, entry.content_hash, entry.file_name, twin, None, None)
            else:
                drop = self._opener.drop_of(content, entry.file_name, contract, entry.content_hash)
                drop = replace(drop, drop_id=entry.drop_id)
            batch.append(LoadedSubmission(drop, entry))
            size += len(content)
        if batch:
            yield batch

    def _streams(self, contract: Contract, entry: RawEntry) -> bool:
        if entry.reason or self._raw.size(contract, entry.content_hash) <= MOST_BYTES:
            return False
        return can_stream(contract, self._raw.head(contract, entry.content_hash, HEAD))

    def _kept_large(self, contract: Contract, entry: RawEntry) -> LoadedSubmission:
        head = self._raw.head(contract, entry.content_hash, HEAD)
        drop = submission_of(head, entry.file_name, contract, self._region, entry.content_hash)
        chunks = partial(self._raw.chunks, contract, entry.content_hash)
        return LoadedSubmission(replace(drop, drop_id=entry.drop_id, content=b""), entry, chunks)

    def _correct_received(self, found: Sequence[tuple[str, RawEntry]]) -> None:
        """A drop counts from its first arrival, even when learned later: the order of ingesting must not matter."""
        earlier: dict[str, RawEntry] = {}
        known = self._known(identity for identity, _ in found)
        for identity, entry in found:  # several arrivals of one drop may be learned at once: the first of them counts
            counts = earlier[identity].precedence if identity in earlier else known[identity]
            if entry.precedence < counts:
                earlier[identity] = entry
        if not earlier:
            return
        with self._warehouse.transaction():
            for identity, entry in earlier.items():
                self._warehouse.connection.execute(
                    "update drop_register set received_at = ?, known_at = ?, file_name = ?, is_backfilled = ?"
                    " where drop_id = ?",
                    [entry.received_at, entry.received_at, entry.file_name, entry.is_backfilled, identity],
                )
            for feed in {entry.feed for entry in earlier.values()}:
                decide_status(self._warehouse, feed, [name for name, entry in earlier.items() if entry.feed == feed])

    # -- what waits in the inbox --

    def load(self, files: Sequence[WaitingFile], backfill: bool, now: datetime) -> None:
        contract = contracts()[files[0].feed]
        head = head_of(files[0]) if files[0].size > MOST_BYTES else None
        is_large = head is not None and can_stream(contract, head)
        if is_large and (contract.is_person or not holds(files[0], may_name_person)):
            self._take_large(contract, files[0], backfill, now)
            return
        taken: list[FoundFile] = []
        arrivals: list[LoadedSubmission] = []
        for found in self._pool.map(partial(read_waiting, now=now), files):
            if found.content is None:
                self.report.sentences += [found.problem] if found.problem else []
                continue
            taken.append(found)
            drops = self._opener.drops_of(found.content, _name(found.file), contract)
            arrivals += self._arrivals(found.file, drops, backfill, now)
        known = self._known(arrival.drop.drop_id for arrival in arrivals)
        fresh: dict[str, LoadedSubmission] = {}
        earlier: list[tuple[str, RawEntry]] = []
        for arrival in arrivals:
            identity, entry = arrival.drop.drop_id, arrival.entry
            counts = fresh[identity].entry.precedence if identity in fresh else known.get(identity)
            if counts is None:
                fresh[identity] = arrival
            elif entry.precedence < counts:
                earlier.append((identity, entry))
        self.report.files += len(arrivals)
        self.report.duplicates += len(arrivals) - len(fresh)
        self._keep(contract, [arrival.drop for arrival in fresh.values()])
        self._raw.enter([arrival.entry for arrival in fresh.values()] + [entry for _, entry in earlier])
        self._step("登记")
        if fresh:
            self._load(contract, list(fresh.values()))
        self._correct_received(earlier)
        for problem in self._pool.map(remove, taken):
            self.report.sentences += [problem] if problem else []
            self._step("移出")
        list(self._pool.map(remove_empty, {found.file.path.parent for found in taken if found.file.day is not None}))

    def _take_large(self, contract: Contract, file: WaitingFile, backfill: bool, now: datetime) -> None:
        """One file that is too large to be held: copied to raw as it is read, then judged from there."""
        with self._writable():
            found, content_hash = receive_waiting(
                file, partial(self._raw.receive, contract), partial(can_stream, contract), now
            )
        if found.content is None:
            self.report.sentences += [found.problem] if found.problem else []
            return
        drop = submission_of(found.content, _name(file), contract, self._region, content_hash)
        (arrival,) = self._arrivals(file, [replace(drop, content=b"")], backfill, now)
        arrival = replace(arrival, chunks=partial(self._raw.chunks, contract, arrival.entry.content_hash))
        identity, entry = arrival.drop.drop_id, arrival.entry
        self._step("留存")
        known = self._known([identity])
        if not known:
            lasting = self._pool.submit(self._raw.sync)  # the disk writes while the file is judged

            def enter() -> None:
                lasting.result()
                self._raw.enter([entry])
                self._step("登记")

            self._load(contract, [arrival], before_commit=enter)
        else:
            self.report.duplicates += 1
            if entry.precedence < known[identity]:
                self._raw.enter([entry])
                self._correct_received([(identity, entry)])
        self.report.files += 1
        problem = remove(found)
        self.report.sentences += [problem] if problem else []
        self._step("移出")
        if file.day is not None:
            remove_empty(file.path.parent)

    def _arrivals(
        self, file: WaitingFile, drops: Sequence[Submission], backfill: bool, now: datetime
    ) -> Iterator[LoadedSubmission]:
        """How the drops of a file came: one, or those of an archive."""
        received_at = now
        if backfill and file.day is not None:
            received_at = self._region.local_midnight(file.day).astimezone(UTC).replace(tzinfo=None)
            if received_at < self._floor:  # the editions up to there have been told without it
                received_at = self._floor
                self.report.belated += 1
        for drop in drops:
            said = drop.refusal if drop.keeping.is_final and drop.refusal is not None else Said("", "")
            entry = RawEntry(
                drop.drop_id, drop.content_hash, file.feed, drop.file_name, received_at, backfill, said.zh, said.en
            )
            yield LoadedSubmission(drop, entry)

    def _keep(self, contract: Contract, drops: Sequence[Submission]) -> None:
        contents = {
            drop.content_hash: drop for drop in drops if drop.keeping is not Keeping.NOT
        }  # two threads must not write one file
        with self._writable():
            for _ in self._pool.map(partial(self._raw.keep, contract), contents.values()):
                self._step("留存")

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"数据文件夹无法写入（{error.strerror}）；请检查权限和磁盘空间后重试，收件箱中的文件未动。"
            ) from error

    def _load(
        self,
        contract: Contract,
        arrivals: Sequence[LoadedSubmission],
        checker: Checks | None = None,
        before_commit: Callable[[], None] = lambda: None,
    ) -> None:
        def step() -> None:
            self._step("写入")

        if arrivals[0].chunks is not None:
            large = arrivals[0]
            outcomes = [load_large(self._warehouse, self._checker, contract, self._region, large, step, before_commit)]
        else:
            checks = GuardedChecks(checker or self._checker, self._note)
            outcomes = load(self._warehouse, checks, contract, arrivals, step)
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            self.report.count(arrival, outcome)
        self._done += len(arrivals)
        self._step(f"采用 {contract.title}")
