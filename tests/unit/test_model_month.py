import numpy as np
import pandas as pd
import pytest
from model_city import calendar

from models.assess import assess
from models.backtest import trace
from models.calendar import days, features
from models.panel import Grain, Panel, period_numbers, periods_from

TABLE = calendar("2016-01-01", 365 * 11)


def months(count: int, grain: Grain = "month", mean: float = 300.0, seed: int = 1) -> Panel:
    """Four series with a season and noise of 10 %."""
    periods = periods_from(pd.Timestamp("2017-01-01"), count, grain)
    season = 1 + 0.3 * np.cos(2 * np.pi * (periods.month.to_numpy() - 1) / 12)
    rng = np.random.default_rng(seed)
    rate = mean * np.linspace(0.5, 2, 4)[:, None] * season * rng.lognormal(0, 0.1, (4, count))
    names = [f"R{i}" for i in range(4)]
    series = pd.DataFrame({"series_id": names, "level": "area", "area": names, "industry": "ALL"})
    return Panel(series, periods, rng.poisson(rate).astype(float), np.ones((4, count)), grain)


@pytest.mark.parametrize(
    ("grain", "first", "count", "last"),
    [
        ("day", "2026-02-27", 3, "2026-03-01"),
        ("week", "2026-02-22", 3, "2026-03-08"),
        ("month", "2025-11-01", 4, "2026-02-01"),
        ("quarter", "2025-04-01", 4, "2026-01-01"),
    ],
)
def test_periods_follow_one_another(grain, first, count, last):
    made = periods_from(pd.Timestamp(first), count, grain)
    assert made[-1] == pd.Timestamp(last)
    assert np.diff(period_numbers(made, grain)).tolist() == [1] * (count - 1)


def test_a_month_that_is_not_named_by_its_first_day_is_refused():
    made = months(5)
    with pytest.raises(ValueError, match="consecutive"):
        Panel(made.series, made.periods + pd.Timedelta(days=1), made.values, made.exposure, "month")


def test_a_month_knows_its_workdays_and_its_share_of_the_festival():
    facts = days(TABLE, months(12))
    made = features(facts, months(12))
    ramp = made.matrix[:, made.columns("before festival")[0]]
    festival_months = {(p.year, p.month) for p, r in zip(months(60).periods, ramp, strict=False) if r > 0}
    assert (2021, 1) in festival_months  # the ramp of 2021-02-12
    assert (2021, 6) not in festival_months
    assert made.matrix[:, made.columns("season")].sum(axis=1).tolist() == [1.0] * len(made.matrix)


@pytest.mark.parametrize(("grain", "count"), [("month", 48), ("quarter", 28)])
def test_a_jump_is_found_and_the_others_stay_quiet(grain, count):
    made = months(count, grain)
    values = made.values.copy()
    values[1, -1] *= 2
    score = assess(Panel(made.series, made.periods, values, made.exposure, grain), TABLE)[0].score
    p = score[score["window_periods"] == 1].set_index("series_id")["p"]
    assert p["R1"] < 1e-3
    assert p.drop("R1").min() > 1e-2


def test_the_forecast_names_the_coming_months_and_knows_the_season():
    made = assess(months(60), TABLE)[0].forecast
    one = made[made["series_id"] == "R3"]
    assert one["period"].dt.strftime("%Y-%m").tolist() == [f"2022-0{month}" for month in range(1, 7)]
    season = 1 + 0.3 * np.cos(2 * np.pi * np.arange(6) / 12)
    assert one["expected"].to_numpy() == pytest.approx(600 * season, rel=0.15)


def test_cutting_off_the_future_changes_nothing():
    whole = trace(months(60), TABLE, months(60).periods[30].date())
    short = trace(months(60).until(49), TABLE, months(60).periods[30].date())
    np.testing.assert_array_equal(short.p, whole.p[..., :20])


def test_short_histories_are_no_error():
    for count in (3, 9, 13, 20):
        score = assess(months(count), TABLE)[0].score
        assert score["p"].isna().all() == (count < 13)
