"""The form check: files against contract and region, to accepted and quarantined rows; opens no store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.domain import Said, UserError
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.ingest.aside import without_asides
from pipelines.ingest.drop import Drop, drops_of
from pipelines.ingest.encoding import RefusedError
from pipelines.ingest.grid import Grid, grid
from pipelines.ingest.identity import Pads
from pipelines.ingest.read import Malformed
from pipelines.ingest.received import located, received
from pipelines.ingest.statement import Statement, lookups, sentences, statement
from pipelines.ingest.text import Text, understand
from pipelines.region import Region

# The same people come again and again: their numbers are checked and hashed once, in memory, up to some 150 MiB.
_MOST_PERSONS = 1_500_000
_FEW = 1000
_HIDDEN_LINE = "（含个人信息，原文不保留）"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: ``reason`` (Chinese) says why it is refused, ``ignored`` are headers out of contract,
    ``notes`` what else is to be told about it: lines that are no rows, totals that do not add up, sheets left unread.

    ``rows_total == rows_accepted + rows_quarantined``, always; a file refused before its rows were read counts none.
    """

    drop_id: str
    named: Slice | None
    encoding: str | None
    status: str
    reason: str | None
    reason_en: str | None = None
    ignored: tuple[str, ...] = ()
    rows_total: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    notes: tuple[Said, ...] = ()


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
        self._region, self._key = region, key
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
        self._connection.execute(_AREA_SPAN)
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
        compiled = self._statements.get(contract.feed)
        if compiled is None:
            compiled = statement(contract, self._region, self._key is not None)
            self._statements[contract.feed] = compiled
        outcomes: list[Outcome] = []
        sources: dict[int, Text | Grid] = {}
        for number, drop in enumerate(drops):
            outcome, source = self._opened(contract, drop)
            outcomes.append(outcome)
            if source is not None:
                sources[number] = source
        cells = received(list(sources.items()), contract.columns)
        judged = self._judged(compiled, cells.table, outcomes, cells.needs_trim)
        rows = without_asides(judged, cells.malformed, sources, contract)
        for number, notes in rows.notes.items():
            outcomes[number] = replace(outcomes[number], notes=outcomes[number].notes + notes)
        checked = _Settlement(contract, compiled, self._connection, outcomes, rows.judged, rows.malformed).settled()
        grids = {outcomes[number].drop_id: found for number, found in sources.items() if isinstance(found, Grid)}
        return replace(checked, quarantined=located(checked.quarantined, grids))

    def _opened(self, contract: Contract, drop: Drop) -> tuple[Outcome, Text | Grid | None]:
        if drop.refusal is not None:
            return _refused(drop, drop.refusal), None
        source: Text | Grid
        try:
            if drop.workbook is not None:
                source = grid(drop.workbook, contract, self._region)
            else:
                source = understand(drop.content, contract, self._region)
        except RefusedError as refusal:
            return _refused(drop, refusal.said), None
        outcome = Outcome(drop.drop_id, drop.named, source.encoding, "accepted", None, None, source.ignored)
        return replace(outcome, notes=source.notes), source

    def _until(self, named: Slice | None) -> date | None:
        return self._region.period_end(named.grain, named.period) if named else None

    def _judged(self, compiled: Statement, received: pa.Table, outcomes: list[Outcome], trim: bool) -> pa.Table:
        units = set(self._region.units)
        batch = pa.table(
            {
                "drop_no": pa.array(range(len(outcomes)), pa.int32()),
                "drop_id": pa.array([item.drop_id for item in outcomes], pa.string()),
                "sender": pa.array([item.named.sender if item.named else None for item in outcomes], pa.string()),
                "is_unit": pa.array([item.named is not None and item.named.sender in units for item in outcomes]),
                "period": pa.array([item.named.period if item.named else None for item in outcomes], pa.date32()),
                "until": pa.array([self._until(item.named) for item in outcomes], pa.date32()),
            }
        )
        self._connection.register("received", received)
        self._connection.register("batch", batch)
        try:
            self._connection.execute(compiled.employers)
            if compiled.code_sets:
                self._connection.execute(compiled.code_sets)
            self._know_persons(compiled)
            judged = self._connection.sql(compiled.trimmed_sql if trim else compiled.sql).to_arrow_table()
            if judged.num_rows != received.num_rows:  # a lookup with two answers would multiply rows
                raise AssertionError(f"{judged.num_rows} rows judged of {received.num_rows}")
            return judged
        finally:
            self._connection.unregister("received")

    def _know_persons(self, compiled: Statement) -> None:
        if not compiled.persons:
            return
        known = self._connection.execute("select count(*) from person_code").fetchall()[0][0]
        if known > _MOST_PERSONS:
            self._forget_persons()
        pads = {"inner": self._key.inner, "outer": self._key.outer} if self._key else {}
        self._connection.execute(compiled.persons, pads)


