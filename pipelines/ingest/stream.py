"""A file too large to be held whole, as blocks of whole lines; each is read while the one before is being judged."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from pipelines.feeds.contract import Contract
from pipelines.ingest.read import Cells, read
from pipelines.ingest.text import RefusedError, Text, understand
from pipelines.ingest.utf8 import is_utf8

BLOCK = 32 << 20
Item = TypeVar("Item")


class Stream:
    """The cells of one file, block by block; what ``read`` gives for the file as a whole, in pieces.

    ``text`` is what the header and the lines read so far say: layout, headers out of contract, encoding. Iterating
    raises RefusedError when the file as a whole cannot be read, perhaps only after some blocks.
    """

    def __init__(self, chunks: Iterable[bytes], contract: Contract) -> None:
        self._chunks, self._contract = chunks, contract
        self._text: Text | None = None
        self._is_ascii = True

    @property
    def text(self) -> Text:
        """Raises RuntimeError before the first block is read."""
        if self._text is None:
            raise RuntimeError("nothing read yet")
        return self._text

    def __iter__(self) -> Iterator[Cells]:
        rest, line = b"", 0
        for content, is_last in _whole_lines(self._chunks, BLOCK):
            is_first = self._text is None
            text = self._understood(content, line + rest.count(b"\n"))
            line = text.first_line if is_first else line
            text = replace(text, body=rest + text.body if rest else text.body, first_line=line)
            cells = read([(0, text)], len(self._contract.columns), goes_on=not is_last)
            rest, line = cells.rest, line + cells.lines
            yield cells

    def _understood(self, content: bytes, first_line: int) -> Text:
        """The block as UTF-8; the first one with its header, the others in the encoding found so far."""
        if self._text is None:
            self._text = understand(content, self._contract)
            self._is_ascii = content.isascii()
            return self._text
        if b"\x00" in content:
            at = first_line + content.count(b"\n", 0, content.index(b"\x00"))
            raise RefusedError(f"第 {at} 行含有空字节，不是文本文件；请重新导出为 CSV。")
        if self._text.encoding != "gb18030" and not is_utf8(content):
            if not self._is_ascii:
                raise _broken(content, "utf-8", first_line)
            self._text = replace(self._text, encoding="gb18030")  # nothing before told the two encodings apart
        self._is_ascii = self._is_ascii and content.isascii()
        if self._text.encoding == "gb18030":
            try:
                content = content.decode("gb18030").encode()
            except UnicodeDecodeError as error:
                raise _broken(content, "gb18030", first_line) from error
        return replace(self._text, body=content, first_line=first_line)


def _broken(content: bytes, encoding: str, first_line: int) -> RefusedError:
    try:
        content.decode(encoding)
        at = first_line
    except UnicodeDecodeError as error:
        at = first_line + content.count(b"\n", 0, error.start)
    return RefusedError(
        f"第 {at} 行的字节不符合 {encoding.upper()} 编码（可能混用了两种编码，或文件损坏）；"
        "请全部另存为“CSV UTF-8”或 GB18030 后重新报送。"
    )


def _whole_lines(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The bytes in blocks of about ``size`` that end with a line, and whether a block is the last one.

    A line end is the byte 10 in every encoding we read: it is no part of a character of UTF-8 or GB18030.
    """
    parts: list[bytes] = []
    held = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if held + len(chunk) >= size and end:
            yield b"".join((*parts, chunk[:end])), False
            parts, held = [chunk[end:]], len(chunk) - end
        else:
            parts.append(chunk)
            held += len(chunk)
    yield b"".join(parts), True


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each made in another thread while the one before is in use."""
    waiting = iter(items)
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        following = pool.submit(next, waiting, end)
        while True:
            item = following.result()
            if item is end:
                return
            following = pool.submit(next, waiting, end)
            yield item  # type: ignore[misc]  # not the end mark
