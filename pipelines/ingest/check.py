"""The form check: files against contract and region, to accepted and quarantined rows; opens no store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.domain import UserError
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.ingest.drop import Drop, drop_of
from pipelines.ingest.identity import Pads
from pipelines.ingest.key import Hashes, SeenKeys, has_equal
from pipelines.ingest.read import Cells, Malformed, read
from pipelines.ingest.statement import Statement, lookups, sentences, statement
from pipelines.ingest.text import RefusedError, Text, understand
from pipelines.region import Region

# The same people come again and again: their numbers are checked and hashed once, in memory, up to some 150 MiB.
_MOST_PERSONS = 1_500_000
_FEW = 1000
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_HIDDEN_LINE = "（含个人信息，原文不保留）"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: ``reason`` is the sentence of a refused one, ``ignored`` are headers out of contract.

    ``rows_total == rows_accepted + rows_quarantined``, always; a file refused before its rows were read counts none.
    """

    drop_id: str
    named: Slice | None
    encoding: str | None
    status: str
    reason: str | None
    ignored: tuple[str, ...] = ()
    rows_total: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0


@dataclass(frozen=True)
class Checked:
    """Outcomes in the order of the files; ``accepted``: drop_id, line_number and the fact's columns;
    ``quarantined``: drop_id, line_number, column_name, rule, value_masked, reason, reason_en, raw_masked, one row a
    refused line and rule.
    """

    outcomes: list[Outcome]
    accepted: pa.Table
    quarantined: pa.Table


_QUARANTINE = pa.schema(
    [
        ("drop_id", pa.string()), ("line_number", pa.int32()), ("column_name", pa.string()), ("rule", pa.string()),
        ("value_masked", pa.string()), ("reason", pa.string()), ("reason_en", pa.string()), ("raw_masked", pa.string()),
    ]
)  # fmt: skip


