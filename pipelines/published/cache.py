"""Answers kept for whoever asks the same again: the least recently asked go first when they fill their room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by key, of together at most ``room`` bytes; a value larger than an eighth of it is not kept.

    A key must hold everything the value depends on: who may see it, above all.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value of a key; None when there is none, or none any more."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: Hashable, value: T, size: int) -> None:
        """Keep a value of ``size`` bytes."""
        if size > self._room // 8:
            return
        with self._lock:
            self._used += size - self._held.pop(key, (value, 0))[1]
            self._held[key] = (value, size)
            while self._used > self._room:
                self._used -= self._held.popitem(last=False)[1][1]

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made and kept where there is none; it counts as one."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found, 1)
        return found
