"""One cell of a contract as SQL: its value, its error message, and the invisible characters no text may hold."""

import re
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.core.domain import UNKNOWN_INDUSTRY, Said
from pipelines.core.region.load import Region
from pipelines.core.sql import Sql, literal
from pipelines.feeds.contract import Column, Kind
from pipelines.formcheck.validation.file_result import Checked, FileOutcome
from pipelines.formcheck.validation.identity import is_employer_code

VALUE = "{value}"
DETAIL = "{detail}"
_MANY = 8


@dataclass(frozen=True)
class Cell:
    """SQL of a column at position ``index`` over the text column ``r<index>`` (NULL when empty).

    ``value``: the typed value, NULL when wrong. ``join``: lookup it needs. ``stored``: name and SQL over ``v<index>``
    of each fact column. ``said``: what is wrong when the value is NULL though the cell is not empty. ``detail``: what a
    sentence names beside the cell's text, such as the one unknown code of several. A column of codes has in
    ``f<index>`` and ``u<index>`` the first and last day on which all its codes hold.
    """

    value: str
    stored: tuple[tuple[str, str], ...]
    said: Said
    join: str = ""
    detail: str = ""


def compile_cell(column: Column, index: int, region: Region) -> Cell:
    """Compile a column; lookups are the tables made by ``lookups`` of the statement module."""
    match column.kind:
        case Kind.CODE | Kind.CODES:
            return (_code if column.kind is Kind.CODE else _codes)(column, index, region)
        case Kind.AREA:
            return _area(column, index, region)
        case Kind.INDUSTRY:
            return _industry(column, index)
        case Kind.IDENTITY:
            return _identity(index)
        case Kind.EMPLOYER_CODE:
            return _employer(column, index)
        case _:
            return _simple(column, index)


def _simple(column: Column, index: int) -> Cell:
    value, said = _scalar(column, f"r{index}")
    if not column.withheld:
        return Cell(value, _stored(column, index), said)
    marks = ", ".join(literal(mark) for mark in column.withheld)
    value = f"{value} as v{index}, coalesce(lower(r{index}) in ({marks}), false) as w{index}"
    return Cell(value, (*_stored(column, index), ("is_suppressed", f"w{index}")), said)


def _stored(column: Column, index: int) -> tuple[tuple[str, str], ...]:
    if not column.name:
        return ()
    value = f"v{index}"
    if not column.fallback:
        return ((column.name, value),)
    fallback = column.fallback if column.kind in (Kind.INT, Kind.NUMBER) else literal(column.fallback)
    return ((column.name, f"coalesce({value}, {fallback})"),)


def _code(column: Column, index: int, region: Region) -> Cell:
    shown = _known(column, region)
    known = f"k{index}.list = {literal(column.code_list)}"
    join = f"left join lookup_code as k{index} on {known} and k{index}.alias = r{index}"
    stored = (*_stored(column, index), (f"{column.name}_class", f"w{index}"))
    value = (
        f"k{index}.code as v{index}, k{index}.class as w{index}, k{index}.valid_from as f{index},"
        f" k{index}.valid_to as u{index}"
    )
    said = Said(
        f"的值“{VALUE}”不在代码表中；请填写代码或名称：{shown}。",
        f"“{VALUE}” is not in the code list; write a code or its title: {shown}.",
    )
    return Cell(value, stored, said, join, validity(f"f{index}", f"u{index}"))


def _codes(column: Column, index: int, region: Region) -> Cell:
    join = f"left join code_set as k{index} on k{index}.text = r{index}"
    value = (
        f"k{index}.codes as v{index}, coalesce(k{index}.unknown, k{index}.validity) as d{index},"
        f" k{index}.valid_from as f{index}, k{index}.valid_to as u{index}"
    )
    shown = _known(column, region)
    said = Said(
        f"中的“{DETAIL}”不在代码表中；请填写代码或名称，多项之间用分号或顿号隔开：{shown}。",
        f"“{DETAIL}” is not in the code list; write codes or titles with semicolons between them: {shown}.",
    )
    return Cell(value, _stored(column, index), said, join, f"d{index}")


def validity(first: str, last: str) -> Sql:
    """SQL: the days from ``first`` to ``last`` as both languages write them; open when ``last`` is NULL."""
    return Sql(f"{first} || ' – ' || coalesce(cast({last} as varchar), '')")


