"""Numbers, days and instants in the reader's form; what is missing is said in words by the caller, never as zero."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import parse_pattern

from dashboard.locale.catalogue import text
from dashboard.locale.language import Language, language

_MINUS = "−"
_LOCALES = {one: Locale.parse(one.locale) for one in Language}
_WHOLE, _TENTHS, _HUNDREDTHS = (parse_pattern(form) for form in ("#,##0", "#,##0.0", "#,##0.00"))


def count(number: float) -> str:
    """A whole number with thousands separators: ``12,345``."""
    return str(_WHOLE.apply(round(number), _locale())).replace("-", _MINUS)


def value(number: float, unit: str) -> str:
    """A reading in the precision its unit deserves (persons whole, percent, ratio and months two decimals), no unit."""
    if unit in {"percent", "ratio", "months"}:
        return str(_HUNDREDTHS.apply(number, _locale())).replace("-", _MINUS)
    return count(number)


def signed(number: float, unit: str = "") -> str:
    """A change, always with its sign: ``+12``, ``−0.35``, ``±0``."""
    shown = value(abs(number), unit)
    if float(shown.replace(",", "")) == 0:
        return "±" + shown
    return ("+" if number > 0 else _MINUS) + shown


def percent(share: float, *, is_signed: bool = False) -> str:
    """A share (0.081) as ``8.1%``, or as a change ``+8.1%``."""
    shown = f"{_TENTHS.apply(abs(share) * 100, _locale())}%"
    if not is_signed:
        return shown if share >= 0 else _MINUS + shown
    return ("+" if share > 0 else _MINUS if share < 0 else "±") + shown


def listed(names: Sequence[str]) -> str:
    """Names one after the other, as the reader's language joins them: ``A, B, and C``."""
    return format_list(names, locale=_locale())


def day(when: date) -> str:
    """A day in full, with its weekday."""
    return format_date(when, text("EEE d MMM y"), locale=_locale())


def short_day(when: date) -> str:
    """A day of which the year is plain."""
    return format_date(when, text("d MMM"), locale=_locale())


def month(when: date) -> str:
    """A month with its year."""
    return format_date(when, text("MMM y"), locale=_locale())


def instant(when: datetime, zone: str) -> str:
    """An instant (UTC, with zone) on the region's clock: ``2026-11-23 07:00``."""
    return format_datetime(when.astimezone(ZoneInfo(zone)), "yyyy-MM-dd HH:mm", locale=_locale())


def short_instant(when: datetime, zone: str) -> str:
    """An instant of which the year is plain: ``23 Nov 07:00``."""
    return format_datetime(when.astimezone(ZoneInfo(zone)), text("d MMM HH:mm"), locale=_locale())


def _locale() -> Locale:
    return _LOCALES[language()]
