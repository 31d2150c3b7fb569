"""A workbook in the format of Excel 97 to 2003, as few bytes of it as a reader needs; nothing else here can write one."""

import struct
from collections.abc import Sequence

_SECTOR, _LEAST_STREAM = 512, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(sheets: dict[str, Sequence[Sequence[str | float]]]) -> bytes:
    """The bytes of a workbook: sheet names to rows of texts and numbers."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    bound = [_bound_sheet(name, 0) for name in sheets]
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 6))
    at = len(head) + sum(map(len, bound)) + 4
    entries = b""
    for name, body in zip(sheets, bodies, strict=True):
        entries += _bound_sheet(name, at)
        at += len(body)
    return compound("Workbook", head + entries + _record(0x000A, b"") + b"".join(bodies))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _bound_sheet(name: str, at: int) -> bytes:
    return _record(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name), 1) + name.encode("utf-16-le"))


def _sheet(rows: Sequence[Sequence[str | float]]) -> bytes:
    width = max((len(row) for row in rows), default=0)
    records = [
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 6)),
        _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)),
    ]
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str) and value:
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                records.append(_record(0x0204, place + text))
            elif not isinstance(value, str):
                records.append(_record(0x0203, place + struct.pack("<d", value)))
    return b"".join(records) + _record(0x000A, b"")


def compound(name: str, stream: bytes) -> bytes:
    """One stream in a compound file: header, allocation table, directory, the stream."""
    stream = stream.ljust(max(_LEAST_STREAM, -(-len(stream) // _SECTOR) * _SECTOR), b"\x00")
    count = len(stream) // _SECTOR
    table = [_FAT, _END, *range(3, 2 + count), _END]
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHHHIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, _LEAST_STREAM, _END, 0, _END, 0)
    )
    head += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    root = _entry("Root Entry", 5, 1, _END, 0)
    directory = root + _entry(name, 2, _FREE, 2, len(stream)) + bytes(256)
    return head + struct.pack(f"<{len(table)}I", *table).ljust(_SECTOR, b"\xff") + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\x00").encode("utf-16-le")
    return text.ljust(64, b"\x00") + struct.pack(
        "<HBBIII16sIQQIQ", len(text), kind, 1, _FREE, _FREE, child, bytes(16), 0, 0, 0, start, size
    )
