"""The city's counties as a picture and as tiles, coloured by their worst open warning; for internal use."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from dash import dcc, html
from flask import current_app

from dashboard.components import elements
from dashboard.components.elements import drawing
from dashboard.components.tag import level_word
from dashboard.components.theme import colour
from dashboard.components.warning import address
from dashboard.locale import text
from dashboard.locale.translation import REGION
from dashboard.summary import reference

_FILE = Path("boundaries") / "counties.geojson"
_WIDTH = 560.0
_EDGE = 8.0
Ring = np.ndarray[Any, np.dtype[np.float64]]


def city_map(levels: Mapping[str, int]) -> Any:
    """The map, or None where the region has no boundaries. ``levels``: unit → its worst open level.

    A county is coloured by itself; a zone inside it is a labelled mark of its own, for it reports for itself.
    """
    shapes = _shapes(current_app.config[REGION] / _FILE)
    if not shapes:
        return None
    places = reference.places()
    zones: defaultdict[str, list[str]] = defaultdict(list)
    for unit in reference.units():
        if unit.code not in shapes:
            zones[unit.county_view].append(unit.code)
    height = max(ring[:, 1].max() for rings in shapes.values() for ring in rings) + _EDGE
    drawn, labels = [], []
    for code, rings in shapes.items():
        drawn.append(_county(rings, levels.get(code)))
        x, y = _middle(rings)
        name = places[code].short_name if code in places else code
        labels.append(_label(x, y, name, levels.get(code), is_zone=False))
        view = places[code].county_view if code in places else ""
        labels += [
            _label(x, y + 24 * (place + 1), places[zone].short_name, levels.get(zone), is_zone=True)
            for place, zone in enumerate(zones.get(view, []))
        ]
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH:.0f} {height:.0f}' width='{_WIDTH:.0f}' "
        f"height='{height:.0f}' font-size='13' text-anchor='middle'>{''.join(drawn)}{''.join(labels)}</svg>"
    )
    told = text("Map of the counties by their worst open warning; the same stands in the table of areas.")
    said = text("Internal use only. Counties by their own worst open warning; zones are marks.")
    parts: list[Any] = [drawing(svg, told, "map"), html.Figcaption(said)]
    return html.Figure(parts, className="mapped")


def centres() -> dict[str, tuple[float, float]]:
    """County code → its middle, in units that are as long eastward as southward; empty without boundaries."""
    shapes = _shapes(current_app.config[REGION] / _FILE)
    return {code: _middle(rings) for code, rings in shapes.items()}


def _county(rings: list[Ring], level: int | None) -> str:
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings)
    fill = colour("sheet") if level is None else colour(f"level-{level}")
    return f"<path d='{path}' fill='{fill}' stroke='{colour('missing-line')}' stroke-width='1.2'/>"


def _label(x: float, y: float, name: str, level: int | None, *, is_zone: bool) -> str:
    ground = None if level is None else colour(f"level-{level}")
    ink = colour("ink") if level is None else colour(f"level-{level}-ink")
    words = escape(name if level is None else f"{name} {level_word(level)}")
    width = round(sum(7.5 if one.isascii() else 14 for one in words)) + 8
    box = (
        f"<rect x='{x - width / 2:.1f}' y='{y - 15:.1f}' width='{width}' height='20' rx='3' "
        f"fill='{ground or colour('ground')}' stroke='{colour('missing-line')}'/>"
        if is_zone
        else ""
    )
    return f"{box}<text x='{x:.1f}' y='{y:.1f}' fill='{ink}'>{words}</text>"


def _middle(rings: list[Ring]) -> tuple[float, float]:
    """The centroid of the largest ring."""
    ring = max(rings, key=len)
    x, y = ring[:, 0], ring[:, 1]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    area = cross.sum()
    return float(((x[:-1] + x[1:]) * cross).sum() / (3 * area)), float(((y[:-1] + y[1:]) * cross).sum() / (3 * area))


@lru_cache(maxsize=4)
def _shapes(path: Path) -> dict[str, list[Ring]]:
    """County code → its outer rings in the picture's units, north up, a degree as wide as it is in the middle."""
    if not path.is_file():
        return {}
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    degrees = {
        str(one["properties"]["gb"])[3:]: [np.array(polygon[0])[:, :2] for polygon in _polygons(one["geometry"])]
        for one in features
    }
    if not degrees:
        return {}
    every = np.concatenate([ring for rings in degrees.values() for ring in rings])
    west, south = every.min(axis=0)
    east, north = every.max(axis=0)
    narrow = np.cos(np.radians((south + north) / 2))
    scale = (_WIDTH - 2 * _EDGE) / ((east - west) * narrow)
    return {
        code: [
            np.column_stack([(ring[:, 0] - west) * narrow * scale, (north - ring[:, 1]) * scale]) + _EDGE
            for ring in rings
        ]
        for code, rings in degrees.items()
    }


