"""The rows of one figure for a file, and rows of any kind as a workbook."""

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from flask import request
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dashboard.figures.history import title_of
from dashboard.figures.tabbed import check
from dashboard.locale import month, text
from dashboard.summary import cohort as groups
from dashboard.summary import reference
from dashboard.summary.course import LONG, course
from dashboard.summary.headline import WEEK
from dashboard.web import data
from pipelines.core.text_safety import show_cell, spell_controls

COLUMNS = ("Period", "Value", "Expected", "Normal range from", "to", "Remark", "Edition")


def series() -> tuple[str, list[Sequence[object]]]:
    """Title and columns of the series the address names. Raises UserError for what this viewer may not see."""
    asked = {name: request.args.get(name, "") for name in ("indicator", "area", "industry", "days", "cohort", "span")}
    asked["days"] = asked["days"] or str(WEEK)
    check(asked)
    indicator, is_long = reference.indicators()[asked["indicator"]], asked["span"] == LONG
    if asked["cohort"]:
        drawn = groups.course(indicator, asked["area"], asked["cohort"], is_long=is_long)
        where = groups.where(asked["area"], asked["cohort"])
    else:
        drawn = course(indicator, asked["area"], asked["industry"], int(asked["days"]), is_long=is_long)
        where = reference.where(asked["area"], asked["industry"])

    def rows() -> Iterator[list[object]]:
        named = [text(name) for name in COLUMNS]
        yield [named[0], f"{named[1]} ({indicator.unit_word})", *named[2:]]
        ranges = {} if drawn.expected is None else {row.period: row for row in drawn.expected.itertuples(index=False)}
        for row in drawn.readings.itertuples(index=False):
            band = ranges.get(row.period)
            limits = [None] * 3 if band is None else [round(one, 2) for one in (band.expected, band.lo95, band.hi95)]
            when = month(row.period.date()) if drawn.grain == "month" else row.period.date().isoformat()
            yield [when, plain(row.value), *limits, _remark(row), data.edition().edition_id]

    title = f"{title_of(indicator, drawn)} {where}"
    return title, list(zip(*rows(), strict=True))


def plain(number: float) -> object:
    """A number without a needless fraction; None where it is missing."""
    if pd.isna(number):
        return None
    return int(number) if float(number).is_integer() else round(float(number), 6)


def plain_numbers(column: pd.Series) -> list[object]:
    """The same of a whole column."""
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    is_whole = numbers == np.floor(numbers)
    written = numbers.round(6).astype(object)
    written[is_whole] = numbers[is_whole].astype(np.int64)
    written[np.isnan(numbers)] = None
    return list(written)


def _remark(row: object) -> str:
    if getattr(row, "is_suppressed", False) is True:
        return text("C withheld")
    if pd.isna(row.value):  # type: ignore[attr-defined]
        return text("not reported")
    return text("provisional") if getattr(row, "is_provisional", False) is True else ""


_WIDEST = 44  # characters of a column


def workbook(title: str, rows: Sequence[Sequence[object]], told: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a workbook. ``rows``: the header first; ``told``: name and value of each line of the second sheet.

    Numbers are numbers, codes stay text, missing is an empty cell, and nothing is a formula.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for place, width in enumerate(_widths(rows), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for number, row in enumerate(rows):
        sheet.append([_cell(sheet, one, is_bold=number == 0) for one in row])
    about = book.create_sheet(text("About the figures"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 18, 100
    for name, value in told:
        about.append([_cell(about, name, is_bold=True), _cell(about, value)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _cell(sheet: object, content: object, *, is_bold: bool = False) -> object:
    if content is None or content is pd.NA or content != content:  # noqa: PLR0124
        return None
    if isinstance(content, np.generic):
        content = content.item()
    cell = WriteOnlyCell(sheet, show_cell(content))
    if isinstance(content, str):
        cell.data_type = "s"
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _widths(rows: Sequence[Sequence[object]]) -> list[int]:
    """Widths of columns by their first rows; a Chinese character is as wide as two letters."""
    seen = [[len(str(one).encode("gb18030")) if one is not None else 0 for one in row] for row in rows[:200]]
    return [min(_WIDEST, max(column) + 2) for column in zip(*seen, strict=True)]


def _sheet_name(title: str) -> str:
    """A title as Excel takes it for a sheet: at most 31 characters, none of its own signs."""
    return "".join("-" if one in r"[]:*?/\'" else one for one in spell_controls(title))[:31]
