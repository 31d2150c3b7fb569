"""A workbook for whoever reports a feed: sender, period and version above the table, lists, an example, notes.

Made from the contract and the region alone, so that it cannot promise what the check does not take.
"""

import csv
import io
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.core.domain import Grain
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Column, Contract, Kind, Slice
from pipelines.formcheck import contract_description
from pipelines.formcheck.parsing.header import EXAMPLE
from pipelines.formcheck.parsing.preamble import PERIOD, SENDER, SUPPLEMENT, VERSION
from pipelines.formcheck.xlsx import TEXT_FORMAT, save_workbook, write_cell

TABLE, CODES, NOTES = "报送表", "代码", "填报说明"
HEADER_ROW = 6
LAST_ROW = 20_000
"""Lists and prompts reach down to this row."""
_FIGURES = frozenset({Kind.INT, Kind.NUMBER})
_TITLE = Font(bold=True, size=14)
_BOLD = Font(bold=True)
_GREY = Font(italic=True, color="808080")
_REQUIRED = PatternFill("solid", fgColor="FFE699")
_OPTIONAL = PatternFill("solid", fgColor="DDEBF7")
_INPUT = PatternFill("solid", fgColor="FFF2CC")
_WRAP = Alignment(wrap_text=True, vertical="top")
_MOST_PROMPT = 250
_TABLE_HEAD = ("列", "要求", "写法", "单位", "可填内容", "说明")
_NOTE_WIDTHS = (20, 10, 30, 8, 44, 40)


def template(contract: Contract, region: Region, on: date, meant: Slice | None = None) -> bytes:
    """The XLSX of a feed as of a day, on which the code lists are those in force; ``meant`` is written above the table.

    The header is row ``HEADER_ROW``, required columns marked with *; the row below it is the example, whose first cell
    is 示例 and which is not taken as data when it is left in.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = TABLE
    lists = _Lists(book.create_sheet(CODES))
    _head(sheet, contract, region, lists, on, meant)
    for place, column in enumerate(contract.columns, start=1):
        _column(sheet, place, column, region, lists, on)
    write_cell(sheet, HEADER_ROW + 1, 1, EXAMPLE).font = _GREY
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    _notes(book.create_sheet(NOTES), contract, region, on)
    return save_workbook(book)


def stated_as(meant: Slice | None) -> tuple[tuple[str, str], ...]:
    """The lines above the table: label and value, sender and period empty unless they are known."""
    sender, period, version, is_supplement = "", "", "1", "否"
    if meant is not None:
        sender, version, is_supplement = meant.sender, str(meant.version), "是" if meant.is_supplement else "否"
        period = f"{meant.period:%Y-%m}" if meant.grain is Grain.MONTH else meant.period.isoformat()
    return (SENDER, sender), (PERIOD, period), (VERSION, version), (SUPPLEMENT, is_supplement)


class _Lists:
    """The sheet of code lists: two columns a list, code and meaning."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet, self._next = sheet, 1
        self._ranges: dict[tuple[str, ...], str] = {}

    def range_of(self, title: str, choices: list[contract_description.Choice], by_title: bool) -> str:
        """Where the list stands, of its titles or its codes; written the first time it is asked for."""
        key = tuple(choice.code for choice in choices)
        if key not in self._ranges:
            self._write(title, choices)
            self._ranges[key] = str(self._next - 3)
        column = get_column_letter(int(self._ranges[key]) + by_title)
        return f"{quote_sheetname(CODES)}!${column}$2:${column}${len(choices) + 1}"

    def _write(self, title: str, choices: list[contract_description.Choice]) -> None:
        for offset, word in enumerate(("代码", "含义")):
            write_cell(self._sheet, 1, self._next + offset, f"【{title}】{word}").font = _BOLD
            self._sheet.column_dimensions[get_column_letter(self._next + offset)].width = 14 + 18 * offset
        for row, choice in enumerate(choices, start=2):
            write_cell(self._sheet, row, self._next, choice.code)
            write_cell(self._sheet, row, self._next + 1, choice.title)
        self._next += 3


def _head(sheet: Worksheet, contract: Contract, region: Region, lists: _Lists, on: date, meant: Slice | None) -> None:
    write_cell(sheet, 1, 1, f"{contract.title}（{contract.feed}）").font = _TITLE
    is_city = (region.feeds.loc[region.feeds["feed"] == contract.feed, "sender_level"] == "city").any()
    places = region.places[region.places["level"] == ("city" if is_city else "unit")]
    senders = [contract_description.Choice(str(c), str(n)) for c, n in zip(places["code"], places["name"], strict=True)]
    period = contract_description.period_example(contract, on)
    prompts = {
        SENDER: "从列表选，或填代码",
        PERIOD: f"如 {period}",
        VERSION: "更正时填 2、3……，以最高的为准",
        SUPPLEMENT: "只补漏报的行填“是”，整份重报填“否”",
    }
    for row, (label, value) in enumerate(stated_as(meant), start=2):
        prompt = prompts[label]
        write_cell(sheet, row, 1, f"{label}：").font = _BOLD
        write_cell(sheet, row, 2, value).fill = _INPUT
        rule = DataValidation(type=None)
        if label == SENDER:
            rule = DataValidation(type="list", formula1=lists.range_of("报送单位", senders, by_title=True))
        elif label == SUPPLEMENT:
            rule = DataValidation(type="list", formula1='"是,否"')
        _prompt(sheet, rule, label, prompt, f"B{row}")


