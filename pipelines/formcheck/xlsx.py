"""Workbooks that touch no disk: openpyxl writes each sheet to a temporary file first, and people must be in none."""

import io
import zipfile

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

TEXT_FORMAT = "@"
"""Cells of this format stay text when somebody types a number into them: identity numbers do not become 3.7E+17."""
_MOST_CHARACTERS = 32767


class _MemoryWriter(ExcelWriter):  # type: ignore[misc]
    """Writes the sheets to memory; otherwise as openpyxl 3.1 does."""

    def write_worksheet(self, ws: Worksheet) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        written = io.BytesIO()
        writer = WorksheetWriter(ws, written)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], written.getvalue())
        self.manifest.append(ws)


def save_workbook(book: Workbook) -> bytes:
    """The XLSX of a workbook, made in memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _MemoryWriter(book, archive).save()
    return file.getvalue()


def write_cell(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text that stays a text, even when it begins with = or looks like a number."""
    cell = sheet.cell(row, column)
    shown = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:_MOST_CHARACTERS]
    cell.value, cell.data_type, cell.number_format = shown, "s", TEXT_FORMAT
    return cell
