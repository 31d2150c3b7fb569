"""Leading indicators: what they tell is found, what they do not tell changes nothing, and nobody sees the future."""

from collections.abc import Callable

import numpy as np
import pytest

from models.leading import LEAST, MOST, REFIT, sharpened, signal
from models.panel import Floats, Integers

SERIES, TIMES, AHEAD = 12, 200, 7
MADE = np.arange(TIMES)
GROUP: Integers = np.array([1] * 6 + [3] * 6)


def world(effect: float, seed: int = 4) -> tuple[Floats, Floats, Floats]:
    """told, came and two signals, of which the first moves what comes by `effect` and the second is noise."""
    rng = np.random.default_rng(seed)
    told = np.full((SERIES, TIMES), 80.0)
    signals = rng.normal(0.0, 0.3, (2, SERIES, TIMES))
    came = rng.poisson(told * np.exp(effect * signals[0])).astype(float)
    return told, came, signals


def ever(came: Floats) -> Callable[[int], Floats]:
    """What came, of which nothing was told anew."""
    return lambda _: came


def error(came: Floats, told: Floats, is_judged: Floats | np.ndarray) -> float:
    return float(np.abs(came - told)[is_judged].mean())


def test_a_signal_that_tells_is_used_with_its_strength() -> None:
    told, came, signals = world(0.5)
    better, is_learned = sharpened(told, ever(came), signals, MADE, MADE + AHEAD, GROUP)
    assert error(came, better, is_learned) < 0.85 * error(came, told, is_learned)
    late = np.log(better / told)[:, -20:]
    assert np.corrcoef(late.ravel(), signals[0][:, -20:].ravel())[0, 1] > 0.99
    assert np.std(late) / np.std(signals[0][:, -20:]) == pytest.approx(0.5, abs=0.1)


def test_noise_changes_next_to_nothing() -> None:
    told, came, signals = world(0.0)
    better, is_learned = sharpened(told, ever(came), signals, MADE, MADE + AHEAD, GROUP)
    assert error(came, better, is_learned) == pytest.approx(error(came, told, is_learned), rel=0.01)


def test_nothing_is_learned_from_sums_that_are_not_over() -> None:
    told, came, signals = world(0.5)
    better, is_learned = sharpened(told, ever(came), signals, MADE, MADE + AHEAD, GROUP)
    known = 100
    unknown = np.where(known < MADE + AHEAD, np.nan, came)
    at_the_time, _ = sharpened(
        told[:, : known + 1], ever(unknown[:, : known + 1]), signals[:, :, : known + 1], MADE[: known + 1],
        MADE[: known + 1] + AHEAD, GROUP,
    )  # fmt: skip
    assert np.array_equal(at_the_time, better[:, : known + 1])
    first = int(is_learned.any(axis=0).argmax())
    assert first >= LEAST / 6 + AHEAD, "six series a level"
    assert np.array_equal(better[:, :first], told[:, :first])


def test_what_did_not_come_and_what_was_not_judged_counts_for_nothing() -> None:
    told, came, signals = world(0.5)
    came[0] = np.nan
    better, _ = sharpened(told, ever(came), signals, MADE, MADE + AHEAD, GROUP)
    assert np.isfinite(better).all()
    observed, expected = np.array([12.0, np.nan, 5.0, 900.0]), np.array([10.0, 10.0, 5.0, 1.0])
    assert signal(observed, expected, np.array([True, True, False, True])) == pytest.approx(
        [np.log(13 / 11), 0.0, 0.0, MOST]
    )


def test_what_was_told_anew_later_teaches_nothing_before() -> None:
    told, came, signals = world(0.5)
    revised = 150
    better, _ = sharpened(
        told, lambda at: came if at >= revised else np.full_like(came, 80.0), signals, MADE, MADE + AHEAD, GROUP
    )
    assert np.array_equal(better[:, : revised - REFIT], told[:, : revised - REFIT])
    at_once, _ = sharpened(told, ever(came), signals, MADE, MADE + AHEAD, GROUP)
    assert np.array_equal(better[:, revised + REFIT :], at_once[:, revised + REFIT :])
