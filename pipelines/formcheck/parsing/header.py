"""The header of a sender's table: which line it is, which column is which, and in which unit each is written."""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pipelines.core.domain import Said
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Column, Contract, Kind
from pipelines.formcheck.parsing.encoding import RefusedError

LOOK = 20
"""The header stands within so many lines; what is above it is title and statements of the sender."""
EXAMPLE = "示例"
"""A row whose first cell is this word is the template's example and no row of data."""
FIGURES = frozenset({Kind.INT, Kind.NUMBER})
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_BRACKET = re.compile(r"(.+?)[(\[【]([^()\[\]【】]*)[)\]】]$")
_AFTER = re.compile(r"(.+?)(?:单位)?[:/](.+)$")
Row = Sequence[str]


@dataclass(frozen=True, eq=False)
class Wanted:
    """The columns of a contract and every header a region's senders may write for them."""

    columns: tuple[Column, ...]
    place: dict[str, int]
    """Plain spelling to position in the contract; of two spellings in one file the first of the contract counts."""
    rank: dict[str, int]
    spellings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Heading:
    """``layout``: for each column of the contract its position in the file (-1: absent); ``width``: columns the file
    has, of which the first ``named`` end with one that has a header; ``ignored``: headers outside the contract;
    ``units``: the unit each contract column is written in where the header says one that is not the contract's own,
    else empty.
    """

    layout: tuple[int, ...]
    width: int
    named: int
    ignored: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True)
class FoundHeader:
    """A header among the first rows: rows ``first`` to ``last`` of them, what it says, how many columns it knows."""

    first: int
    last: int
    cells: tuple[tuple[str, ...], ...]
    known: int


def wanted_columns(contract: Contract, region: Region) -> Wanted:
    """The headers a contract and a region accept, found once for the same two objects."""
    key = (id(contract), id(region))  # a contract's hash is that of all its columns, which is dear for every file
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = _KNOWN[key] = (contract, region, _wanted(contract, region))
    return known[2]


def _wanted(contract: Contract, region: Region) -> Wanted:
    place: dict[str, int] = {}
    rank: dict[str, int] = {}
    spellings = []
    for position, column in enumerate(contract.columns):
        accepted = (*column.spellings, *region.header_aliases.get((contract.feed, column.header), ()))
        spellings.append(accepted)
        for number, spelling in enumerate(accepted):
            place.setdefault(plain_name(spelling), position)
            rank.setdefault(plain_name(spelling), number)
    return Wanted(contract.columns, place, rank, tuple(spellings))


# The two objects are kept beside what was found for them, so that nothing else can come to have their ids.
_KNOWN: dict[tuple[int, int], tuple[Contract, Region, Wanted]] = {}
_MOST_KNOWN = 256


def plain_name(header: str) -> str:
    """A header without blanks, marks of a required column and differences of width and case."""
    if header.isascii() and header.isalnum():
        return header.casefold()
    shown = _INVISIBLE.sub("", unicodedata.normalize("NFKC", header))
    return "".join(shown.split()).strip("'\"*★=").casefold()


def _named(cell: str, of: Wanted) -> tuple[str, str]:
    """The spelling a header cell is, and the unit it says; the spelling is empty when the contract has none such."""
    name = plain_name(cell)
    if name in of.place:
        return name, ""
    for pattern in (_BRACKET, _AFTER):
        match = pattern.fullmatch(name)
        if match and match[1] in of.place and (pattern is _BRACKET or is_unit(match[2])):
            said = match[2].removeprefix("单位").removeprefix(":")
            return match[1], said if is_unit(said) else ""
    return "", ""


