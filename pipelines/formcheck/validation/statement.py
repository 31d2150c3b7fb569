"""A contract compiled to one SQL statement: every cell typed, every check judged, what failed as bits of a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from pipelines.core.domain import TOTAL_INDUSTRY, Grain, Said
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, literal, step
from pipelines.feeds.contract import MASK, Column, Contract, Kind
from pipelines.formcheck.validation import identity
from pipelines.formcheck.validation.cell import DETAIL, IN_TEXT, REFUSED, VALUE, Cell, compile_cell, validity

BLANKS = " \t　"
WIDE = frozenset({Kind.TEXT, Kind.NAME, Kind.IDENTITY})
"""Kinds of columns nearly all of whose cells are distinct."""
_REPEATED = Said(
    "与本文件中前面的一行重复，只采用第一次；请删去重复的行。",
    "repeats an earlier row of this file, of which only the first counts; delete the repeated row.",
)
_WHOLE_FILE = Said(
    "本行无误，但因文件退回行过多而整份退回；请改正其他行后重新报送整份文件。",
    "this row is right, but the file is sent back whole for its many wrong rows; correct those and send it all again.",
)
_FILE_CHECK = Said(
    "本行无误，但整份文件的合计核对不通过而退回（见文件的退回原因）；请改正后重新报送整份文件。",
    "this row is right, but the file is sent back whole because its totals do not agree (see the file's reason);"
    " correct it and send it all again.",
)
_EMPTY = Said("不能为空；请补填。", "must not be empty; fill it in.")
_NOT_THE_SENDER = Said(
    f"的值“{VALUE}”不是本文件的报送单位；请把该行放入所属单位的文件，或改正地区。",
    f"“{VALUE}” is not the sender of this file; move the row to that sender's file, or correct the area.",
)
_NOT_THE_PERIOD = Said(
    f"的值“{VALUE}”不在本文件的报送期间内；请核对日期，或放入相应期间的文件。",
    f"“{VALUE}” lies outside the period of this file; check the day, or move the row to that period's file.",
)
_NOT_VALID = Said(
    f"的值“{VALUE}”在该行所属的期间无效（有效期：{DETAIL}）；请改用当时有效的代码。",
    f"“{VALUE}” does not hold in the period of the row (it holds {DETAIL}); write a code that held then.",
)
_PERSONAL = Said(
    "中含有本行的身份证号；请改用业务系统的流水号，不要用身份证号编号。",
    "contains the identity number of the row; number the rows by the serial of your system, not by people.",
)
# What senders put between several codes of one cell.
_BETWEEN = "[、，,;；/／|｜]"


@dataclass(frozen=True)
class Check:
    """What a bit of ``fails`` means: the rule's name, the column, its position (-1: the row as a whole), what is said.

    ``empty`` is said instead of ``wrong`` when the cell is empty; ``is_own``: it asks this cell alone.
    """

    bit: int
    rule: str
    header: str
    cell: int
    wrong: Said
    empty: Said | None = None
    is_own: bool = False


@dataclass(frozen=True)
class Understood:
    """SQL that gives every distinct cell of a column its values; ``before`` it makes a table it needs.

    Reads the table cells (place, text, until: the last day of the period, where that matters: ``is_dated``) and the
    lookups; gives, in the order of ``place``, v<index> and its companions (``validation.cell``), the fact's
    columns and ``own``: the bits of what is wrong with the cell alone.
    """

    sql: str
    before: str = ""
    is_dated: bool = False


@dataclass(frozen=True)
class Statement:
    """A contract as SQL.

    ``understood``: for each column how its distinct cells are read; None for texts, where nearly all are distinct, and
    for identity numbers. ``judged`` reads the table typed, a row for each received one: drop_no, sender, is_unit,
    slice_period, slice_until, what the columns gave, r<index> of texts; it gives derived columns, ``fails``: bits of
    what is wrong between cells, and key_hash. ``shown`` reads the rows with ``fails`` <> 0 as the table refused; it
    gives ``cells``: the texts of the row with identity and name masked, and ``details``: what sentences name beside
    them.
    """

    understood: tuple[Understood | None, ...]
    judged: str
    shown: str
    facts: tuple[str, ...]
    checks: tuple[Check, ...]
    repeated_bit: int
    whole_file_bit: int
    file_check_bit: int

    def own_bit(self, cell: int) -> int:
        """The bit of what is wrong with the cell at a position alone; 0 when nothing can be."""
        return next((1 << check.bit for check in self.checks if check.cell == cell and check.is_own), 0)


def lookups(region: Region) -> dict[str, pa.Table]:
    """Reference tables of the region in the shape the statements join: lookup_area, lookup_industry, lookup_code."""
    units = set(region.units)
    names = region.place_names
    levels = dict(zip(region.industries["code"], region.industries["level"], strict=True))
    sections = region.sections | {TOTAL_INDUSTRY: TOTAL_INDUSTRY}
    industries = [
        (code.upper(), section, code if levels.get(code) == "division" else None, str(levels.get(code, "unknown")))
        for code, section in sorted(sections.items())
    ]
    spellings: dict[tuple[str, str], tuple[str, str, date, date | None]] = {}
    for row in region.codes.itertuples():
        last = None if pd.isna(row.valid_to) else row.valid_to.date()
        for alias in (str(row.title), str(row.code)):
            spellings[str(row.list), alias] = (str(row.code), str(row[4]), row.valid_from.date(), last)
    codes = [(*key, *value) for key, value in spellings.items()]
    return {
        "lookup_area": pa.table(
            {
                "alias": pa.array(names["alias"].str.upper(), pa.string()),
                "code": pa.array(names["code"], pa.string()),
                "is_unit": pa.array(names["code"].isin(units)),
                "valid_from": pa.array(names["valid_from"].dt.date, pa.date32()),
                "valid_to": pa.array(names["valid_to"].dt.date, pa.date32()),
            }
        ),
        "lookup_industry": _table(industries, "alias", "section", "division", "level"),
        "lookup_code": _table(codes, "list", "alias", "code", "class", "valid_from", "valid_to"),
    }


def _table(rows: Sequence[tuple[str | bool | date | None, ...]], *names: str) -> pa.Table:
    types = {"is_": pa.bool_(), "valid_": pa.date32()}
    schema = pa.schema([(name, types.get(name[: name.find("_") + 1], pa.string())) for name in names])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


def compile_statement(contract: Contract, region: Region) -> Statement:
    """Compile a contract."""
    cells = [compile_cell(column, index, region) for index, column in enumerate(contract.columns)]
    checks = _checks(contract, cells)
    names = [name for cell in cells for name, _ in cell.stored]
    classes = {f"{column.name}_class" for column in contract.columns if column.kind is Kind.CODE}
    facts = [name for name in names if name not in classes] + [item.name for item in contract.derived]
    between = [f"case when {sql} then {1 << check.bit} else 0 end" for check, sql in checks if not check.is_own]
    found = [check for check, _ in checks]
    repeated, whole, balance = range(len(found), len(found) + 3)
    key = next((column.header for column in contract.columns if column.name == contract.key), "")
    found.append(Check(repeated, "repeated", key, -1, _REPEATED))
    found.append(Check(whole, "whole_file", "", -1, _WHOLE_FILE))
    found.append(Check(balance, "file_check", "", -1, _FILE_CHECK))
    return Statement(
        tuple(_understood(column, index, cells[index], checks) for index, column in enumerate(contract.columns)),
        step(
            "form_judged",
            named=Sql(", ".join(["*", *(f"{item.sql} as {item.name}" for item in contract.derived)])),
            fails=Sql(" + ".join(between) or "0"),
            columns=Sql(", ".join([f"{_key_hash(contract)} as key_hash", *(item.name for item in contract.derived)])),
        ),
        _refused(contract, cells),
        tuple(facts),
        tuple(found),
        repeated,
        whole,
        balance,
    )


def _key_hash(contract: Contract) -> str:
    """Different hashes are different keys of one file; equal ones must be compared."""
    return f"hash(drop_no, {contract.key})" if contract.key else "cast(0 as ubigint)"


def _understood(column: Column, index: int, cell: Cell, checks: list[tuple[Check, str]]) -> Understood | None:
    if column.kind in WIDE:
        return None
    value = cell.value if f" as v{index}" in cell.value else f"{cell.value} as v{index}"
    own = next(
        (
            f"case when {sql} then {1 << check.bit} else 0 end"
            for check, sql in checks
            if check.is_own and check.cell == index
        ),
        "0",
    )
    columns = [f"{sql} as {name}" for name, sql in cell.stored]
    sql = step(
        "form_understood",
        text=trimmed("text"),
        raw=Sql(f"r{index}"),
        value=Sql(value),
        source=Sql(f"cell {cell.join}"),
        columns=Sql(", ".join([*columns, f"cast({own} as bigint) as own"])),
    )
    before = _code_set(column) if column.kind is Kind.CODES else ""
    return Understood(sql, before, column.kind is Kind.AREA)


def trimmed(text: str) -> Sql:
    """SQL: a text without blanks around it, NULL when nothing is left."""
    return Sql(f"nullif(trim({text}, {literal(BLANKS)}), '')")


def _code_set(column: Column) -> str:
    """SQL of the table code_set: every distinct cell of several codes, its codes sorted, and what of it is unknown."""
    return step(
        "form_code_set",
        text=trimmed("text"),
        separators=literal(_BETWEEN),
        blanks=literal(BLANKS),
        code_list=literal(column.code_list),
        validity=validity("valid_from", "valid_to"),
    )


def _refused(contract: Contract, cells: list[Cell]) -> str:
    """SQL of ``cells`` and ``details`` of refused rows."""
    texts = ", ".join(f"{trimmed(f'c{index}')} as r{index}" for index in range(len(cells)))
    shown = _shown(contract, [f"r{index}" for index in range(len(cells))])
    details = "cast(null as varchar[])"
    if any(cell.detail for cell in cells):
        details = _shown(contract, [cell.detail or "cast(null as varchar)" for cell in cells])
    slipped = Sql(_slipped(contract))
    return step("form_refused", texts=Sql(texts), is_slipped=slipped, cells=Sql(shown), details=Sql(details))


def _checks(contract: Contract, cells: list[Cell]) -> list[tuple[Check, str]]:
    found: list[tuple[Check, str]] = []

    def add(
        rule: str, header: str, cell: int, wrong: Said, sql: str, empty: Said | None = None, own: bool = False
    ) -> None:
        found.append((Check(len(found), rule, header, cell, wrong, empty, own), sql))

    for index, (column, cell) in enumerate(zip(contract.columns, cells, strict=True)):
        if column.is_required:
            add(str(column.kind), column.header, index, cell.said, f"v{index} is null", _EMPTY, own=True)
        elif column.kind not in (Kind.TEXT, Kind.NAME):
            kept_back = f" and not w{index}" if column.withheld else ""
            wrong = f"r{index} is not null and v{index} is null{kept_back}"
            add(str(column.kind), column.header, index, cell.said, wrong, own=True)
    if contract.area_column:
        place = _place(contract, contract.area_column)
        add("sender", *place, _NOT_THE_SENDER, f"is_unit and {contract.area_column} <> sender")
    if contract.period_column:
        day = contract.period_column
        add("period", *_place(contract, day), _NOT_THE_PERIOD, f"{day} not between slice_period and slice_until")
    first = contract.period_column or "slice_period"
    for index, column in enumerate(contract.columns):
        if column.kind in (Kind.CODE, Kind.CODES):
            late = f"{_last_day(contract, first)} < f{index} or {first} > u{index}"
            add("code_validity", column.header, index, _NOT_VALID, f"v{index} is not null and ({late})")
    number = next((index for index, column in enumerate(contract.columns) if column.kind is Kind.IDENTITY), None)
    for index, column in enumerate(contract.columns):
        if number is not None and column.name and column.kind is Kind.TEXT:
            # Most texts lack its digits already, and need not be brought to one case.
            has_number = f"case when contains(r{index}, v{number}) then contains(upper(r{index}), upper(r{number})) end"
            add("personal", column.header, index, _PERSONAL, has_number)
        if column.name and column.kind is Kind.TEXT:
            add("characters", column.header, index, REFUSED, f"regexp_matches(r{index}, '{IN_TEXT}')")
    for check in contract.checks:
        add(check.name, check.header, -1, check.said, f"not ({check.holds})")
    return found


def _last_day(contract: Contract, first: str) -> str:
    """SQL: the last day of the period that begins on the day ``first``; a code need not hold in all of it."""
    is_month = contract.period_column and contract.column(contract.period_column).kind is Kind.MONTH
    if is_month or contract.grain is Grain.MONTH:
        return f"last_day({first})"
    if contract.grain is Grain.QUARTER:
        return f"last_day({first} + interval 2 month)"
    return f"{first} + 6" if contract.grain is Grain.WEEK else first


def _place(contract: Contract, name: str) -> tuple[str, int]:
    column = contract.column(name)
    return column.header, contract.columns.index(column)


def _slipped(contract: Contract) -> str:
    """SQL: whether the columns of a refused row have probably slipped.

    A cell where the identity number should stand that is no number at all says so.
    """
    if not contract.is_person:
        return "false"
    number = next(index for index, column in enumerate(contract.columns) if column.kind is Kind.IDENTITY)
    shaped = identity.IS_IDENTITY_SHAPED.format(f"upper(r{number})")
    return f"not coalesce({shaped}, false) and bit_count(fails) > 1"


def _shown(contract: Contract, texts: list[str]) -> str:
    """SQL: a list of what may be kept of a refused row, of one SQL text a column.

    Identity and name are masked by column, whatever they look like; of a row that has slipped nothing is kept.
    """
    if not contract.is_person:
        return f"[{', '.join(texts)}]"
    shown = []
    for column, text in zip(contract.columns, texts, strict=True):
        hidden = "true" if column.is_confidential else "is_slipped"
        shown.append(f"case when {hidden} and {text} is not null then '{MASK}' else {text} end")
    cleaned = f"regexp_replace(text, '{identity.LOOKS_LIKE_IDENTITY}', '{MASK}', 'g')"
    return f"list_transform([{', '.join(shown)}], lambda text: {cleaned})"


def sentences(checks: tuple[Check, ...]) -> pa.Table:
    """The checks as a table to join the failed bits with: mask, rule, header, cell, wrong, empty, both also _en."""
    return pa.Table.from_pylist(
        [
            {
                "mask": 1 << check.bit,
                "rule": check.rule,
                "header": check.header,
                "cell": check.cell,
                "wrong": check.wrong.zh,
                "wrong_en": check.wrong.en,
                "empty": (check.empty or check.wrong).zh,
                "empty_en": (check.empty or check.wrong).en,
            }
            for check in checks
        ]
    )
