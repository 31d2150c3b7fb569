"""Expectations that add up: cells to their areas and industries, areas to the total.

Least squares with weights proportional to the expected count, the variance of Poisson counts (Hyndman, Ahmed,
Athanasopoulos & Shang 2011, Computational Statistics & Data Analysis 55; the weights: Wickramasuriya, Athanasopoulos &
Hyndman 2019, Journal of the American Statistical Association 114): every series moves a little, the small ones least.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.panel import Flags, Floats, Integers

LEAST = 0.05  # people; a series of which less is expected still moves
SLACK = 0.5  # people by which sums may be off, because nobody can be fewer than none
MOST_ROUNDS = 10
FREE = 1e9  # times the largest weight: what is not known takes up whatever the others leave


@dataclass(frozen=True)
class Table:
    """The two-way table the series form, as rows of the panel; -1 where there is no such series.

    total: row of the total. areas (A,), industries (I,), cells (A, I).
    """

    total: int
    areas: Integers
    industries: Integers
    cells: Integers


def table(series: pd.DataFrame) -> Table | None:
    """The table of a panel's series; None where nothing adds up to anything."""
    level = series["level"].to_numpy(dtype=object)
    row = {
        name: {key: place for place, key in enumerate(series[name]) if level[place] == name}
        for name in ("area", "industry")
    }
    cell = [
        (area, industry, place)
        for place, (area, industry) in enumerate(zip(series["area"], series["industry"], strict=True))
        if level[place] == "cell"
    ]
    area_names = list(dict.fromkeys([*row["area"], *(area for area, _, _ in cell)]))
    industry_names = list(dict.fromkeys([*row["industry"], *(industry for _, industry, _ in cell)]))
    totals = np.flatnonzero(level == "total")
    if not cell and not (len(totals) and area_names):
        return None
    grid = np.full((len(area_names), len(industry_names)), -1, dtype=np.int64)
    if cell:
        at_area = pd.Index(area_names).get_indexer([area for area, _, _ in cell])
        at_industry = pd.Index(industry_names).get_indexer([industry for _, industry, _ in cell])
        grid[at_area, at_industry] = [place for _, _, place in cell]
    return Table(
        int(totals[0]) if len(totals) else -1,
        np.array([row["area"].get(name, -1) for name in area_names], dtype=np.int64),
        np.array([row["industry"].get(name, -1) for name in industry_names], dtype=np.int64),
        grid,
    )


def among(of: Table | None, exists: Flags) -> Table | None:
    """The table of those series that exist (n,); None where nothing adds up to anything then. Whoever never reported
    holds nobody: an area's other cells add up to it without that one."""
    if of is None or exists.all():
        return of
    known = np.append(exists, False)  # row -1: a series that does not exist
    cells, areas, industries = (np.where(known[rows], rows, -1) for rows in (of.cells, of.areas, of.industries))
    some_area = (areas >= 0) | (cells >= 0).any(axis=1)
    some_industry = (industries >= 0) | (cells >= 0).any(axis=0)
    if not some_area.any():
        return None
    return Table(
        of.total if known[of.total] else -1,
        areas[some_area],
        industries[some_industry],
        cells[some_area][:, some_industry],
    )


def reconcile(mean: Floats, of: Table, *, is_signed: bool = False) -> Floats:
    """(B, n) expected people that add up, nearest to `mean` (B, n). NaN stays NaN and stands for whatever the others
    leave of a sum; a series that stands for nobody is none of the table (`among`).

    is_signed: of net changes, which may be below 0 and move by their size. Of counts and stocks what would be below 0
    is 0, and the others are moved again until less than SLACK people are missing for it.
    """
    told = _projected(mean, of)
    for _ in range(0 if is_signed else MOST_ROUNDS):
        is_short = np.minimum(np.nan_to_num(told), 0.0).sum(axis=1) <= -SLACK
        if not is_short.any():
            break
        told[is_short] = _projected(np.maximum(told[is_short], 0.0), of)
    return told if is_signed else np.maximum(told, 0.0)


def _projected(mean: Floats, of: Table) -> Floats:
    """(B, n) what adds up, nearest to `mean` (B, n), be it below 0."""
    known = np.isfinite(mean)
    people = np.where(known, mean, 0.0)
    weight = np.maximum(np.abs(people), LEAST)
    free = FREE * weight.max(axis=1, keepdims=True)
    weight = np.where(known, weight, free)
    wide = np.concatenate([weight, free], axis=1)  # row -1: a series that does not exist
    told = np.concatenate([people, np.zeros_like(free)], axis=1)
    v_total, v_area, v_industry = wide[:, of.total], wide[:, of.areas], wide[:, of.industries]
    v_cell = np.where(of.cells >= 0, wide[:, of.cells], 0.0)
    cell = told[:, of.cells]
    is_split = (of.cells >= 0).any(axis=1)  # an area or industry without cells is no sum of any
    gap_area = np.where(is_split, told[:, of.areas] - cell.sum(axis=2), 0.0)
    gap_industry = np.where((of.cells >= 0).any(axis=0), told[:, of.industries] - cell.sum(axis=1), 0.0)
    gap_total = told[:, of.total] - told[:, of.areas].sum(axis=1)
    # Constraints of industries touch each other only through areas: eliminate them, solve for areas and the total.
    diagonal = v_industry + v_cell.sum(axis=1)
    through = v_cell / diagonal[:, None]
    areas = len(of.areas)
    system = np.zeros((len(mean), areas + 1, areas + 1))
    system[:, :areas, :areas] = -through @ v_cell.transpose(0, 2, 1)
    at = np.arange(areas)
    system[:, at, at] += v_area + v_cell.sum(axis=2)
    system[:, :areas, areas] = system[:, areas, :areas] = -v_area
    system[:, areas, areas] = v_total + v_area.sum(axis=1)
    whole = np.flatnonzero(~is_split)
    system[:, whole] = system[:, :, whole] = 0.0
    system[:, whole, whole] = 1.0
    right = np.concatenate([gap_area - (through @ gap_industry[:, :, None])[:, :, 0], gap_total[:, None]], axis=1)
    pull = np.linalg.solve(system, right[:, :, None])[:, :, 0]
    pull_area, pull_total = pull[:, :areas], pull[:, areas]
    pull_industry = (gap_industry - (v_cell.transpose(0, 2, 1) @ pull_area[:, :, None])[:, :, 0]) / diagonal
    step = np.zeros_like(told)
    step[:, of.cells] = v_cell * (pull_area[:, :, None] + pull_industry[:, None, :])
    step[:, of.industries] = -v_industry * pull_industry
    step[:, of.areas] = -v_area * (pull_area - pull_total[:, None])
    step[:, of.total] = -v_total * pull_total
    moved_to = people + step[:, :-1]
    return np.where(known, moved_to, np.nan)


def moved(mean: Floats, of: Table | None) -> Floats:
    """(B, n) what reconciling multiplies `mean` by; 1 where nothing is known or expected, or nothing adds up."""
    if of is None:
        return np.ones_like(mean)
    told = np.isfinite(mean) & (mean > 0)
    return np.where(told, reconcile(mean, of) / np.where(told, mean, 1.0), 1.0)


def shifted(mean: Floats, of: Table | None) -> Floats:
    """(B, n) people that reconciling adds to signed `mean`; 0 where nothing is known or nothing adds up."""
    if of is None:
        return np.zeros_like(mean)
    return np.nan_to_num(reconcile(mean, of, is_signed=True) - mean)
