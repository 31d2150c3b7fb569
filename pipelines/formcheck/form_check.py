"""The form check: files against contract and region, to accepted and quarantined rows; opens no store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa

from pipelines.core.domain import Said, UserError
from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract, Slice
from pipelines.formcheck.parsing.blocks import Block
from pipelines.formcheck.parsing.csv_rows import Cells
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import Grid, read_grid
from pipelines.formcheck.parsing.non_data_rows import TrailingRows, remove_non_data_rows, total_rows
from pipelines.formcheck.parsing.normalisation import located, read_cells
from pipelines.formcheck.parsing.submission import Submission, submissions_of
from pipelines.formcheck.parsing.text import Text, read_text
from pipelines.formcheck.validation.cell import shown
from pipelines.formcheck.validation.file_result import Checked, FileOutcome
from pipelines.formcheck.validation.identity import Pads, Persons
from pipelines.formcheck.validation.row_validation import RowValidator
from pipelines.formcheck.validation.statement import Statement, compile_statement, lookups
from pipelines.formcheck.validation.validation_result import SeenKeys, ValidationResult

__all__ = ["Checked", "Checker", "check"]


class Checker:
    """Checks files of any feed for one region; keeps the region's lookups and compiled statements between batches."""

    def __init__(self, region: Region, key: Pads | None, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._region, self._threads = region, threads
        # No temporary folder: identity numbers pass through this connection and must not reach a disk.
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._connection.execute("set enable_progress_bar = false")
        for name, table in lookups(region).items():
            self._connection.register("incoming", table)
            self._connection.execute(f"create table {name} as from incoming")
            self._connection.unregister("incoming")
        self._connection.execute(_AREA_SPAN)
        self._judge = RowValidator(self._connection, Persons(self._connection, key))
        self._statements: dict[str, Statement] = {}

    def close(self) -> None:
        """Free the memory of the connection."""
        self._connection.close()

    def check(self, contract: Contract, drops: Sequence[Submission]) -> Checked:
        """Check files of one feed together: as one table and one statement."""
        compiled = self._compiled(contract)
        outcomes: list[FileOutcome] = []
        sources: dict[int, Text | Grid] = {}
        for number, drop in enumerate(drops):
            outcome, source = self._opened(contract, drop)
            outcomes.append(outcome)
            if source is not None:
                sources[number] = source
        cells = read_cells(list(sources.items()), contract.columns)
        judged = self._validated(contract, cells, outcomes)
        rows = remove_non_data_rows(judged, cells, sources, contract)
        for number, notes in rows.notes.items():
            outcomes[number] = replace(outcomes[number], notes=outcomes[number].notes + notes)
        checked = ValidationResult(
            contract, compiled, self._connection, outcomes, rows.judged, rows.malformed
        ).checked()
        grids = {outcomes[number].drop_id: found for number, found in sources.items() if isinstance(found, Grid)}
        return shown(replace(checked, quarantined=located(checked.quarantined, grids)))

    def check_blocks(
        self,
        contract: Contract,
        outcome: FileOutcome,
        blocks: Iterable[Block],
        seen: SeenKeys,
        ending: TrailingRows,
        *,
        is_refused: bool,
    ) -> Iterator[Checked]:
        """Check one large file block by block; every block's outcome is ``outcome`` with the rows of that block.

        Three things are known at the end only: which keys came in several blocks (``seen`` then knows them) and whether
        too many rows are wrong (``refuses_whole``) make the caller ask again, with ``is_refused`` all rows go back; and
        which of the quarantined lines are no rows, which ``ending`` then tells.
        """
        share, least = (-1.0, 0) if is_refused else (1.0, contract.refuse_from)
        settled_as = replace(contract, refuse_share=share, refuse_from=least)
        compiled = self._compiled(contract)
        # Reading and writing go on in other threads meanwhile: here more threads only get into each other's way.
        self._connection.execute(f"set threads = {max(1, self._threads // 2)}")
        try:
            for block in blocks:
                cells = block.cells
                judged = self._validated(contract, cells, [outcome])
                is_total = total_rows(cells.table, {0: block.text}, contract)
                if is_total.any():
                    ending.add_totals(judged.column("line_number").to_numpy()[is_total].tolist())
                    judged = judged.filter(pa.array(~is_total))
                ending.add(block.text, judged, cells.malformed)
                settlement = ValidationResult(
                    settled_as, compiled, self._connection, [outcome], judged, cells.malformed, seen
                )
                yield shown(settlement.checked())
        finally:
            self._connection.execute(f"set threads = {self._threads}")

    def _compiled(self, contract: Contract) -> Statement:
        compiled = self._statements.get(contract.feed)
        if compiled is None:
            compiled = compile_statement(contract, self._region)
            self._statements[contract.feed] = compiled
        return compiled

    def _opened(self, contract: Contract, drop: Submission) -> tuple[FileOutcome, Text | Grid | None]:
        if drop.refusal is not None:
            return _refused(drop, drop.refusal), None
        source: Text | Grid
        try:
            if drop.workbook is not None:
                source = read_grid(drop.workbook, contract, self._region)
            else:
                source = read_text(drop.content, contract, self._region)
        except RefusedError as refusal:
            return _refused(drop, refusal.said), None
        outcome = FileOutcome(drop.drop_id, drop.named, source.encoding, "accepted", None, None, source.ignored)
        return replace(outcome, notes=source.notes), source

    def _until(self, named: Slice | None) -> date | None:
        return self._region.period_end(named.grain, named.period) if named else None

    def _validated(self, contract: Contract, cells: Cells, outcomes: list[FileOutcome]) -> pa.Table:
        units = set(self._region.units)
        batch = pa.table(
            {
                "drop_id": pa.array([item.drop_id for item in outcomes], pa.string()),
                "sender": pa.array([item.named.sender if item.named else None for item in outcomes], pa.string()),
                "is_unit": pa.array([item.named is not None and item.named.sender in units for item in outcomes]),
                "period": pa.array([item.named.period if item.named else None for item in outcomes], pa.date32()),
                "until": pa.array([self._until(item.named) for item in outcomes], pa.date32()),
            }
        )
        self._connection.register("batch", batch)
        return self._judge.validate(contract, self._compiled(contract), cells.table, batch, cells.needs_trim)


def _refused(drop: Submission, said: Said) -> FileOutcome:
    return FileOutcome(drop.drop_id, drop.named, None, "refused", said.zh, said.en)


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


def check(feed: str, file_name: str, content: bytes, region: Region) -> Checked:
    """Check one file, or those of an archive, as an upload page does: no key, no store.

    Raises UserError for an unknown feed.
    """
    contract = contracts().get(feed)
    if contract is None:
        raise UserError(f"没有名为“{feed}”的数据来源；可用的有：{'、'.join(contracts())}。")
    checker = Checker(region, None)
    try:
        return checker.check(contract, submissions_of(content, file_name, contract, region))
    finally:
        checker.close()
