"""The plain rule other systems use, kept as the peer our claims are measured against."""

import numpy as np
import pandas as pd

from models.panel import Flags, Floats

WEEKS, DEVIATIONS = 4, 2.0


def plain_rule(values: Floats) -> Flags:
    """(n, T) whether a value is above the mean of the four before it plus two of their standard deviations.

    Periods without four reported predecessors, or not reported, are never flagged.
    """
    before = pd.DataFrame(np.asarray(values, dtype=np.float64).T).shift(1).rolling(WEEKS, min_periods=WEEKS)
    line = (before.mean() + DEVIATIONS * before.std()).to_numpy().T
    return np.asarray(values > line)
