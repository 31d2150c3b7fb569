"""A table as an Excel workbook: the rows, and a sheet that says what they are, of when, and what is withheld."""

import io
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dashboard.locale import text
from pipelines.core.text_safety import show_cell, spell_controls

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
