"""Attributes for those who listen to a page; Dash takes names with a hyphen only as a dictionary."""

from typing import Any

SILENT: dict[str, Any] = {"aria-hidden": "true"}
CURRENT: dict[str, Any] = {"aria-current": "true"}


def label(words: str) -> dict[str, Any]:
    """The name by which a part is announced."""
    return {"aria-label": words}
