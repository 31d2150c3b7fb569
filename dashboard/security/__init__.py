"""Who may come in: single-use links, sessions, a check before every request, headers after every answer."""

from dashboard.security.guard import guard
from dashboard.security.viewer import NotSignedInError, current_viewer

__all__ = ["NotSignedInError", "current_viewer", "guard"]
