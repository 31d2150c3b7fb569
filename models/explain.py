"""A turn for the worse told once: at the level of the tree that explains best what its other levels show.

Secondary clusters are judged again after the effect of the first was taken out (Zhang, Assuncao & Kulldorff 2010,
"Spatial scan statistics adjusted for multiple clusters", Journal of Probability and Statistics 2010): the expected
people of a chosen series' parts, and of everything that holds them, are moved by its excess: up, or down where lower
is worse.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.evidence import JudgedWindows, best_z_score, tail_probability
from models.panel import Flags, Floats, Integers, Worse
from models.recipe import Recipe
from models.reconcile import Table

Strings = npt.NDArray[np.str_]
DIGITS = 6  # of the evidence taken away: beyond them it hangs on the order of a sum


@dataclass(frozen=True)
class Scores:
    """Windows (W, n) of one edition: observed and expected people, variance of the observed; NaN: no judgement.

    group: (n,) number of the level. name: (n,) names of the series; of two that explain alike the one higher up the
    tree is told, then the one whose name comes first. worse: the side that is tested.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    group: Integers
    name: Strings
    worse: Worse = "higher"


def explained(scores: Scores, lines: Floats, told: Flags, of: Table | None, recipe: Recipe) -> Integers:
    """(n,) for every series above its line the row of the series that explains it (its own row: it is told itself),
    -1 for all others.

    lines: (n,) evidence a series must exceed to be spoken of, inf for none. told: (n,) series that were told before:
    they come first, so that only what they leave unexplained is told anew.
    """
    answer = np.full(len(lines), -1, dtype=np.int64)
    above = np.flatnonzero(z_score(scores, scores.expected, recipe) > lines)
    if of is None:
        answer[above] = above
        return answer
    chosen = chosen_among(scores, lines, above[told[above]], [], of, recipe)
    chosen = chosen_among(scores, lines, above, chosen, of, recipe)
    for row in [row for row in chosen if not told[row]]:
        others = [other for other in chosen if other != row]
        if z_score(scores, known(scores, others, of), recipe)[row] <= lines[row]:
            chosen = others
    for last in range(len(chosen), 0, -1):
        left = z_score(scores, known(scores, chosen[:last], of), recipe)
        answer[above[left[above] <= lines[above]]] = chosen[last - 1]
    answer[chosen] = chosen
    return answer


def chosen_among(
    scores: Scores, lines: Floats, among: Integers, chosen: list[int], of: Table, recipe: Recipe
) -> list[int]:
    """`chosen` and, one after the other, whichever of the series `among` takes most evidence away from those still
    above their lines."""
    chosen = list(chosen)
    while True:
        expected = known(scores, chosen, of)
        strong = z_score(scores, expected, recipe)
        is_open = np.zeros(len(lines), dtype=bool)
        is_open[among] = strong[among] > lines[among]
        is_open[chosen] = False
        if not is_open.any():
            return chosen
        rows = np.flatnonzero(is_open)
        left = [z_score(scores, raise_by(scores, expected, int(row), of), recipe) for row in rows]
        gone = np.round([removed(strong, after, is_open) for after in left], DIGITS)
        chosen.append(int(rows[np.lexsort((scores.name[rows], scores.group[rows], -gone))[0]]))


def known(scores: Scores, chosen: list[int], of: Table) -> Floats:
    """Expected people (W, n) once the excesses of the chosen series are taken as known, one after the other."""
    expected = scores.expected
    for row in chosen:
        expected = raise_by(scores, expected, row, of)
    return expected


def z_score(scores: Scores, expected: Floats, recipe: Recipe) -> Floats:
    """(n,) evidence against these expected people (W, n); the variance grows and shrinks with them."""
    grown = scores.variance * expected / np.maximum(scores.expected, 1e-9)
    variance = np.where(expected < scores.expected, grown, np.maximum(grown, scores.variance))
    p = tail_probability(scores.observed, expected, variance, scores.worse)
    return best_z_score(JudgedWindows(p, scores.observed, expected, variance), scores.group, recipe, scores.worse)


def removed(before: Floats, after: Floats, among: Flags) -> float:
    """Evidence that is gone, in squared standard deviations (twice a log likelihood ratio)."""
    return float((np.maximum(before, 0.0)[among] ** 2 - np.maximum(after, 0.0)[among] ** 2).sum())


def raise_by(scores: Scores, expected: Floats, row: int, of: Table) -> Floats:
    """Expected people (W, n) once the excess of one series on the worse side is taken as known: its parts rise or fall
    alike, and so does whatever holds them."""
    mean = expected[:, row]
    gap = np.nan_to_num(scores.observed[:, row] - mean)
    excess = np.maximum(gap, 0.0) if scores.worse == "higher" else np.minimum(gap, 0.0)
    ratio = excess / np.maximum(np.nan_to_num(mean), 1e-9)
    known = np.nan_to_num(expected)
    wide = np.concatenate([known, np.zeros((len(known), 1))], axis=1)  # row -1: a series that does not exist
    area, industry = of.areas == row, of.industries == row
    is_part = (area[:, None] | industry | (row == of.total)) & (of.cells >= 0)
    grown = np.where(of.cells == row, excess[:, None, None], wide[:, of.cells] * is_part * ratio[:, None, None])
    by_area = grown.sum(axis=2)
    if not of.industries.size:  # areas without parts of their own
        by_area = np.where(area, excess[:, None], wide[:, of.areas] * (row == of.total) * ratio[:, None])
    grown_cells = np.zeros_like(wide)
    grown_cells[:, of.cells[of.cells >= 0]] = grown[:, of.cells >= 0]
    wide += grown_cells
    wide[:, of.areas] += by_area
    wide[:, of.industries] += grown.sum(axis=1)
    wide[:, of.total] += by_area.sum(axis=1)
    answer = np.where(np.isfinite(expected), wide[:, :-1], np.nan)
    answer[:, row] = mean + excess
    return answer
