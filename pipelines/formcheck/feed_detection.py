"""Which feed a file belongs to, when nobody says it: by the file's name, else by headers that fit one contract only."""

from dataclasses import replace
from pathlib import PurePath

from pipelines.core.domain import Said, SaidError
from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.archive import Container, is_packed
from pipelines.formcheck.parsing.confined import open_packed
from pipelines.formcheck.parsing.encoding import RefusedError, decode_beginning
from pipelines.formcheck.parsing.grid import read_grid
from pipelines.formcheck.parsing.header import LOOK
from pipelines.formcheck.parsing.text import read_text
from pipelines.formcheck.parsing.workbook import Workbook

# So much of a text file holds its header.
_HEAD = 1 << 16


def feed_of(file_name: str, content: bytes, region: Region) -> str:
    """Name of the feed. Raises SaidError when the name says none and the headers fit none or several.

    An archive whose own name says nothing is of the feed of its first file.
    """
    named = named_feed(file_name)
    if named:
        return named
    packed = open_packed(content) if is_packed(content) else None
    if packed is not None and packed.is_archive:
        if packed.refusal is not None:
            raise SaidError(packed.refusal)
        first = packed.members[0]
        return feed_of(first.name, first.content, region)
    fits = _fitting(content, packed, region)
    if len(fits) == 1:
        return fits[0]
    if fits:
        which = "、".join(f"{feed}（{contracts()[feed].title}）" for feed in fits)
        raise SaidError(
            Said(
                f"“{file_name}”的表头同时符合几个数据来源：{which}；请指明数据来源（--feed）。",
                f"The headers of {file_name} fit several feeds: {', '.join(fits)}; say which (--feed).",
            )
        )
    known = "、".join(f"{feed}（{contract.title}）" for feed, contract in contracts().items())
    raise SaidError(
        Said(
            f"从“{file_name}”的文件名和表头都看不出属于哪个数据来源；请指明（--feed），可用的有：{known}。",
            f"Neither name nor headers of {file_name} say its feed; say which (--feed): {', '.join(contracts())}.",
        )
    )


def named_feed(file_name: str) -> str:
    """The feed whose name a file's name begins with; empty when there is none."""
    stem = PurePath(file_name).name.casefold()
    return max((feed for feed in contracts() if stem.startswith(f"{feed}_")), key=len, default="")


def fitting_feed(content: bytes, packed: Container | None, region: Region) -> str:
    """The one feed whose contract the headers of a file fit; empty when they fit none or several."""
    fits = _fitting(content, packed, region)
    return fits[0] if len(fits) == 1 else ""


def contract_of(feed: str) -> Contract:
    """The contract of a feed by its name. Raises SaidError when there is none."""
    contract = contracts().get(feed)
    if contract is None:
        raise SaidError(
            Said(
                f"没有名为“{feed}”的数据来源；可用的有：{'、'.join(contracts())}。",
                f"There is no feed {feed}; the feeds are {', '.join(contracts())}.",
            )
        )
    return contract


def _fitting(content: bytes, packed: Container | None, region: Region) -> list[str]:
    """Feeds whose contract knows most of the headers, with all that it requires."""
    if packed is not None and packed.workbook is None:
        return []
    book = _first_rows(packed.workbook) if packed is not None and packed.workbook is not None else None
    head = decode_beginning(content, _HEAD).encode() if book is None else b""
    known: dict[str, int] = {}
    for feed, contract in contracts().items():
        try:
            source = read_text(head, contract, region) if book is None else read_grid(book, contract, region)
        except RefusedError:
            continue
        known[feed] = sum(place >= 0 for place in source.layout)
    return [feed for feed, count in known.items() if count == max(known.values())]


def _first_rows(book: Workbook) -> Workbook:
    return replace(book, sheets=tuple(replace(sheet, rows=sheet.rows[:LOOK]) for sheet in book.sheets))
