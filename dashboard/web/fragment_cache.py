"""What viewers of the same scope are shown alike, made once an edition: by far most of what a page costs."""

import json
import re
import secrets
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Response, g
from plotly.utils import PlotlyJSONEncoder

from dashboard.locale import Language, language
from dashboard.web import data
from dashboard.web.data import AuditedContent
from dashboard.web.security import is_refused
from dashboard.web.serving.limits import stop_if_reader_has_gone
from pipelines.core.domain import Audience
from pipelines.core.text_safety import CONTROLS, spell_character
from pipelines.published.cache import Kept

_ROOM = 16 * 2**20  # bytes, packed: some eight times as much as pages are sent
_ROOM_OF_PAST = 2 * 2**20  # bytes for all past editions: who walks through them must not empty what everybody reads
_MOST_ASKED, _RECENT = 2000, 900.0  # parts, seconds
_LOOK_UP = 0.5  # seconds after which who waits for a part looks whether its reader still does
# In JSON: an escaped backslash, which begins no other escape; a control or direction mark, escaped or as it is.
_IN_JSON = re.compile(rf"\\\\|\\(?:u([0-9a-f]{{4}})|[bf])|{CONTROLS.pattern}")
_ESCAPED = {r"\b": "\b", r"\f": "\f"}
_BETWEEN = "\0"  # the pieces of a part: JSON never holds it as it is


@dataclass(frozen=True)
class Blank:
    """A place inside a part that is another in every answer; the page that is given the part fills it in."""

    name: str


@dataclass(frozen=True)
class Made:
    """A part as JSON, packed, in pieces: between two of them stands one of ``blanks``.

    ``seen``: what whoever is given it is given that the audit trail has to know.
    """

    packed: bytes
    blanks: tuple[str, ...]
    seen: AuditedContent

    def filled(self, blanks: dict[str, str]) -> str:
        """The part as JSON, with what stands at its blanks (JSON, by name)."""
        first, *others = zlib.decompress(self.packed).decode().split(_BETWEEN)
        return first + "".join([blanks[name] + piece for name, piece in zip(self.blanks, others, strict=True)])


@dataclass(frozen=True)
class Question:
    """A part's name, and those values of the address that it depends on."""

    part: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """A part that somebody of a scope was given, in a language."""

    audience: Audience
    areas: frozenset[str]
    question: Question
    language: Language = Language.CHINESE


class RecentlyAsked:
    """Which parts were asked for in the last minutes, the newest first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Asked, float] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, one: Asked) -> None:
        """Somebody was given this part just now."""
        with self._lock:
            self._held[one] = time.monotonic()
            self._held.move_to_end(one)
            while len(self._held) > _MOST_ASKED:
                self._held.popitem(last=False)

    def parts(self) -> list[Asked]:
        """Those of the last minutes, the newest first."""
        oldest = time.monotonic() - _RECENT
        with self._lock:
            return [one for one, at in reversed(self._held.items()) if at > oldest]


_makers: dict[str, Callable[..., Any]] = {}
_likely: dict[str, Callable[[], Iterable[dict[str, str]]]] = {}
_cache: Kept[Made] = Kept(_ROOM)
_cache_of_past: Kept[Made] = Kept(_ROOM_OF_PAST)
recently_asked = RecentlyAsked()
_locks = tuple(threading.Lock() for _ in range(64))


def cached_fragment(
    name: str,
    make: Callable[..., Any],
    likely: Callable[[], Iterable[dict[str, str]]] | None = None,
    *,
    is_worth_keeping: Callable[..., bool] = lambda **_: True,
) -> Callable[..., str]:
    """Let a part of pages be made once for all viewers of one audience, areas and language, under a name of its own.

    Returns the function that a page calls with the values the part depends on; it answers with a mark that stands for
    what ``make`` returns. ``make`` works for nobody in particular of that scope, from published files alone. A kept
    part with a small cell or employers is entered in the audit trail for everybody who is given it. What fails,
    or is refused, is not kept. Parts are not made inside parts. ``likely`` says with which values people of a scope
    will ask for the part of any edition, so that it can be made before they do. ``is_worth_keeping`` says of values
    whether the part is kept: where a reader may choose them freely, only those that pages ask for, or one reader could
    fill the room of all.
    """
    _makers[name] = make
    if likely is not None:
        _likely[name] = likely

    def given(**values: str) -> str:
        stop_if_reader_has_gone()  # between parts: what is begun is finished and kept, or nobody would ever get it
        question = Question(name, tuple(values.items()))
        made = _get_or_make(question) if is_worth_keeping(**values) else _make(question)
        data.note_seen(made.seen)
        return _marked(made)

    return given


def _get_or_make(question: Question) -> Made:
    key = _key(question)
    made = _cache_of_request().get(key)
    if made is None:
        with _alone(_locks[hash(key) % len(_locks)]):  # all who wait for a part wait for one of them to make it
            made = _cache_of_request().get(key)
            if made is None:
                made = _make(question)
                if not is_refused():
                    _keep(key, made)
    if data.looks_back_to() is None and not is_refused():
        who = data.viewer()
        recently_asked.note(Asked(who.audience, who.areas, question, language()))
    return made


@contextmanager
def _alone(lock: threading.Lock) -> Iterator[None]:
    while not lock.acquire(timeout=_LOOK_UP):
        stop_if_reader_has_gone()
    try:
        yield
    finally:
        lock.release()


def _key(question: Question) -> Hashable:
    return data.scope(), question


def _cache_of_request() -> Kept[Made]:
    return _cache if data.looks_back_to() is None else _cache_of_past


def _keep(key: Hashable, made: Made) -> None:
    _cache_of_request().put(key, made, len(made.packed) + len(repr(key)))


def leads_to(name: str, **values: str) -> None:
    """Say of the part that is being made: who is given it will ask for this one too, when that comes into view."""
    g.setdefault("gangshao_next", {})[Question(name, tuple(values.items()))] = None


def prewarm_fragment(one: Asked) -> tuple[Made, list[Asked]] | None:
    """Make a part as somebody of its scope will ask for it, and say to which parts it leads; None where it is refused.

    Nobody is given it yet, so nothing is entered.
    """
    with data.for_nobody_yet(one.audience, one.areas, one.language):
        g.gangshao_next = {}
        made = _make(one.question)
        following = [replace(one, question=question) for question in g.pop("gangshao_next")]
        return None if is_refused() else (made, following)


def likely_fragments(audience: Audience, areas: frozenset[str]) -> list[Asked]:
    """What people of a scope will ask for of the edition this request shows, whoever they are, in Chinese."""
    with data.for_nobody_yet(audience, areas), data.as_anybody_of_this_scope():
        return [
            Asked(audience, areas, Question(name, tuple(values.items())))
            for name, say in _likely.items()
            for values in say()
        ]


def is_cached(one: Asked) -> bool:
    """Whether a part is there already, of the edition this request shows."""
    with data.for_nobody_yet(one.audience, one.areas, one.language):
        return _cache_of_request().get(_key(one.question)) is not None


def store_fragment(one: Asked, made: Made) -> None:
    """Keep a part of the edition this request shows, that was made elsewhere."""
    with data.for_nobody_yet(one.audience, one.areas, one.language):
        _keep(_key(one.question), made)


def fill_blank(name: str, content: Any) -> None:
    """Say what stands at a ``Blank`` of this answer's parts."""
    g.setdefault("gangshao_blanks", {})[name] = as_json(content)