def _prompt(sheet: Worksheet, rule: DataValidation, title: str, prompt: str, cells: str) -> None:
    # A warning, not a ban: the check also takes codes where the list shows names.
    rule.allowBlank, rule.errorStyle, rule.showErrorMessage, rule.showInputMessage = True, "warning", True, True
    rule.promptTitle, rule.prompt = title[:32], prompt[:_MOST_PROMPT]
    rule.errorTitle, rule.error = title[:32], f"不在列表中。{prompt}"[:_MOST_PROMPT]
    sheet.add_data_validation(rule)
    rule.add(cells)


def _column(sheet: Worksheet, place: int, column: Column, region: Region, lists: _Lists, on: date) -> None:
    letter = get_column_letter(place)
    head = write_cell(sheet, HEADER_ROW, place, column.header + ("*" if column.is_required else ""))
    head.font, head.fill = _BOLD, _REQUIRED if column.is_required else _OPTIONAL
    head.alignment = Alignment(wrap_text=True)
    write_cell(sheet, HEADER_ROW + 1, place, contract_description.example(column, region, on)).font = _GREY
    width = sheet.column_dimensions[letter]
    width.width = max(14, 2 * len(column.header) + 4)
    if column.kind not in _FIGURES:
        width.number_format = TEXT_FORMAT
    choices = contract_description.choices(column, region, on)
    rule = DataValidation(type=None)
    if choices and column.kind is not Kind.CODES:
        titles = [choice.title for choice in choices]
        by_title = column.kind is not Kind.INDUSTRY and len(set(titles)) == len(titles)
        rule = DataValidation(type="list", formula1=lists.range_of(column.header, choices, by_title))
    elif choices:
        lists.range_of(column.header, choices, by_title=False)
    unit = f"，单位：{column.unit}" if column.unit else ""
    prompt = f"{contract_description.need(column)}；{contract_description.how(column)}{unit}" + (
        f"。{column.note}" if column.note else ""
    )
    _prompt(sheet, rule, column.header, prompt, f"{letter}{HEADER_ROW + 2}:{letter}{LAST_ROW}")


def _notes(sheet: Worksheet, contract: Contract, region: Region, on: date) -> None:
    named = f"{contract.feed}_单位代码_{contract_description.period_example(contract, on)}.xlsx"
    said = (
        contract.purpose,
        contract_description.due(contract.feed, region),
        f"请只填“{TABLE}”，不要改动表头；示例行可以保留，不计入数据。带 * 的列必填。",
        f"文件名不限；如按 {named} 命名，须与表上方所填一致。",
    )
    lines: list[tuple[str, ...]] = [(f"{contract.title}填报说明",), *((line,) for line in said if line), ()]
    lines.append(_TABLE_HEAD)
    for column in contract.columns:
        found = contract_description.choices(column, region, on)
        shown = "；".join(c.title if c.code == c.title else f"{c.code} {c.title}" for c in found)
        need, how = contract_description.need(column), contract_description.how(column)
        lines.append((column.header, need, how, column.unit, shown, column.note))
    lines += [(), ("核对关系与处理",), *((rule.zh,) for rule in contract_description.rules(contract))]
    for row, texts in enumerate(lines, start=1):
        for place, text in enumerate(texts, start=1):
            cell = write_cell(sheet, row, place, text)
            cell.alignment = _WRAP if len(texts) > 1 else Alignment()
            cell.font = _BOLD if text in ("核对关系与处理", *_TABLE_HEAD) else Font()
    sheet["A1"].font = _TITLE
    for place, width in enumerate(_NOTE_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width


_NOTE = "示例行可以保留，不计入数据；带 * 的列必填；各列写法和代码见 Excel 模板的填报说明"


def template_text(contract: Contract, region: Region, on: date, meant: Slice | None = None) -> bytes:
    """CSV (UTF-8 with mark) of a feed as of a day; ``meant`` is written above the table.

    Required columns are marked with *; the example's first cell is 示例, and it is not taken as data when left in.
    """
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow([f"{contract.title}（{contract.feed}）：{_NOTE}"])
    writer.writerows([[f"{label}：{value}"] for label, value in stated_as(meant)])
    writer.writerow([column.header + ("*" if column.is_required else "") for column in contract.columns])
    examples = [contract_description.example(column, region, on) for column in contract.columns]
    writer.writerow([EXAMPLE, *examples[1:]])
    return sink.getvalue().encode("utf-8-sig")
