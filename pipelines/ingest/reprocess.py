"""Reads kept drops again after a contract or a code list was mended: replay for refused rows, restate for everything.

What a drop says anew is a further generation of it in the register, with facts and quarantine of its own, known from
now on: what past editions saw does not change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core import sql
from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.formcheck.form_check import Checked, Checker
from pipelines.formcheck.masked_copy import MaskedCopyChecker
from pipelines.formcheck.parsing.submission import Submission, submission_of
from pipelines.formcheck.validation.identity import pads
from pipelines.ingest import encryption_keys as all_keys
from pipelines.ingest.acceptance import decide_status
from pipelines.ingest.load import Checks
from pipelines.ingest.raw_store import RawStore
from pipelines.warehouse.store import Warehouse

_BATCH = 500


@dataclass(frozen=True)
class ReprocessScope:
    """Which drops are meant: of one feed or all, with periods between two days (both included) or any."""

    feed: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass
class ReprocessReport:
    """What reading again gave: drops read, drops that say something else now, rows accepted now that were refused."""

    read: int = 0
    changed: int = 0
    closed_rows: int = 0
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Kept:
    """A drop of the register and its newest generation."""

    drop_id: str
    newest_id: str
    generations: int
    feed: str
    content_hash: str
    file_name: str
    rows_accepted: int
    rows_quarantined: int


def replay(
    settings: Settings, region: Region, warehouse: Warehouse, span: ReprocessScope, now: datetime
) -> ReprocessReport:
    """Read again the drops with refused rows; where more rows pass now, they count from ``now`` on."""
    return _Reprocessing(settings, region, warehouse, now).run(span, only_refused=True)


def restate(
    settings: Settings, region: Region, warehouse: Warehouse, span: ReprocessScope, now: datetime
) -> ReprocessReport:
    """Read all drops of a span again; where facts differ, the new ones count from ``now`` on."""
    return _Reprocessing(settings, region, warehouse, now).run(span, only_refused=False)


class _Reprocessing:
    """Raw, keys and checker at work on drops that are in the register already."""

    def __init__(self, settings: Settings, region: Region, warehouse: Warehouse, now: datetime) -> None:
        keys = all_keys.load_keys(settings)
        self._region, self._warehouse = region, warehouse
        self._raw = RawStore(settings.raw, keys)
        self._checker = Checker(region, pads(keys.pseudonym), settings.memory_limit, settings.threads)
        self._known_at = warehouse.after_editions(now.astimezone(UTC).replace(tzinfo=None))
        self.report = ReprocessReport()

    def run(self, span: ReprocessScope, only_refused: bool) -> ReprocessReport:
        try:
            for feed, kept in self._batches(span, only_refused):
                self._reprocess(contracts()[feed], kept, only_refused)
        finally:
            self._checker.close()
        return self.report

    def _batches(self, span: ReprocessScope, only_refused: bool) -> Iterator[tuple[str, list[_Kept]]]:
        if span.feed is not None and span.feed not in contracts():
            raise UserError(f"没有名为“{span.feed}”的数据来源；可用的有：{'、'.join(contracts())}。(unknown feed)")
        rows = self._warehouse.connection.execute(
            "select coalesce(origin_id, drop_id) as origin, arg_max(drop_id, known_at), count(*), any_value(feed),"
            " any_value(content_hash), any_value(file_name), arg_max(rows_accepted, known_at),"
            " arg_max(rows_quarantined, known_at)"
            " from drop_register where ($feed is null or feed = $feed) and ($since is null or period >= $since)"
            " and ($until is null or period <= $until) group by origin"
            " having not $only_refused or arg_max(rows_quarantined > 0 or status = 'refused', known_at)"
            " order by any_value(feed), origin",
            {"feed": span.feed, "since": span.since, "until": span.until, "only_refused": only_refused},
        ).fetchall()
        closed = {entry.drop_id for entry in self._raw.entries() if entry.reason}
        by_feed: dict[str, list[_Kept]] = {}
        for row in rows:
            by_feed.setdefault(row[3], []).append(_Kept(*row))
        for feed, kept in by_feed.items():
            if feed in contracts():  # what may not be kept cannot be read again
                readable = [item for item in kept if item.drop_id not in closed]
                for part in self._sealed_and_purged(contracts()[feed], readable):
                    for at in range(0, len(part), _BATCH):
                        yield feed, part[at : at + _BATCH]

    def _sealed_and_purged(self, contract: Contract, kept: Sequence[_Kept]) -> tuple[list[_Kept], list[_Kept]]:
        """Those whose content is kept, and those of which there is a masked twin only; the two are read differently."""
        purged = [item for item in kept if self._raw.is_purged(contract, item.content_hash, item.drop_id)]
        refused = sum(item.rows_quarantined > 0 for item in purged)
        if refused:
            self.report.sentences.append(
                f"{contract.title}：{refused} 个文件已过保存期，只有脱敏副本，其中退回的行不能重读，保持原样。"
                f"({refused} files are past their retention: their refused rows cannot be read again)"
            )
        twins = {item.drop_id for item in purged}
        return [item for item in kept if item.drop_id not in twins], purged

    def _reprocess(self, contract: Contract, kept: Sequence[_Kept], only_refused: bool) -> None:
        drops = [self._submission(contract, item) for item in kept]
        is_purged = self._raw.is_purged(contract, kept[0].content_hash, kept[0].drop_id)
        checker: Checks = MaskedCopyChecker(self._checker) if is_purged else self._checker
        checked = checker.check(contract, drops)
        self.report.read += len(kept)
        passing = {
            drop.drop_id: item
            for drop, item, outcome in zip(drops, kept, checked.outcomes, strict=True)
            if outcome.status == "accepted" and (not only_refused or outcome.rows_accepted > item.rows_accepted)
        }
        for outcome, item in zip(checked.outcomes, kept, strict=True):
            if outcome.status == "refused" and not only_refused and item.rows_accepted:
                self.report.sentences.append(
                    f"{item.feed}/{item.file_name} 按现行约定会整份退回，保持原样：{outcome.reason}"
                )
        if not passing:
            return
        with self._warehouse.transaction():
            names = self._write(contract, checked, passing, only_refused)
            decide_status(self._warehouse, contract.feed, names)

    def _submission(self, contract: Contract, item: _Kept) -> Submission:
        drop_id = f"{item.drop_id}.{item.generations + 1}"
        twin = self._raw.masked_copy(contract, item.content_hash, item.drop_id)
        if twin is not None:
            return Submission(drop_id, item.content_hash, item.file_name, twin, None, None)
        content = self._raw.content(contract, item.content_hash)
        return replace(submission_of(content, item.file_name, contract, self._region), drop_id=drop_id)

    def _write(self, contract: Contract, checked: Checked, passing: dict[str, _Kept], only_refused: bool) -> list[str]:
        """Write what passed and differs; returns the generations written."""
        con = self._warehouse.connection
        outcomes = {outcome.drop_id: outcome for outcome in checked.outcomes}
        con.register("reread", checked.accepted)
        try:
            names = list(passing)
            if not only_refused:
                names = [name for name in names if self._differs(contract, name, passing[name].newest_id)]
            for name in names:
                self.report.changed += 1
                outcome = outcomes[name]
                self.report.closed_rows += max(0, outcome.rows_accepted - passing[name].rows_accepted)
                con.execute(
                    "insert into drop_register by name select * replace ($name as drop_id, $known_at as known_at,"
                    " $origin as origin_id, 'accepted' as status, null as reason, null as reason_en,"
                    " null as control_total,"
                    " $accepted as rows_accepted, $refused as rows_quarantined, $total as rows_total,"
                    " $encoding as encoding, $sender as sender, $period as period, $grain as grain,"
                    " $version as version, $is_supplement as is_supplement) from drop_register where drop_id = $origin",
                    {
                        "name": name,
                        "known_at": self._known_at,
                        "origin": passing[name].drop_id,
                        "accepted": outcome.rows_accepted,
                        "refused": outcome.rows_quarantined,
                        "total": outcome.rows_total,
                        "encoding": outcome.encoding,
                        **_slice(outcome.named),
                    },
                )
            self._warehouse.append(contract.feed, _of(checked.accepted, names))
            self._warehouse.append("quarantine", _of(checked.quarantined, names))
            return names
        finally:
            con.unregister("reread")

    def _differs(self, contract: Contract, name: str, newest_id: str) -> bool:
        """Whether the facts of a drop, lines included, are others than its newest generation gave."""
        con, facts = self._warehouse.connection, sql.name(contract.feed)
        columns = sql.names(column for column in con.table(facts).columns if column != "drop_id")
        wanted = {"name": name, "old": newest_id}
        return bool(con.execute(sql.step("reread_differs", columns=columns, facts=facts), wanted).fetchall()[0][0])


def _slice(named: Slice | None) -> dict[str, object]:
    if named is None:
        raise AssertionError("an accepted file speaks for a slice")
    return {
        "sender": named.sender,
        "period": named.period,
        "grain": str(named.grain),
        "version": named.version,
        "is_supplement": named.is_supplement,
    }


def _of(table: pa.Table, names: Sequence[str]) -> pa.Table:
    return table.filter(pc.is_in(table.column("drop_id"), pa.array(list(names), pa.string())))
