"""A figure of quality that moved by more than chance is found; one that did not is left alone, however it is correlated."""

import functools

import numpy as np
import pandas as pd
import pytest
from model_city import calendar

from models.backtest import outlook, trace
from models.methods import METHODS
from models.panel import Floats, Panel
from models.quality import ALPHA, drift
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("drift")  # one city for all of them
WEEKS, RECENT, YEAR, REGIONS = (240, 13, 52, 12) if IS_LONG else (190, 13, 52, 8)
SEEDS = 20 if IS_LONG else 4
TABLE = calendar("2010-01-03", 7 * WEEKS + 120, festival=False)
IS_RECENT = np.arange(RECENT + YEAR) >= YEAR


def cities(noise_at_last: float) -> Panel:
    """Cities of some regions, weekly; the noise is 8 %, and so much in the last thirteen weeks."""
    rng = np.random.default_rng(8)
    weeks = pd.date_range("2010-01-03", periods=WEEKS, freq="7D")
    season = 1 + 0.3 * np.cos(2 * np.pi * weeks.day_of_year.to_numpy() / 365.25)
    noise = np.where(np.arange(WEEKS) < WEEKS - RECENT, 0.08, noise_at_last)
    size = np.tile(np.linspace(200, 3000, REGIONS), SEEDS)[:, None]
    people = rng.poisson(size * season * np.exp(rng.normal(0, 1, (SEEDS * REGIONS, WEEKS)) * noise)).astype(float)
    names = [f"{seed}-{region}" for seed in range(SEEDS) for region in range(REGIONS)]
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    return Panel(series, weeks, people, np.ones_like(people), "week")


@functools.cache
def hits(noise_at_last: float, name: str = "level_factor") -> dict[str, Floats]:
    """Of the last year and thirteen weeks, (T, seeds, regions): whether the next week was inside, and p below .05."""
    panel, method = cities(noise_at_last), METHODS[name]
    start = panel.periods[WEEKS - RECENT - YEAR - 1].date()
    made, found = outlook(panel, TABLE, start, method), trace(panel, TABLE, start, method)
    truth = panel.values[:, WEEKS - RECENT - YEAR :]
    inside = {
        f"coverage_{name}": (truth >= made.quantiles[f"lo{name}"][0, :, :-1])
        & (truth <= made.quantiles[f"hi{name}"][0, :, :-1])
        for name in ("80", "95")
    }
    below = np.where(np.isnan(found.p[0, :, 1:]), np.nan, found.p[0, :, 1:] < 0.05)
    told = inside | {"p_below_0.05": below}
    return {name: rows.astype(float).T.reshape(RECENT + YEAR, SEEDS, REGIONS) for name, rows in told.items()}


EXPECTED = {"coverage_80": 0.8, "coverage_95": 0.95, "p_below_0.05": 0.05}


@pytest.mark.parametrize("figure", EXPECTED)
def test_noise_that_stays_as_it_was_is_no_drift_in_any_city(figure: str) -> None:
    found = [drift(hits(0.08)[figure][:, seed], IS_RECENT, EXPECTED[figure]) for seed in range(SEEDS)]
    assert not any(one.is_drift for one in found)
    assert all(one.value == pytest.approx(EXPECTED[figure], abs=0.15) for one in found)


@pytest.mark.parametrize("figure", EXPECTED)
def test_noise_that_grew_threefold_is_a_drift_in_every_city(figure: str) -> None:
    found = [drift(hits(0.24)[figure][:, seed], IS_RECENT, EXPECTED[figure]) for seed in range(SEEDS)]
    assert all(one.is_drift for one in found)
    assert all(abs(one.value - EXPECTED[figure]) > abs(one.before - EXPECTED[figure]) for one in found)


def test_the_other_method_is_watched_alike() -> None:
    for noise, is_drift in ((0.08, False), (0.24, True)):
        found = drift(hits(noise, "seasonal")["coverage_80"].reshape(RECENT + YEAR, -1), IS_RECENT, 0.8)
        assert found.is_drift == is_drift


def test_series_that_move_together_are_worth_fewer_sums() -> None:
    rng = np.random.default_rng(2)
    apart = (rng.random((65, 30)) < 0.8).astype(float)
    together = np.repeat((rng.random((65, 1)) < 0.8).astype(float), 30, axis=1)
    assert drift(apart, IS_RECENT, 0.8).sums > 200
    assert drift(together, IS_RECENT, 0.8).sums == pytest.approx(13, rel=0.25)


def test_false_findings_are_as_rare_as_promised_when_all_series_move_together() -> None:
    rng = np.random.default_rng(5)
    count = 4000 if IS_LONG else 1500
    shared = rng.normal(size=(count, 65, 1)) * 0.7 + rng.normal(size=(count, 65, 12)) * np.sqrt(1 - 0.49)
    inside = (np.abs(shared) < 1.2816).astype(float)
    false = np.mean([drift(one, IS_RECENT, 0.8).is_drift for one in inside])
    assert false <= 3 * ALPHA


def test_without_a_year_before_it_is_compared_with_what_it_should_be() -> None:
    rng = np.random.default_rng(1)
    young = np.full((65, 12), np.nan)
    young[YEAR:] = rng.random((RECENT, 12)) < 0.8
    found = drift(young, IS_RECENT, 0.8)
    assert (np.isnan(found.before), found.is_drift) == (True, False)
    young[YEAR:] = rng.random((RECENT, 12)) < 0.55
    assert drift(young, IS_RECENT, 0.8).is_drift


def test_a_share_that_came_nearer_to_what_it_should_be_is_no_drift() -> None:
    rng = np.random.default_rng(1)
    better = np.concatenate([rng.random((YEAR, 12)) < 0.5, rng.random((RECENT, 12)) < 0.8]).astype(float)
    assert not drift(better, IS_RECENT, 0.8).is_drift
    assert drift(better, IS_RECENT, 0.3).is_drift


@pytest.mark.parametrize("known", [0, 1])
def test_nothing_is_said_of_nothing(known: int) -> None:
    few = np.full((65, 4), np.nan)
    few[65 - known :] = 1.0
    found = drift(few, IS_RECENT, 0.8)
    assert np.isnan(found.value)
    assert not found.is_drift


def test_shares_of_all_or_none_are_borne() -> None:
    whole = np.ones((65, 6))
    assert not drift(whole, IS_RECENT, 0.95).is_drift
    gone = np.concatenate([np.ones((YEAR, 6)), np.zeros((RECENT, 6))])
    assert drift(gone, IS_RECENT, 0.95).is_drift
