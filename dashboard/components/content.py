"""Content of a page as it came: assets/content.js makes it; Dash would watch each part of it for changes."""

from typing import Any


def whole(parts: str, kind: str) -> dict[str, Any]:
    """One component for Dash of ``parts``, a mark (dashboard/web/fragment_cache.py) that stands for html parts,
    ``dcc.Link``, ``dcc.Input`` and ``dcc.Graph``.

    Dash's own renderer takes most of a millisecond for a part: three quarters of what a reader waited for. No callback
    reaches what is in here. ``kind`` is a class. assets/ are loaded by name: content.js before what builds on it.
    """
    return {"props": {"className": kind, "parts": parts}, "type": "Content", "namespace": "gangshao"}
