"""The only place with colours: a palette for light and one for dark, named by style sheets, pictures and charts."""

from functools import cache
from typing import Any

FONTS = (
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', "
    "'WenQuanYi Micro Hei', system-ui, sans-serif"
)

# Text on ground reaches 4.5:1, adjacent parts of a graphic 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
LIGHT = {
    "ground": "#f4f6f8",
    "sheet": "#ffffff",
    "ink": "#16202b",
    "soft": "#4d5a68",
    "line": "#d5dbe2",
    "faint": "#eaeef2",
    "brand": "#12355b",
    "brand-ink": "#ffffff",
    "act": "#12355b",
    "act-ink": "#ffffff",
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
    "expected": "#5c6b7a",
    "shadow": "#0000002e",
}
DARK = {
    "ground": "#0f151c",
    "sheet": "#18212b",
    "ink": "#e6ebf1",
    "soft": "#a5b1be",
    "line": "#3a4755",
    "faint": "#232e3a",
    "brand": "#1a3f66",
    "brand-ink": "#ffffff",
    "act": "#2f6db3",
    "act-ink": "#ffffff",
    "link": "#8cbcf5",
    "focus": "#ffb454",
    "worse": "#ff8a80",
    "better": "#63d297",
    "level-1": "#cf2f36",
    "level-1-ink": "#ffffff",
    "level-2": "#f0953a",
    "level-2-line": "#d97f25",
    "level-2-ink": "#2b1200",
    "level-3": "#ffdd66",
    "level-3-line": "#e6bf3f",
    "level-3-ink": "#332600",
    "level-4": "#254a75",
    "level-4-line": "#7ba7d6",
    "level-4-ink": "#deebfa",
    "missing": "#28333f",
    "missing-line": "#76838f",
    "demo": "#4a3c0c",
    "demo-ink": "#ffe9a8",
    "series": "#74b1f2",
    "band": "#34465a",
    "expected": "#a3b0bd",
    "shadow": "#00000099",
}


def colour(name: str) -> str:
    """A colour by its name, ``var(--series)``, which follows the reader's scheme. Raises KeyError if there is none."""
    if name not in LIGHT:
        raise KeyError(name)
    return f"var(--{name})"


def css_variables() -> str:
    """Palettes and fonts as custom properties for style sheets. Paper is light, as is what has the class ``light``."""
    return (
        f":root,.light{{color-scheme:light;{_properties(LIGHT)}}}:root{{--fonts:{FONTS}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{_properties(DARK)}}}}}"
    )


def _properties(palette: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())


@cache
def template() -> dict[str, Any]:
    """Plotly's template: quiet axes, horizontal text, key above the chart. Read-only; colours by name, which
    assets/figure.js puts in."""
    axis = {
        "gridcolor": colour("faint"),
        "linecolor": colour("line"),
        "zerolinecolor": colour("line"),
        "tickfont": {"size": 12, "color": colour("soft")},
        "automargin": True,
        "fixedrange": True,
    }
    return {
        "layout": {
            "font": {"family": FONTS, "size": 13, "color": colour("ink")},
            "paper_bgcolor": colour("sheet"),
            "plot_bgcolor": colour("sheet"),
            "margin": {"l": 44, "r": 12, "t": 30, "b": 32},
            "xaxis": axis | {"showgrid": False, "tickformat": "%m-%d", "tickangle": 0, "nticks": 7},
            "yaxis": axis | {"rangemode": "tozero", "nticks": 5, "separatethousands": True, "exponentformat": "none"},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
            "hovermode": "x unified",
            "hoverlabel": {"font": {"family": FONTS}},
            "bargap": 0.25,
            "separators": ".,",
        }
    }
