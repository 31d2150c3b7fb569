"""What a judgement says in words and numbers, in Chinese: how it was expected, and what came."""

import math

from models.panel import Nature

_UNITS = {"day": ("天", "每日"), "week": ("周", "每周"), "month": ("个月", "每月"), "quarter": ("个季度", "每季")}
REASONS = {
    "office": "工作日的多少",
    "holiday": "节假日",
    "before_festival": "春节前",
    "after_festival": "春节后",
    "season": "时节",
}
"""The names of models.assess in words."""
_PLAIN = 0.02  # a factor this near to 1 is no reason, and what came as near to what was expected no difference


def sentence(
    level: float,
    factor: float,
    expected: float,
    observed: float,
    window: int,
    grain: str,
    nature: Nature = "count",
    reason: str = "",
) -> str:
    """One judgement as a sentence, or that there was none.

    level: people per average due period before the window. factor: mean calendar factor of the window. expected,
    observed: people in the window of so many periods of the grain; of a stock those at its end.
    reason: the part of the calendar that brings most of its factor (models.assess), empty where none is known.
    """
    unit, each = _UNITS[grain]
    span = f"最近{window}{unit}"
    if not all(math.isfinite(number) for number in (expected, observed)):
        return f"{span}报送或历史不足，不作判断"
    told = f"{span}预期{amount(expected)}人，实际{amount(observed)}人，{compared(expected, observed)}"
    if nature != "count" or not (math.isfinite(level) and math.isfinite(factor)):
        return told
    usual = f"此前水平{each}{amount(level)}人"
    if abs(factor - 1) > _PLAIN:
        usual += (
            f"，日历因素{factor:.2f}（{reason and f'{REASONS[reason]}，'}{'高' if factor > 1 else '低'}于平常时段）"
        )
    return f"{usual}，{told}"


def compared(expected: float, observed: float) -> str:
    """How what came compares with what was expected, in whole people."""
    more = observed - expected
    if round(abs(more)) == 0 or abs(more) <= _PLAIN * abs(expected):
        return "与预期相当"
    ratio = f"{observed / expected:.1f}" if expected >= 1 and observed >= 0 else "1.0"
    times = "" if ratio == "1.0" else f"是预期的{ratio}倍，"
    return f"{times}{'多' if more > 0 else '少'}{abs(more):,.0f}人"


def amount(people: float) -> str:
    """People as one says them: whole from ten on."""
    return f"{people:,.0f}" if abs(people) >= 10 else f"{people:.1f}"
