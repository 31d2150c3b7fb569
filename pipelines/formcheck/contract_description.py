"""What a contract asks of its senders, in words: the one source of template, notes and documentation page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY, Grain, Said
from pipelines.core.region.load import Region
from pipelines.feeds.contract import Column, Contract, Kind

_NEXT = {"month": ("每月一份", "次月"), "quarter": ("每季一份", "季后")}
_WEEKDAYS = "一二三四五六日"
_SAMPLE = {
    Kind.IDENTITY: "（18 位身份证号）",
    Kind.NAME: "",
    Kind.EMPLOYER_CODE: "91371500YY0000000D",
    Kind.INT: "12",
    Kind.NUMBER: "12.5",
    Kind.DAY: "2020-03-05",
    Kind.MONTH: "2020-03",
    Kind.YES_NO: "否",
}
_HOW = {
    Kind.TEXT: "文字",
    Kind.CODE: "代码或名称，见代码表",
    Kind.CODES: "代码或名称，可填多项，用分号或顿号隔开，见代码表",
    Kind.IDENTITY: "18 位身份证号，单元格设为文本格式",
    Kind.NAME: "姓名，不入库",
    Kind.EMPLOYER_CODE: "18 位统一社会信用代码",
    Kind.AREA: "县（市、区）代码或名称，见代码表",
    Kind.INDUSTRY: "行业门类字母或两位大类代码，不明留空",
    Kind.DAY: "日期，如 2020-03-05",
    Kind.MONTH: "月份，如 2020-03",
    Kind.YES_NO: "是 或 否",
}


@dataclass(frozen=True)
class Choice:
    """A value a cell may hold: the code, and what it means (the same where there is no code)."""

    code: str
    title: str


def choices(column: Column, region: Region, on: date) -> list[Choice]:
    """All values a column of a closed list may hold on a day, in the order of the list; empty for other columns."""
    match column.kind:
        case Kind.CODE | Kind.CODES:
            table, day = region.codes, pd.Timestamp(on)
            held = (table["valid_from"] <= day) & (table["valid_to"].isna() | (table["valid_to"] >= day))
            rows = table[(table["list"] == column.code_list) & held]
            return [Choice(str(code), str(title)) for code, title in zip(rows["code"], rows["title"], strict=True)]
        case Kind.CHOICE:
            return [Choice(shown, shown) for shown, _ in column.choices]
        case Kind.YES_NO:
            return [Choice("是", "是"), Choice("否", "否")]
        case Kind.AREA:
            levels = ["city", "unit"] if column.is_any_area else ["unit"]
            rows = region.places[region.places["level"].isin(levels)]
            return [Choice(str(code), str(name)) for code, name in zip(rows["code"], rows["name"], strict=True)]
        case Kind.INDUSTRY:
            rows = region.industries[region.industries["code"] != TOTAL_INDUSTRY]
            return [Choice(str(code), str(name)) for code, name in zip(rows["code"], rows["name"], strict=True)]
        case _:
            return []


def how(column: Column) -> str:
    """How a cell of the column is written."""
    if column.kind in (Kind.INT, Kind.NUMBER):
        return _figure(column)
    if column.kind is Kind.CHOICE:
        return "选填：" + "、".join(shown for shown, _ in column.choices)
    return _HOW[column.kind]


def _figure(column: Column) -> str:
    word = "整数" if column.kind is Kind.INT else "数"
    low = "" if column.low is None else f"不小于 {column.low:g}"
    high = "" if column.high is None else f"不大于 {column.high:g}"
    return "，".join(part for part in (word, low, high) if part)


def need(column: Column) -> str:
    """Whether the column must be there and filled in."""
    if column.is_required:
        return "必填"
    return "可缺列" if column.may_be_absent else "可留空"


def example(column: Column, region: Region, on: date) -> str:
    """What an example row holds in this column."""
    if column.example or not column.is_required:
        return column.example
    found = choices(column, region, on)
    return found[0].code if found else _SAMPLE.get(column.kind, "例")


def rules(contract: Contract) -> Iterator[Said]:
    """What must hold of a row, of the file, and beside its neighbours."""
    for column in contract.columns:
        if column.name and column.name == contract.key:
            yield Said(f"同一文件中“{column.header}”不得重复。", f"{column.header} must not repeat within a file.")
    for name, zh, en in (
        (contract.area_column, "须是报送单位自己（市级报送除外）", "must be the sender, unless the city sends"),
        (contract.period_column, "须在报送期间内", "must lie in the period of the file"),
    ):
        if name:
            header = contract.column(name).header
            yield Said(f"“{header}”{zh}。", f"{header} {en}.")
    yield from (check.said for check in contract.checks)
    yield from (check.said for check in contract.file_checks)
    share = f"{contract.refuse_share:.0%}"
    yield Said(
        f"有误的行退回、其余采用；{contract.refuse_from} 行以上的文件有误的行超过 {share} 的，整份退回。",
        f"Wrong rows come back, the others count; of {contract.refuse_from} rows or more, over {share} wrong ones send"
        " the whole file back.",
    )
    if contract.forbids_identifiers:  # in words that are no headers: the template's notes are looked through as well
        yield Said(
            "不得含有能指认个人或设备的内容（证件、电话、终端的号码等），否则整份退回且不予保留。",
            "No identifier of a person or device may be in it, or the file is refused whole and not kept.",
        )


def due(feed: str, region: Region) -> str:
    """Who sends the feed and by when, a sentence in Chinese; empty when the region does not collect it."""
    rows = region.feeds[region.feeds["feed"] == feed]
    if rows.empty:
        return ""
    row: Any = next(rows.itertuples())
    return f"由{row.sender}报送；{_when(row, region)}。{row.population}。"


def _when(row: Any, region: Region) -> str:
    if row.cadence == "event":
        return "有事项即报，无固定期限"
    days, at = int(row.due_days), f"{row.due_time:%H:%M} 前"
    if row.cadence in _NEXT:
        every, following = _NEXT[row.cadence]
        return f"{every}，{following} {days} 日 {at}" if days > 0 else f"{every}，期末 {at}"
    if row.cadence == "week":
        following = "次" if days > 0 else ""
        return f"每周一份，{following}周{_WEEKDAYS[(region.week_end + days) % 7]} {at}"
    when = {0: "当日", 1: "次日"}.get(days, f"{days} 日后")
    return f"每{'个工作' if row.cadence == 'workday' else ''}日一份，{when} {at}"


def period_example(contract: Contract, on: date) -> str:
    """A period as it may be written above the header or in a file's name, for the template."""
    if contract.grain is Grain.MONTH:
        return (on.replace(day=1) - timedelta(days=1)).strftime("%Y%m")
    return on.strftime("%Y%m%d")


