"""Lines in and below a table that are no rows: totals, signatures and notes, repeated headers, numbers of columns.

They are looked for among the lines that failed the checks, so a clean file pays almost nothing; of those that passed
only a total that says so itself is taken out, see ``total``.
"""

import re
import unicodedata
from array import array
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import Said
from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.parsing import header
from pipelines.formcheck.parsing.csv_rows import Cells, Malformed
from pipelines.formcheck.parsing.grid import SHEET_LINES, Grid
from pipelines.formcheck.parsing.header import FIGURES, plain_name
from pipelines.formcheck.parsing.text import SMALL, Text, cells_of

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


def remove_non_data_rows(
    judged: pa.Table, cells: Cells, sources: Mapping[int, Text | Grid], contract: Contract
) -> Rows:
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
        self._header = [plain_name(cell) for cell in source.header]
        self._totals: list[tuple[int, str, list[str]]] = []
        self._lines: dict[str, list[int]] = defaultdict(list)
        self._more = 0  # totals of which the line numbers are not kept

    def take_totals(self, lines: Sequence[int]) -> None:
        """Keep in mind rows that said themselves that they are totals and are no longer among the judged ones."""
        self._lines["total"] += lines[:MOST_LOOKED_AT] if lines else ()
        self._more += max(len(lines) - MOST_LOOKED_AT, 0)
        for line in lines[-MOST_LOOKED_AT:]:
            cells = self._source.cells(line) or []
            word = next((match[1] for match in map(TOTAL.fullmatch, map(without_blanks, cells)) if match), "")
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
            word = next(match[1] for match in map(TOTAL.fullmatch, map(without_blanks, cells)) if match)
            self._totals.append((line, word, cells))
        return bool(kind)

    def _kind(self, cells: Sequence[str]) -> str:
        filled = [text for text in map(without_blanks, cells) if text]
        if not filled:
            return ""
        # The word of a total stands first, or second behind a serial number.
        if any(TOTAL.fullmatch(text) for text in filled[:_FEW_CELLS]):
            return "total"
        if _SIGNATURE.fullmatch(filled[0]) and (":" in filled[0] or len(filled) <= max(_FEW_CELLS, len(cells) // 2)):
            return "signature"
        names = [name for name in self._header if name]
        if len(filled) > 1 and [plain_name(text) for text in filled] == names:
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
            total = header.unit_figure(cells[position], column.unit, written or column.unit)
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
TOTAL = re.compile(r"(?:全市|全县|全区|本页|本月|本日)?(合计|总计|小计|共计|累计)(?:数|人数)?[:]?")
Bools = npt.NDArray[np.bool_]
_LAST = "计"
_NEAR = re.compile(r"(?:合|总|小|共|累)(?:\s|　)*计".encode())
_NEAR_IN_CELL = r"(?:合|总|小|共|累)[\s\p{Zs}]*计"
_SERIAL = frozenset({"序号", "编号", "行号", "no", "no."})


def without_blanks(text: str) -> str:
    """A cell without blanks, differences of width and the marks people put around a word."""
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*'\"-—")


def total_rows(received: pa.Table, sources: Mapping[int, Text | Grid], contract: Contract) -> Bools:
    """For each received row (drop_no, line_number, c0…) whether a column that names it, or numbers it, says a total.

    Codes, areas, industries and groups are not asked: of them a total is a value that a publisher may send.
    """
    found = np.zeros(received.num_rows, dtype=np.bool_)
    for index, column in enumerate(contract.columns):
        if _is_name(column):
            found |= _says_total(received.column(f"c{index}"))
    for number, source in sources.items():
        lines = list(_numbered_as_total(source))
        if lines:
            of_source = received.column("drop_no").to_numpy() == number
            found |= of_source & np.isin(received.column("line_number").to_numpy(), lines)
    return found


def _is_name(column: Column) -> bool:
    return column.kind in (Kind.TEXT, Kind.NAME) and (column.is_required or not column.name)


def _says_total(cells: pa.ChunkedArray) -> Bools:
    buffers = (chunk.buffers()[2] for chunk in cells.chunks)
    if not any(buffer and _LAST.encode() in memoryview(buffer).tobytes() for buffer in buffers):
        return np.zeros(len(cells), dtype=np.bool_)
    near = pc.fill_null(pc.match_substring_regex(cells, _NEAR_IN_CELL), False)
    texts = [text for text in pc.unique(cells.filter(near)).to_pylist() if TOTAL.fullmatch(without_blanks(text))]
    return np.asarray(pc.is_in(cells, pa.array(texts, pa.string())).to_numpy(), dtype=np.bool_)


def _numbered_as_total(source: Text | Grid) -> Iterator[int]:
    """Line numbers of rows with a total in a serial number's column, which no contract has."""
    if isinstance(source, Grid):
        for number, item in enumerate(source.fitting):
            header = tuple(cells[0] for cells in item.found.cells)
            places, begin = _serial_places(header, item.heading.layout), item.found.last + 1
            for at, row in enumerate(item.sheet.rows[begin:] if places else ()):
                texts = (value for value in (row[place] for place in places) if isinstance(value, str))
                if any(_LAST in text and TOTAL.fullmatch(without_blanks(text)) for text in texts):
                    yield begin + at + item.sheet.first_row + number * SHEET_LINES
    elif places := _serial_places(source.header, source.layout):
        body, line, until = source.body, source.first_line, 0
        for match in _NEAR.finditer(body):
            begin, end = body.rfind(b"\n", 0, match.start()) + 1, body.find(b"\n", match.end())
            line += body.count(b"\n", until, begin)
            until = begin
            text = body[begin : end if end >= 0 else len(body)].decode(errors="replace")
            cells = cells_of(text, source.separator)
            if any(place < len(cells) and TOTAL.fullmatch(without_blanks(cells[place])) for place in places):
                yield line


def _serial_places(header: tuple[str, ...], layout: tuple[int, ...]) -> list[int]:
    names = [(place, plain_name(name)) for place, name in enumerate(header) if place not in layout]
    return [place for place, name in names if name in _SERIAL or (not name and place == 0)]


@dataclass(frozen=True, order=True)
class _Doubtful:
    """A line that may be no row; ``text`` of a malformed one, of others it is looked up."""

    line: int
    text: str
    is_malformed: bool


class TrailingRows:
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
        self._rows = pa.concat_tables([_only_one(rows.filter(pc.invert(is_doubtful))), rows.filter(is_doubtful)])

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


def _only_one(rows: pa.Table) -> pa.Table:
    """One row, of line 0, for many: their sums, NULL where any of them is; none for none."""
    if not rows.num_rows:
        return rows
    sums = {"line_number": pa.array([0], pa.int64())}
    for name in rows.column_names[1:]:
        values = rows.column(name)
        sums[name] = pa.array([None if values.null_count else pc.sum(values).as_py()], values.type)
    return pa.table(sums)
