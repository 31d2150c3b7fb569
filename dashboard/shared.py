"""What viewers of the same scope are shown alike, made once an edition: by far most of what a page costs."""

import json
import secrets
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g
from plotly.utils import PlotlyJSONEncoder

from dashboard import data
from dashboard.security import is_refused
from pipelines.publish.kept import Kept

_ROOM = 96 * 2**20  # bytes


@dataclass(frozen=True)
class _Made:
    """A part as JSON, and whether whoever is given it is given a small cell."""

    text: str
    has_small_cell: bool


_kept: Kept[_Made] = Kept(_ROOM)
_locks = tuple(threading.Lock() for _ in range(64))


def shared(question: Hashable, make: Callable[[], Any]) -> str:
    """A mark that stands for what ``make`` returns, kept for all viewers of the same audience and areas.

    ``make`` works for nobody in particular of that scope, from published files alone; ``question`` holds whatever else
    it depends on. A kept part with a small cell is entered in the audit trail for everybody who is given it, before it
    is given. What fails, or is refused, is not kept. Parts are not made inside parts.
    """
    who = data.viewer()
    key = (data.files(), data.edition(), data.looks_back_to(), who.audience, who.areas, question)
    made = _kept.get(key)
    if made is None:
        with _locks[hash(key) % len(_locks)]:  # all who wait for a new edition's page wait for one of them to make it
            made = _kept.get(key) or _make(key, make)
    if made.has_small_cell and not data.saw_small_cell():
        data.enter_small_cell()
    mark = secrets.token_hex(16)
    g.setdefault("gangshao_parts", {})[mark] = made.text
    return mark


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
