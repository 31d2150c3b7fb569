"""Logs requests: which kind of page, with which answer, in how long; never who asked or what for."""

import logging
import time

from flask import Flask, Response, g, request

from dashboard.web.security.guard import HEALTH
from pipelines.core.log import tell

_FILES = ("/assets/", "/_dash-component-suites/", "/sign-in/static/")
log = logging.getLogger(__name__)


def log_requests(server: Flask) -> None:
    """An event for each answer but those for style and script files, and for a watcher that is told all is well."""

    @server.before_request
    def begin() -> None:
        g.gangshao_began = time.perf_counter()

    @server.after_request
    def end(response: Response) -> Response:
        is_well = response.status_code < 400
        if not (is_well and (request.path.startswith(_FILES) or request.blueprint == HEALTH)):
            seconds = time.perf_counter() - g.get("gangshao_began", time.perf_counter())
            endpoint = request.endpoint or "unknown"  # the rule that answers, without what stands for its variables
            tell(
                log,
                "answered",
                method=request.method,
                endpoint=endpoint,
                status=response.status_code,
                milliseconds=round(1000 * seconds),
            )
        return response
