"""Some senders keep a spreadsheet: the rows as a workbook with title, sender and period above the header."""

import io
import re
import zipfile
from datetime import date

import openpyxl

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can say; the clock must not be in the bytes


def workbook(title: str, sender: str, period: str, lines: list[list[str]]) -> bytes:
    """The bytes of an XLSX with one sheet: title, 报送单位, 报送期间, then the header and rows; days are real days.

    The same arguments give the same bytes.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("报表")
    sheet.append([title])
    sheet.append(["报送单位：", sender])
    sheet.append(["报送期间：", period])
    for line in lines:
        sheet.append([date.fromisoformat(cell) if _DAY.fullmatch(cell) else cell or None for cell in line])
    saved = io.BytesIO()
    book.save(saved)
    return _timeless(saved)


def _timeless(saved: io.BytesIO) -> bytes:
    """The archive with every instant of its making taken out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", b"2016-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(item.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
