"""Whether other indicators tell of an indicator's future: forecasts corrected by what these lately brought.

log((came + 1) / (told + 1)) = sum over signals of b x signal, b shared by the series of a level and drawn to 0 (ridge,
Hoerl & Kennard 1970, Technometrics 12), without a constant: signals that tell nothing change nothing. A signal is the
log of what a leading indicator brought over what was expected of it. b is learned anew as time goes on, from the
forecasts whose sums were over by then, as they were known then.
"""

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Ridge

from models.panel import Flags, Floats, Integers

ALPHA = 10.0  # prior precision of b, in forecasts that count fully
MOST_WEIGHT = 30.0  # people from which a forecast counts no more: errors are no longer chance of single people
MOST = 0.4  # log; a larger error teaches no more, and no signal says more or moves a forecast further
LEAST = 60  # forecasts of a level that are over, before anything is learned
REFIT = 7  # forecasts between two fits


def signal(observed: Floats, expected: Floats, is_judged: Flags) -> Floats:
    """Log of what came over what was expected, arrays of one shape; 0 where nothing was judged."""
    known = is_judged & np.isfinite(observed) & np.isfinite(expected)
    ratio = np.log1p(np.where(known, observed, 0.0)) - np.log1p(np.where(known, expected, 0.0))
    return np.asarray(np.clip(ratio, -MOST, MOST))


def sharpened(
    told: Floats, came: Callable[[int], Floats], signals: Floats, made: Integers, over: Integers, group: Integers
) -> tuple[Floats, Flags]:
    """(n, V) forecasts corrected by signals, and whether enough was known to correct each; the others stay as told.

    told: (n, V) people that each of V forecasts, in order of time, expected of a sum. came: (n, V) what came, as it was
    known when a forecast of this number was made, NaN where it was not. signals: (K, n, V) as known when they were
    made. made, over: (V,) when that was, and when the sum was over. group: (n,) number of the level.
    """
    ratio, is_learned = np.ones_like(told), np.zeros(told.shape, dtype=bool)
    for start in range(0, told.shape[1], REFIT):
        now, past = slice(start, start + REFIT), over <= made[start]
        error = np.clip(np.log1p(came(start)) - np.log1p(told), -MOST, MOST)
        for code in np.unique(group):
            rows = group == code
            seen = np.isfinite(error[rows][:, past])
            if seen.sum() < LEAST:
                continue
            known = signals[:, rows][:, :, past][:, seen].T
            weight = np.minimum(told[rows][:, past][seen], MOST_WEIGHT) / MOST_WEIGHT
            fitted = Ridge(alpha=ALPHA, fit_intercept=False).fit(known, error[rows][:, past][seen], weight)
            move = np.tensordot(fitted.coef_, signals[:, rows, now], axes=1)
            ratio[rows, now] = np.exp(np.clip(move, -MOST, MOST))
            is_learned[rows, now] = True
    return told * ratio, is_learned
