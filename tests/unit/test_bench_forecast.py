import subprocess

import numpy as np
import pandas as pd
import pytest
from model_city import calendar, daily_city

from models.backtest import trace
from models.evidence import tail_probability
from tests.bench import forecast_oracle, forecast_r
from tests.bench.forecast import cpu, one_day
from tests.bench.forecast_ahead import AHEAD, at_origins
from tests.bench.forecast_data import BENCH
from tests.bench.forecast_r import METHOD, NOT_IN_SMALL, NOT_INSTALLED, beside, every, farrington, told

WEEKS, JUDGED = 400, 20


@pytest.fixture
def folder(tmp_path):
    """Four flat weekly series of about 50 people; the second one triples in the last week."""
    at = tmp_path / "case"
    at.mkdir()
    names = ["a", "b", "c", "d"]
    values = np.random.default_rng(1).poisson(50, (4, WEEKS))
    values[1, -1] = 150
    frame = {"series_id": np.repeat(names, WEEKS), "t": np.tile(np.arange(1, WEEKS + 1), 4), "value": values.ravel()}
    pd.DataFrame(frame).assign(date="").to_csv(at / "series.csv", index=False)
    meta = {"series_id": names, "freq": 52, "eval_start": WEEKS - JUDGED + 1, "eval_end": WEEKS, "group": "area"}
    pd.DataFrame(meta).to_csv(at / "meta.csv", index=False)
    return at


def test_the_forecasts_made_before_some_weeks_are_those_of_the_weeks_that_follow():
    weeks = np.arange(10.0)
    cube = np.stack([[weeks + 100 * ahead] for ahead in range(AHEAD)])
    picked = at_origins(cube, range(0, 7, 3))
    assert picked[:, 0].tolist() == [[0, 3, 6], [101, 104, 107], [202, 205, 208], [303, 306, 309]]


def test_one_day_is_measured_from_memory_and_costs_far_less_than_all_of_them():
    panel, table = daily_city(430, first="2021-03-01"), calendar("2021-03-01", 560)
    whole = cpu(lambda: trace(panel, table, panel.periods[0].date()))
    day = one_day(panel, table)
    assert 0 < day < whole / 10


def test_a_slow_peer_is_run_on_a_fixed_part_of_the_series(folder):
    assert every(folder, 3) == {"a", "d"}


def test_without_r_the_peer_is_left_out_and_the_answer_says_so(folder, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert not forecast_r.is_installed.__wrapped__()
    monkeypatch.setattr(forecast_r, "is_installed", lambda: False)
    assert told({METHOD: farrington(folder, frozenset("ab"), False)}, len) == {METHOD: NOT_INSTALLED}
    assert beside(folder, folder, 2, False, len) == {METHOD: NOT_INSTALLED}
    assert beside(folder, folder, 2, True, len) == {METHOD: NOT_IN_SMALL}


def test_an_r_without_the_package_is_not_enough(tmp_path, monkeypatch):
    bare = tmp_path / "Rscript"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not forecast_r.is_installed.__wrapped__()


@pytest.mark.skipif(not (BENCH / "peers.R").exists(), reason="the shared bench is not here")
@pytest.mark.skipif(not forecast_r.is_installed(), reason="R or its package surveillance is not installed")
def test_farrington_flexible_alarms_for_a_week_that_triples(folder):
    alarms = pd.read_csv(farrington(folder, frozenset("ab"), False))
    assert alarms.groupby("series_id").size().to_dict() == {"a": JUDGED, "b": JUDGED}
    last = alarms[alarms["t"] == WEEKS].set_index("series_id")
    assert last["alarm"].to_dict() == {"a": 0, "b": 1}
    assert last.loc["b", "score"] == alarms["score"].max()


def test_a_peer_that_fails_is_not_passed_over(folder, monkeypatch):
    monkeypatch.setattr(forecast_r, "is_installed", lambda: True)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(forecast_r, "BENCH", folder)  # holds no peers.R
    with pytest.raises((subprocess.CalledProcessError, FileNotFoundError)):
        farrington(folder, frozenset("ab"), False)


def test_ets_continues_a_flat_series_and_the_year_of_one_with_a_season():
    ets = pytest.importorskip("tests.bench.forecast_ets", exc_type=ModuleNotFoundError)
    weeks = np.arange(400)
    season = 1000 * np.exp(0.5 * np.sin(2 * np.pi * weeks / ets.YEAR))
    noise = np.random.default_rng(1).normal(1, 0.01, (2, len(weeks)))
    values = np.stack([np.full(len(weeks), 1000.0), season]) * noise
    made = {name: ets.quantiles(model, values, range(380, 397, 8)) for name, model in ets.models().items()}
    for cube in made.values():
        assert cube.shape == (ets.AHEAD, 2, 3, 7)
        assert (np.diff(cube, axis=-1) > 0).all()
        assert cube[:, 0, :, 3] == pytest.approx(np.full((ets.AHEAD, 3), 1000), rel=0.05)
    truth = np.stack([season[[380 + ahead, 388 + ahead, 396 + ahead]] for ahead in range(ets.AHEAD)])
    error = {name: np.abs(cube[:, 1, :, 3] - truth).mean() for name, cube in made.items()}
    assert error["stl_auto_ets"] < 0.5 * error["auto_ets"]


@pytest.mark.skipif(not BENCH.exists(), reason="the shared detection bench is not beside the project")
def test_the_best_possible_test_of_the_weekly_simulator_knows_its_rates():
    made = forecast_oracle.simulator()
    names = [f"s{scenario:02}_r0_p0_c0" for scenario in range(1, 43)]
    mean, spread = forecast_oracle.rates(made, names)
    rng = np.random.default_rng(5)
    drawn = np.stack([made.nb(rng, row, dispersion) for row, dispersion in zip(mean, spread, strict=True)])
    p = tail_probability(drawn.astype(float), mean, spread[:, None] * mean)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.01)
    assert np.mean(p) == pytest.approx(0.5, abs=0.01)
