"""What the lines above a header state: who reports, for which period, which version, and the unit of the figures."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.core.domain import Grain, Said
from pipelines.formcheck.parsing import header
from pipelines.formcheck.parsing.encoding import RefusedError

SENDER, PERIOD, VERSION, SUPPLEMENT = "报送单位", "报送期间", "报送版本", "补报"
_LABELS = (SENDER, PERIOD, VERSION, SUPPLEMENT)
_LABEL = re.compile(rf"({'|'.join(_LABELS)})\s*:")
_ALONE = re.compile(rf"({'|'.join(_LABELS)})\s*:?")
_UNIT = re.compile(r"(?:^|\s)(?:计量|金额|数量)?单位\s*:\s*([^\s:]+)")
_VERSION = re.compile(r"[vV第]?\s*([0-9]{1,4})\s*版?")
_DAY = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]00?:00(?::00)?)?|([0-9]{4})([0-9]{2})([0-9]{2})"
)
_MONTH = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})月?(?:份)?|([0-9]{4})([0-9]{2})")


@dataclass(frozen=True)
class Preamble:
    """What is stated above a header; None or empty where nothing is said. ``sender`` is as written."""

    sender: str | None = None
    period: date | None = None
    grain: Grain | None = None
    version: int | None = None
    is_supplement: bool | None = None
    units: tuple[str, ...] = ()


SILENT = Preamble()


def read_preamble(rows: Sequence[Sequence[str]]) -> Preamble:
    """Read the rows above a header: label and value in one cell, or the value in the next cell that is not empty.

    A label without a value, as in an unfilled template, says nothing. Raises RefusedError for a value nobody can read
    and for two that differ.
    """
    said: dict[str, str] = {}
    units: list[str] = []
    for row in rows:
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
        for position, cell in enumerate(cells):
            for label, value in _pairs(cell, cells[position + 1 :]):
                if value and said.setdefault(label, value) != value:
                    raise RefusedError(_differ(label, said[label], value))
            match = _UNIT.search(cell)
            if match:
                units += [word for word in re.split("[、,;/]", match[1]) if header.is_unit(word)]
    if not said and not units:
        return SILENT
    period, grain = _period(said[PERIOD]) if PERIOD in said else (None, None)
    return Preamble(
        sender=said.get(SENDER),
        period=period,
        grain=grain,
        version=_version(said[VERSION]) if VERSION in said else None,
        is_supplement=_supplement(said[SUPPLEMENT]) if SUPPLEMENT in said else None,
        units=tuple(units),
    )


def _pairs(cell: str, after: Sequence[str]) -> list[tuple[str, str]]:
    alone = _ALONE.fullmatch(cell)
    if alone:
        value = next((text for text in after if text), "")
        return [] if _LABEL.match(value) or _ALONE.fullmatch(value) else [(alone[1], value)]
    found = list(_LABEL.finditer(cell))
    ends = [match.start() for match in found[1:]] + [len(cell)] * bool(found)
    return [(match[1], cell[match.end() : until].strip(" ,;，；")) for match, until in zip(found, ends, strict=True)]


def _period(value: str) -> tuple[date, Grain]:
    compact = re.sub(r"(?<=[年月])\s+|\s+(?=[年月日])", "", value)
    for pattern, grain in ((_DAY, Grain.DAY), (_MONTH, Grain.MONTH)):
        match = pattern.fullmatch(compact)
        if match:
            digits = [int(part) for part in match.groups() if part is not None]
            try:
                return date(digits[0], digits[1], digits[2] if grain is Grain.DAY else 1), grain
            except ValueError:
                break
    raise RefusedError(
        Said(
            f"表头上方的“{PERIOD}：{value}”不是日期或月份；请写成 2020-03-05 或 2020-03 的样子。",
            f"“{PERIOD}：{value}” above the header is no day or month; write it like 2020-03-05 or 2020-03.",
        )
    )


def _version(value: str) -> int:
    match = _VERSION.fullmatch(value.removesuffix(".0"))
    if match is None or int(match[1]) < 1:
        raise RefusedError(
            Said(
                f"表头上方的“{VERSION}：{value}”不是版本号；请写整数，如 2。",
                f"“{VERSION}：{value}” above the header is no version; write a whole number such as 2.",
            )
        )
    return int(match[1])


def _supplement(value: str) -> bool:
    if value not in ("是", "否"):
        raise RefusedError(
            Said(
                f"表头上方的“{SUPPLEMENT}：{value}”应写“是”或“否”；请改正。",
                f"“{SUPPLEMENT}：{value}” above the header must be 是 (yes) or 否 (no); correct it.",
            )
        )
    return value == "是"


def _differ(label: str, first: str, second: str) -> Said:
    return Said(
        f"表头上方的“{label}”写了两次，先是“{first}”，后是“{second}”；请只留正确的一个。",
        f"“{label}” stands above the header twice, first “{first}”, then “{second}”; leave the right one only.",
    )
