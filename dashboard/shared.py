"""What viewers of the same scope are shown alike, made once an edition: by far most of what a page costs."""

import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g
from plotly.utils import PlotlyJSONEncoder

from dashboard import data
from dashboard.security import is_refused
from pipelines.domain import Audience
from pipelines.publish.kept import Kept

_ROOM = 96 * 2**20  # bytes
_MOST_ASKED, _RECENT = 500, 900.0  # parts, seconds


@dataclass(frozen=True)
class _Made:
    """A part as JSON, and whether whoever is given it is given a small cell."""

    text: str
    has_small_cell: bool


@dataclass(frozen=True)
class Asked:
    """A part that somebody of a scope was given."""

    audience: Audience
    areas: frozenset[str]
    question: Hashable


class Recently:
    """Which parts were asked for in the last minutes, the newest first, and how each is made."""

    def __init__(self) -> None:
        self._held: OrderedDict[Asked, tuple[Callable[[], Any], float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, one: Asked, make: Callable[[], Any]) -> None:
        """Somebody was given this part just now."""
        with self._lock:
            self._held[one] = make, time.monotonic()
            self._held.move_to_end(one)
            while len(self._held) > _MOST_ASKED:
                self._held.popitem(last=False)

    def parts(self) -> list[tuple[Asked, Callable[[], Any]]]:
        """Those of the last minutes, the newest first."""
        oldest = time.monotonic() - _RECENT
        with self._lock:
            return [(one, make) for one, (make, at) in reversed(self._held.items()) if at > oldest]


_kept: Kept[_Made] = Kept(_ROOM)
asked = Recently()
_locks = tuple(threading.Lock() for _ in range(64))


def shared(question: Hashable, make: Callable[[], Any]) -> str:
    """A mark that stands for what ``make`` returns, kept for all viewers of the same audience and areas.

    ``make`` works for nobody in particular of that scope, from published files alone; ``question`` holds whatever else
    it depends on. A kept part with a small cell is entered in the audit trail for everybody who is given it, before it
    is given. What fails, or is refused, is not kept. Parts are not made inside parts.
    """
    made = _made(question, make)
    if made.has_small_cell and not data.saw_small_cell():
        data.enter_small_cell()
    mark = secrets.token_hex(16)
    g.setdefault("gangshao_parts", {})[mark] = made.text
    return mark


def _made(question: Hashable, make: Callable[[], Any]) -> _Made:
    who = data.viewer()
    key = (data.files(), data.edition(), data.looks_back_to(), who.audience, who.areas, question)
    made = _kept.get(key)
    if made is None:
        with _locks[hash(key) % len(_locks)]:  # all who wait for a new edition's page wait for one of them to make it
            made = _kept.get(key) or _make(key, make)
    if data.looks_back_to() is None and not is_refused():
        asked.note(Asked(who.audience, who.areas, question), make)
    return made


def prepare(one: Asked, make: Callable[[], Any]) -> None:
    """Make a part as somebody of its scope will ask for it; nobody is given it yet, so nothing is entered."""
    with data.for_nobody_yet(one.audience, one.areas):
        _made(one.question, make)


def fill_in_parts(server: Flask) -> None:
    """Let every answer have its parts in place of their marks; they are JSON already and are not read again."""

    @server.after_request
    def filled(response: Response) -> Response:
        parts: dict[str, str] = g.pop("gangshao_parts", {})
        if parts:
            body = response.get_data(as_text=True)
            for mark, part in parts.items():
                body = body.replace(f'"{mark}"', part, 1)
            response.set_data(body)
        return response


def _make(key: Hashable, make: Callable[[], Any]) -> _Made:
    with data.as_anybody_of_this_scope():
        text = json.dumps(make(), cls=PlotlyJSONEncoder, ensure_ascii=False)
    made = _Made(text, data.saw_small_cell())
    if not is_refused():
        _kept.put(key, made, len(text.encode()) + len(repr(key)))
    return made