def _refused(drop: Drop, said: Said) -> Outcome:
    return Outcome(drop.drop_id, drop.named, None, "refused", said.zh, said.en)


class _Settlement:
    """Splits judged rows into accepted and quarantined and counts both for every file."""

    def __init__(
        self, contract: Contract, compiled: Statement, connection: duckdb.DuckDBPyConnection, outcomes: list[Outcome],
        judged: pa.Table, malformed: list[Malformed],
    ) -> None:  # fmt: skip
        self._contract, self._compiled, self._connection = contract, compiled, connection
        self._outcomes, self._judged, self._malformed = outcomes, judged, malformed
        self._drop_no: npt.NDArray[np.int32] = judged.column("drop_no").to_numpy()
        self._fails: npt.NDArray[np.int64] = judged.column("fails").to_numpy().copy()

    def settled(self) -> Checked:
        self._mark_repeated()
        broken = self._counted(np.array([item.drop_no for item in self._malformed], dtype=np.int32))
        rows = self._counted(self._drop_no) + broken
        refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        whole = (rows >= self._contract.refuse_from) & (refused_rows > self._contract.refuse_share * rows)
        if whole.any():
            self._fails[whole[self._drop_no] & (self._fails == 0)] = 1 << self._compiled.whole_file_bit
        said = dict.fromkeys(np.flatnonzero(whole).tolist(), self._too_many()) | self._unbalanced()
        refused_rows = self._counted(self._drop_no[self._fails != 0]) + broken
        outcomes = [
            self._outcome(item, int(rows[number]), int(refused_rows[number]), said.get(number))
            for number, item in enumerate(self._outcomes)
        ]
        accepted = self._judged.select(["drop_id", "line_number", *self._compiled.facts])
        if self._fails.any():
            accepted = _without(accepted, self._fails != 0)
        return Checked(outcomes, accepted, self._quarantined())

    def _counted(self, drop_no: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        return np.bincount(drop_no, minlength=len(self._outcomes))

    @staticmethod
    def _outcome(item: Outcome, rows: int, refused: int, said: Said | None) -> Outcome:
        counted = replace(item, rows_total=rows, rows_accepted=rows - refused, rows_quarantined=refused)
        return counted if said is None else replace(counted, status="refused", reason=said.zh, reason_en=said.en)

    def _too_many(self) -> Said:
        share = f"{self._contract.refuse_share:.0%}"
        return Said(
            f"有误的行超过 {share}，整份退回；请按退回记录逐行改正后重新报送。",
            f"More than {share} of the rows are wrong: the file is sent back whole; correct it row by row as its"
            " quarantined rows say and send it again.",
        )

    def _unbalanced(self) -> dict[int, Said]:
        """Refuses every file whose right rows do not meet a check of the file as a whole; what is said of each."""
        checks = self._contract.file_checks
        fine = self._fails == 0
        if not checks or not fine.any():
            return {}
        facts = self._judged.select(["drop_no", *self._compiled.facts]).filter(pa.array(fine))
        self._connection.register("fact", facts)
        holds = ", ".join(f"coalesce({check.holds}, true)" for check in checks)
        answers = self._connection.execute(f"select drop_no, [{holds}] from fact group by drop_no").fetchall()
        self._connection.unregister("fact")
        found: dict[int, Said] = {}
        for drop_no, held in answers:
            broken = [check.said for check, is_met in zip(checks, held, strict=True) if not is_met]
            if broken:
                found[drop_no] = Said("".join(said.zh for said in broken), " ".join(said.en for said in broken))
        unbalanced = np.isin(self._drop_no, np.array(list(found), dtype=np.int32))
        self._fails[unbalanced & fine] = 1 << self._compiled.file_check_bit
        return found

    def _mark_repeated(self) -> None:
        """The key of a row counts once a file: later rows with it are refused."""
        key = self._contract.key
        if not key:
            return
        fine = self._fails == 0
        keys = pa.table(
            {"drop_no": self._judged.column("drop_no"), "line_number": self._judged.column("line_number"),
             "key": self._judged.column(key), "at": pa.array(np.arange(len(fine)))}
        )  # fmt: skip
        if not fine.all():
            keys = keys.filter(pa.array(fine))
        self._connection.register("keys", keys)
        repeated = self._connection.execute(
            "select keys.at from keys join (select drop_no, key, min(line_number) as first_line from keys"
            " group by drop_no, key having count(*) > 1) as many"
            " on keys.drop_no = many.drop_no and keys.key = many.key and keys.line_number > many.first_line"
        ).fetchall()
        self._connection.unregister("keys")
        self._fails[[at for (at,) in repeated]] |= 1 << self._compiled.repeated_bit

    def _quarantined(self) -> pa.Table:
        bad = self._fails != 0
        tables = [self._lines()]
        if bad.any():
            rows = self._judged.select(["drop_id", "line_number", "cells", "details"]).filter(pa.array(bad))
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


def _without(table: pa.Table, bad: npt.NDArray[np.bool_]) -> pa.Table:
    """The rows that are not bad; a few bad ones are cut out, because a filter copies every row."""
    at = np.flatnonzero(bad)
    if len(at) * _FEW > len(bad):
        return table.filter(pa.array(~bad))
    edges = np.concatenate(([-1], at, [len(bad)]))
    runs = zip((edges[:-1] + 1).tolist(), np.diff(edges).tolist(), strict=True)
    return pa.concat_tables([table.slice(first, step - 1) for first, step in runs if step > 1] or [table.slice(0, 0)])


# The days on which a spelling of an area holds, for the sentence to whoever used it on another day.
_AREA_SPAN = """
create table area_span as
select
    alias,
    string_agg(
        valid_from || case when is_open then ' 起' else ' 至 ' || valid_to end, '、' order by valid_from
    ) as spans,
    string_agg(
        'from ' || valid_from || case when is_open then '' else ' to ' || valid_to end, ', ' order by valid_from
    ) as spans_en
from (select *, valid_to > date '9000-01-01' as is_open from lookup_area) as named
group by alias
"""

_QUARANTINED = """
with shown as (
    select bad.*, sentence.*, cells[cell + 1] as shown_text,
        coalesce(shown_text, '') as value, coalesce(details[cell + 1], value) as detail,
        case when cell >= 0 and shown_text is null then sentence.empty
            when spans is not null and valid.alias is null
            then '的值“{value}”在 ' || until || ' 无效，只在 ' || spans || ' 有效；请改用当时有效的代码或名称。'
            else wrong end as said,
        case when cell >= 0 and shown_text is null then sentence.empty_en
            when spans is not null and valid.alias is null
            then '“{value}” does not hold on ' || until || ', only ' || spans_en || '; use what was in force then.'
            else wrong_en end as said_en
    from bad
    join (select distinct drop_id, until from batch) as file using (drop_id)
    join sentence on bad.fails & sentence.mask <> 0
    left join area_span on sentence.rule = 'area' and area_span.alias = upper(cells[cell + 1])
    left join lookup_area as valid
        on valid.alias = area_span.alias and until between valid.valid_from and valid.valid_to
)
select
    drop_id, line_number, nullif(header, '') as column_name, rule, shown_text as value_masked,
    '第 ' || line_number || ' 行' || case when header = '' then '：' when cell < 0 then '“' || header || '”：'
        else '“' || header || '”' end || replace(replace(said, '{value}', value), '{detail}', detail) as reason,
    'Line ' || line_number || case when header = '' then ': ' else ', ' || header || ': ' end
        || replace(replace(said_en, '{value}', value), '{detail}', detail) as reason_en,
    array_to_string(list_transform(cells, lambda text: coalesce(text, '')), ',') as raw_masked
from shown
"""


def check(feed: str, file_name: str, content: bytes, region: Region) -> Checked:
    """Check one file, or those of an archive, as an upload page does: no key, no store.

    Raises UserError for an unknown feed.
    """
    contract = contracts().get(feed)
    if contract is None:
        raise UserError(f"没有名为“{feed}”的数据来源；可用的有：{'、'.join(contracts())}。")
    checker = Checker(region, None)
    try:
        return checker.check(contract, drops_of(content, file_name, contract, region))
    finally:
        checker.close()
