"""The viewer of the request at hand, set by the guard and by nothing else."""

from flask import g, has_request_context

from pipelines.core.domain import Viewer


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
