"""Attributes for those who listen to a page; Dash takes names with a hyphen only as a dictionary."""

from typing import Any

SILENT: dict[str, Any] = {"aria-hidden": "true"}
CURRENT: dict[str, Any] = {"aria-current": "true"}


def label(words: str) -> dict[str, Any]:
    """The name by which a part is announced."""
    return {"aria-label": words}


def labelled_by(name: str) -> dict[str, Any]:
    """The part of the page whose text announces this one."""
    return {"aria-labelledby": name}


def tab(panel: str, *, is_chosen: bool) -> dict[str, Any]:
    """A tab, and the panel it opens."""
    return {"aria-controls": panel, "aria-selected": "true" if is_chosen else "false"}
