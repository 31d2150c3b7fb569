"""Which pages, acts and downloads are for certain roles only; all others are for everybody who is signed in."""

from pipelines.core.domain import Role, Viewer
from pipelines.ledger.uploads.upload import MAY_UPLOAD

_ONLY_FOR = {
    "/audit": frozenset({Role.AUDITOR}),
    "/download/audit.csv": frozenset({Role.AUDITOR}),
    "/download/audit.xlsx": frozenset({Role.AUDITOR}),
    "/accounts": frozenset({Role.ADMINISTRATOR}),
    "/rules": frozenset({Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY}),
    "/delivery": frozenset({Role.ADMINISTRATOR, Role.CITY_DUTY}),
    "/data/upload": MAY_UPLOAD,  # for which areas says pipelines.ledger.uploads.upload.may_send
    "/data/template": MAY_UPLOAD,
    "/employers": frozenset(Role) - {Role.ADMINISTRATOR, Role.AUDITOR},
}


def may_open(viewer: Viewer, path: str) -> bool:
    """Whether the viewer's role may open this address, or one below it."""
    asked = "/" + path.strip("/")
    return all(viewer.role in roles for top, roles in _ONLY_FOR.items() if asked == top or asked.startswith(top + "/"))
