"""Units of figures: what a header or a cell says it counts, and the power of ten between that and the contract's."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_POWERS = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
_POWER = "十万|百万|千万|[十百千万亿]"
# Words that count the same thing.
_BASES = {"名": "人", "元人民币": "元", "人民币元": "元", "％": "%", "百分比": "%"}
_BASE = "人次|人|名|户|个|家|岗|件|次|元人民币|人民币元|元|天|日|月|%|％|‰|百分比"
_UNIT = re.compile(rf"({_POWER})?({_BASE})")
_FIGURE = re.compile(
    rf"(?P<sign>[-+]?)(?P<digits>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?P<rest>\.[0-9]+)?"
    rf"(?:(?P<power>{_POWER})?(?P<base>{_BASE})?)"
)
# A figure of more digits is no figure of ours, and arithmetic on it would be a trap.
_LONGEST = 40


def is_unit(text: str) -> bool:
    """Whether a word, such as what stands in brackets in a header, is a unit."""
    return _UNIT.fullmatch(text) is not None


def split(unit: str) -> tuple[int, str]:
    """Power of ten and what is counted: 万人 → (4, 人); a unit nobody knows counts itself."""
    match = _UNIT.fullmatch(unit)
    if match is None:
        return 0, unit
    return _POWERS[match[1] or ""], _BASES.get(match[2], match[2])


def power(written: str, wanted: str) -> int | None:
    """Power of ten that turns a figure written in one unit into another; None when they count different things."""
    written_power, written_base = split(written)
    wanted_power, wanted_base = split(wanted)
    return written_power - wanted_power if written_base == wanted_base else None


def figure(text: str, wanted: str, written: str) -> Decimal | None:
    """Value, in the unit ``wanted``, of a figure as people write it: 1,234, １２, 1.2万, 300元, 12.0 or 3%.

    ``written`` is the unit of its column where the cell says none. None when it is no figure, or its unit is not
    convertible; nothing is converted for a column whose contract states no unit.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).replace("−", "-").split())
    match = _FIGURE.fullmatch(plain) if len(plain) <= _LONGEST else None
    if match is None:
        return None
    unit = written
    if match["power"] or match["base"]:
        if not wanted:
            return None
        default = split(written)
        unit = (match["power"] or "") + (match["base"] or default[1])
        if default[1] == "%" and not match["base"]:
            return None
    factor = power(unit, wanted)
    if factor is None:
        return None
    try:
        value = Decimal(match["sign"] + match["digits"].replace(",", "") + (match["rest"] or ""))
    except InvalidOperation:
        return None
    return value.scaleb(factor)
