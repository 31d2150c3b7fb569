"""Reads one reference table strictly, so that a slip in a region folder is named by file, line and column at once."""

import csv
import io
import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import pandas as pd

from pipelines.core.domain import UserError

Cell = Callable[[str], object]
"""Turns the text of a cell into its value; raises ValueError with the fix as a half-sentence in Chinese."""


def text(value: str) -> str:
    """A text on one line that must not be empty."""
    if not value:
        raise ValueError("不能为空，请填写")
    if len(value.splitlines()) > 1:
        raise ValueError("中有换行，请写在一行里")
    return value


def optional_text(value: str) -> str | None:
    """A text, missing (NaN in the frame) when the cell is empty."""
    return value or None


def day(value: str) -> pd.Timestamp:
    """A day written 2026-01-31."""
    try:
        return pd.Timestamp(date.fromisoformat(value))
    except ValueError:
        raise ValueError("不是日期，请写成 2026-01-31 的样子") from None


def optional_day(value: str) -> pd.Timestamp:
    """A day, NaT when the cell is empty."""
    return day(value) if value else pd.NaT


def number(value: str) -> float:
    """A finite number with a point as decimal mark."""
    try:
        result = float(value)
    except ValueError:
        raise ValueError("不是数字，请只写数字，例如 1.5") from None
    if not math.isfinite(result):
        raise ValueError("不是有限的数字，请只写数字，例如 1.5")
    return result


def optional_number(value: str) -> float:
    """A number, NaN when the cell is empty."""
    return number(value) if value else math.nan


def whole(value: str) -> int:
    """A whole number."""
    try:
        return int(value)
    except ValueError:
        raise ValueError("不是整数，请只写整数，例如 7") from None


def optional_whole(value: str) -> int | None:
    """A whole number, missing when the cell is empty."""
    return whole(value) if value else None


def clock(value: str) -> time:
    """A time of day written 07:00."""
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise ValueError("不是时刻，请写成 07:00 的样子") from None


def optional_clock(value: str) -> time | None:
    """A time of day, missing when the cell is empty."""
    return clock(value) if value else None


def flag(value: str) -> bool:
    """true or false."""
    if value not in {"true", "false"}:
        raise ValueError("只能是 true 或 false")
    return value == "true"


def one_of(*allowed: str) -> Cell:
    """One word of a closed list."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError("只能是：" + "、".join(allowed))
        return value

    return parse


def some_of(*allowed: str) -> Cell:
    """Words of a closed list, separated by semicolons; kept as written."""

    def parse(value: str) -> str:
        if not value or any(word not in allowed for word in value.split(";")):
            raise ValueError("只能是以下词，用英文分号隔开：" + "、".join(allowed))
        return value

    return parse


# What an empty column holds, so that a table with a header only has the same dtypes as a full one.
_DTYPE: dict[Cell, str] = {
    text: "str",
    optional_text: "str",
    day: "datetime64[us]",
    optional_day: "datetime64[us]",
    number: "float64",
    optional_number: "float64",
    whole: "int64",
    optional_whole: "Int64",
    flag: "bool",
    clock: "object",
    optional_clock: "object",
}


def otherwise(cell: Cell, default: str) -> Cell:
    """A cell that an empty one, or a file without the column, leaves at what ``default`` says."""

    def parse(value: str) -> object:
        return cell(value or default)

    _DTYPE[parse] = _DTYPE.get(cell, "str")
    return parse


@dataclass(frozen=True)
class Table:
    """A reference table: its frame (index 0..n-1) and, for sentences about it, the physical line of every row."""

    path: Path
    frame: pd.DataFrame
    lines: Sequence[int]

    def error(self, row: int, column: str, problem: str) -> UserError:
        """The sentence about one cell: file, line, column, what stands there, and what to write instead."""
        shown = f"{self.path.parent.name}/{self.path.name}"
        value = self.frame[column].iloc[row]
        written = "" if pd.isna(value) else value.date() if isinstance(value, pd.Timestamp) else value
        return UserError(f"{shown} 第 {self.lines[row]} 行“{column}”列：“{written}”{problem}。")

    def codes(self, level: str) -> set[str]:
        """Codes of the rows of one level; for tables with the columns code and level."""
        return {str(code) for code in self.frame.loc[self.frame["level"] == level, "code"]}

    def refuse(self, bad: Iterable[bool], column: str, problem: str) -> None:
        """Refuse the table for the first row that is ``bad``."""
        for row, is_bad in enumerate(bad):
            if is_bad:
                raise self.error(row, column, problem)

    def require_unique(self, *columns: str) -> None:
        """Refuse a second row with the same key, naming the first."""
        seen: dict[Hashable, int] = {}
        for row, key in enumerate(zip(*(self.frame[column] for column in columns), strict=True)):
            if key in seen:
                raise self.error(row, columns[-1], f"与第 {self.lines[seen[key]]} 行重复，请删去其中一行")
            seen[key] = row

    def require_in(self, column: str, known: set[str], where: str, separator: str | None = None) -> None:
        """Refuse a reference to something that is not there; empty cells pass, lists are split by ``separator``."""
        for row, value in enumerate(self.frame[column]):
            if pd.isna(value):
                continue
            for word in str(value).split(separator) if separator else [str(value)]:
                if word not in known:
                    raise self.error(row, column, f"中的“{word}”在 {where} 里没有，请改正，或先在那里加上")


def read_table(path: Path, columns: Mapping[str, Cell], may_lack: Collection[str] = ()) -> Table:
    """Read ``path`` (CSV, UTF-8, header row with exactly these columns, in any order).

    A column of ``may_lack`` may be missing altogether, which is as if all its cells were empty.

    Raises UserError naming file, line and column for a missing file, column or value and for a value of the wrong kind.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"地区配置缺少文件 {shown}，请补上，表头应为：{','.join(columns)}。") from None
    except UnicodeDecodeError:
        raise UserError(f"{shown} 不是 UTF-8 编码，请另存为“CSV UTF-8”。") from None
    reader = csv.reader(io.StringIO(content, newline=""))
    header = [name.strip() for name in next(reader, [])]
    for name in columns:
        if name not in header and name not in may_lack:
            raise UserError(f"{shown} 第 1 行缺少“{name}”列，请补上；表头应为：{','.join(columns)}。")
    for name in header:
        if name not in columns or header.count(name) > 1:
            raise UserError(f"{shown} 第 1 行多出“{name}”列，请删去；表头应为：{','.join(columns)}。")
    values: dict[str, list[object]] = {name: [] for name in columns}
    lines: list[int] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num
        if len(cells) != len(header):
            raise UserError(
                f"{shown} 第 {line} 行有 {len(cells)} 列，应为 {len(header)} 列，请检查逗号和引号（末列{header[-1]}）。"
            )
        lines.append(line)
        for name in set(columns) - set(header):
            values[name].append(columns[name](""))
        for name, cell in zip(header, cells, strict=True):
            try:
                values[name].append(columns[name](cell.strip()))
            except ValueError as problem:
                raise UserError(f"{shown} 第 {line} 行“{name}”列：“{cell.strip()}”{problem}。") from None
    frame = pd.DataFrame({name: pd.Series(values[name], dtype=_DTYPE.get(columns[name], "str")) for name in columns})
    return Table(path, frame, lines)
