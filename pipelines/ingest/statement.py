"""A contract compiled to one SQL statement: every cell typed, every check judged, what failed as bits of a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from pipelines.domain import TOTAL_INDUSTRY, Grain, Said
from pipelines.feeds.contract import MASK, Contract, Kind
from pipelines.ingest import identity
from pipelines.ingest.cell import DETAIL, VALUE, Cell, compiled, quoted, validity
from pipelines.region import Region

_BLANKS = " \t　"
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

    ``empty`` is said instead of ``wrong`` when the cell is empty.
    """

    bit: int
    rule: str
    header: str
    cell: int
    wrong: Said
    empty: Said | None = None


@dataclass(frozen=True)
class Statement:
    """The statement of a contract.

    Reads the tables received (drop_no, line_number, c0…), batch (drop_no, drop_id, sender, is_unit, period, until: the
    period's last day) and the lookups; gives drop_no, drop_id, line_number, the fact's columns, fails (0: accepted),
    key_hash and, for refused rows only, ``cells``: the texts of the row with identity and name masked, and ``details``:
    what sentences name beside them. ``employers``, ``persons`` and ``code_sets`` must have run before, where they are
    not empty: they check what is costly once for each distinct cell.
    """

    employers: str
    persons: str
    code_sets: str
    sql: str
    trimmed_sql: str
    facts: tuple[str, ...]
    checks: tuple[Check, ...]
    repeated_bit: int
    whole_file_bit: int
    file_check_bit: int


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


def statement(contract: Contract, region: Region, is_keyed: bool) -> Statement:
    """Compile a contract. Without a key (the form check of an upload) the pseudonym is NULL."""
    cells = [compiled(column, index, region) for index, column in enumerate(contract.columns)]
    checks = _checks(contract, cells)
    named = [(name, sql) for cell in cells for name, sql in cell.stored]
    if not is_keyed:
        named = [(name, "cast(null as varchar)" if name == "person" else sql) for name, sql in named]
    classes = {f"{column.name}_class" for column in contract.columns if column.kind is Kind.CODE}
    facts = [name for name, _ in named if name not in classes] + [item.name for item in contract.derived]
    texts = [f"r{index}" for index in range(len(cells))]
    fails = " + ".join(f"case when {sql} then {1 << check.bit} else 0 end" for check, sql in checks)

    def text(trim: bool) -> str:
        return f"""
with source as (
    select drop_no, line_number, {_texts(contract, trim)}
    from received
), typed as (
    select source.*, batch.drop_id, batch.sender, batch.is_unit, batch.period as slice_period,
        batch.until as slice_until, {_values(cells)}
    from source join batch using (drop_no)
    {chr(10).join(cell.join for cell in cells if cell.join)}
), named as (
    select *, {", ".join(f"{sql} as {name}" for name, sql in named)} from typed
), judged as (
    select *{"".join(f", {item.sql} as {item.name}" for item in contract.derived)}, cast({fails} as bigint) as fails
    from named
)
select drop_no, drop_id, line_number, {", ".join(facts)}, fails, {_key_hash(contract)} as key_hash,
    case when fails <> 0 then [{", ".join(_shown(contract, texts))}] end as cells,
    {_details(contract, cells)} as details
from judged"""

    found = [check for check, _ in checks]
    repeated, whole, balance = range(len(found), len(found) + 3)
    key = next((column.header for column in contract.columns if column.name == contract.key), "")
    found.append(Check(repeated, "repeated", key, -1, _REPEATED))
    found.append(Check(whole, "whole_file", "", -1, _WHOLE_FILE))
    found.append(Check(balance, "file_check", "", -1, _FILE_CHECK))
    return Statement(
        _employers(contract), _persons(contract, is_keyed), _code_sets(contract), text(False), text(True),
        tuple(facts), tuple(found), repeated, whole, balance,
    )  # fmt: skip


def _key_hash(contract: Contract) -> str:
    """Different hashes are different keys of one file; equal ones must be compared."""
    return f"hash(drop_no, {contract.key})" if contract.key else "cast(0 as ubigint)"


def _texts(contract: Contract, trim: bool) -> str:
    cut = "nullif(trim(c{0}, '" + _BLANKS + "'), '') as r{0}" if trim else "nullif(c{0}, '') as r{0}"
    return ", ".join(cut.format(index) for index in range(len(contract.columns)))


def _values(cells: list[Cell]) -> str:
    return ", ".join(
        cell.value if f" as v{index}" in cell.value else f"{cell.value} as v{index}" for index, cell in enumerate(cells)
    )


def _employers(contract: Contract) -> str:
    at = [index for index, column in enumerate(contract.columns) if column.kind is Kind.EMPLOYER_CODE]
    used = " union ".join(f"select c{index} as code from received" for index in at) if at else "select '' as code"
    plain = f"select distinct upper(trim(code, '{_BLANKS}')) as code from (select distinct code from ({used}) as used)"
    return (
        f"create or replace temp table employer_code as select code from ({plain}) as plain"
        f" where {identity.is_employer_code('code')}"
    )


