"""Every text people read goes through here: the catalogue by message, numbers and dates in local form."""

from dashboard.locale.catalogue import messages, text, text_in
from dashboard.locale.form import count, day, instant, listed, month, percent, short_day, short_instant, signed, value
from dashboard.locale.language import Language, answer_in, answering_in, language

__all__ = [
    "Language",
    "answer_in",
    "answering_in",
    "count",
    "day",
    "instant",
    "language",
    "listed",
    "messages",
    "month",
    "percent",
    "short_day",
    "short_instant",
    "signed",
    "text",
    "text_in",
    "value",
]
