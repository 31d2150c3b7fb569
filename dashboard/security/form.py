"""What pages send as JSON, and what they are told: one sentence, the page to go to, or a link to hand over."""

from datetime import timedelta

from flask import Response, jsonify, make_response, request

from dashboard.locale import LANGUAGE, text
from pipelines.domain import SaidError, UserError


def field(name: str) -> str:
    """A text of the JSON that was sent; empty when it is not there or no text."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return value if isinstance(value, str) else ""


def fields(name: str) -> list[str]:
    """The texts of a field that may be given several times."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str) and part]


def said(sentence: str | UserError, status: int, **more: str) -> Response:
    """Answer with a sentence."""
    if isinstance(sentence, SaidError):
        sentence = sentence.said.zh if LANGUAGE.startswith("zh") else sentence.said.en
    return make_response(jsonify(say=str(sentence), **more), status)


def must_wait(wait: timedelta) -> Response:
    """Answer that nobody looks at a password before so long."""
    seconds = max(1, round(wait.total_seconds()))
    answer = said(text("Too many wrong passwords. Try again in {seconds} seconds.", seconds=seconds), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
