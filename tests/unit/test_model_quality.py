import numpy as np
import pandas as pd
import pytest

from models.panel import Panel, periods_from
from models.quality import (
    LEVELS,
    Event,
    accuracy,
    calibration,
    delays,
    detection,
    detection_errors,
    grown,
    interval_score,
    runs,
    sums,
)

ONE = np.array([[10.0, 20.0]])
BANDS = np.stack([ONE + shift for shift in (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)], axis=-1)


def test_the_interval_score_is_twice_the_mean_pinball_loss():
    truth, made = np.array([7.0]), np.array([[4.0, 5.0, 6.0, 8.0, 9.0, 10.0, 12.0]])
    by_hand = [max(level * (7 - q), (level - 1) * (7 - q)) for level, q in zip(LEVELS, made[0], strict=True)]
    assert interval_score(truth, made)[0] == pytest.approx(2 * np.mean(by_hand))


@pytest.mark.parametrize(
    ("truth", "mase", "covered"),
    [((10, 20), 0, (1, 1)), ((11, 23), 0.4, (0.5, 1)), ((15, 30), 1.5, (0, 0)), ((np.nan, 22), 0.4, (1, 1))],
)
def test_accuracy_of_two_forecasts(truth, mase, covered):
    found = accuracy(np.array([truth], dtype=float), BANDS, np.array([[5.0]]))
    assert found["mase"] == pytest.approx(mase)
    assert (found["coverage_80"], found["coverage_95"]) == covered


def test_without_a_year_before_only_the_coverage_is_known():
    found = accuracy(ONE, BANDS, np.array([[np.nan]]))
    assert np.isnan(found["mase"])
    assert found["coverage_80"] == 1
    assert all(np.isnan(value) for value in accuracy(ONE * np.nan, BANDS, np.array([[1.0]])).values())


def test_calibration_counts_what_was_judged():
    found = calibration(np.array([0.001, 0.03, 0.5, np.nan]))
    assert [round(value, 3) for value in found.values()] == [0.333, 0.667, 0.667]


@pytest.mark.parametrize(
    ("alarm", "gap", "expected"),
    [
        ("0110", 0, [(1, 2)]),
        ("1010", 0, [(0, 0), (2, 2)]),
        ("1010", 1, [(0, 2)]),
        ("0000", 3, []),
        ("1111", 0, [(0, 3)]),
    ],
)
def test_runs(alarm, gap, expected):
    assert runs(np.array([float(c) for c in alarm]), gap) == expected


def test_detection_tells_found_from_missed_and_true_from_false():
    alarm = np.zeros((3, 40))
    alarm[0, [12, 13, 30]] = 1  # two days into the event of row 0; and one for nothing
    alarm[2, 5] = 1
    events = [Event((0,), 10, 14), Event((1,), 20, 22), Event((0, 2), 5, 5)]
    found = detection(alarm, events, within=7, gap=0, periods_per_year=40)
    assert found["events"] == 3
    assert found["detected"] == pytest.approx(2 / 3)
    assert found["delay"] == pytest.approx((2 + 8 + 0) / 3)
    assert found["episodes_per_series_year"] == pytest.approx(3 / 3)
    assert found["false_per_series_year"] == pytest.approx(1 / 3)
    assert found["precision"] == pytest.approx(2 / 3)


def test_a_delay_has_a_sampling_error_from_four_events_on():
    alarm = np.zeros((1, 80))
    alarm[0, [12, 23, 47]] = 1
    events = [Event((0,), first, first + 1) for first in (10, 20, 40, 60)]
    waited = delays(alarm, events, within=7)
    assert waited == [2, 3, 7, 8]
    figures = detection(alarm, events, within=7, gap=0, periods_per_year=40)
    assert figures["delay"] == np.mean(waited)
    assert detection_errors(figures, waited, 2.0)["delay"] == pytest.approx(np.std(waited, ddof=1) / 2)
    assert np.isnan(detection_errors(figures, waited[:3], 2.0)["delay"])


def test_without_events_nothing_is_said_of_detection():
    found = detection(np.ones((1, 10)), [], within=7, gap=0, periods_per_year=10)
    assert np.isnan(found["detected"])
    assert np.isnan(found["precision"])
    assert found["episodes_per_series_year"] == 1


def rate(told: list[float], owed: list[float]) -> Panel:
    """One rate of months with ten people in each."""
    series = pd.DataFrame([("N", "area", "N", "ALL")], columns=["series_id", "level", "area", "industry"])
    periods = periods_from(pd.Timestamp("2024-01-01"), len(told), "month")
    people = np.full((1, len(told)), 10.0)
    return Panel(series, periods, people, np.array([told]), "month", whole=np.array([owed]))


def test_a_rate_has_come_when_all_its_denominators_have_whatever_became_of_them():
    shrunk = [1.0, 0.9, 0.8]
    assert sums(rate(shrunk, shrunk), 2)[0].tolist() == pytest.approx([np.nan, 20, 20], nan_ok=True)
    part = [1.0, 1.5, 0.7 * 1.5]
    assert sums(rate(part, [1.0, 1.5, 1.5]), 1)[0].tolist() == pytest.approx([10, 10, np.nan], nan_ok=True)


def test_a_forecast_of_a_rate_is_held_against_the_denominators_that_came():
    came = rate([1.0, 0.8, 0.6], [1.0, 0.8, 0.6])
    assert grown(came.until(0), came, 2).item() == pytest.approx(0.6)
    assert grown(came.until(1), came, 2).item() == pytest.approx(0.75)
