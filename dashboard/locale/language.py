"""Whose language a request is answered in; outside of one, as in mails and at the command line, it is Chinese."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from flask import g, has_app_context


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
