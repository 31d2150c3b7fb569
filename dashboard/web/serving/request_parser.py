"""Reads requests as waitress does, and refuses a body that is too long for its path before it is read."""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

from dashboard.upload.submission import MOST_BODY, PATH
from dashboard.web.security.session import LOOPBACK_NAME, SECURE_NAME
from dashboard.web.serving.limits import Limits

_QUICK_PATHS = ("/healthz", "/readyz", "/edition")
_QUICK_FOLDERS = ("/assets/", "/sign-in/static/")
CALLBACK = "/_dash-update-component"  # reads, though it is a POST


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """One request while it comes in, waits and is answered; times in seconds of the monotonic clock.

    ``refused_with`` is the status (413, 503) with which it is answered in place of being worked on; 0: none.
    """

    adj: Any
    body_rcv: Any
    error: Any

    def __init__(self, adj: Any, limits: Limits, body_bytes: Callable[[], int]) -> None:
        super().__init__(adj)
        self.begun, self.arrived = time.monotonic(), 0.0
        self.answer_begun = 0.0
        self.refused_with = 0
        self.is_told_late = False
        self._limits, self._body_bytes = limits, body_bytes
        self._answer: object | None = None
        self._lock = threading.Lock()

    @property
    def is_quick(self) -> bool:
        """Whether a thread is not kept long by it: refusals, what watchers ask, our own style and script files."""
        path = getattr(self, "path", "")
        return bool(self.error or self.refused_with) or path in _QUICK_PATHS or path.startswith(_QUICK_FOLDERS)

    @property
    def is_reading(self) -> bool:
        """Whether answering 503 in the middle of it is true: nothing is changed by it."""
        return self.command.upper() in {"GET", "HEAD"} or self.path == CALLBACK

    @property
    def is_file(self) -> bool:
        """Whether a file is asked for that may be large."""
        return bool(self.path.startswith("/download/"))

    @property
    def body_size(self) -> int:
        """Bytes of memory its body takes or will take."""
        if self.body_rcv is None:
            return 0
        if not self.chunked:
            return int(self.content_length)
        return int(self.body_bytes_received if self.completed else self.adj.max_request_body_size)

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the header and set the limit of this request's body. Raises ParsingError."""
        super().parse_header(header_plus)
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size = self._most_body() + 1  # waitress refuses one of this size

    def received(self, data: bytes) -> int:
        """Take in bytes of the request; returns how many were its own."""
        had_header = self.headers_finished
        consumed: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self._refuse_body(413)
        elif self.headers_finished and not had_header and self._is_one_body_too_many():
            self._refuse_body(503)
        if self.completed:
            self.arrived = time.monotonic()
        return consumed

    def claim_answer(self, answer: object) -> bool:
        """Whether this answer may be written: the first that asks. Work that goes on is answered by nobody else."""
        with self._lock:
            if self._answer is None:
                self._answer, self.answer_begun = answer, time.monotonic()
            return self._answer is answer

    def _is_one_body_too_many(self) -> bool:
        is_long = self.body_size > self._limits.body_of_stranger
        return is_long and self._body_bytes() > self._limits.all_bodies  # its own among them

    def _most_body(self) -> int:
        sent = self.headers.get("COOKIE", "").split(";")
        if not {part.partition("=")[0].strip() for part in sent} & {SECURE_NAME, LOOPBACK_NAME}:
            return self._limits.body_of_stranger
        return MOST_BODY if self.path == PATH and self.command.upper() == "POST" else self._limits.body

    def _refuse_body(self, status: int) -> None:
        """Complete the request without its body; the connection ends with the answer, for the body is still coming."""
        self.close()
        self.refused_with, self.error, self.body_rcv = status, None, None
        self.completed, self.chunked, self.expect_continue = True, False, False
        self.headers |= {"CONNECTION": "close", "CONTENT_LENGTH": "0"}
