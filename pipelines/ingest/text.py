"""Bytes to UTF-8 text with its header understood: which encoding, where it breaks, which column is which."""

import codecs
import csv
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pipelines.feeds.contract import Column, Contract
from pipelines.ingest.utf8 import is_utf8


class RefusedError(Exception):
    """The file as a whole cannot be read; the sentence goes back to the sender."""


@dataclass(frozen=True)
class Text:
    """A readable file: ``body`` is UTF-8 without the header, its first line is physical line ``first_line``.

    ``layout`` gives for each column of the contract its position in the file (-1: absent), ``width`` the number of
    columns the file has, ``ignored`` the headers outside the contract.
    """

    encoding: str
    body: bytes
    first_line: int
    layout: tuple[int, ...]
    width: int
    ignored: tuple[str, ...]


_FOREIGN = {
    b"PK\x03\x04": "这是 Excel 工作簿（xlsx）或压缩包，不是 CSV；请用“另存为 CSV”导出后重新报送。",
    b"\xd0\xcf\x11\xe0": "这是旧版 Excel 工作簿（xls），不是 CSV；请用“另存为 CSV”导出后重新报送。",
    codecs.BOM_UTF16_LE: "文件编码是 UTF-16；请另存为“CSV UTF-8”或默认的 CSV（GB18030）后重新报送。",
    codecs.BOM_UTF16_BE: "文件编码是 UTF-16；请另存为“CSV UTF-8”或默认的 CSV（GB18030）后重新报送。",
}


def understand(content: bytes, contract: Contract) -> Text:
    """Decode a file and match its header. Raises RefusedError with the sentence for the sender."""
    for mark, sentence in _FOREIGN.items():
        if content.startswith(mark):
            raise RefusedError(sentence)
    if b"\x00" in content:
        line = content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise RefusedError(f"第 {line} 行含有空字节，不是文本文件；请重新导出为 CSV。")
    encoding, utf8 = _decode(content, contract)
    if b"\n" not in utf8 and b"\r" in utf8:
        utf8 = utf8.replace(b"\r", b"\n")
    header, body_at, first_line = _header(utf8)
    layout, ignored, width = _layout(header, contract.columns)
    return Text(encoding, utf8[body_at:], first_line, layout, width, ignored)


def _decode(content: bytes, contract: Contract) -> tuple[str, bytes]:
    if content.startswith(codecs.BOM_UTF8):
        body = content[len(codecs.BOM_UTF8) :]
        error = _decoding_error(body, "utf-8")
        if error is None:
            return "utf-8-sig", body
        raise RefusedError(_broken(body, error, "UTF-8"))
    utf8_error = _decoding_error(content, "utf-8")
    if utf8_error is None:
        return "utf-8", content
    try:
        return "gb18030", content.decode("gb18030").encode()
    except UnicodeDecodeError as gb_error:
        first = content.split(b"\n", 1)[0]
        is_utf8 = _decoding_error(first, "utf-8") is None and _knows(first.decode("utf-8"), contract)
        error, name = (utf8_error, "UTF-8") if is_utf8 else (gb_error, "GB18030")
        raise RefusedError(_broken(content, error, name)) from gb_error


def _decoding_error(content: bytes, encoding: str) -> UnicodeDecodeError | None:
    if encoding == "utf-8" and is_utf8(content):
        return None
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return error
    return None


def _broken(content: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    line = content.count(b"\n", 0, error.start) + 1
    return (
        f"第 {line} 行的字节不符合 {encoding} 编码（可能混用了两种编码，或文件损坏）；"
        "请全部另存为“CSV UTF-8”或 GB18030 后重新报送。"
    )


def _knows(line: str, contract: Contract) -> bool:
    return any(column.header in line for column in contract.columns)


def _header(utf8: bytes) -> tuple[str, int, int]:
    """Text of the first non-blank line, where the body begins, and the body's first physical line."""
    at, line = 0, 1
    while at < len(utf8):
        end = utf8.find(b"\n", at)
        end = len(utf8) if end < 0 else end
        text = utf8[at:end].decode().rstrip("\r")
        if text.strip(", \t　"):
            return text, min(end + 1, len(utf8)), line + 1
        at, line = end + 1, line + 1
    raise RefusedError("文件是空的，连表头也没有；没有数据时请报送只有表头的文件。")


def _plain(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).strip("'\"*").casefold()


@lru_cache(maxsize=256)
def _layout(line: str, columns: tuple[Column, ...]) -> tuple[tuple[int, ...], tuple[str, ...], int]:
    """Positions of the contract's columns, headers outside the contract, and the number of columns."""
    header = next(csv.reader([line]))
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        name = _plain(cell)
        if name and name in found:
            raise RefusedError(f"表头“{cell.strip()}”出现了两次；请删去或改名其中一列。")
        found[name] = position
    layout = []
    for column in columns:
        spellings = [_plain(spelling) for spelling in column.spellings]
        places = [found[name] for name in spellings if name in found]
        if not places and not column.may_be_absent:
            also = f"（也可写作：{'、'.join(column.aliases)}）" if column.aliases else ""
            raise RefusedError(f"缺少列“{column.header}”{also}；请补上该列后重新报送。")
        layout.append(places[0] if places else -1)
    used = set(layout)
    ignored = tuple(cell.strip() for position, cell in enumerate(header) if cell.strip() and position not in used)
    return tuple(layout), ignored, len(header)
