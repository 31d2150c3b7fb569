"""Who may come in: single-use links, sessions, a check before every request, headers after every answer."""

from dashboard.security.guard import guard
from dashboard.security.rights import may_open
from dashboard.security.trail import Trail, asked, at_page, is_refused, page, trail
from dashboard.security.viewer import NotSignedInError, current_viewer

__all__ = [
    "NotSignedInError",
    "Trail",
    "asked",
    "at_page",
    "current_viewer",
    "guard",
    "is_refused",
    "may_open",
    "page",
    "trail",
]
