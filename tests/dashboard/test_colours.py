"""Both palettes: text and lines stand out from their grounds, levels and judgements do for colour-blind readers too."""

import math
import re
from itertools import combinations
from pathlib import Path

import plotly.graph_objects as go
import pytest

import dashboard
from dashboard.components.theme import DARK, LIGHT, colour, css_variables, template

PALETTES = {"light": LIGHT, "dark": DARK}
LEVELS = [f"level-{level}" for level in (1, 2, 3, 4)]
# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1.0;
# rows give red, green and blue seen, of linear sRGB.
SIGHTS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}  # fmt: skip
# A difference is just noticeable at 2.3 (Mahy, Van Eycken, Oosterlinck 1994): four of them side by side are seen at once.
TOLD_APART = 10.0

Light = tuple[float, float, float]


def linear(value: str) -> Light:
    """Linear sRGB of ``#rrggbb``, each part 0 to 1 (IEC 61966-2-1)."""
    parts = (int(value[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    lights = (sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other))
    dark, light = sorted(lights)
    return (light + 0.05) / (dark + 0.05)


def lab(seen: Light) -> Light:
    """CIE L*a*b* under D65 of linear sRGB, which is cut to what a screen can show."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in seen)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (
        part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29 for part in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: str, other: str, sight: str) -> float:
    """CIE76 difference of two colours as somebody of this sight sees them."""
    seen = []
    for value in (one, other):
        light = linear(value)
        red, green, blue = (sum(w * part for w, part in zip(row, light, strict=True)) for row in SIGHTS[sight])
        seen.append(lab((red, green, blue)))
    return math.dist(*seen)


def test_the_formulas_give_published_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert difference("#ff0000", "#00ff00", "full") == pytest.approx(170.6, abs=0.1)
    assert difference("#c00000", "#4d5a00", "deuteranopia") < 0.4 * difference("#c00000", "#4d5a00", "full")


@pytest.mark.parametrize("scheme", PALETTES)
@pytest.mark.parametrize(
    ("ink", "grounds"),
    [
        ("ink", ("ground", "sheet", "faint", "missing")),
        ("soft", ("ground", "sheet", "faint", "missing")),
        ("link", ("ground", "sheet", "faint")),
        ("worse", ("ground", "sheet")),
        ("better", ("ground", "sheet")),
        ("brand-ink", ("brand",)),
        ("act-ink", ("act",)),
        ("level-1-ink", ("level-1",)),
        ("level-2-ink", ("level-2", "level-2-line")),
        ("level-3-ink", ("level-3", "level-3-line")),
        ("level-4-ink", ("level-4",)),
        ("demo-ink", ("demo",)),
    ],
)
def test_text_stands_out_from_every_ground_it_stands_on(scheme: str, ink: str, grounds: tuple[str, ...]) -> None:
    palette = PALETTES[scheme]
    for ground in grounds:
        assert contrast(palette[ink], palette[ground]) >= 4.5, ground


@pytest.mark.parametrize("scheme", PALETTES)
@pytest.mark.parametrize(
    ("part", "beside"),
    [
        ("series", ("sheet", "ground", "band", "demo")),
        ("expected", ("sheet", "band", "demo")),
        ("worse", ("sheet", "band", "demo", "missing")),
        ("missing-line", ("sheet",)),
        ("focus", ("ground", "sheet")),
        ("brand-ink", ("brand",)),
        ("act", ("sheet",)),
        ("soft", ("sheet",)),
    ],
)
def test_lines_of_graphics_and_of_fields_stand_out_from_what_is_beside(
    scheme: str, part: str, beside: tuple[str, ...]
) -> None:
    palette = PALETTES[scheme]
    for other in beside:
        assert contrast(palette[part], palette[other]) >= 3, other


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("scheme", PALETTES)
def test_levels_judgements_and_lines_are_told_apart_with_any_colour_vision(scheme: str, sight: str) -> None:
    palette = PALETTES[scheme]
    for one, other in [*combinations(LEVELS, 2), ("worse", "better"), ("series", "expected"), ("series", "worse")]:
        assert difference(palette[one], palette[other], sight) >= TOLD_APART, (one, other)


def test_both_palettes_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
    with pytest.raises(KeyError):
        colour("none")


def test_plotly_knows_every_setting_of_the_template() -> None:
    assert go.layout.Template(template()).to_plotly_json() == template()


def test_no_file_of_the_dashboard_but_the_theme_says_a_colour() -> None:
    top = Path(dashboard.__file__).parent
    said = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}\b(?! ?\{)|\b(?:rgba?|hsla?|oklch)\(")
    files = [
        path for form in ("*.py", "*.css", "*.js", "*.html") for path in top.rglob(form) if path.name != "theme.py"
    ]
    assert len(files) > 50
    found = [(path.name, one) for path in files for one in said.findall(path.read_text(encoding="utf-8"))]
    assert not found


def test_every_colour_that_a_style_sheet_asks_for_is_there_and_every_colour_is_used() -> None:
    top = Path(dashboard.__file__).parent
    texts = [path.read_text(encoding="utf-8") for form in ("*.css", "*.py", "*.html") for path in top.rglob(form)]
    asked = {name for text in texts for name in re.findall(r"var\(--([a-z][\w-]*)\)", text)} - {"fonts"}
    named = {name for text in texts for name in re.findall(r"colour\(f?['\"]([\w{}-]+)['\"]\)", text)}
    assert asked <= LIGHT.keys()
    unused = LIGHT.keys() - asked - named
    assert not unused
    assert css_variables().count("--series:") == 2