def _known(column: Column, region: Region) -> str:
    table = region.codes[region.codes["list"] == column.code_list]
    known = [c if c == t else f"{c} {t}" for c, t in zip(table["code"], table["title"], strict=True)]
    return "、".join(known[:_MANY]) + ("……" if len(known) > _MANY else "")


def _area(column: Column, index: int, region: Region) -> Cell:
    known = "" if column.is_any_area else f"k{index}.is_unit and "
    # A figure is filed by the areas of its period's last day; so one code means one area in all of a file.
    join = (
        f"left join lookup_area as k{index} on {known}k{index}.alias = upper(r{index})"
        f" and cell.until between k{index}.valid_from and k{index}.valid_to"
    )
    example = region.places[region.places["level"] == "unit"].iloc[0]
    written = f"{example['code']} 或 {example['name']}"
    said = Said(
        f"的值“{VALUE}”不是本地区的县（市、区）代码或名称；请改正，写法如 {written}。",
        f"“{VALUE}” is no code or name of an area here; correct it, for example {written}.",
    )
    return Cell(f"k{index}.code", _stored(column, index), said, join)


def _industry(column: Column, index: int) -> Cell:
    fallback = literal(column.fallback or UNKNOWN_INDUSTRY)
    join = f"left join lookup_industry as k{index} on k{index}.alias = upper(r{index})"
    if not column.has_division:
        stored: tuple[tuple[str, str], ...] = ((column.name, f"coalesce(v{index}, {fallback})"),)
    else:
        stored = ((column.name, f"coalesce(v{index}, {fallback})"), ("division", f"w{index}"))
    said = Said(
        f"的值“{VALUE}”不是国民经济行业门类字母（如 C）或两位大类代码（如 26）；请改正，确实不明的留空。",
        f"“{VALUE}” is no section (such as C) or division (such as 26) of GB/T 4754; correct it, or leave it empty.",
    )
    total = "" if column.fallback else f" and k{index}.level <> 'total'"
    value = f"case when true{total} then k{index}.section end as v{index}, k{index}.division as w{index}"
    return Cell(value, stored, said, join)


def _identity(index: int) -> Cell:
    stored = (("person", "person"), ("sex", "sex"), ("birth_year", "birth_year"))
    said = Said(
        "有误：应为 18 位，出生日期真实，末位校验码相符；请对照证件改正"
        "（若在表格中显示为 3.7E+17，请把该列设为文本格式后重新录入导出）。",
        "is wrong: 18 characters, a real date of birth and the right check character are needed; compare with the"
        " document (if the sheet shows 3.7E+17, format the column as text and enter the numbers anew).",
    )
    return Cell(f"r{index}", stored, said)


def _employer(column: Column, index: int) -> Cell:
    said = Said(
        f"的值“{VALUE}”不符合 GB 32100（18 位，不含字母 I、O、S、V、Z，末位为校验码）；请对照营业执照改正。",
        f"“{VALUE}” does not meet GB 32100 (18 characters without I, O, S, V, Z, the last a check character);"
        " compare with the business licence.",
    )
    code = f"upper(r{index})"
    return Cell(f"case when {is_employer_code(code)} then {code} end", _stored(column, index), said)


def _scalar(column: Column, text: str) -> tuple[str, Said]:
    match column.kind:
        case Kind.INT | Kind.NUMBER:
            return _figure(column, text)
        case Kind.DAY:
            return _day(text), Said(
                f"的值“{VALUE}”不是真实日期；请写成 2020-03-05 的样子。",
                f"“{VALUE}” is no real day; write it like 2020-03-05.",
            )
        case Kind.MONTH:
            return _month(text), Said(
                f"的值“{VALUE}”不是月份；请写成 2020-03 或 202003 的样子。",
                f"“{VALUE}” is no month; write it like 2020-03 or 202003.",
            )
        case Kind.CHOICE:
            cases = " ".join(f"when {literal(shown)} then {literal(kept)}" for shown, kept in column.choices)
            allowed = "、".join(shown for shown, _ in column.choices)
            return f"case {text} {cases} end", Said(
                f"的值“{VALUE}”不在可选值中；请填写：{allowed}。",
                f"“{VALUE}” is not one of the choices; write one of: {allowed}.",
            )
        case Kind.YES_NO:
            return f"case {text} when '是' then true when '否' then false end", Said(
                f"的值“{VALUE}”应为“是”或“否”。", f"“{VALUE}” must be 是 (yes) or 否 (no)."
            )
        case _:
            return text, Said(f"的值“{VALUE}”有误；请改正。", f"“{VALUE}” is wrong; correct it.")


