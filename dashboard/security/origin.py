"""Under which addresses we are ourselves: the host named, where a form came from, whether the line is safe."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from pipelines.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether a host, with or without port, is this machine."""
    name = _hostname(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_our_host(settings: Settings) -> bool:
    """Whether the request names us: the loopback, or the address set. Anything else may be a stranger's name for us."""
    return is_loopback(request.host) or request.host.lower() == urlsplit(settings.address).netloc.lower()


def is_our_origin(settings: Settings) -> bool:
    """Whether a writing request says that it comes from our own pages; one that says nothing is refused."""
    address = urlsplit(settings.address)
    ours = {f"{address.scheme}://{address.netloc}".lower(), f"{request.scheme}://{request.host}".lower()}
    return request.headers.get("Origin", "").lower() in ours


def is_encrypted(settings: Settings) -> bool:
    """Whether the browser speaks HTTPS, to us or to the proxy before us (then the set address says so)."""
    address = urlsplit(settings.address)
    return request.is_secure or (address.scheme == "https" and request.host.lower() == address.netloc.lower())


def is_clients_address(settings: Settings) -> bool:
    """Whether the address a request comes from is its client's: of HTTPS that ended before us it is a proxy's."""
    return request.is_secure or not is_encrypted(settings)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