def _polygons(geometry: Mapping[str, Any]) -> list[Any]:
    """The polygons of a shape of one or of several."""
    found: list[Any] = geometry["coordinates"]
    return [found] if geometry["type"] == "Polygon" else found


_SPACE = 1.6  # cells a unit: enough that zones find room beside their county
Cell = tuple[int, int]
Point = tuple[float, float]


def tiles(levels: Mapping[str, int]) -> Any:
    """The units as a list laid out as a grid, each leading to its page. ``levels``: unit → its worst open level."""
    units = reference.units()
    cells = arranged(tuple((one.code, one.county_view) for one in units), tuple(sorted(centres().items())))
    named = {one.code: one.short_name for one in units}
    listed = [_tile(named[code], code, levels.get(code), cells[code]) for code in sorted(cells, key=cells.__getitem__)]
    columns = 1 + max(column for _, column in cells.values()) if cells else 1
    style = {"gridTemplateColumns": f"repeat({columns}, minmax(0, 1fr))"}
    told = text("Tiles: each unit by its own worst open warning, roughly where it lies.")
    grid = html.Ul(listed, className="tiles", style=style, **elements.aria_label(told))
    return html.Figure([grid, html.Figcaption(told)])


def _tile(name: str, code: str, level: int | None, cell: Cell) -> Any:
    word = text("none") if level is None else level_word(level)
    link = dcc.Link([name, html.Small(word)], href=address(f"/area/{code}"))
    style = {"gridRow": cell[0] + 1, "gridColumn": cell[1] + 1}
    return html.Li(link, className="" if level is None else f"level level-{level}", style=style)


@lru_cache(maxsize=32)
def arranged(units: tuple[tuple[str, str], ...], middles: tuple[tuple[str, Point], ...]) -> dict[str, Cell]:
    """Row and column, from 0, of every unit: no two share a cell, no row and no column is empty.

    ``units``: code and county view, in the region's order. ``middles``: code and middle (eastward, southward) of those
    that have boundaries; they come first, by the least sum of squared distances. The others stand beside the unit of
    their county view that has boundaries, or after all where there is none.
    """
    at = {code: middle for code, middle in middles if code in {one for one, _ in units}}
    home = {view: code for code, view in units if code in at and view}
    zones = {code: home[view] for code, view in units if code not in at and view in home}
    if not at:
        return _in_order([code for code, _ in units], 0)
    free, where = _grid(list(at.values()), len(at) + len(zones))
    cells = _nearest(list(at), where, free)
    left = [cell for cell in free if cell not in cells.values()]
    cells |= _nearest(list(zones), [cells[county] for county in zones.values()], left)
    cells = _close_up(cells)
    others = [code for code, _ in units if code not in cells]
    return cells | _in_order(others, 1 + max(row for row, _ in cells.values()))


def _grid(middles: Sequence[Point], many: int) -> tuple[list[Cell], list[Point]]:
    """All cells of a grid of the form of the land, and where on it (row, column) the middles lie."""
    points = np.array(middles)[:, ::-1]
    low, spread = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    rows = max(1, round(math.sqrt(_SPACE * many * min(max(spread[0] / spread[1], 0.2), 5.0))))
    columns = max(1, math.ceil(_SPACE * many / rows))
    where = (points - low) / spread * [rows - 1, columns - 1]
    return [(row, column) for row in range(rows) for column in range(columns)], [(y, x) for y, x in where.tolist()]


def _nearest(codes: Sequence[str], where: Sequence[Point] | Sequence[Cell], free: Sequence[Cell]) -> dict[str, Cell]:
    """A cell for each code, all together as near as can be to where they belong."""
    if not codes:
        return {}
    # 33 MiB, and nearly always the process that prepares pages is the one that lays tiles out.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    apart = np.array(where, dtype=float)[:, None, :] - np.array(free, dtype=float)[None, :, :]
    chosen, places = linear_sum_assignment((apart**2).sum(axis=2))
    return {codes[one]: free[place] for one, place in zip(chosen.tolist(), places.tolist(), strict=True)}


def _close_up(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The same without empty rows and columns."""
    rows, columns = (sorted({cell[axis] for cell in cells.values()}) for axis in (0, 1))
    return {code: (rows.index(row), columns.index(column)) for code, (row, column) in cells.items()}


def _in_order(codes: Sequence[str], first_row: int) -> dict[str, Cell]:
    """In rows, one after the other, about as many as each is long."""
    width = math.ceil(math.sqrt(len(codes))) or 1
    return {code: (first_row + place // width, place % width) for place, code in enumerate(codes)}
