"""The queue before the threads that answer: bounded in length and time, with a way past it for what is quick."""

import logging
import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from dashboard.web.serving.channel import Channel, LateAnswer
from dashboard.web.serving.limits import Limits
from dashboard.web.serving.request_parser import RequestParser

_QUICK_THREADS = 2
_BUSY_FOR = 10.0  # seconds after a refusal


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads for pages and downloads, and two of their own for refusals, watchers and small files."""

    queue_logger = logging.getLogger(f"{__name__}.queue")  # waitress warns of each request that waits at all

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.queue_logger.disabled = True
        self._limits = limits
        self._quick = ThreadedTaskDispatcher()
        self._quick.queue_logger = self.queue_logger
        self._refused_at = float("-inf")
        self.set_thread_count(limits.threads)
        self._quick.set_thread_count(_QUICK_THREADS)

    @property
    def is_busy(self) -> bool:
        """Whether requests wait, or were refused within the last ten seconds."""
        return bool(self.queue) or time.monotonic() - self._refused_at < _BUSY_FOR

    def add_task(self, task: Any) -> None:
        """Put a connection's next request in the queue, or refuse it when the queue is full."""
        if task.requests[0].is_quick:
            self._quick.add_task(task)
        elif len(self.queue) >= self._limits.queue_length:
            self._refuse(task)
        else:
            super().add_task(task)

    def answer_late(self, channel: Channel, request: RequestParser) -> None:
        """Answer 503 in place of the thread that is still working."""
        self._refused_at = time.monotonic()
        self._quick.add_task(LateAnswer(channel, request))

    def refuse_overdue(self, now: float) -> None:
        """Take out of the queue what waited too long (``now``: monotonic), and what nobody waits for any more."""
        with self.lock:
            found = [
                one for one in self.queue if not one.connected or now - one.head.arrived > self._limits.queue_seconds
            ]
            for one in found:
                self.queue.remove(one)
        for one in found:
            self._refuse(one)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads."""
        self._quick.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))

    def _refuse(self, channel: Channel) -> None:
        self._refused_at = time.monotonic()
        channel.requests[0].refused_with = 503
        self._quick.add_task(channel)
