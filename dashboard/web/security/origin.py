"""Under which addresses we are ourselves, who asks from where, and whether the line is safe."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

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
