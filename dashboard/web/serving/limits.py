"""What one server takes on at once, and for how long anybody may keep it waiting."""

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Limits:
    """Numbers of requests and connections, seconds, bytes; tests set shorter ones."""

    threads: int = 8
    queue_length: int = 24
    """Requests that wait for a thread; one more is answered 503."""
    queue_seconds: float = 3.0
    """After so long in the queue a request is answered 503 and not worked on."""
    answer_seconds: float = 8.0
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
