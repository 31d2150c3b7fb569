"""Ridge quasi-Poisson regression of many series at once: the one fitting routine behind every calendar factor."""

import numpy as np

from models.panel import Floats

OUTLIER = 2.58  # Anscombe residual above which a period loses weight (Noufaily et al. 2013)
LOWEST, HIGHEST = -12.0, 16.0  # bounds of the log expectation


def fit(
    counts: Floats,
    design: Floats,
    penalty: Floats,
    weight: Floats,
    offset: Floats,
    prior: Floats | None = None,
    robust: bool = False,
    iterations: int = 6,
) -> tuple[Floats, Floats]:
    """Coefficients (n, p) of log E[counts] = offset + design b, by penalised IRLS; and the trust (n, T) in each period.

    counts, weight, offset: (n, T), weight 0 = not observed. design: (T, p), first column the constant.
    penalty: (p,) prior precision around `prior` (p,) (zero if not given); information is divided by the dispersion,
    so that the precision means the same for small and large counts. robust: outliers above are down-weighted, and
    trust is what they keep (about 1 for the others).
    """
    n, p = counts.shape[0], design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(-1, p * p)
    coefficients = np.zeros((n, p)) if prior is None else np.tile(prior, (n, 1))
    centre = coefficients.copy()
    shape = np.exp(np.clip(offset + coefficients[:, 1:] @ design[:, 1:].T, LOWEST, HIGHEST))
    observed = (weight * counts).sum(axis=1) + 0.5
    start = np.log(observed / np.maximum((weight * shape).sum(axis=1), 1e-9))
    coefficients[:, 0] = np.where(weight.sum(axis=1) > 0, start, LOWEST)  # never reported: nobody expected
    centre[:, 0] = np.where(weight.sum(axis=1) > 0, 0.0, LOWEST)
    noise, trust = np.ones(n), np.ones_like(counts)
    for turn in range(iterations):
        mean = np.exp(np.clip(offset + coefficients @ design.T, LOWEST, HIGHEST))
        precision = weight * trust / noise[:, None]
        information = ((precision * mean) @ products).reshape(n, p, p) + np.diag(penalty)
        gradient = (precision * (counts - mean)) @ design - penalty * (coefficients - centre)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        longest = np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-9)
        coefficients = coefficients + step * np.minimum(1.0, 2.0 / longest)
        if turn >= 2:
            mean = np.exp(np.clip(offset + coefficients @ design.T, LOWEST, HIGHEST))
            noise, trust = _trust(counts, mean, weight, trust, robust)
    return coefficients, trust


def _trust(counts: Floats, mean: Floats, weight: Floats, trust: Floats, robust: bool) -> tuple[Floats, Floats]:
    """Dispersion (n,) and the weight every period deserves (n, T)."""
    residual = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    weighed = weight * trust
    spread = (weighed * np.minimum(residual**2, 25.0)).sum(axis=1)
    noise = np.maximum(1.0, spread / np.maximum(weighed.sum(axis=1) - 4, 5.0))
    if not robust:
        return noise, trust
    scaled = residual / np.sqrt(noise)[:, None]
    raw = np.where(scaled > OUTLIER, 1.0 / np.maximum(scaled, 1.0) ** 2, 1.0) * (weight > 0)
    kept = np.maximum(raw.sum(axis=1, keepdims=True), 1.0)
    return noise, raw * (weight > 0).sum(axis=1, keepdims=True) / kept
