"""The viewer of the request at hand, set by the guard and by nothing else."""

from flask import current_app, g, has_request_context

from pipelines.core.domain import UserError, Viewer
from pipelines.core.region.permissions import Permissions, PermittedAct, read_permissions


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


PERMISSIONS = "GANGSHAO_PERMISSIONS"  # key of the region's folder, where they are, in the server's configuration
_NEEDS = {
    "/audit": PermittedAct.SEE_AUDIT,
    "/download/audit.csv": PermittedAct.SEE_AUDIT,
    "/download/audit.xlsx": PermittedAct.SEE_AUDIT,
    "/accounts": PermittedAct.MANAGE_ACCOUNTS,
    "/rules": PermittedAct.SEE_RULES,
    "/delivery": PermittedAct.SEE_DELIVERY,
    "/data/upload": PermittedAct.SEND_FILE,
    "/data/template": PermittedAct.SEND_FILE,
    "/employers": PermittedAct.SEE_EMPLOYERS,
}
"""Pages, acts and downloads that need a permission, with all below them; others are for everybody who is signed in."""


def current_permissions() -> Permissions:
    """Who may do what on this server, as the region's file is now; nobody anything where it cannot be read."""
    try:
        return read_permissions(current_app.config[PERMISSIONS])
    except UserError as error:
        current_app.logger.error("permissions are not read: %s", error)
        return Permissions()


def may_open(permissions: Permissions, viewer: Viewer, path: str) -> bool:
    """Whether the viewer's role may open this address, or one below it."""
    asked = "/" + path.strip("/")
    return all(
        permissions.may(viewer, act) for top, act in _NEEDS.items() if asked == top or asked.startswith(top + "/")
    )
