"""Translates: English messages are the keys, the .po files of a locale's folder are merged into one catalogue."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent
LOCALE = "zh_CN"
LANGUAGE = "zh-CN"  # the same, as HTML writes it


@cache
def messages(locale: str = LOCALE) -> dict[str, str]:
    """Return message → translation of a locale. Raises ValueError when two files translate a message differently."""
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
        for message in catalogue:
            if not message.id:
                continue
            msgid, translated = str(message.id), str(message.string)
            if merged.setdefault(msgid, translated) != translated:
                raise ValueError(f"{path.name}: {msgid!r} is translated differently elsewhere")
    return merged


def text(msgid: str, **values: object) -> str:
    """Return the text of ``msgid`` in the reader's language, with ``{name}`` places filled from ``values``.

    A message without translation is shown in English rather than not at all; a test finds it first.
    """
    return (messages().get(msgid) or msgid).format(**values)
