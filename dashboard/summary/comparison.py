"""Says in words whether a figure is good or bad, how sure a warning is, and what a figure is likely to become."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.locale import Language, language, percent, text, value
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY

NORMAL_RANGE_SIGMAS = 1.96  # about 95 of 100 windows without an event stay inside
_AGREEMENT = {
    "consistent": ("sources agree", "worse"),
    "corroborated": ("corroborated", "worse"),
    "single": ("single source", "unknown"),
    "conflicting": ("sources differ", "normal"),
}
_CERTAIN_IN_ITSELF = frozenset({"data_fault", "deadline"})  # kinds that no other source can bear out
CERTAIN_EXPONENT = 6  # p of one in a million counts as certain in the ranking


@dataclass(frozen=True)
class Comparison:
    """A judgement: its word and its tone (worse, better, normal, unknown); the tone only chooses a style."""

    word: str
    tone: str


def against_range(number: float | None, lo: float | None, hi: float | None, unit: str, worse: str) -> Comparison:
    """Judge a value by its normal range; ``worse`` is the indicator's bad direction (higher, lower, none).

    One that reads as an end of the range, in the digits that ``unit`` is shown with, is inside: so its reader sees it.
    """
    if number is None or lo is None or hi is None:
        return Comparison(text("no normal range yet"), "unknown")
    if lo <= number <= hi or value(number, unit) in {value(lo, unit), value(hi, unit)}:
        return Comparison(text("normal"), "normal")
    is_high = number > hi
    if worse not in {"higher", "lower"}:
        return Comparison(text("high") if is_high else text("low"), "unknown")
    if is_high == (worse == "higher"):
        return Comparison(text("high, unfavourable") if is_high else text("low, unfavourable"), "worse")
    return Comparison(text("high, favourable") if is_high else text("low, favourable"), "better")


def of_incomplete(found: Comparison, worse: str, *, only_grows: bool) -> Comparison:
    """What a verdict is worth while not all has come: a figure that only grows and is too high already stays so."""
    is_sure = only_grows and worse == "higher" and found.tone == "worse"
    return found if is_sure else Comparison(text("incomplete"), "unknown")


def of_change(words: str, change: float, worse: str) -> Comparison:
    """Judge a change by its direction alone; one that is nought as shown is none."""
    if words.startswith("→"):
        return Comparison(text("unchanged"), "normal")
    if worse not in {"higher", "lower"}:
        return Comparison("", "unknown")
    if (change > 0) == (worse == "higher"):
        return Comparison(text("unfavourable"), "worse")
    return Comparison(text("favourable"), "better")


def change_words(now: float, then: float, unit: str, *, is_ratio: bool) -> str:
    """A change in percent for counts on a positive base, else in the unit: ``↑ 3.4%``, ``↓ 0.35``, ``→ 0``."""
    change = now - then
    is_share = not is_ratio and then > 0 and now >= 0  # a share of a net figure that changed sides says nothing
    words = percent(abs(change) / then) if is_share else value(abs(change), unit)
    if not any(digit in words for digit in "123456789"):
        return "→ " + words
    return ("↑ " if change > 0 else "↓ ") + words


def certainty(p: float | None, kind: str) -> float:
    """How sure a warning is, 0.1 to 1: by the improbability of what was seen; a reported event is certain."""
    if kind != "spike" or p is None or pd.isna(p):
        return 1.0
    return min(1.0, max(0.1, -math.log10(max(p, 1e-300)) / CERTAIN_EXPONENT))


def certainty_word(p: float | None, kind: str) -> str:
    """The same in words."""
    if kind in {"event", "several"}:
        return text("reported by the employer")
    if kind == "exceedance":
        return text("beyond the forecast's range")
    if kind != "spike":
        return text("beyond the line")
    if p is None or pd.isna(p):
        return text("beyond what is usual")
    if p < 1e-7:
        return text("very sure")
    return text("sure") if p < 1e-4 else text("fairly sure")


def agreement(row: Any) -> Comparison | None:
    """What the sources together say of a warning (steps/agreement.sql), None where they were not asked about it."""
    if row.kind in _CERTAIN_IN_ITSELF or row.agreement not in _AGREEMENT:
        return None
    word, tone = _AGREEMENT[row.agreement]
    return Comparison(text(word), tone)


def odds(p: float | None) -> str:
    """How rarely chance alone would do this, in round words."""
    if p is None or pd.isna(p):
        return ""
    if p < 1e-9:
        return text("less than 1 in 1,000,000,000")
    times = 1 / p
    if language() is Language.ENGLISH:
        if times >= 1e6:
            return text("about 1 in {number} million", number=f"{float(f'{times / 1e6:.2g}'):,.3g}")
        return text("about 1 in {number}", number=f"{float(f'{times:.2g}'):,.0f}")
    for size, words in ((1e8, "about 1 in {number} hundred million"), (1e4, "about 1 in {number} ten thousand")):
        if times >= size:
            return text(words, number=f"{times / size:,.0f}")
    return text("about 1 in {number}", number=f"{times:,.0f}")


def prediction_range_words(indicator: Indicator, area: str, industry: str, grain: str, rows: pd.DataFrame) -> str:
    """The likely final sum of some readings of a series; ``rows``: period, value, is_provisional.

    Empty when nothing is provisional, when a provisional reading has no nowcast, or for whoever may not read exact
    figures of the area; of a single industry nothing is known ahead.
    """
    is_open = rows["is_provisional"].fillna(False).astype(bool)
    if not is_open.any() or industry != TOTAL_INDUSTRY or not data.may_read_scores(area):
        return ""
    known = data.read_indicator("nowcast", indicator.indicator, area=area)
    known = known[known["grain"] == grain]
    known = known.assign(period=pd.to_datetime(known["period"])).set_index("period")
    periods = rows.loc[is_open, "period"]
    if not periods.isin(known.index).all():
        return ""
    base = float(rows.loc[~is_open, "value"].sum())
    ends = [base + float(known.loc[periods, name].sum()) for name in ("likely", "lo", "hi")]
    middle, lo, hi = (value(round(end), indicator.unit) for end in ends)
    return text("likely {middle} once complete ({lo} to {hi})", middle=middle, lo=lo, hi=hi)
