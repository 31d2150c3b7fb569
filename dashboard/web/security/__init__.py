"""Who may come in: single-use links, sessions, a check before every request, headers after every answer."""

from dashboard.web.security.guard import guard
from dashboard.web.security.trail import Trail, asked, at_page, is_refused, page, trail
from dashboard.web.security.viewer import NotSignedInError, current_permissions, current_viewer, may_open

__all__ = [
    "NotSignedInError",
    "Trail",
    "asked",
    "at_page",
    "current_permissions",
    "current_viewer",
    "guard",
    "is_refused",
    "may_open",
    "page",
    "trail",
]
