"""Which pages and downloads are for certain roles only; all others are for everybody who is signed in."""

from pipelines.domain import Role, Viewer

_ONLY_FOR = {"/audit": frozenset({Role.AUDITOR}), "/download/audit.csv": frozenset({Role.AUDITOR})}


def may_open(viewer: Viewer, path: str) -> bool:
    """Whether the viewer's role may open this address."""
    allowed = _ONLY_FOR.get("/" + path.strip("/"))
    return allowed is None or viewer.role in allowed
