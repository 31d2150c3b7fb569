"""Translates: English messages are the keys, the .po files of a locale's folder are merged into one catalogue."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from pipelines.domain import UserError

FOLDER = Path(__file__).resolve().parent
LOCALE = "zh_CN"
LANGUAGE = "zh-CN"  # the same, as HTML writes it


@cache
def messages(locale: str = LOCALE) -> dict[str, str]:
    """Return message → translation of a locale. Raises UserError when two files translate a message differently."""
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
        for message in catalogue:
            if not message.id:
                continue
            msgid, translated = str(message.id), str(message.string)
            if merged.setdefault(msgid, translated) != translated:
                raise UserError(f"{path.name} 与其他目录对 “{msgid}” 的译法不同 (translated twice, differently)")
    return merged


def text(msgid: str, **values: object) -> str:
    """Return the text of ``msgid`` in the reader's language, with ``{name}`` places filled from ``values``.

    A message without translation is shown in English rather than not at all; a test finds it first.
    """
    return (messages().get(msgid) or msgid).format(**values)
