"""The city's units as tiles of one size, roughly where they lie: what a map says, to whoever may not export a map."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from dash import dcc, html

from dashboard.components import aria
from dashboard.components.tag import level_word
from dashboard.components.warning import address
from dashboard.figures.city_map import centres
from dashboard.locale import text
from dashboard.summary import reference

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
    grid = html.Ul(listed, className="tiles", style=style, **aria.label(told))
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
