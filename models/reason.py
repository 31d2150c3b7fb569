"""Why the calendar expects more or less than usual: the part of it that brings most of a window's factor."""

import numpy as np

from models.causal import Course, State
from models.factor import Factor
from models.panel import Floats

NAMES = {
    "office": "office",
    "holiday": "holiday",
    "before festival": "before_festival",
    "after festival": "after_festival",
    "season": "season",
    "week of year": "season",
}


def reasons(state: State, course: Course) -> np.ndarray:
    """(W, n) one of NAMES for each window that ends with the state's column: the part with the largest share of the log
    factor against the due periods of the year before; empty where the method knows no parts."""
    windows, n = len(course.recipe.windows), len(course.panel.series)
    if state.block is None or not isinstance(state.block.factor, Factor):
        return np.full((windows, n), "", dtype=object)
    factor, end = state.block.factor, state.column + 1
    matrix = course.features.matrix[:end, list(factor.used)]
    word = np.array([NAMES[part] for part in np.array(course.features.part)[list(factor.used)]])
    names = np.array(list(dict.fromkeys(NAMES.values())), dtype=object)
    due = factor.due(course.features, 0, end)
    usual = _mean(matrix, due, round(course.recipe.periods_per_year))
    rows = []
    for span in course.recipe.windows:
        moved = factor.coefficients * (_mean(matrix, due, span.length) - usual)
        shares = np.stack([moved[:, word == name].sum(axis=1) for name in names])
        rows.append(names[(shares * np.sign(shares.sum(axis=0))).argmax(axis=0)])
    return np.stack(rows)


def _mean(matrix: Floats, due: np.ndarray, width: int) -> Floats:
    """(p,) mean of the due rows among the last `width`, of all of these where none is due."""
    rows, is_due = matrix[-width:], due[-width:]
    return np.asarray((rows[is_due] if is_due.any() else rows).mean(axis=0))