def place_fragment(content: Any) -> str:
    """A mark that stands for ``content``, which is for this answer alone."""
    return _marked(_packed(content, AuditedContent()))  # what it shows is noted already


def _marked(made: Made) -> str:
    mark = secrets.token_hex(16)  # of this answer alone, made after the data: nothing in them can be taken for it
    g.setdefault("gangshao_parts", {})[mark] = made
    return mark


def insert_fragments(server: Flask) -> None:
    """Let every answer have its parts in place of their marks; they are JSON already and are not read again."""

    @server.after_request
    def filled(response: Response) -> Response:
        parts: dict[str, Made] = g.pop("gangshao_parts", {})
        blanks: dict[str, str] = g.pop("gangshao_blanks", {})
        if parts:
            body = response.get_data(as_text=True)
            spelled = _for_a_script if response.mimetype == "text/html" else str
            for mark, part in reversed(parts.items()):
                body = body.replace(f'"{mark}"', spelled(part.filled(blanks)), 1)
            response.set_data(body)
        return response


def _for_a_script(part: str) -> str:
    return part.replace("<", "\\u003c")


def as_json(content: Any, encoder: type[json.JSONEncoder] = PlotlyJSONEncoder) -> str:
    """Parts of a page as Dash sends them; controls and direction marks, from wherever they come, are spelled out."""
    return _IN_JSON.sub(_spelled, json.dumps(content, cls=encoder, ensure_ascii=False))


def _spelled(found: re.Match[str]) -> str:
    escape = found[0]
    if escape == "\\\\":
        return escape
    letter = chr(int(found[1], 16)) if found[1] else _ESCAPED.get(escape, escape)
    return spell_character(letter) if CONTROLS.fullmatch(letter) else escape


def _packed(content: Any, seen: AuditedContent) -> Made:
    """Content as JSON. Each blank is written as a mark made for this once, at which the text is parted."""
    mark, blanks = secrets.token_hex(16), list[str]()

    class Encoder(PlotlyJSONEncoder):  # type: ignore[misc]  # untyped
        def default(self, obj: Any) -> Any:
            if not isinstance(obj, Blank):
                return super().default(obj)
            blanks.append(obj.name)
            return mark

    text = as_json(content, Encoder).replace(f'"{mark}"', _BETWEEN)
    return Made(zlib.compress(text.encode(), 1), tuple(blanks), seen)


def _make(question: Question) -> Made:
    with data.as_anybody_of_this_scope(), data.seen_apart() as seen:
        content = _makers[question.part](**dict(question.values))
    return _packed(content, seen)
