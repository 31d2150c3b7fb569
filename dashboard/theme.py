"""The only place with colours: severity palette, page colours as CSS variables, and the template of all charts."""

from functools import cache
from typing import Any

import plotly.graph_objects as go

FONTS = (
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', "
    "'WenQuanYi Micro Hei', system-ui, sans-serif"
)

# Text on ground reaches 4.5:1, adjacent parts of a graphic 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
COLOURS = {
    "ground": "#f4f6f8",
    "sheet": "#ffffff",
    "ink": "#16202b",
    "soft": "#4d5a68",
    "line": "#d5dbe2",
    "faint": "#eaeef2",
    "brand": "#12355b",
    "brand-ink": "#ffffff",
    "link": "#0b4f9e",
    "focus": "#b45f00",
    "worse": "#9c1c1c",
    "better": "#0b6b3a",
    "level-1": "#8f1414",
    "level-1-ink": "#ffffff",
    "level-2": "#f7b670",
    "level-2-line": "#e39a49",
    "level-2-ink": "#301600",
    "level-3": "#ffe27a",
    "level-3-line": "#ecca4f",
    "level-3-ink": "#332600",
    "level-4": "#d5e6f8",
    "level-4-line": "#7ba7d6",
    "level-4-ink": "#0c2f57",
    "missing": "#eceff2",
    "missing-line": "#8a95a1",
    "demo": "#fff3cd",
    "demo-ink": "#4a3800",
    "series": "#1d5a9e",
    "band": "#c9d6e4",
    "band-outer": "#e4ebf3",
    "expected": "#5c6b7a",
}


def css_variables() -> str:
    """The palette and the fonts as custom properties of the root, for the style sheets of assets/."""
    pairs = "".join(f"--{name}:{colour};" for name, colour in COLOURS.items())
    return f":root{{{pairs}--fonts:{FONTS}}}"


@cache
def template() -> dict[str, Any]:
    """Plotly's template as plain values, checked once: quiet axes, horizontal text, key above the chart. Read-only."""
    axis = {
        "gridcolor": COLOURS["faint"],
        "linecolor": COLOURS["line"],
        "zerolinecolor": COLOURS["line"],
        "tickfont": {"size": 12, "color": COLOURS["soft"]},
        "automargin": True,
        "fixedrange": True,
    }
    checked = go.layout.Template(
        layout={
            "font": {"family": FONTS, "size": 13, "color": COLOURS["ink"]},
            "paper_bgcolor": COLOURS["sheet"],
            "plot_bgcolor": COLOURS["sheet"],
            "margin": {"l": 44, "r": 12, "t": 30, "b": 32},
            "xaxis": axis | {"showgrid": False, "tickformat": "%m-%d", "tickangle": 0, "nticks": 7},
            "yaxis": axis | {"rangemode": "tozero", "nticks": 5, "separatethousands": True, "exponentformat": "none"},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
            "hovermode": "x unified",
            "hoverlabel": {"font": {"family": FONTS}},
            "bargap": 0.25,
            "separators": ".,",
        }
    )
    plain: dict[str, Any] = checked.to_plotly_json()
    return plain
