"""Headers of every answer: what the browser may run, load and tell others."""

from collections.abc import Callable, Iterable

from flask import Flask, Response

from dashboard.web.security.origin import is_encrypted
from pipelines.core.settings import Settings

ScriptHashes = Callable[[], Iterable[str]]
# Dash, its grid and plotly set styles on elements: without 'unsafe-inline' for styles the pages lose their look.
_POLICY = (
    "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_YEAR = 365 * 24 * 3600
# The same for everybody; whatever else is sent may be somebody's own.
_PARTS_OF_PAGES = frozenset({"text/css", "text/javascript", "application/javascript"})


def add_headers(server: Flask, settings: Settings, script_hashes: ScriptHashes) -> None:
    """Add the headers to all answers of the server, errors included.

    ``script_hashes`` returns quoted sources (``'sha256-…'``) of the inline scripts, as ``dash.Dash.csp_hashes`` does;
    it is asked at the first answer, when all callbacks are registered.
    """
    policy: list[str] = []

    @server.after_request
    def after(response: Response) -> Response:
        if not policy:
            policy.append(_POLICY.format(scripts=" ".join(["'self'", *script_hashes()])))
        response.headers["Content-Security-Policy"] = policy[0]
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        kind = response.mimetype or ""
        if kind not in _PARTS_OF_PAGES and not kind.startswith(("image/", "font/")):
            # What one viewer saw is kept by no browser or proxy for the next one.
            response.headers["Cache-Control"] = "no-store"
        if is_encrypted(settings):
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        return response
