"""Every text people read goes through here: the catalogue by message, numbers and dates in local form."""

from dashboard.locale.catalogue import LANGUAGE, messages, text
from dashboard.locale.form import count, day, instant, month, percent, short_day, signed, value

__all__ = [
    "LANGUAGE",
    "count",
    "day",
    "instant",
    "messages",
    "month",
    "percent",
    "short_day",
    "signed",
    "text",
    "value",
]
