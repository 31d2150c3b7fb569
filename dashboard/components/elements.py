"""Elements Dash has none of: names for those who listen, content made by the page's own script, small drawings."""

from typing import Any

from dashboard.components.theme import colour

ARIA_HIDDEN: dict[str, Any] = {"aria-hidden": "true"}
ARIA_CURRENT: dict[str, Any] = {"aria-current": "true"}


def aria_label(words: str) -> dict[str, Any]:
    """The name by which a part is announced."""
    return {"aria-label": words}


def aria_labelled_by(name: str) -> dict[str, Any]:
    """The part of the page whose text announces this one."""
    return {"aria-labelledby": name}


def aria_tab(panel: str, *, is_chosen: bool) -> dict[str, Any]:
    """A tab, and the panel it opens."""
    return {"aria-controls": panel, "aria-selected": "true" if is_chosen else "false"}


def content_element(parts: str, kind: str) -> dict[str, Any]:
    """One component for Dash of ``parts``, a mark (dashboard/web/fragment_cache.py) that stands for html parts,
    ``dcc.Link``, ``dcc.Input`` and ``dcc.Graph``.

    Dash's own renderer takes most of a millisecond for a part: three quarters of what a reader waited for. No callback
    reaches what is in here. ``kind`` is a class. assets/ are loaded by name: content.js before what builds on it.
    """
    return {"props": {"className": kind, "parts": parts}, "type": "Content", "namespace": "gangshao"}


def drawing(svg: str, told: str, kind: str) -> dict[str, Any]:
    """An SVG drawing and what it shows in words; ``kind`` is a class. What it writes must be escaped already."""
    return {
        "props": {"svg": svg, "role": "img", "className": kind, **aria_label(told)},
        "type": "Drawing",
        "namespace": "gangshao",
    }


_WIDTH, _HEIGHT, _EDGE = 120, 30, 3


def spark(values: tuple[float | None, ...], normal: tuple[float, float] | None, description: str) -> Any:
    """A small line of ``values`` (None: a gap) over the normal range, its end marked; None for under 3 values."""
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return None
    bounds = [*known, *(normal or ())]
    low, high = min(bounds), max(bounds)
    span = (high - low) or 1.0

    def x(place: int) -> float:
        return _EDGE + place * (_WIDTH - 2 * _EDGE) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return float(_HEIGHT - _EDGE - (value - low) * (_HEIGHT - 2 * _EDGE) / span)

    parts = []
    if normal is not None:
        top, bottom = y(normal[1]), y(normal[0])
        parts.append(
            f"<rect x='0' y='{top:.1f}' width='{_WIDTH}' height='{max(1.0, bottom - top):.1f}' "
            f"fill='{colour('band')}'/>"
        )
    pieces: list[str] = []
    is_pen_down = False
    for place, value in enumerate(values):
        if value is None:
            is_pen_down = False
            continue
        pieces.append(f"{'L' if is_pen_down else 'M'}{x(place):.1f} {y(value):.1f}")
        is_pen_down = True
    parts.append(f"<path d='{''.join(pieces)}' fill='none' stroke='{colour('series')}' stroke-width='1.6'/>")
    if values[-1] is not None:
        parts.append(
            f"<circle cx='{x(len(values) - 1):.1f}' cy='{y(values[-1]):.1f}' r='2.6' fill='{colour('series')}'/>"
        )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' width='{_WIDTH}' height='{_HEIGHT}' "
        f"preserveAspectRatio='none'>{''.join(parts)}</svg>"
    )
    return drawing(svg, description, "spark")