def _figure(column: Column, text: str) -> tuple[str, Said]:
    if column.kind is Kind.INT:
        shape, target, word, word_en = "-?[0-9]{1,9}", "integer", "整数", "whole number"
    else:
        shape, target, word, word_en = r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", "double", "数", "number"
    figure = f"case when regexp_full_match({text}, '{shape}') then try_cast({text} as {target}) end"
    least = "" if column.low is None else f" not below {column.low:g}"
    most = "" if column.high is None else f" not above {column.high:g}"
    return _bounded(column, figure), Said(
        f"的值“{VALUE}”不是{_range(column)}{word}；请改正。", f"“{VALUE}” is no {word_en}{least}{most}; correct it."
    )


def _bounded(column: Column, sql: str) -> str:
    limits = [f"number >= {column.low}"] if column.low is not None else []
    limits += [f"number <= {column.high}"] if column.high is not None else []
    if not limits:
        return sql
    return f"case when {' and '.join(limits).replace('number', f'({sql})')} then {sql} end"


def _range(column: Column) -> str:
    low = "" if column.low is None else f"不小于 {column.low:g}"
    high = "" if column.high is None else f"不大于 {column.high:g}"
    return f"{'、'.join(part for part in (low, high) if part)} 的" if low or high else ""


def _day(text: str) -> str:
    written = rf"regexp_replace({text}, '^([0-9]{{4}})[年.]([0-9]{{1,2}})[月.]([0-9]{{1,2}})日?$', '\1-\2-\3')"
    packed = f"cast(try_strptime({text}, '%Y%m%d') as date)"
    day = f"coalesce(try_cast({text} as date), {packed}, try_cast({written} as date), {_serial(text)})"
    return f"case when ({day}) between date '1900-01-01' and date '2100-01-01' then {day} end"


def _serial(text: str) -> str:
    """A day as spreadsheets count, from 1899-12-30 on, where five digits cannot be anything else: 1990 to 2049."""
    return (
        f"case when regexp_full_match({text}, '[345][0-9]{{4}}') and {text} between '32874' and '54788'"
        f" then date '1899-12-30' + cast({text} as integer) end"
    )


def _month(text: str) -> str:
    written = rf"regexp_replace({text}, '^([0-9]{{4}})[-/.年]?([0-9]{{1,2}})月?份?$', '\1-\2-01')"
    month = f"date_trunc('month', coalesce({_serial(text)}, try_cast({written} as date), {_day(text)}))"
    return f"case when ({month}) between date '1900-01-01' and date '2100-01-01' then cast({month} as date) end"


# C0 and C1, direction marks, embeddings, overrides and isolates, line and paragraph separators.
_HIDDEN = "[\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_MATCH = re.compile(_HIDDEN)
IN_TEXT = "[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]"
"""What a text cell may not hold, as RE2 writes it: line ends and tabs it may, marks without width are taken out."""
REFUSED = Said(
    "中有看不见的控制字符或改变文字方向的字符；请清空该单元格后重新输入。",
    "holds a control character or one that turns the direction of text; empty the cell and type it anew.",
)
_TEXTS = ("value_masked", "raw_masked", "reason", "reason_en")


def visible(text: str) -> str:
    """A text on one line with each such character named, as ``<U+202E>``."""
    return _MATCH.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def shown(checked: Checked) -> Checked:
    """What was checked, with such characters named wherever it repeats what the sender wrote."""
    rows = checked.quarantined
    for name in _TEXTS:
        column = rows.column(name)
        if rows.num_rows and pc.any(pc.match_substring_regex(column, _RE2)).as_py():
            texts = [None if text is None else _lines(text) for text in column.to_pylist()]
            rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(texts, column.type))
    return replace(checked, outcomes=[_printable(item) for item in checked.outcomes], quarantined=rows)


_RE2 = "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]"


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


def _printable(outcome: FileOutcome) -> FileOutcome:
    return replace(
        outcome,
        reason=outcome.reason and _lines(outcome.reason),
        reason_en=outcome.reason_en and _lines(outcome.reason_en),
        ignored=tuple(map(visible, outcome.ignored)),
        notes=tuple(Said(_lines(note.zh), _lines(note.en)) for note in outcome.notes),
    )
