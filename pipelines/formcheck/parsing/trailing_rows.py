"""Which failing lines of a file read block by block are no rows, known when all is read; see ``aside``."""

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import Said
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.header import FIGURES
from pipelines.formcheck.parsing.non_data_rows import MOST_LOOKED_AT, Page
from pipelines.formcheck.parsing.parse import Malformed
from pipelines.formcheck.parsing.text import SMALL, Text


@dataclass(frozen=True, order=True)
class _Doubtful:
    """A line that may be no row; ``text`` of a malformed one, of others it is looked up."""

    line: int
    text: str
    is_malformed: bool


class Ending:
    """The last lines of a file and those that failed, as much as ``without_asides`` looks at in a whole file.

    Of all rows that are surely rows only the sums are kept, for the comparison with a grand total.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._figures = [column.name for column in contract.columns if column.kind in FIGURES and column.name]
        self._texts: deque[Text] = deque()
        self._held = 0
        self._doubtful: list[_Doubtful] = []
        self._rows: pa.Table | None = None  # of the doubtful lines, and one line 0 with the sums of the others
        self._malformed = 0
        self._totals = array("i")

    def add_totals(self, lines: Sequence[int]) -> None:
        """Lines of the next block that said themselves that they are totals; they are not among its judged rows."""
        self._totals.extend(lines)

    def add(self, text: Text, judged: pa.Table, malformed: Sequence[Malformed]) -> None:
        """The next block: its lines, its rows as judged, its lines that are no records."""
        self._texts.append(text)
        self._held += len(text.body)
        while self._held - len(self._texts[0].body) > SMALL:
            self._held -= len(self._texts.popleft().body)
        fails = judged.column("fails").to_numpy()
        several = np.flatnonzero(fails & (fails - 1))
        lines = judged.column("line_number").to_numpy()[several].tolist()
        found = [_Doubtful(line, "", is_malformed=False) for line in lines]
        found += [_Doubtful(item.line_number, item.text, is_malformed=True) for item in malformed]
        self._malformed += len(malformed)
        self._doubtful = sorted(self._doubtful + found)[-MOST_LOOKED_AT:]
        if self._figures:
            self._sum_up(judged)

    def _sum_up(self, judged: pa.Table) -> None:
        columns = {"line_number": judged.column("line_number").cast(pa.int64())}
        for name in self._figures:
            values = judged.column(name)
            columns[name] = values.cast(pa.int64() if pa.types.is_integer(values.type) else pa.float64())
        rows = pa.table(columns)
        if self._rows is not None:
            rows = pa.concat_tables([self._rows, rows])
        is_doubtful = pc.is_in(rows.column("line_number"), pa.array([item.line for item in self._doubtful], pa.int64()))
        self._rows = pa.concat_tables([_one(rows.filter(pc.invert(is_doubtful))), rows.filter(is_doubtful)])

    def asides(self) -> tuple[list[int], tuple[Said, ...]]:
        """The numbers of the lines that are no rows, and what is to be told about them."""
        if not self._doubtful and not self._totals:
            return [], ()
        body = b"".join(text.body for text in self._texts)
        page = Page(replace(self._texts[-1], body=body, first_line=self._texts[0].first_line), self._contract)
        page.take_totals(self._totals)
        taken = [item for item in self._doubtful if page.takes(item.line, item.text)]
        notes = page.notes
        if notes and self._rows is not None and sum(item.is_malformed for item in taken) == self._malformed:
            notes += page.differences(self._rows)
        return [item.line for item in taken], notes


def _one(rows: pa.Table) -> pa.Table:
    """One row, of line 0, for many: their sums, NULL where any of them is; none for none."""
    if not rows.num_rows:
        return rows
    sums = {"line_number": pa.array([0], pa.int64())}
    for name in rows.column_names[1:]:
        values = rows.column(name)
        sums[name] = pa.array([None if values.null_count else pc.sum(values).as_py()], values.type)
    return pa.table(sums)
