"""Translates: English messages are the keys, the .po files of a language's folder are merged into one catalogue."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from dashboard.locale.language import Language, language

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