def _code_sets(contract: Contract) -> str:
    """SQL of the table code_set: every distinct cell of several codes, its codes sorted, and what of it is unknown."""
    used = [
        f"select {quoted(column.code_list)} as list, c{index} as text from received"
        for index, column in enumerate(contract.columns)
        if column.kind is Kind.CODES
    ]
    if not used:
        return ""
    # A title may hold a separator itself (农、林、牧、渔业): the whole cell is tried first.
    return f"""
create or replace temp table code_set as
with cell as (
    select distinct list, trim(text, '{_BLANKS}') as text from ({" union ".join(used)}) as used where text is not null
), word as (
    select cell.list, text, trim(unnest(case when lookup_code.code is not null then [text]
        else regexp_split_to_array(text, '{_BETWEEN}') end), '{_BLANKS}') as word
    from cell left join lookup_code on lookup_code.list = cell.list and lookup_code.alias = text
)
select word.list, text,
    case when count(code) = count(*) then string_agg(distinct code, ';' order by code) end as codes,
    string_agg(distinct word, '、' order by word) filter (where code is null) as unknown,
    max(valid_from) as valid_from, min(valid_to) as valid_to,
    string_agg(distinct code || ' ' || {validity("valid_from", "valid_to")}, '、') as validity
from word left join lookup_code on lookup_code.list = word.list and lookup_code.alias = word
where word <> ''
group by word.list, text"""


def _details(contract: Contract, cells: list[Cell]) -> str:
    if not any(cell.detail for cell in cells):
        return "cast(null as varchar[])"
    shown = _shown(contract, [cell.detail or "cast(null as varchar)" for cell in cells])
    return f"case when fails <> 0 then [{', '.join(shown)}] end"


def _persons(contract: Contract, is_keyed: bool) -> str:
    """Adds to ``person_code`` the valid identity numbers that are not there yet, with all that may be kept of each."""
    at = [index for index, column in enumerate(contract.columns) if column.kind is Kind.IDENTITY]
    if not at:
        return ""
    new = " union ".join(
        f"select distinct upper(trim(c{index}, '{_BLANKS}')) as code from received"
        f" anti join person_code as known on known.code = upper(c{index})"
        for index in at
    )
    pseudonym = identity.pseudonym("code") if is_keyed else "''"
    return (
        f"insert into person_code select code, {pseudonym}, {identity.sex('code')}, {identity.birth_year('code')}"
        f" from (select code, {identity.digits('code')} as packed from ({new}) as new"
        " where not exists (select 1 from person_code as known where known.code = new.code)) as fresh"
        f" where {identity.is_identity('code', 'packed')}"
    )


def _checks(contract: Contract, cells: list[Cell]) -> list[tuple[Check, str]]:
    found: list[tuple[Check, str]] = []

    def add(rule: str, header: str, cell: int, wrong: Said, sql: str, empty: Said | None = None) -> None:
        found.append((Check(len(found), rule, header, cell, wrong, empty), sql))

    for index, (column, cell) in enumerate(zip(contract.columns, cells, strict=True)):
        if column.is_required:
            add(str(column.kind), column.header, index, cell.said, f"v{index} is null", _EMPTY)
        elif column.kind not in (Kind.TEXT, Kind.NAME):
            kept_back = f" and not w{index}" if column.withheld else ""
            wrong = f"r{index} is not null and v{index} is null{kept_back}"
            add(str(column.kind), column.header, index, cell.said, wrong)
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
            has_number = f"v{number} is not null and contains(upper(r{index}), upper(r{number}))"
            add("personal", column.header, index, _PERSONAL, has_number)
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


def _shown(contract: Contract, texts: list[str]) -> list[str]:
    """SQL of what may be kept of a refused row, of one SQL text a column.

    Identity and name are masked by column, whatever they look like. A cell where the number should stand that is no
    number at all means the columns have probably slipped: then nothing of the row is kept.
    """
    if not contract.is_person:
        return texts
    number = next(index for index, column in enumerate(contract.columns) if column.kind is Kind.IDENTITY)
    shaped = identity.IS_IDENTITY_SHAPED.format(f"upper(r{number})")
    slipped = f"(not coalesce({shaped}, false) and bit_count(fails) > 1)"
    shown = []
    for column, text in zip(contract.columns, texts, strict=True):
        hidden = f"case when {text} is not null then '{MASK}' end"
        cleaned = f"regexp_replace({text}, '{identity.LOOKS_LIKE_IDENTITY}', '{MASK}', 'g')"
        shown.append(hidden if column.is_confidential else f"case when {slipped} then {hidden} else {cleaned} end")
    return shown


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
