"""In which language a request is answered: as chosen in this browser, else as it prefers, else in Chinese."""

from flask import Flask, request

from dashboard.locale import Language, answer_in
from dashboard.web.security.cookie import read_language
from pipelines.core.settings import Settings

_BY_TAG = {one.split("-", maxsplit=1)[0]: one for one in Language}


def choose_language(server: Flask, settings: Settings) -> None:
    """Let every request be answered in its reader's language, refusals included: to be called before the guard."""

    @server.before_request
    def choose() -> None:
        answer_in(read_language(settings) or _preferred())


def _preferred() -> Language:
    """The first of our languages among those the browser says its reader prefers."""
    tags = (tag.split("-", maxsplit=1)[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((_BY_TAG[tag] for tag in tags if tag in _BY_TAG), Language.CHINESE)
