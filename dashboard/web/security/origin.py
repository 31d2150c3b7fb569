"""Under which addresses we are ourselves, who asks from where, whether the line is safe; headers of every answer."""

import ipaddress
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from pipelines.core.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether a network address, or a host with or without port, is this machine."""
    name = host if host.count(":") > 1 and not host.startswith("[") else _hostname(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def client_address() -> str:
    """The network address of whoever asks: the peer's, or what the proxy of ``GANGSHAO_TRUSTED_PROXY`` says of it."""
    return request.remote_addr or ""


def address_of_one_client(settings: Settings) -> str:
    """The same where it tells one client from others; empty for this machine itself and for a proxy's own address.

    Behind HTTPS without a trusted proxy every address is the proxy's: to count anything by it would count everybody.
    """
    found = client_address()
    is_shared = is_loopback(found) or found == settings.trusted_proxy
    return "" if is_shared or (_is_behind_https(settings) and not settings.trusted_proxy) else found


def is_this_machine(settings: Settings) -> bool:
    """Whether who asks sits at this machine and names it so. The name alone is whatever the client writes.

    Where an HTTPS address is set, all come by the proxy of this machine, and nobody is taken to sit at it.
    """
    return not _is_behind_https(settings) and is_loopback(request.host) and is_loopback(client_address())


def is_our_host(settings: Settings) -> bool:
    """Whether the request names us: this machine, or the address set. Anything else may be a stranger's name for us."""
    return is_this_machine(settings) or _is_set_address(settings, request.host)


def is_our_origin(settings: Settings) -> bool:
    """Whether a writing request says that it comes from our own pages; one that says nothing is refused."""
    scheme, _, host = request.headers.get("Origin", "").lower().partition("://")
    is_address_set = scheme == urlsplit(settings.address).scheme and _is_set_address(settings, host)
    return is_address_set or (scheme, host) == (request.scheme, request.host.lower())


def is_encrypted(settings: Settings) -> bool:
    """Whether the browser speaks HTTPS, to us or to the proxy before us (then the set address says so)."""
    return request.is_secure or (_is_behind_https(settings) and _is_set_address(settings, request.host))


def _is_set_address(settings: Settings, host: str) -> bool:
    """Whether a host, with or without the port that goes without saying, is that of the address set."""
    address = urlsplit(settings.address)
    usual = {"https": ":443", "http": ":80"}[address.scheme]
    return host.lower().removesuffix(usual) == address.netloc.lower().removesuffix(usual)


def _is_behind_https(settings: Settings) -> bool:
    return urlsplit(settings.address).scheme == "https"


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


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