_MOST_SHOWN = 12


def feed_page(contract: Contract, region: Region, on: date) -> str:
    """What to send, how each column is written, which balances must hold; code lists as of a day."""
    lines = [f"# {contract.title} `{contract.feed}`", ""]
    lines += [text for text in (contract.purpose, due(contract.feed, region)) if text]
    period = period_example(contract, on)
    lines += ["", f"文件名：`{contract.feed}_<报送单位代码>_{period}[_v<版本>][_supplement].csv`", "", "## 各列", ""]
    lines += ["| 列 | 要求 | 写法 | 单位 | 示例 | 也可写作 | 说明 |", "|---|---|---|---|---|---|---|"]
    for column in contract.columns:
        cells = (
            column.header,
            need(column),
            how(column),
            column.unit,
            example(column, region, on),
            "、".join(column.aliases),
            column.note,
        )
        lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    lines += ["", "## 核对关系与处理", ""]
    lines += [f"- {said.zh} ({said.en})" for said in rules(contract)]
    for column in contract.columns:
        found = choices(column, region, on)
        if found and column.code_list:
            lines += ["", f"## 代码：{column.header}", ""]
            lines += [f"- `{choice.code}` {_escaped(choice.title)}" for choice in found]
        elif len(found) > _MOST_SHOWN:
            lines += ["", f"“{column.header}”的代码见模板的“代码”表，共 {len(found)} 项。"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
