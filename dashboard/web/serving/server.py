"""The HTTP server: its connections, which thread answers what, and what keeps it waiting."""

import logging
import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from dashboard.upload.submission import MOST_BODY
from dashboard.web.serving.limits import KIB, MIB, REFUSED_WITH, Limits, ReaderGone
from dashboard.web.serving.request_parser import RequestParser
from pipelines.core.settings import Settings


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


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket. Once a tick it closes what is too slow and refuses what waited too long."""

    channel_class = Channel

    def __init__(self, application: Callable[..., Any], limits: Limits, **more: Any) -> None:
        self.limits = limits
        super().__init__(application, **more)

    def readable(self) -> bool:
        """Whether a connection may be accepted; makes room when few are left."""
        missing = len(self._map) + self.limits.spare_connections - self.limits.connections
        if missing > 0:
            quiet = [one for one in self.active_channels.values() if one.is_quiet and not one.will_close]
            for one in sorted(quiet, key=attrgetter("waiting_since"))[:missing]:
                one.will_close = True
        return bool(super().readable())

    def maintenance(self, now: float) -> None:
        """Close idle connections as waitress does, and those beyond a deadline; answer 503 where it is due."""
        super().maintenance(now)
        at = time.monotonic()
        self.task_dispatcher.refuse_overdue(at)
        is_crowded = len(self.task_dispatcher.queue) > 0
        for channel in list(self.active_channels.values()):
            if channel.is_beyond_deadline(at):
                channel.will_close = True
            elif (late := channel.take_late(at, is_crowded=is_crowded)) is not None:
                self.task_dispatcher.answer_late(channel, late)

    def body_bytes(self) -> int:
        """Bytes of memory that bodies of unanswered requests take or will take."""
        return sum(channel.body_bytes for channel in list(self.active_channels.values()))


def make_server(
    application: Callable[..., Any], settings: Settings, limits: Limits | None = None, port: int | None = None
) -> tuple[Server | MultiSocketServer, Dispatcher]:
    """Listen where the settings say (``port``: elsewhere, 0 on a free one); nothing is answered before ``run``.

    Raises OSError when the address is taken or not ours.
    """
    limits = limits or Limits()
    adjustments = Adjustments(**_options(settings, limits, settings.port if port is None else port))
    adjustments.cleanup_interval = adjustments.asyncore_loop_timeout = limits.tick
    dispatcher, sockets = Dispatcher(limits), {}  # type: ignore[var-annotated]
    try:
        servers = [
            Server(application, limits, map=sockets, dispatcher=dispatcher, adj=adjustments, sockinfo=where)
            for where in adjustments.listen
        ]
    except OSError:
        dispatcher.shutdown()
        raise
    if len(servers) == 1:
        return servers[0], dispatcher
    listening = [(one.effective_host, one.effective_port) for one in servers]
    return MultiSocketServer(sockets, adjustments, listening, dispatcher), dispatcher


def _options(settings: Settings, limits: Limits, port: int) -> dict[str, object]:
    """Options of waitress. No name of the server in answers, and a reader who leaves is noticed (lookahead).

    A body is never written to a disk: it may be a file with identity numbers.
    """
    trusted = {"trusted_proxy": settings.trusted_proxy, "trusted_proxy_headers": "x-forwarded-for"}
    return {
        "host": settings.host,
        "port": port,
        "threads": limits.threads,
        "ident": "",
        "max_request_header_size": 64 * KIB,
        "max_request_body_size": MOST_BODY,
        "inbuf_overflow": MOST_BODY + MIB,
        "connection_limit": limits.connections,
        "channel_timeout": limits.idle_seconds,
        "channel_request_lookahead": 1,
        "asyncore_use_poll": True,
        **(trusted if settings.trusted_proxy else {}),
    }
