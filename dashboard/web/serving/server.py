"""waitress with our limits: what is beyond them is refused at once, so that everybody else is answered."""

import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import MultiSocketServer, TcpWSGIServer

from dashboard.upload.submission import MOST_BODY
from dashboard.web.serving.channel import Channel
from dashboard.web.serving.dispatcher import Dispatcher
from dashboard.web.serving.limits import KIB, MIB, Limits
from pipelines.core.settings import Settings


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
