"""The cookies: a session, a known browser, the language chosen in it; sent to us alone, out of reach of scripts."""

from datetime import timedelta

from flask import Flask, Response, request

from dashboard.locale import Language, answer_in
from dashboard.web.security.origin import is_encrypted
from pipelines.core.settings import Settings
from pipelines.ledger.accounts.session import ABSOLUTE_LIMIT
from pipelines.ledger.accounts.sign_in import DEVICE_LASTS

# The prefix makes the browser refuse the cookie from any other host or over a plain line.
SECURE_NAME = "__Host-gangshao"
LOOPBACK_NAME = "gangshao"
_DEVICE, _LANGUAGE = "-device", "-language"
_LANGUAGE_LASTS = timedelta(days=365)


def read_token(settings: Settings) -> str | None:
    """The session's token the browser sent, if any."""
    return request.cookies.get(_name(settings)) or None


def read_device(settings: Settings) -> str | None:
    """The token of a browser that signed in before, if any."""
    return request.cookies.get(_name(settings) + _DEVICE) or None


def set_token(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token of a fresh session."""
    _set(response, _name(settings), token, ABSOLUTE_LIMIT, settings)


def set_device(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token by which it is known."""
    _set(response, _name(settings) + _DEVICE, token, DEVICE_LASTS, settings)


def clear_token(response: Response, settings: Settings) -> None:
    """Make the browser forget the session."""
    response.delete_cookie(_name(settings), path="/", secure=is_encrypted(settings), httponly=True, samesite="Lax")


def read_language(settings: Settings) -> Language | None:
    """The language chosen in this browser; it outlasts sessions."""
    chosen = request.cookies.get(_name(settings) + _LANGUAGE, "")
    return Language(chosen) if chosen in list(Language) else None


def set_language(response: Response, chosen: Language, settings: Settings) -> None:
    """Let the browser remember the language."""
    _set(response, _name(settings) + _LANGUAGE, chosen, _LANGUAGE_LASTS, settings)


def _set(response: Response, name: str, token: str, lasts: timedelta, settings: Settings) -> None:
    response.set_cookie(
        name, token, max_age=lasts, path="/", secure=is_encrypted(settings), httponly=True, samesite="Lax"
    )


def _name(settings: Settings) -> str:
    return SECURE_NAME if is_encrypted(settings) else LOOPBACK_NAME


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
