"""Who may come in: single-use links, sessions, a check before every request, headers after every answer."""

from dashboard.web.security.guard import guard
from dashboard.web.security.session import NotSignedInError, current_permissions, current_viewer, may_open
from dashboard.web.security.trail import Trail, asked, at_page, is_refused, page, trail

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
