"""What the body of a request says: fields of a form, callbacks of Dash; and the answer as a sentence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeGuard

from flask import Response, jsonify, make_response, request

from dashboard.locale import Language, language, text
from pipelines.core.domain import SaidError, UserError

UPDATES = "/_dash-update-component"  # where Dash asks for what a page shows
_LONGEST = 500  # characters of a page's address


def is_known_callback(callbacks: Mapping[str, Mapping[str, Any]], asked: object) -> bool:
    """Whether a body asks for a callback of these (Dash's map), with its outputs and inputs as Dash writes them."""
    if not isinstance(asked, dict) or not isinstance(asked.get("output"), str):
        return False
    known = callbacks.get(asked["output"])
    changed = asked.get("changedPropIds")
    if known is None or "callback" not in known or not isinstance(changed, list):
        return False
    if not all(isinstance(one, str) for one in changed):
        return False
    outputs = asked.get("outputs")
    named = [_name(one) for one in (outputs if isinstance(outputs, list) else [outputs])]
    is_several = asked["output"].startswith("..")
    if asked["output"] != (f"..{'...'.join(named)}.." if is_several else named[0] if len(named) == 1 else ""):
        return False
    given = asked.get("inputs")
    return (
        _holds(asked.get("state", []), known.get("state", []))
        and _holds(given, known["inputs"])
        and all(map(_is_as_sent, given))
    )


def _holds(given: object, wanted: Sequence[Mapping[str, Any]]) -> TypeGuard[list[Mapping[str, Any]]]:
    return isinstance(given, list) and [_name(one) for one in given] == [_name(one) for one in wanted]


def callback_address(asked: object) -> str | None:
    """The address of the page that a body asks Dash for; None where it names none as browsers do."""
    given = asked.get("inputs") if isinstance(asked, dict) else None
    for one in given if isinstance(given, list) else ():
        if _name(one) == "_pages_location.pathname":
            value = one.get("value")
            return value if _is_as_sent(one) and len(value) <= _LONGEST and value.isprintable() else None
    return None


def _is_as_sent(one: Mapping[str, Any]) -> bool:
    """Whether an input holds what a browser's address holds there; of others Dash may make what it likes."""
    value = one.get("value")
    if one["property"] == "pathname":
        return isinstance(value, str) and value.startswith("/")
    return one["property"] != "search" or value is None or isinstance(value, str)


def _name(part: object) -> str:
    return f"{part.get('id')}.{part.get('property')}" if isinstance(part, dict) else ""


def read_field(name: str) -> str:
    """A text of the JSON that was sent; empty when it is not there or no text."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return value if _is_text(value) else ""


def _is_text(value: object) -> TypeGuard[str]:
    """JSON can also hold halves of characters, which are no text and which nothing keeps."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def read_fields(name: str) -> list[str]:
    """The texts of a field that may be given several times."""
    sent = request.get_json(silent=True)
    value = sent.get(name) if isinstance(sent, dict) else None
    return [part for part in (value if isinstance(value, list) else [value]) if _is_text(part) and part]


def answer_sentence(sentence: str | UserError, status: int, **more: str) -> Response:
    """Answer with a sentence."""
    words = error_in_words(sentence) if isinstance(sentence, UserError) else sentence
    return make_response(jsonify(say=words, **more), status)


def error_in_words(error: UserError) -> str:
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
    answer = answer_sentence(text("Too many wrong passwords. Try again in {seconds} seconds.", seconds=seconds), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
