"""What one server takes on at once, for how long anybody may keep it waiting, and what is refused with."""

from dataclasses import dataclass

from flask import has_request_context, request

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Limits:
    """Numbers of requests and connections, seconds, bytes; tests set shorter ones."""

    threads: int = 8
    queue_length: int = 24
    """Requests that wait for a thread; one more is answered 503."""
    queue_seconds: float = 3.0
    """After so long in the queue a request is answered 503 and not worked on."""
    answer_seconds: float = 6.0
    """A reading request without an answer so long after it came is answered 503, though it is being worked on."""
    connections: int = 256
    spare_connections: int = 16
    """With fewer free, connections on which nothing is asked or answered are closed, the longest silent first."""
    idle_seconds: int = 30
    header_seconds: float = 10.0
    """From the first byte of a request to the end of its header, however often bytes come."""
    body_seconds: float = 60.0
    """The same to the end of its body."""
    sending_seconds: float = 120.0
    """For taking an answer, from its first byte."""
    body_of_stranger: int = 64 * KIB
    """Bytes of a body without a session's cookie."""
    body: int = MIB
    """Bytes of a body with one. Pages send some thousand."""
    all_bodies: int = 64 * MIB
    """Bytes of the bodies of all requests that are not answered yet; a longer one must come again."""
    tick: float = 0.5
    """Seconds between two looks at queue and connections."""


REFUSED_WITH = "gangshao.refused_with"
"""Key of the WSGI environment: the status with which the server refuses a request, 0 when it does not."""
RETRY_AFTER = 5  # seconds
_IS_GONE = "waitress.client_disconnected"


class ReaderGone(BaseException):
    """Nobody waits for the answer that is being made. As GeneratorExit, no page takes it for a failure of its own."""


def refused_with() -> int:
    """The status with which the server refuses the request at hand, 0 when it does not."""
    return int(request.environ.get(REFUSED_WITH, 0))


def stop_if_reader_has_gone() -> None:
    """Give up the work for a request whose connection is closed. Raises ReaderGone."""
    is_gone = request.environ.get(_IS_GONE) if has_request_context() else None
    if is_gone is not None and is_gone():
        raise ReaderGone
