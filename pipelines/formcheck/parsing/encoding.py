"""Bytes of a text file to UTF-8: which encoding it is in, and the line where it breaks."""

import codecs
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from pipelines.core.domain import Said


class RefusedError(Exception):
    """The file as a whole cannot be read; the sentence goes back to the sender."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.zh)
        self.said = said


_LOOK = 1 << 12
_OLDEST_WORKBOOKS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
"""How workbooks of Excel 2, 3 and 4 begin: the record that opens a sheet, and its length."""
_OLDEST = Said(
    "这是 Excel 4.0 或更早版本的工作簿，无法读取；请用 Excel 打开，另存为 xlsx 后重新报送。",
    "This is a workbook of Excel 4.0 or older, which cannot be read; open it, save it as XLSX and send it again.",
)
_UNMARKED = Said(
    "文件是 UTF-16（Unicode）编码，但开头没有编码标记（BOM）；请另存为“CSV UTF-8”后重新报送。",
    "The file is in UTF-16 (Unicode) without the byte order mark at its beginning; save it as CSV UTF-8 and send it"
    " again.",
)
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decode_text(content: bytes, is_familiar: Callable[[str], bool]) -> tuple[str, bytes]:
    """Name of the encoding and the text as UTF-8, line ends as they were, old Macintosh ones as newlines.

    ``is_familiar`` says whether a line looks like a header of ours: it decides which encoding a mixed file was meant
    to be in. Raises RefusedError naming the line that breaks.
    """
    if content.startswith(_OLDEST_WORKBOOKS):
        raise RefusedError(_OLDEST)
    if content[:2] not in _UTF_16 and _is_unmarked_utf_16(content[:_LOOK]):
        raise RefusedError(_UNMARKED)
    encoding, utf8 = _utf_16(content) if content[:2] in _UTF_16 else _eight_bit(content, is_familiar)
    if b"\x00" in utf8:
        line = utf8.count(b"\n", 0, utf8.index(b"\x00")) + 1
        raise RefusedError(
            Said(
                f"第 {line} 行含有空字节，不是文本文件；请重新导出为 CSV。",
                f"Line {line} holds a zero byte, so this is no text file; export it as CSV again.",
            )
        )
    if b"\r" in utf8 and b"\n" not in utf8:
        utf8 = utf8.replace(b"\r", b"\n")
    return encoding, utf8


def _is_unmarked_utf_16(part: bytes) -> bool:
    """Whether zero bytes stand at odd places or at even ones: commas and digits; at the others few do (一)."""
    few, many = sorted((part[::2].count(0), part[1::2].count(0)))
    return many > 3 * few and many >= max(2, len(part) // 50)


def decode_beginning(content: bytes, size: int) -> str:
    """The first lines of a file, at most ``size`` bytes of it, whatever is wrong with it."""
    part = content[:size]
    if part[:2] in _UTF_16:
        return part[2 : size & ~1].decode(_UTF_16[part[:2]], errors="replace")
    if len(content) > size:
        part = part[: part.rfind(b"\n") + 1] or part
    part = part.removeprefix(codecs.BOM_UTF8)
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part.decode("gb18030", errors="replace")


def _utf_16(content: bytes) -> tuple[str, bytes]:
    encoding = _UTF_16[content[:2]]
    try:
        return "utf-16", content[2:].decode(encoding).encode()
    except UnicodeDecodeError as error:
        line = content[2 : 2 + error.start].decode(encoding, errors="replace").count("\n") + 1
        raise RefusedError(_broken(line, "UTF-16")) from error


def _eight_bit(content: bytes, is_familiar: Callable[[str], bool]) -> tuple[str, bytes]:
    if content.startswith(codecs.BOM_UTF8):
        body = content[len(codecs.BOM_UTF8) :]
        error = _utf8_error(body)
        if error is None:
            return "utf-8-sig", body
        raise RefusedError(_broken(_line(body, error), "UTF-8"))
    utf8_error = _utf8_error(content)
    if utf8_error is None:
        return "utf-8", content
    try:
        return "gb18030", content.decode("gb18030").encode()
    except UnicodeDecodeError as gb_error:
        first = content.split(b"\n", 1)[0]
        seems_utf8 = _utf8_error(first) is None and is_familiar(first.decode())
        error, name = (utf8_error, "UTF-8") if seems_utf8 else (gb_error, "GB18030")
        raise RefusedError(_broken(_line(content, error), name)) from gb_error


def _utf8_error(content: bytes) -> UnicodeDecodeError | None:
    if is_utf8(content):
        return None
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error
    return None


def _line(content: bytes, error: UnicodeDecodeError) -> int:
    return content.count(b"\n", 0, error.start) + 1


def _broken(line: int, encoding: str) -> Said:
    return Said(
        f"第 {line} 行的字节不符合 {encoding} 编码（可能混用了两种编码，或文件损坏）；"
        "请全部另存为“CSV UTF-8”或 GB18030 后重新报送。",
        f"The bytes of line {line} are not {encoding} (two encodings mixed, or a damaged file);"
        " save the whole file as CSV UTF-8 or GB18030 and send it again.",
    )


def is_utf8(content: bytes) -> bool:
    """Whether all of ``content`` is valid UTF-8."""
    offsets = pa.py_buffer(np.array([0, len(content)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_utf8(), 1, [None, offsets, pa.py_buffer(content)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
