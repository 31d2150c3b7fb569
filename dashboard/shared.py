"""What viewers of the same scope are shown alike, made once an edition: by far most of what a page costs."""

import json
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

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


def shared(question: Hashable, make: Callable[[], Any]) -> Any:
    """What ``make`` returns, in plain values of JSON; kept for all viewers of the same audience and areas.

    ``make`` works for nobody in particular of that scope, from published files alone; ``question`` holds whatever else
    it depends on. A kept part with a small cell is entered in the audit trail for everybody who is given it, before it
    is given. What fails, or is refused, is not kept.
    """
    who = data.viewer()
    key = (data.files(), data.edition(), data.looks_back_to(), who.audience, who.areas, question)
    made = _kept.get(key)
    if made is None:
        with _locks[hash(key) % len(_locks)]:  # all who wait for a new edition's page wait for one of them to make it
            made = _kept.get(key) or _make(key, make)
    if made.has_small_cell and not data.saw_small_cell():
        data.enter_small_cell()
    return json.loads(made.text)


def _make(key: Hashable, make: Callable[[], Any]) -> _Made:
    with data.as_anybody_of_this_scope():
        text = json.dumps(make(), cls=PlotlyJSONEncoder, ensure_ascii=False)
    made = _Made(text, data.saw_small_cell())
    if not is_refused():
        _kept.put(key, made, len(text.encode()) + len(repr(key)))
    return made