def best_heading(rows: Sequence[Row], of: Wanted) -> FoundHeader:
    """Where the header stands: the row, or the two rows read together, that know most columns of the contract.

    When none knows any, the first row that is not blank. Raises RefusedError when all rows are blank.
    """
    found: FoundHeader | None = None
    for number, row in enumerate(rows):
        cells: tuple[tuple[str, ...], ...] = tuple((cell,) for cell in row)
        known = _known(cells, of)
        if any(cell.strip() for cell in row) and (found is None or known > found.known):
            found = FoundHeader(number, number, cells, known)
    if found is None:
        raise RefusedError(EMPTY)
    for number in range(len(rows) - 1):
        cells = _together(rows[number], rows[number + 1])
        known = _known(cells, of)
        if known > found.known:
            found = FoundHeader(number, number + 1, cells, known)
    return found


EMPTY = Said(
    "文件是空的，连表头也没有；没有数据时请报送只有表头的文件。",
    "The file is empty, without even a header; when there is nothing to report send the header alone.",
)


def _together(upper: Row, lower: Row) -> tuple[tuple[str, ...], ...]:
    """Two header rows as one: a merged cell stands in its first column only, so it is read on to the right."""
    cells: list[tuple[str, ...]] = []
    merged = ""
    for position in range(max(len(upper), len(lower))):
        top = upper[position] if position < len(upper) else ""
        bottom = lower[position] if position < len(lower) else ""
        merged = top if top.strip() else merged
        cells.append((merged + bottom, bottom, top) if bottom.strip() else (top,))
    return tuple(cells)


def _known(cells: tuple[tuple[str, ...], ...], of: Wanted) -> int:
    names = (next(filter(None, (_named(text, of)[0] for text in texts)), "") for texts in cells)
    return len({of.place[name] for name in names if name})


def heading(cells: Sequence[Sequence[str]], of: Wanted) -> Heading:
    """Understand the cells of a header, each with the texts it may be read as, the best first.

    Raises RefusedError for a column that is missing or there twice, and for a unit that cannot be converted.
    """
    found: dict[str, tuple[int, str]] = {}
    for position, texts in enumerate(cells):
        name, said = next(filter(lambda named: named[0], (_named(text, of) for text in texts)), ("", ""))
        if name and name in found:
            raise RefusedError(_twice(texts[0].strip()))
        if name:
            found[name] = (position, said)
    layout, units = [], []
    for index, column in enumerate(of.columns):
        names = sorted((name for name in found if of.place[name] == index), key=lambda name: of.rank[name])
        if not names and not column.may_be_absent:
            raise RefusedError(_missing(column, of.spellings[index]))
        position, said = found[names[0]] if names else (-1, "")
        layout.append(position)
        units.append(_convertible(column, said) if column.kind in FIGURES else "")
    used = set(layout)
    ignored = tuple(
        texts[0].strip() for position, texts in enumerate(cells) if texts[0].strip() and position not in used
    )
    named = max(position for position, texts in enumerate(cells) if any(text.strip() for text in texts)) + 1
    return Heading(tuple(layout), len(cells), named, ignored, tuple(units))


def with_unit(found: Heading, said: str, of: Wanted) -> Heading:
    """The heading of a table above which stands 单位：万元: it holds for the columns that count such things.

    Raises RefusedError when a power of ten is stated and no column of the contract could be meant.
    """
    power, base = split_unit(said)
    units = list(found.units)
    is_meant = False
    for index, column in enumerate(of.columns):
        if column.kind in FIGURES and found.layout[index] >= 0 and split_unit(column.unit)[1] == base:
            is_meant = True
            if not units[index] and column.unit != said:
                units[index] = said
    if power and not is_meant and any(column.kind in FIGURES for column in of.columns):
        raise RefusedError(
            Said(
                f"表格上方写明“单位：{said}”，而约定的各列都不以此计量；请按约定的单位填写并改正这一行。",
                f"“单位：{said}” stands above the table, but no column is counted so; use the agreed unit and correct"
                " that line.",
            )
        )
    return replace(found, units=tuple(units))


@lru_cache(maxsize=256)
def heading_of_line(line: str, of: Wanted) -> Heading | None:
    """The usual case, a first line that is the header, separated by commas; None when it is not."""
    try:
        return heading([(cell,) for cell in next(csv.reader([line]), [])], of)
    except (RefusedError, csv.Error):
        return None