class Checker:
    """Checks files of any feed for one region; keeps the region's lookups and compiled statements between batches."""

    def __init__(self, region: Region, key: Pads | None, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._region, self._key, self._threads = region, key, threads
        # No temporary folder: identity numbers pass through this connection and must not reach a disk.
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory_limit, "threads": threads, "temp_directory": "",
                "autoinstall_known_extensions": False, "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )  # fmt: skip
        self._connection.execute("set enable_progress_bar = false")
        for name, table in lookups(region).items():
            self._connection.register("incoming", table)
            self._connection.execute(f"create table {name} as from incoming")
            self._connection.unregister("incoming")
        self._forget_persons()
        self._statements: dict[str, Statement] = {}

    def _forget_persons(self) -> None:
        self._connection.execute(
            "create or replace table person_code (code varchar, person varchar, sex varchar, birth_year integer)"
        )

    def close(self) -> None:
        """Free the memory of the connection."""
        self._connection.close()

    def check(self, contract: Contract, drops: Sequence[Drop]) -> Checked:
        """Check files of one feed together: as one table and one statement."""
        compiled = self._compiled(contract)
        outcomes: list[Outcome] = []
        texts: list[tuple[int, Text]] = []
        for number, drop in enumerate(drops):
            outcome, text = self._opened(contract, drop)
            outcomes.append(outcome)
            if text is not None:
                texts.append((number, text))
        cells = read(texts, len(contract.columns))
        judged = self._judged(compiled, cells.table, outcomes, cells.needs_trim)
        return _Settlement(contract, compiled, self._connection, outcomes, judged, cells.malformed).settled()

    def check_blocks(
        self, contract: Contract, outcome: Outcome, blocks: Iterable[Cells], seen: SeenKeys, *, is_refused: bool
    ) -> Iterator[Checked]:
        """Check one large file block by block; every block's outcome is ``outcome`` with the rows of that block.

        Two things are known at the end only, and make the caller ask again: which keys came in several blocks (``seen``
        then knows them), and whether too many rows are wrong (``refuses_whole``; with ``is_refused`` all rows go back).
        """
        share, least = (-1.0, 0) if is_refused else (1.0, contract.refuse_from)
        settled_as = replace(contract, refuse_share=share, refuse_from=least)
        compiled = self._compiled(contract)
        # Reading and writing go on in other threads meanwhile: here more threads only get into each other's way.
        self._connection.execute(f"set threads = {max(1, self._threads // 2)}")
        try:
            for cells in blocks:
                judged = self._judged(compiled, cells.table, [outcome], cells.needs_trim)
                yield _Settlement(
                    settled_as, compiled, self._connection, [outcome], judged, cells.malformed, seen
                ).settled()
        finally:
            self._connection.execute(f"set threads = {self._threads}")

    def _compiled(self, contract: Contract) -> Statement:
        compiled = self._statements.get(contract.feed)
        if compiled is None:
            compiled = statement(contract, self._region, self._key is not None)
            self._statements[contract.feed] = compiled
        return compiled

    @staticmethod
    def _opened(contract: Contract, drop: Drop) -> tuple[Outcome, Text | None]:
        if drop.refusal is not None:
            return Outcome(drop.drop_id, None, None, "refused", drop.refusal), None
        try:
            text = understand(drop.content, contract)
        except RefusedError as refusal:
            return Outcome(drop.drop_id, drop.named, None, "refused", str(refusal)), None
        return Outcome(drop.drop_id, drop.named, text.encoding, "accepted", None, text.ignored), text

    def _judged(self, compiled: Statement, received: pa.Table, outcomes: list[Outcome], trim: bool) -> pa.Table:
        units = set(self._region.units)
        batch = pa.table(
            {
                "drop_no": pa.array(range(len(outcomes)), pa.int32()),
                "drop_id": pa.array([item.drop_id for item in outcomes], pa.string()),
                "sender": pa.array([item.named.sender if item.named else None for item in outcomes], pa.string()),
                "is_unit": pa.array([item.named is not None and item.named.sender in units for item in outcomes]),
                "period": pa.array([item.named.period if item.named else None for item in outcomes], pa.date32()),
            }
        )
        self._connection.register("received", received)
        self._connection.register("batch", batch)
        try:
            self._connection.execute(compiled.employers)
            self._know_persons(compiled)
            judged = self._connection.sql(compiled.trimmed_sql if trim else compiled.sql).to_arrow_table()
            if judged.num_rows != received.num_rows:  # a lookup with two answers would multiply rows
                raise AssertionError(f"{judged.num_rows} rows judged of {received.num_rows}")
            return judged
        finally:
            self._connection.unregister("received")
            self._connection.unregister("batch")

    def _know_persons(self, compiled: Statement) -> None:
        if compiled.persons is None:
            return
        known = self._connection.execute("select count(*) from person_code").fetchall()[0][0]
        if known > _MOST_PERSONS:
            self._forget_persons()
        pads = {"inner": self._key.inner, "outer": self._key.outer} if self._key else {}
        self._connection.execute(compiled.persons, pads)


def refuses_whole(contract: Contract, rows: Ints, refused: Ints) -> Bools:
    """For each file, by its rows and the refused ones of them, whether it goes back whole."""
    return (rows >= contract.refuse_from) & (refused > contract.refuse_share * rows)


def too_many_wrong(contract: Contract) -> str:
    """The sentence for a file that goes back whole."""
    return f"有误的行超过 {contract.refuse_share:.0%}，整份退回；请按退回记录逐行改正后重新报送。"


class _Settlement:
    """Splits judged rows into accepted and quarantined and counts both for every file."""

    def __init__(
        self, contract: Contract, compiled: Statement, connection: duckdb.DuckDBPyConnection, outcomes: list[Outcome],
        judged: pa.Table, malformed: list[Malformed], seen: SeenKeys | None = None,
    ) -> None:  # fmt: skip
        self._seen = seen
        self._contract, self._compiled, self._connection = contract, compiled, connection
        self._outcomes, self._judged, self._malformed = outcomes, judged, malformed
        self._drop_no: npt.NDArray[np.int32] = judged.column("drop_no").to_numpy()
        self._fails: Ints = judged.column("fails").to_numpy().copy()

    def settled(self) -> Checked:
        self._mark_repeated()
        broken = self._counted(np.array([item.drop_no for item in self._malformed], dtype=np.int32))
        rows = self._counted(self._drop_no) + broken
        refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        whole = refuses_whole(self._contract, rows, refused_rows)
        if whole.any():
            self._fails[whole[self._drop_no] & (self._fails == 0)] = 1 << self._compiled.whole_file_bit
            refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        outcomes = [
            self._outcome(item, int(rows[number]), int(refused_rows[number]), bool(whole[number]))
            for number, item in enumerate(self._outcomes)
        ]
        accepted = self._judged.select(["drop_id", "line_number", *self._compiled.facts])
        if self._fails.any():
            accepted = _without(accepted, self._fails != 0)
        return Checked(outcomes, accepted, self._quarantined())

    def _counted(self, drop_no: npt.NDArray[np.int32]) -> Ints:
        return np.bincount(drop_no, minlength=len(self._outcomes))

    def _outcome(self, item: Outcome, rows: int, refused: int, is_whole: bool) -> Outcome:
        counted = replace(item, rows_total=rows, rows_accepted=rows - refused, rows_quarantined=refused)
        if not is_whole:
            return counted
        return replace(counted, status="refused", reason=too_many_wrong(self._contract))

    def _mark_repeated(self) -> None:
        """The key of a row counts once a file: later rows with it are refused."""
        key = self._contract.key
        if not key:
            return
        bit = 1 << self._compiled.repeated_bit
        hashes: Hashes = self._judged.column("key_hash").to_numpy()
        fine = self._fails == 0
        if has_equal(hashes[fine]):
            self._fails[self._repeated(key, fine)] |= bit
            fine = self._fails == 0
        if self._seen is not None:
            self._fails[self._seen.repeated(self._judged.column(key), hashes, fine)] |= bit

    def _repeated(self, key: str, fine: Bools) -> list[int]:
        keys = pa.table(
            {"drop_no": self._judged.column("drop_no"), "line_number": self._judged.column("line_number"),
             "key": self._judged.column(key), "at": pa.array(np.arange(len(fine)))}
        )  # fmt: skip
        self._connection.register("keys", keys.filter(pa.array(fine)))
        repeated = self._connection.execute(
            "select keys.at from keys join (select drop_no, key, min(line_number) as first_line from keys"
            " group by drop_no, key having count(*) > 1) as many"
            " on keys.drop_no = many.drop_no and keys.key = many.key and keys.line_number > many.first_line"
        ).fetchall()
        self._connection.unregister("keys")
        return [at for (at,) in repeated]

    def _quarantined(self) -> pa.Table:
        bad = self._fails != 0
        tables = [self._lines()]
        if bad.any():
            rows = self._judged.select(["drop_id", "line_number", "cells"]).filter(pa.array(bad))
            self._connection.register("bad", rows.append_column("fails", pa.array(self._fails[bad])))
            self._connection.register("sentence", sentences(self._compiled.checks))
            tables.append(self._connection.sql(_QUARANTINED).to_arrow_table().cast(_QUARANTINE))
            self._connection.unregister("bad")
            self._connection.unregister("sentence")
        return pa.concat_tables(tables)

    def _lines(self) -> pa.Table:
        return pa.Table.from_pylist(
            [
                {
                    "drop_id": self._outcomes[item.drop_no].drop_id,
                    "line_number": item.line_number,
                    "rule": "malformed",
                    "reason": f"第 {item.line_number} 行：{item.said.zh}",
                    "reason_en": f"Line {item.line_number}: {item.said.en}",
                    "raw_masked": _HIDDEN_LINE if self._contract.is_person else item.text,
                }
                for item in self._malformed
            ],
            _QUARANTINE,
        )


def _without(table: pa.Table, bad: Bools) -> pa.Table:
    """The rows that are not bad; a few bad ones are cut out, because a filter copies every row."""
    at = np.flatnonzero(bad)
    if len(at) * _FEW > len(bad):
        return table.filter(pa.array(~bad))
    edges = np.concatenate(([-1], at, [len(bad)]))
    runs = zip((edges[:-1] + 1).tolist(), np.diff(edges).tolist(), strict=True)
    return pa.concat_tables([table.slice(first, step - 1) for first, step in runs if step > 1] or [table.slice(0, 0)])


_QUARANTINED = """
with shown as (
    select bad.*, sentence.*, cells[cell + 1] as shown_text,
        case when cell >= 0 and shown_text is null then sentence.empty else wrong end as said,
        case when cell >= 0 and shown_text is null then sentence.empty_en else wrong_en end as said_en
    from bad join sentence on bad.fails & sentence.mask <> 0
)
select
    drop_id, line_number, nullif(header, '') as column_name, rule, shown_text as value_masked,
    '第 ' || line_number || ' 行' || case when header = '' then '：' when cell < 0 then '“' || header || '”：'
        else '“' || header || '”' end || replace(said, '{value}', coalesce(shown_text, '')) as reason,
    'Line ' || line_number || case when header = '' then ': ' else ', ' || header || ': ' end
        || replace(said_en, '{value}', coalesce(shown_text, '')) as reason_en,
    array_to_string(list_transform(cells, lambda text: coalesce(text, '')), ',') as raw_masked
from shown
"""


def check(feed: str, file_name: str, content: bytes, region: Region) -> Checked:
    """Check one file as an upload page does: no key, no store. Raises UserError for an unknown feed."""
    contract = contracts().get(feed)
    if contract is None:
        raise UserError(f"没有名为“{feed}”的数据来源；可用的有：{'、'.join(contracts())}。")
    checker = Checker(region, None)
    try:
        return checker.check(contract, [drop_of(content, file_name, contract, region)])
    finally:
        checker.close()
