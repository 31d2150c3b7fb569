"""Small pictures that stand in the page itself: they need no chart script and have the colours of the page."""

from typing import Any

from dashboard.components import aria


def drawing(svg: str, told: str, kind: str) -> dict[str, Any]:
    """An SVG drawing and what it shows in words; ``kind`` is a class. What it writes must be escaped already."""
    return {
        "props": {"svg": svg, "role": "img", "className": kind, **aria.label(told)},
        "type": "Drawing",
        "namespace": "gangshao",
    }
