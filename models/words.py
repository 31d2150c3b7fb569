"""Sentences for people about a judgement."""

from models.panel import Grain

_UNITS = {"day": "天", "week": "周", "month": "个月", "quarter": "个季度"}
_EACH = {"day": "每日", "week": "每周", "month": "每月", "quarter": "每季"}


def sentence(level: float, factor: float, expected: float, observed: float, window: int, grain: Grain) -> str:
    """Why so much was expected of the last `window` periods, and what came."""
    return (
        f"近{window}{_UNITS[grain]}实际 {observed:,.0f}，预计 {expected:,.0f}："
        f"近来平均{_EACH[grain]} {level:,.1f}，日历因素 ×{factor:.2f}"
    )