def _convertible(column: Column, said: str) -> str:
    if not said or said == column.unit:
        return ""
    if column.unit and unit_power(said, column.unit) is not None:
        return said
    if not column.unit and split_unit(said)[0] == 0:
        return ""
    agreed = f"为“{column.unit}”" if column.unit else "没有单位"
    agreed_en = f"in {column.unit}" if column.unit else "a plain number"
    raise RefusedError(
        Said(
            f"列“{column.header}”的表头写的单位是“{said}”，约定{agreed}，无法换算；请按约定填写并改正表头。",
            f"The header of {column.header} says the unit {said}, but it is agreed to be {agreed_en}; fill it in as"
            " agreed and correct the header.",
        )
    )


def _twice(header: str) -> Said:
    return Said(
        f"表头“{header}”出现了两次；请删去或改名其中一列。",
        f"The header {header} stands there twice; delete or rename one of the columns.",
    )


def _missing(column: Column, spellings: tuple[str, ...]) -> Said:
    also = f"（也可写作：{'、'.join(spellings[1:])}）" if spellings[1:] else ""
    also_en = f" (also accepted: {', '.join(spellings[1:])})" if spellings[1:] else ""
    return Said(
        f"缺少列“{column.header}”{also}；请补上该列后重新报送。",
        f"The column {column.header} is missing{also_en}; add it and send the file again.",
    )


_POWERS = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
_POWER = "十万|百万|千万|[十百千万亿]"
# Words that count the same thing.
_BASES = {"名": "人", "元人民币": "元", "人民币元": "元", "％": "%", "百分比": "%"}
_BASE = "人次|人|名|户|个|家|岗|件|次|元人民币|人民币元|元|天|日|月|%|％|‰|百分比"
_UNIT = re.compile(rf"({_POWER})?({_BASE})")
_FIGURE = re.compile(
    rf"(?P<sign>[-+]?)(?P<digits>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?P<rest>\.[0-9]+)?"
    rf"(?:(?P<power>{_POWER})?(?P<base>{_BASE})?)"
)
# A figure of more digits is no figure of ours, and arithmetic on it would be a trap.
_LONGEST = 40


def is_unit(text: str) -> bool:
    """Whether a word, such as what stands in brackets in a header, is a unit."""
    return _UNIT.fullmatch(text) is not None


def split_unit(unit: str) -> tuple[int, str]:
    """Power of ten and what is counted: 万人 → (4, 人); a unit nobody knows counts itself."""
    match = _UNIT.fullmatch(unit)
    if match is None:
        return 0, unit
    return _POWERS[match[1] or ""], _BASES.get(match[2], match[2])


def unit_power(written: str, wanted: str) -> int | None:
    """Power of ten that turns a figure written in one unit into another; None when they count different things."""
    written_power, written_base = split_unit(written)
    wanted_power, wanted_base = split_unit(wanted)
    return written_power - wanted_power if written_base == wanted_base else None


def unit_figure(text: str, wanted: str, written: str) -> Decimal | None:
    """Value, in the unit ``wanted``, of a figure as people write it: 1,234, １２, 1.2万, 300元, 12.0 or 3%.

    ``written`` is the unit of its column where the cell says none. None when it is no figure, or its unit is not
    convertible; nothing is converted for a column whose contract states no unit.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).replace("−", "-").split())
    match = _FIGURE.fullmatch(plain) if len(plain) <= _LONGEST else None
    if match is None:
        return None
    unit = written
    if match["power"] or match["base"]:
        if not wanted:
            return None
        default = split_unit(written)
        unit = (match["power"] or "") + (match["base"] or default[1])
        if default[1] == "%" and not match["base"]:
            return None
    factor = unit_power(unit, wanted)
    if factor is None:
        return None
    try:
        value = Decimal(match["sign"] + match["digits"].replace(",", "") + (match["rest"] or ""))
    except InvalidOperation:
        return None
    return value.scaleb(factor)
