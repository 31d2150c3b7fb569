"""The session cookie: a random token, sent to us alone, out of reach of scripts."""

from flask import Response, request

from dashboard.security.origin import is_encrypted
from pipelines.ledger.session import ABSOLUTE_LIMIT
from pipelines.settings import Settings

# The prefix makes the browser refuse the cookie from any other host or over a plain line.
SECURE_NAME = "__Host-gangshao"
LOOPBACK_NAME = "gangshao"


def read_token(settings: Settings) -> str | None:
    """The token the browser sent, if any."""
    return request.cookies.get(_name(settings)) or None


def set_token(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token of a fresh session."""
    response.set_cookie(
        _name(settings),
        token,
        max_age=ABSOLUTE_LIMIT,
        path="/",
        secure=is_encrypted(settings),
        httponly=True,
        samesite="Lax",
    )


def clear_token(response: Response, settings: Settings) -> None:
    """Make the browser forget it."""
    response.delete_cookie(_name(settings), path="/", secure=is_encrypted(settings), httponly=True, samesite="Lax")


def _name(settings: Settings) -> str:
    return SECURE_NAME if is_encrypted(settings) else LOOPBACK_NAME
