"""The viewer of the request at hand, set by the guard and by nothing else."""

from flask import g, has_request_context

from pipelines.core.domain import Role, Viewer
from pipelines.ledger.uploads.upload import MAY_UPLOAD


class NotSignedInError(PermissionError):
    """Somebody asked for data outside a signed-in request; there is no viewer to ask for."""


def set_viewer(viewer: Viewer, session: str) -> None:
    """Remember whose request this is, and what the audit trail calls the session."""
    g.gangshao_viewer = viewer
    g.gangshao_session = session


def current_session() -> str:
    """What the audit trail calls this request's session."""
    mark: str = g.gangshao_session
    return mark


def current_viewer() -> Viewer:
    """The signed-in viewer. Raises NotSignedInError outside a request that the guard let through."""
    viewer = g.get("gangshao_viewer") if has_request_context() else None
    if not isinstance(viewer, Viewer):
        raise NotSignedInError("no signed-in viewer")
    return viewer


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
