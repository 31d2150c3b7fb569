"""Lines in and below a table that are no rows: totals, signatures and notes, repeated headers, numbers of columns.

They are looked for among the lines that failed the checks, so a clean file pays almost nothing; of those that passed
only a total that says so itself is taken out, see ``total``.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import Said
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing import unit
from pipelines.formcheck.parsing.grid import Grid
from pipelines.formcheck.parsing.header import FIGURES, plain
from pipelines.formcheck.parsing.parse import Cells, Malformed
from pipelines.formcheck.parsing.text import Text, cells_of
from pipelines.formcheck.parsing.total import TOTAL, tight, total_rows

_GRAND = frozenset({"合计", "总计", "共计"})
_SIGNATURE = re.compile(
    r"(?:单位|部门)?(?:填报人|填表人|制表人?|审核人?|复核人?|负责人|经办人|联系人|联系电话|填报日期|填表日期|报送日期|制表日期|打印时间|"
    r"填表说明|填报说明|说明|备注|注|盖章|公章|单位\(公?章\)|第\d+页.*)(?:\([^)]*\))?(?:[:].*)?"
)
_COLUMN_NUMBERS = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|[0-9]{1,2}|\([0-9]{1,2}\)|栏次|序号|代码")
MOST_LOOKED_AT = 2000
"""Of a drop with more failing lines than this only the last are looked at."""
_FEW_CELLS = 2


@dataclass(frozen=True)
class Rows:
    """Judged rows and malformed lines that are rows, and for each drop what is to be told about the others."""

    judged: pa.Table
    malformed: list[Malformed]
    notes: dict[int, tuple[Said, ...]]


def without_asides(judged: pa.Table, cells: Cells, sources: Mapping[int, Text | Grid], contract: Contract) -> Rows:
    """Take the lines that are no rows out of judged rows and malformed lines; ``cells`` are what was judged."""
    malformed = cells.malformed
    lines: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    totals: dict[int, list[int]] = defaultdict(list)
    is_total = total_rows(cells.table, sources, contract)
    if is_total.any():
        for drop, line in zip(
            *(judged.column(name).to_numpy()[is_total].tolist() for name in ("drop_no", "line_number")), strict=True
        ):
            totals[drop].append(line)
            lines[drop] += ()
        judged = judged.filter(pa.array(~is_total))
    fails = judged.column("fails").to_numpy()
    bad = np.flatnonzero(fails)
    if not len(bad) and not malformed and not totals:
        return Rows(judged, list(malformed), {})
    drop_no, line_number = (judged.column(name).to_numpy() for name in ("drop_no", "line_number"))
    # Such a line has almost nothing where a row has its columns: it fails more than one check.
    several = bad[(fails[bad] & (fails[bad] - 1)) != 0]
    for at in several:
        lines[int(drop_no[at])].append((int(line_number[at]), int(at), ""))
    for number, item in enumerate(malformed):
        lines[item.drop_no].append((item.line_number, -1 - number, item.text))
    taken: set[int] = set()
    notes: dict[int, tuple[Said, ...]] = {}
    for drop, found in lines.items():
        page = Page(sources[drop], contract)
        page.take_totals(totals[drop])
        for line, at, text in sorted(found)[-MOST_LOOKED_AT:]:
            if page.takes(line, text):
                taken.add(at)
        if page.notes:
            rows = judged.filter(pc.equal(judged.column("drop_no"), drop))
            is_whole = all(item.drop_no != drop or -1 - number in taken for number, item in enumerate(malformed))
            notes[drop] = (*page.notes, *(page.differences(rows) if is_whole else ()))
    if not taken:
        return Rows(judged, list(malformed), notes)
    gone = {-1 - at for at in taken if at < 0}
    kept: npt.NDArray[np.bool_] = np.ones(judged.num_rows, dtype=np.bool_)
    kept[[at for at in taken if at >= 0]] = False
    left = [item for number, item in enumerate(malformed) if number not in gone]
    return Rows(judged.filter(pa.array(kept)), left, notes)


class Page:
    """One file's lines that are no rows."""

    def __init__(self, source: Text | Grid, contract: Contract) -> None:
        self._source, self._contract = source, contract
        self._header = [plain(cell) for cell in source.header]
        self._totals: list[tuple[int, str, list[str]]] = []
        self._lines: dict[str, list[int]] = defaultdict(list)
        self._more = 0  # totals of which the line numbers are not kept

    def take_totals(self, lines: Sequence[int]) -> None:
        """Keep in mind rows that said themselves that they are totals and are no longer among the judged ones."""
        self._lines["total"] += lines[:MOST_LOOKED_AT] if lines else ()
        self._more += max(len(lines) - MOST_LOOKED_AT, 0)
        for line in lines[-MOST_LOOKED_AT:]:
            cells = self._source.cells(line) or []
            word = next((match[1] for match in map(TOTAL.fullmatch, map(tight, cells)) if match), "")
            self._totals.append((line, word, cells))

    def takes(self, line: int, text: str) -> bool:
        """Whether a line is no row; then it is kept in mind."""
        source = self._source
        if text and isinstance(source, Text):
            cells: list[str] | None = cells_of(text, source.separator)
        else:
            cells = source.cells(line)
        kind = self._kind(cells or [])
        if kind:
            self._lines[kind].append(line)
        if kind == "total" and cells:
            word = next(match[1] for match in map(TOTAL.fullmatch, map(tight, cells)) if match)
            self._totals.append((line, word, cells))
        return bool(kind)

    def _kind(self, cells: Sequence[str]) -> str:
        filled = [text for text in map(tight, cells) if text]
        if not filled:
            return ""
        # The word of a total stands first, or second behind a serial number.
        if any(TOTAL.fullmatch(text) for text in filled[:_FEW_CELLS]):
            return "total"
        if _SIGNATURE.fullmatch(filled[0]) and (":" in filled[0] or len(filled) <= max(_FEW_CELLS, len(cells) // 2)):
            return "signature"
        names = [name for name in self._header if name]
        if len(filled) > 1 and [plain(text) for text in filled] == names:
            return "header"
        numbers = all(_COLUMN_NUMBERS.fullmatch(text) for text in filled)
        if numbers and len(filled) >= len(names) - 1 and len(set(filled)) == len(filled):
            return "numbers"
        return ""

    @property
    def notes(self) -> tuple[Said, ...]:
        """What is told of these lines; never their content, which may name people."""
        said = []
        for kind, lines in self._lines.items():
            if lines:
                zh, en = self._places(sorted(lines), self._more if kind == "total" else 0)
                said.append(
                    Said(f"{zh}是{_KINDS[kind].zh}，不计为数据行。", f"{en}: {_KINDS[kind].en}, not counted as rows.")
                )
        return tuple(said)

    def _places(self, lines: Sequence[int], uncounted: int = 0) -> tuple[str, str]:
        if isinstance(self._source, Grid):
            places = [self._source.place(line) for line in lines[:3]]
        else:
            places = [Said(f"第 {line} 行", f"line {line}") for line in lines[:3]]
        count = len(lines) + uncounted
        more = count - len(places)
        zh, en = "、".join(place.zh for place in places), ", ".join(place.en for place in places)
        return (f"{zh}等 {count} 行", f"{en} and {more} more") if more else (zh, en[:1].upper() + en[1:])

    def differences(self, rows: pa.Table) -> tuple[Said, ...]:
        """Where the one grand total of the file differs from the sum of its rows; rows are all judged ones of the drop.

        Or many of them as one that holds their sums: of rows only line_number and the figures are asked.
        Nothing is said of a column some figure of which could not be read, nor of a workbook of several sheets.
        """
        grand = [(line, cells) for line, word, cells in self._totals if word in _GRAND]
        several = isinstance(self._source, Grid) and len(self._source.names) > 1
        if len(grand) != 1 or several:
            return ()
        (line, cells), said = grand[0], []
        rows = rows.filter(pc.not_equal(rows.column("line_number"), line))
        rows = rows.filter(pc.invert(pc.is_in(rows.column("line_number"), pa.array(self._all_lines(), pa.int32()))))
        for index, column in enumerate(self._contract.columns):
            position = self._source.layout[index]
            if column.kind not in FIGURES or not column.name or not 0 <= position < len(cells):
                continue
            written = self._source.units[index] if self._source.units else ""
            total = unit.figure(cells[position], column.unit, written or column.unit)
            values = rows.column(column.name)
            if total is None or values.null_count or not rows.num_rows:
                continue
            found = Decimal(str(pc.sum(values).as_py()))
            if abs(total - found) > Decimal("0.005") * (1 if column.kind.value == "number" else 0):
                where = self._places([line])
                said.append(
                    Said(
                        f"{where[0]}的合计与各行之和不符：“{column.header}”写 {total:f}，"
                        f"各行之和为 {found:f}；请核对是否漏行。",
                        f"{where[1]}: the total of {column.header} is {total:f}, the rows add up to {found:f}; check"
                        " whether rows are missing.",
                    )
                )
        return tuple(said)

    def _all_lines(self) -> list[int]:
        return [line for lines in self._lines.values() for line in lines]


_KINDS = {
    "total": Said("合计行", "totals"),
    "signature": Said("签名或说明", "signatures or notes"),
    "header": Said("重复的表头", "a repeated header"),
    "numbers": Said("栏次", "numbers of columns"),
}
