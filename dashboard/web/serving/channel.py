"""One connection: its requests, the answer to the one at work, and since when it keeps the server waiting."""

import time
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask

from dashboard.web.serving.limits import Limits
from dashboard.web.serving.refused import REFUSED_WITH, ReaderGone
from dashboard.web.serving.request_parser import RequestParser


class Task(WSGITask):  # type: ignore[misc]
    """The answer of the application to one request; ``refused_with`` as of the request."""

    def __init__(self, channel: "Channel", request: RequestParser) -> None:
        super().__init__(channel, request)
        self.refused_with = request.refused_with

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment, and with which status the request is refused."""
        environ: dict[str, Any] = super().get_environment()
        environ[REFUSED_WITH] = self.refused_with
        return environ

    def execute(self) -> None:
        """Ask the application. Raises ClientDisconnected when its reader has gone."""
        try:
            super().execute()
        except ReaderGone:
            raise ClientDisconnected from None

    def write(self, data: bytes) -> None:
        """Send bytes of the answer. Raises ClientDisconnected when the request was answered already."""
        if not self.request.claim_answer(self):
            raise ClientDisconnected
        super().write(data)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection of waitress with deadlines; ``requests`` holds the one at work or in the queue, and one to come."""

    task_class = Task

    def __init__(self, server: Any, *arguments: Any, **more: Any) -> None:
        self.limits: Limits = server.limits
        self.quiet_since = time.monotonic()
        super().__init__(server, *arguments, **more)

    def parser_class(self, adj: Any) -> RequestParser:
        """A parser for the request that begins."""
        return RequestParser(adj, self.limits, self.server.body_bytes)

    def service(self) -> None:
        """Answer the request at the head, in a thread; one that waited too long is refused."""
        request = self.requests[0]
        if not request.is_quick and time.monotonic() - request.arrived > self.limits.queue_seconds:
            request.refused_with = 503
        super().service()
        self.quiet_since = time.monotonic()

    @property
    def head(self) -> RequestParser | None:
        """The request at work, or the first that waits."""
        return next(iter(self.requests), None)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is at work or being sent: it may be closed without anybody losing an answer."""
        return bool(not self.requests and self.total_outbufs_len == 0)

    @property
    def waiting_since(self) -> float:
        """Since when the server waits for a whole request on it (monotonic)."""
        return float(self.quiet_since if self.request is None else self.request.begun)

    def is_beyond_deadline(self, now: float) -> bool:
        """Whether a request is coming, or an answer being taken, more slowly than anybody may."""
        at_work, coming = self.head, self.request
        if at_work is not None:
            return bool(at_work.answer_begun and now - at_work.answer_begun > self.limits.sending_seconds)
        if self.total_outbufs_len:
            return now - self.quiet_since > self.limits.sending_seconds
        if coming is None:  # waitress counts how long it is idle
            return False
        most = self.limits.body_seconds if coming.headers_finished else self.limits.header_seconds
        return bool(now - coming.begun > most)

    def take_late(self, now: float, *, is_crowded: bool) -> RequestParser | None:
        """The request whose reader has waited as long as anybody may, with no answer begun; each is given once.

        A large file takes its time: while nobody waits for a thread (``is_crowded``) it may.
        """
        request = self.head
        if request is None or request.error or request.refused_with or request.answer_begun or not request.is_reading:
            return None
        if request.is_file and not is_crowded:
            return None
        if request.is_told_late or now - request.arrived <= self.limits.answer_seconds:
            return None
        request.is_told_late = True
        return request

    @property
    def body_bytes(self) -> int:
        """Bytes of memory that bodies on this connection take or will take."""
        coming = [self.request] if self.request is not None else []
        return sum(request.body_size for request in [*self.requests, *coming])


class LateAnswer:
    """The answer 503 to a request that is still being worked on; what comes of the work is given to nobody."""

    def __init__(self, channel: Channel, request: RequestParser) -> None:
        self._channel, self._request = channel, request

    def service(self) -> None:
        """Send it and close the connection, unless the true answer has begun meanwhile."""
        task = Task(self._channel, self._request)
        task.refused_with = 503
        task.set_close_on_finish()
        try:
            task.service()
        except ClientDisconnected:
            return
        self._channel.close_when_flushed = True
        self._channel.server.pull_trigger()

    def cancel(self) -> None:
        """Nothing is to be undone when the server ends."""
