"""Requests that are answered without being worked on, and work that is given up because its reader has gone."""

from flask import has_request_context, request

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
