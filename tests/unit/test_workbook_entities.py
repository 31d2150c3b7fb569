"""A spreadsheet's XML names files and grows by entities; nothing of either reaches a cell."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.workbook import measure, read_workbook


def spoilt(doctype: str, cell: str) -> bytes:
    """A workbook whose only cell is an inline text with an entity."""
    book = Workbook()
    book.active.append(["text"])  # type: ignore[union-attr]
    plain, packed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    sheet = (
        f'<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{cell}</t></is></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w") as target:
        for item in source.infolist():
            content = sheet.encode() if item.filename == "xl/worksheets/sheet1.xml" else source.read(item)
            target.writestr(item, content)
    return packed.getvalue()


def shown(content: bytes) -> str:
    """All that is read of a workbook, or why it is refused."""
    try:
        return repr(read_workbook(content, "xlsx", measure(content)))
    except RefusedError as error:
        return str(error.said)


def test_a_cell_without_an_entity_is_read() -> None:
    assert "plain words" in shown(spoilt("", "plain words"))


@pytest.mark.requirement("1.5.1")
def test_an_entity_brings_no_file_into_a_cell(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("root of all keys", encoding="utf-8")
    found = shown(spoilt(f'<!DOCTYPE a [<!ENTITY b SYSTEM "{secret.as_uri()}">]>', "&b;"))
    assert "root of all keys" not in found


@pytest.mark.requirement("1.5.1")
@pytest.mark.parametrize("depth", [3, 9])
def test_entities_do_not_multiply(depth: int) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, depth)
    )
    assert "haha" not in shown(spoilt(f"<!DOCTYPE a [{entities}]>", f"&a{depth - 1};"))
