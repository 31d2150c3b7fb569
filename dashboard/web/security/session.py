"""Whose request it is: the cookies of session, known browser and language, the viewer, and what a role may open."""

from datetime import timedelta

from flask import Flask, Response, current_app, g, has_request_context, request

from dashboard.locale import Language, answer_in
from dashboard.web.security.origin import is_encrypted
from pipelines.core.domain import UserError, Viewer
from pipelines.core.region.permissions import Permissions, PermittedAct, read_permissions
from pipelines.core.settings import Settings
from pipelines.ledger.accounts.session import ABSOLUTE_LIMIT
from pipelines.ledger.accounts.sign_in import DEVICE_LASTS

# The prefix makes the browser refuse the cookie from any other host or over a plain line.
SECURE_NAME = "__Host-gangshao"
LOOPBACK_NAME = "gangshao"
_DEVICE, _LANGUAGE = "-device", "-language"
_LANGUAGE_LASTS = timedelta(days=365)


def read_token(settings: Settings) -> str | None:
    """The session's token the browser sent, if any."""
    return request.cookies.get(_name(settings)) or None


def read_device(settings: Settings) -> str | None:
    """The token of a browser that signed in before, if any."""
    return request.cookies.get(_name(settings) + _DEVICE) or None


def set_token(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token of a fresh session."""
    _set(response, _name(settings), token, ABSOLUTE_LIMIT, settings)


def set_device(response: Response, token: str, settings: Settings) -> None:
    """Give the browser the token by which it is known."""
    _set(response, _name(settings) + _DEVICE, token, DEVICE_LASTS, settings)


def clear_token(response: Response, settings: Settings) -> None:
    """Make the browser forget the session."""
    response.delete_cookie(_name(settings), path="/", secure=is_encrypted(settings), httponly=True, samesite="Lax")


def read_language(settings: Settings) -> Language | None:
    """The language chosen in this browser; it outlasts sessions."""
    chosen = request.cookies.get(_name(settings) + _LANGUAGE, "")
    return Language(chosen) if chosen in list(Language) else None


def set_language(response: Response, chosen: Language, settings: Settings) -> None:
    """Let the browser remember the language."""
    _set(response, _name(settings) + _LANGUAGE, chosen, _LANGUAGE_LASTS, settings)


def _set(response: Response, name: str, token: str, lasts: timedelta, settings: Settings) -> None:
    response.set_cookie(
        name, token, max_age=lasts, path="/", secure=is_encrypted(settings), httponly=True, samesite="Lax"
    )


def _name(settings: Settings) -> str:
    return SECURE_NAME if is_encrypted(settings) else LOOPBACK_NAME


_BY_TAG = {one.split("-", maxsplit=1)[0]: one for one in Language}


def choose_language(server: Flask, settings: Settings) -> None:
    """Let every request be answered in its reader's language, refusals included: to be called before the guard."""

    @server.before_request
    def choose() -> None:
        answer_in(read_language(settings) or _preferred())


def _preferred() -> Language:
    """The first of our languages among those the browser says its reader prefers."""
    tags = (tag.split("-", maxsplit=1)[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((_BY_TAG[tag] for tag in tags if tag in _BY_TAG), Language.CHINESE)


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


PERMISSIONS = "GANGSHAO_PERMISSIONS"  # key in the server's configuration of the region's folder, which has them
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
    "/operation": PermittedAct.SEE_EMPLOYERS,
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
