"""What pages send as JSON, and what they are told: one sentence, the page to go to, or a link to hand over."""

from datetime import timedelta
from typing import TypeGuard

from flask import Response, jsonify, make_response, request

from dashboard.locale import Language, language, text
from pipelines.core.domain import SaidError, UserError


def field(name: str) -> str:
    """A text of the JSON that was sent; empty when it is not there or no text."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return value if _is_text(value) else ""


def _is_text(value: object) -> TypeGuard[str]:
    """JSON can also hold halves of characters, which are no text and which nothing keeps."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def fields(name: str) -> list[str]:
    """The texts of a field that may be given several times."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return [part for part in (value if isinstance(value, list) else [value]) if _is_text(part) and part]


def said(sentence: str | UserError, status: int, **more: str) -> Response:
    """Answer with a sentence."""
    words = in_words(sentence) if isinstance(sentence, UserError) else sentence
    return make_response(jsonify(say=words, **more), status)


def in_words(error: UserError) -> str:
    """What an error says, in the reader's language where it is said in both."""
    if not isinstance(error, SaidError):
        return str(error)
    if language() is Language.CHINESE:
        return error.said.zh
    said = error.said.en  # written to stand in brackets
    return said[:1].upper() + said[1:].rstrip(".") + "."


def must_wait(wait: timedelta) -> Response:
    """Answer that nobody looks at a password before so long."""
    seconds = max(1, round(wait.total_seconds()))
    answer = said(text("Too many wrong passwords. Try again in {seconds} seconds.", seconds=seconds), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
