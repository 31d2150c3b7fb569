"""Feeds of counts must name no person and no device: finds the header or cell that does, before anything is kept."""

import codecs
import re
import unicodedata
from collections.abc import Iterator

from pipelines.domain import Said
from pipelines.ingest.encoding import RefusedError
from pipelines.ingest.grid import opened
from pipelines.ingest.identity import LOOKS_LIKE_IDENTITY
from pipelines.ingest.workbook import Workbook, is_workbook, is_zip

_HEADER_LINES = 20
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
        if workbook is None and (is_zip(content) or is_workbook(content)):
            workbook = opened(content)
    except RefusedError as refusal:
        return unopened(refusal.said)
    for where, where_en, first, text in [("", "", 1, _decoded(content))] if workbook is None else _sheets(workbook):
        plain = unicodedata.normalize("NFKC", text)
        said = _in_header(where, where_en, first, plain) or _in_cell(where, where_en, first, plain)
        if said is not None:
            return said
    return None


def unopened(said: Said) -> Said:
    """What is said of a workbook or an archive that cannot be opened, for the reason that is said."""
    return Said(
        f"{said.zh}打不开就不能确认其中没有个人或设备标识，内容不予保留。",
        f"{said.en} Nobody can tell whether it names persons or devices, so its content is not kept.",
    )


def _sheets(workbook: Workbook) -> Iterator[tuple[str, str, int, str]]:
    """Where, the number of the first row, and the text with one line a row, of every sheet, hidden ones too."""
    for sheet in (*workbook.sheets, *workbook.hidden):
        rows = "\n".join(",".join(map(_written, row)) for row in sheet.rows)
        yield f"工作表“{sheet.name}”", f"Sheet {sheet.name}, ", sheet.first_row, rows


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


def _in_header(where: str, where_en: str, first: int, text: str) -> Said | None:
    for number, line in enumerate(text.split("\n", _HEADER_LINES)[:_HEADER_LINES], start=first):
        match = _HEADER.search(line)
        if match is not None:
            word = match[0].strip(' ,;\t|"“”')
            return _said(
                f"{where}第 {number} 行的表头含“{word}”；{_FIX.zh}",
                f"{where_en}line {number} has a header that says {word}. {_FIX.en}",
            )
    return None


def _in_cell(where: str, where_en: str, first: int, text: str) -> Said | None:
    match = _CELL.search(text)
    if match is None:
        return None
    noun, noun_en = _NOUNS[str(match.lastgroup)]
    number = text.count("\n", 0, match.start()) + first
    return _said(
        f"{where}第 {number} 行有像{noun}的内容；{_FIX.zh}",
        f"{where_en}line {number} holds what looks like {noun_en}. {_FIX.en}",
    )


def _said(zh: str, en: str) -> Said:
    return Said(zh, en[0].upper() + en[1:])
