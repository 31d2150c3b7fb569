"""Rows and columns of an XLSX that its sender does not see: hidden by hand or by a filter, sheet by sheet."""

import posixpath
import re
import zipfile
from array import array
from dataclasses import dataclass, field

_BOOK, _PLACES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_PART = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_TRUE = (b"1", b"true")
_MOST_COLUMNS, _MOST_DIGITS = 16_384, 9
_NONE = array("i")


@dataclass(frozen=True)
class Unseen:
    """Numbers of the rows, from 1, and of the columns, from 0, that are hidden in a sheet."""

    rows: "array[int]" = field(default_factory=lambda: _NONE)
    columns: frozenset[int] = frozenset()


def unseen(xml: bytes) -> Unseen:
    """What is hidden in a sheet, by its part of the file; a row without a number follows the one before."""
    if b"hidden" not in xml:
        return Unseen()
    rows, at = array("i"), 0
    for row in _ROW.finditer(xml):
        said = _attributes(row[1])
        at = _number(said, b"r") or at + 1
        if said.get(b"hidden") in _TRUE:
            rows.append(at)
    columns: set[int] = set()
    for column in _COLUMNS.finditer(xml):
        said = _attributes(column[1])
        if said.get(b"hidden") in _TRUE:
            columns |= set(range(max(_number(said, b"min") - 1, 0), min(_number(said, b"max"), _MOST_COLUMNS)))
    return Unseen(rows, frozenset(columns))


def parts_of_sheets(packed: zipfile.ZipFile) -> list[str]:
    """The part of the file that holds each sheet, in the order of the sheets; none where the file says it otherwise."""
    names = set(packed.namelist())
    if not {_BOOK, _PLACES} <= names:
        return []
    targets = {
        said.get(b"Id", b""): said.get(b"Target", b"").decode(errors="replace")
        for said in map(_attributes, _PART.findall(packed.read(_PLACES)))
    }
    parts = []
    for said in map(_attributes, _SHEET.findall(packed.read(_BOOK))):
        own = next((value for name, value in said.items() if name.endswith(b":id")), b"")
        parts.append(posixpath.join("/xl", targets.get(own, "")).removeprefix("/"))
    return parts


def _number(said: dict[bytes, bytes], name: bytes) -> int:
    """A number among attributes; 0 where there is none that a sheet can have."""
    digits = said.get(name, b"")
    return int(digits) if digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(tag))
