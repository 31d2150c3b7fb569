"""A text too large to be held whole, as blocks of whole lines; each is read while the one before is being judged.

What the whole file decides cannot be streamed: a balance of its sums, what must be known before anything is kept, and
an encoding that breaks somewhere. Such a file is read whole, and so says of it what is said of a small one.
"""

import codecs
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from pipelines.core.region.load import Region
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.archive import is_packed
from pipelines.formcheck.parsing.csv_rows import Cells
from pipelines.formcheck.parsing.encoding import RefusedError, is_utf8
from pipelines.formcheck.parsing.header import LOOK
from pipelines.formcheck.parsing.normalisation import read_cells
from pipelines.formcheck.parsing.text import HEAD_BYTES, Text, read_text

BLOCK = 28 << 20
"""What is over 32 MiB, glibc takes anew from the system each time, cleared page by page; GB18030 grows as UTF-8."""
HEAD = HEAD_BYTES + 1
"""So many bytes of a file, or all of it, tell whether it can be streamed and what it speaks for."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Item = TypeVar("Item")


class WholeError(Exception):
    """The file must be read whole, perhaps known only after some blocks."""


@dataclass(frozen=True)
class Block:
    """Some lines of a file, and their cells."""

    text: Text
    cells: Cells


def can_stream(contract: Contract, head: bytes) -> bool:
    """Whether a file may be read block by block, by its first ``HEAD`` bytes: a text of a feed that allows it."""
    if contract.file_checks or contract.forbids_identifiers:
        return False
    return not (is_packed(head) or head.startswith(_UTF_16))


class Stream:
    """The blocks of one file; what ``received`` gives for the file as a whole, in pieces.

    ``text`` is what the header and the lines read so far say: layout, headers out of contract, encoding. Iterating
    raises WholeError.
    """

    def __init__(self, chunks: Iterable[bytes], contract: Contract, region: Region) -> None:
        self._chunks, self._contract, self._region = chunks, contract, region
        self._text: Text | None = None
        self._is_ascii = True

    @property
    def text(self) -> Text:
        """Raises RuntimeError before the first block is read."""
        if self._text is None:
            raise RuntimeError("nothing read yet")
        return self._text

    def __iter__(self) -> Iterator[Block]:
        rest, line = b"", 0
        for content, is_last in _whole_lines(self._chunks, BLOCK):
            is_first = self._text is None
            text = self._first(content, is_last) if is_first else self._further(content)
            line = text.first_line if is_first else line
            text = replace(text, body=rest + text.body if rest else text.body, first_line=line)
            cells = read_cells([(0, text)], self._contract.columns, goes_on=not is_last)
            rest, line = cells.rest, line + cells.lines
            yield Block(replace(text, body=text.body.removesuffix(rest)) if rest else text, cells)

    def _first(self, content: bytes, is_last: bool) -> Text:
        """The block with the header; all that is looked at to find it must be in it."""
        try:
            text = read_text(content, self._contract, self._region)
        except RefusedError as refusal:  # of a file of mixed encodings another thing may have to be said
            raise WholeError from refusal
        if not is_last and text.body.count(b"\n") < LOOK:
            raise WholeError
        self._text, self._is_ascii = text, content.isascii()
        return text

    def _further(self, content: bytes) -> Text:
        """A later block as UTF-8, in the encoding found so far."""
        if b"\x00" in content:
            raise WholeError
        if self.text.encoding != "gb18030" and not is_utf8(content):
            if not self._is_ascii or self.text.encoding != "utf-8":
                raise WholeError
            self._text = replace(self.text, encoding="gb18030")  # nothing before told the two encodings apart
        self._is_ascii = self._is_ascii and content.isascii()
        if self.text.encoding == "gb18030":
            try:
                content = content.decode("gb18030").encode()
            except UnicodeDecodeError as error:
                raise WholeError from error
        return replace(self.text, body=content)


def _whole_lines(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The bytes in blocks of about ``size`` that end with a line, and whether a block is the last one.

    A line end is the byte 10 in every encoding we read here: it is no part of a character of UTF-8 or GB18030.
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


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
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
