"""The ladder of short history: what can be said of a series, by how long it has reported."""

import numpy as np
import numpy.typing as npt

from models.panel import Flags, Panel
from models.recipe import Recipe

INSUFFICIENT, PROVISIONAL, FULL = "insufficient", "provisional", "full"


def states(panel: Panel, recipe: Recipe, anchor: int, is_known: Flags) -> npt.NDArray[np.object_]:
    """(n,) state of every series under the calendar learned before column `anchor` (0: none yet).

    insufficient: not `is_known`, too few reports for any judgement. provisional: it began less than `warm` periods
    before the anchor, so its calendar factor is that of the series above. full: its own.
    """
    if anchor == 0:
        return np.full(len(panel.series), INSUFFICIENT, dtype=object)
    reported = np.isfinite(panel.values[:, :anchor]) & (panel.exposure[:, :anchor] > 0)
    first = np.where(reported.any(axis=1), reported.argmax(axis=1), anchor)
    rung = np.where(anchor - first < recipe.warm, PROVISIONAL, FULL)
    return np.where(is_known, rung, INSUFFICIENT).astype(object)
