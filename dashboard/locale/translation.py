"""Texts people read, in the language of their request: the catalogue, numbers and dates, names out of the region."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import parse_pattern
from flask import current_app, g, has_app_context

from pipelines.core.sql import IN_ENGLISH, SQL, read_header
from pipelines.core.translations import FILE, english


class Language(StrEnum):
    """A language of the program, as HTML writes it."""

    CHINESE = "zh-CN"
    ENGLISH = "en"

    @property
    def locale(self) -> str:
        """The same as Babel writes it."""
        return self.value.replace("-", "_")

    @property
    def other(self) -> "Language":
        """The language one can change to."""
        return Language.ENGLISH if self is Language.CHINESE else Language.CHINESE


def language() -> Language:
    """The language of whoever asks in this request."""
    found: Language = g.get("gangshao_language", Language.CHINESE) if has_app_context() else Language.CHINESE
    return found


def answer_in(chosen: Language) -> None:
    """Answer the rest of this request in a language."""
    g.gangshao_language = chosen


@contextmanager
def answering_in(chosen: Language) -> Iterator[None]:
    """Answer in a language for a while."""
    before = language()
    answer_in(chosen)
    try:
        yield
    finally:
        answer_in(before)


FOLDER = Path(__file__).resolve().parent
ONE = "one"  # context of a message in which something is counted and is one


def messages(of: Language | None = None) -> dict[str, str]:
    """Return message → translation in the reader's language, or in ``of``; read-only.

    The catalogue in English holds only what is not said as its key says it. Raises ValueError when two files translate
    a message differently.
    """
    return _read((of or language()).locale)


@cache
def _read(locale: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
        for message in catalogue:
            if not message.id:
                continue
            msgid, translated = key(str(message.id), message.context), str(message.string)
            if merged.setdefault(msgid, translated) != translated:
                raise ValueError(f"{path.name}: {msgid!r} is translated differently elsewhere")
    return merged


def key(msgid: str, context: str | None) -> str:
    """Under what a message is kept, with its context as gettext's compiled catalogues write it."""
    return f"{context}\x04{msgid}" if context else msgid


def text(msgid: str, /, **values: object) -> str:
    """Return the text of ``msgid`` in the reader's language, with ``{name}`` places filled from ``values``.

    A message without translation is shown in English rather than not at all; a test finds it first.
    """
    return text_in(language(), msgid, **values)


def text_in(of: Language, msgid: str, /, **values: object) -> str:
    """The same in a given language."""
    known = messages(of)
    of_one = known.get(key(msgid, ONE))
    if of_one and any(str(value) == "1" for value in values.values()):
        return of_one.format(**values)
    return (known.get(msgid) or msgid).format(**values)


_MINUS = "−"
_LOCALES = {one: Locale.parse(one.locale) for one in Language}
_WHOLE, _TENTHS, _HUNDREDTHS = (parse_pattern(form) for form in ("#,##0", "#,##0.0", "#,##0.00"))


def count(number: float) -> str:
    """A whole number with thousands separators: ``12,345``."""
    return str(_WHOLE.apply(round(number), _locale())).replace("-", _MINUS)


def value(number: float, unit: str) -> str:
    """A reading without its unit, as precise as that deserves: two decimals of rates, months and days, else whole."""
    if unit in {"percent", "ratio", "months", "days"}:
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


REGION = "GANGSHAO_REGION"  # key of the region's folder in the server's configuration
_COLUMNS = ["name", "short_name", "title", "rule_title", "basis", "formula", "source"]


def worded(stored: str) -> str:
    """A text as it is stored, in the reader's language; as it stands where nobody has said it in English."""
    return stored if language() is Language.CHINESE else _known().get(stored, stored)


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The same for all columns that hold such texts."""
    if language() is Language.CHINESE:
        return frame
    known = _known()
    return frame.assign(
        **{name: frame[name].map(known).fillna(frame[name]) for name in frame.columns.intersection(_COLUMNS)}
    )


def _known() -> dict[str, str]:
    """What indicators' headers say in English, and the region's words."""
    if "gangshao_words" not in g:
        file: Path = current_app.config[REGION] / FILE
        g.gangshao_words = _of(file.parent, file.stat().st_mtime_ns if file.exists() else 0)
    found: dict[str, str] = g.gangshao_words
    return found


@lru_cache(maxsize=2)
def _of(folder: Path, _changed_at: int) -> dict[str, str]:
    return indicators_in_english() | english(folder)


@cache
def indicators_in_english() -> dict[str, str]:
    """Formulas and sources of indicators, as their headers say them → the same in English."""
    found = {}
    for path in (SQL / "indicators").glob("*.sql"):
        header = read_header(path.stem)
        for key in ("formula", "source"):
            stored, _, said = header.get(key, "").partition(IN_ENGLISH)
            if said:
                found[stored] = said
    return found
