"""Finds what names a person or a device in files of feeds that are about neither, before anything is kept."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.core.domain import Said
from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract
from pipelines.formcheck.feed_detection import fitting_feed, named_feed
from pipelines.formcheck.parsing.archive import Container, is_packed
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import open_workbook, read_grid
from pipelines.formcheck.parsing.text import read_text
from pipelines.formcheck.parsing.workbook import Workbook
from pipelines.formcheck.validation.identity import IDENTITY_LENGTH, LOOKS_LIKE_IDENTITY, numbers

_HEADER_LINES = 20
# Without what stands in brackets.
_LONGEST_HEADER = 40
_REMARK = re.compile(r"\([^()]*\)")
# Headers of counts such as 手机用户数 or 用户数 are meant to pass.
_HEADER = re.compile(
    r"身份证|证件号|身份号码|公民身份|护照号?|手机号|移动电话|联系电话|电话号|联系方式|(?:^|[,;\t|“\"])\s*(?:手机|电话)\s*(?=$|[,;\t|”\"])"
    r"|姓名|设备(?:号|标识|编号|识别|ID)|用户(?:号|标识|编号|ID)|终端(?:号|标识)|车牌|银行卡"
    r"|(?<![A-Za-z])(?:IMEI|IMSI|MEID|ICCID|MSISDN|IDFA|OAID|AAID|UDID|MAC)(?![A-Za-z])",
    re.IGNORECASE,
)
# 20200305120000 and 20200305120000123 are instants, not device numbers.
_INSTANT = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_CELL = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    rf"(?P<identity>{LOOKS_LIKE_IDENTITY})"
    r"|(?P<mobile>(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2})"
    rf"|(?!{_INSTANT}(?:[0-9]{{3}})?(?![0-9]))(?P<device>[0-9]{{14,17}}|[0-9]{{2}}-[0-9]{{6}}-[0-9]{{6}}-[0-9])"
    r"|(?P<mac>(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"
    r"|(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{12})"
    r"|(?P<token>[0-9A-Fa-f]{32,}|[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})"
    r")(?![0-9A-Za-z])"
)
_NOUNS = {
    "identity": ("身份证号", "an identity number"),
    "mobile": ("手机号", "a mobile number"),
    "device": ("IMEI、IMSI 或旧版身份证号", "an IMEI, an IMSI or an old identity number"),
    "mac": ("MAC 地址", "a MAC address"),
    "token": ("设备或用户的唯一标识（如散列值）", "the token of a device or a user, such as a hash"),
}
_FIX = Said(
    "本来源只收汇总人数，整份文件退回且内容不予保留；请删去能识别个人或设备的内容，汇总后重新报送。",
    "This feed takes counts only: the file is refused whole and its content is not kept;"
    " delete what identifies persons or devices, aggregate, and send it again.",
)


def identifier(content: bytes, workbook: Workbook | None = None) -> Said | None:
    """What is said of the first forbidden header or cell of a file (text or workbook); None when there is none.

    ``workbook`` are the rows of a spreadsheet that is open already. The sentence tells the place and the sort, never
    the value. A workbook that cannot be opened is refused as well.
    """
    try:
        if workbook is None and is_packed(content):
            workbook = open_workbook(content)
    except RefusedError as refusal:
        return unopened(refusal.said)
    for place in [_text(content)] if workbook is None else _sheets(workbook):
        said = _in_header(place) or _in_cell(place)
        if said is not None:
            return said
    return None


def unopened(said: Said) -> Said:
    """What is said of a workbook or an archive that cannot be opened, for the reason that is said."""
    return Said(
        f"{said.zh}打不开就不能确认其中没有个人或设备标识，内容不予保留。",
        f"{said.en} Nobody can tell whether it names persons or devices, so its content is not kept.",
    )


_NUMBER = re.compile(rf"(?<![0-9A-Za-z]){LOOKS_LIKE_IDENTITY}(?![0-9A-Za-z])")
_NUMBER_BYTES = re.compile(LOOKS_LIKE_IDENTITY.encode())
_HEAD = 1 << 16
_OF_PERSONS = re.compile("身份证|公民身份|身份号码|姓名")


def person(content: bytes, workbook: Workbook | None) -> tuple[Said | None, bool]:
    """Where a file names a person, and whether that is certain; None where it names nobody.

    Certain is an identity number with its check digit, wherever it stands; a header of names or numbers is not. The
    sentence tells the place, never the value, and not how to mend it.
    """
    header: Said | None = None
    for place in [_text(content)] if workbook is None else _sheets(workbook):
        found = [match.start() for match in _NUMBER.finditer(place.lines)]
        texts = pa.array([place.lines[at : at + IDENTITY_LENGTH] for at in found], pa.string())
        valid = np.flatnonzero(numbers(texts).is_valid).tolist()
        if valid:
            line = place.lines.count("\n", 0, found[valid[0]]) + place.first_line
            return _said(f"{place.zh}第 {line} 行有身份证号", f"{place.en}line {line} holds an identity number"), True
        for line, text in enumerate(place.top, start=place.first_line):
            match = _OF_PERSONS.search(text)
            if match is not None and header is None:
                word = match[0]
                header = _said(f"{place.zh}第 {line} 行含“{word}”列", f"{place.en}line {line} has a header {word}")
    return header, False


def may_name_person(chunks: Iterable[bytes]) -> bool:
    """Whether a large text may name a person, by its bytes alone; then it is to be read whole and asked ``person``."""
    before = b""
    for number, chunk in enumerate(chunks):
        if _NUMBER_BYTES.search(before + chunk) or (number == 0 and _OF_PERSONS.search(_decoded(chunk[:_HEAD]))):
            return True
        before = chunk[-IDENTITY_LENGTH:]
    return False


@dataclass(frozen=True)
class _Place:
    """A text or a sheet: where it is, the number of its first line, all lines, and the first ones, with the headers."""

    zh: str
    en: str
    first_line: int
    lines: str
    top: list[str]


def _text(content: bytes) -> _Place:
    lines = unicodedata.normalize("NFKC", _decoded(content))
    return _Place("", "", 1, lines, lines.split("\n", _HEADER_LINES)[:_HEADER_LINES])


def _sheets(workbook: Workbook) -> Iterator[_Place]:
    """Every sheet, hidden ones too; a cell as long as a sentence, as in the notes of a template, is no header."""
    for sheet in (*workbook.sheets, *workbook.hidden):
        rows = [[unicodedata.normalize("NFKC", _written(cell)) for cell in row] for row in sheet.rows]
        top = [",".join(cell for cell in row if _is_short(cell)) for row in rows[:_HEADER_LINES]]
        lines = "\n".join(map(",".join, rows))
        yield _Place(f"工作表“{sheet.name}”", f"Sheet {sheet.name}, ", sheet.first_row, lines, top)


def _is_short(cell: str) -> bool:
    return len(cell) <= _LONGEST_HEADER or len(_REMARK.sub("", cell)) <= _LONGEST_HEADER


def _written(cell: object) -> str:
    # Excel keeps numbers as floats: 13900000000.0 is a mobile number all the same.
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return text.replace("\n", " ")


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _in_header(place: _Place) -> Said | None:
    for number, line in enumerate(place.top, start=place.first_line):
        match = _HEADER.search(line)
        if match is not None:
            word = match[0].strip(' ,;\t|"“”')
            return _said(
                f"{place.zh}第 {number} 行的表头含“{word}”；{_FIX.zh}",
                f"{place.en}line {number} has a header that says {word}. {_FIX.en}",
            )
    return None


def _in_cell(place: _Place) -> Said | None:
    match = _CELL.search(place.lines)
    if match is None:
        return None
    noun, noun_en = _NOUNS[str(match.lastgroup)]
    number = place.lines.count("\n", 0, match.start()) + place.first_line
    return _said(
        f"{place.zh}第 {number} 行有像{noun}的内容；{_FIX.zh}",
        f"{place.en}line {number} holds what looks like {noun_en}. {_FIX.en}",
    )


def _said(zh: str, en: str) -> Said:
    return Said(zh, en[0].upper() + en[1:])


def folder_of(file_name: str, contract: Contract, fits: str = "") -> Said | None:
    """Where a file belongs by its headers (``fits``: the feed) or its name; None when that is not another feed."""
    feed = fits or named_feed(file_name)
    if not feed or feed == contract.feed:
        return None
    title = contracts()[feed].title
    return Said(
        f"这像是“{title}”的文件，请放入 inbox/{feed}/ 重新报送。",
        f"this looks like a file of {feed}: put it into inbox/{feed}/ and send it again.",
    )


def persons_of(
    content: bytes, file_name: str, contract: Contract, region: Region, packed: Container | None, *, is_refused: bool
) -> Said | None:
    """What is said of a file that names persons though its feed is about none; such a content must not be kept.

    ``is_refused``: it is known already that the file goes back.
    """
    workbook = packed.workbook if packed is not None else None
    found, is_certain = person(content, workbook)
    if found is None or not (is_certain or is_refused or not _fits(content, packed, contract, region)):
        return None
    folder = folder_of(file_name, contract, fitting_feed(content, packed, region)) or _TAKE_OUT
    return Said(
        f"{found.zh}，而“{contract.title}”不收个人信息：整份退回，内容不予保留。{folder.zh}",
        f"{found.en}, but this feed takes nothing about persons: the file is refused whole and not kept; {folder.en}",
    )


def _fits(content: bytes, packed: Container | None, contract: Contract, region: Region) -> bool:
    try:
        if packed is not None and packed.workbook is not None:
            read_grid(packed.workbook, contract, region)
        else:
            read_text(content, contract, region)
    except RefusedError:
        return False
    return True


_TAKE_OUT = Said("请删去姓名、身份证号等个人信息后重新报送。", "delete names and identity numbers, and send it again.")
