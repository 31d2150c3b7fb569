import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_city import calendar, daily_city

from models.assess import assess
from models.reconcile import among, moved, reconcile, table


def frame(areas: int, industries: int, total: bool = True) -> pd.DataFrame:
    rows = [("total", "city", "ALL")] if total else []
    rows += [("area", f"A{a}", "ALL") for a in range(areas)]
    rows += [("industry", "city", f"I{i}") for i in range(industries)]
    rows += [("cell", f"A{a}", f"I{i}") for a in range(areas) for i in range(industries)]
    return pd.DataFrame(rows, columns=["level", "area", "industry"]).assign(
        series_id=lambda f: f["area"] + f["industry"]
    )


def margins(series: pd.DataFrame) -> np.ndarray:
    """A row a sum that must be nothing: an area, an industry, the total, less its parts."""
    rows = []
    for place, row in enumerate(series.itertuples()):
        if row.level == "cell":
            continue
        parts = (series["level"] == "cell") & (row.level == "total" or series[row.level] == getattr(row, row.level))
        rows.append(-parts.to_numpy(dtype=float))
        rows[-1][place] = 1.0
    return np.array(rows)


def near(series: pd.DataFrame, seed: int, off: float) -> np.ndarray:
    """Expectations that nearly add up."""
    rng = np.random.default_rng(seed)
    cell = np.where(series["level"] == "cell", rng.gamma(2.0, 4.0, len(series)) + 1, 0.0)
    whole = cell.copy()
    for place, sums in zip(np.flatnonzero(series["level"] != "cell"), margins(series), strict=True):
        whole[place] = -(sums * cell).sum()
    return whole * (1 + off * rng.standard_normal(len(series)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.booleans(), st.integers(0, 999))
def test_what_is_reconciled_adds_up_and_is_the_weighted_least_squares_answer(areas, industries, total, seed):
    series = frame(areas, industries, total)
    mean = near(series, seed, 0.05)
    told = reconcile(mean[None], table(series))[0]
    sums = margins(series)
    assert sums @ told == pytest.approx(np.zeros(len(sums)), abs=1e-8)
    pull = np.linalg.lstsq((sums * mean) @ sums.T, sums @ mean, rcond=None)[0]
    assert told == pytest.approx(mean - mean * (pull @ sums), rel=1e-6)


@pytest.mark.parametrize("alone", ["every area", "one area"])
def test_areas_without_cells_add_up_to_the_total_and_are_not_bound_to_none(alone):
    series = frame(4, 3)
    gone = (
        series["level"].isin(["cell", "industry"])
        if alone == "every area"
        else (series["area"] == "A2") & (series["level"] == "cell")
    )
    kept = series[~gone].reset_index(drop=True)
    mean = near(series, 3, 0.05)[~gone]
    told = reconcile(mean[None], table(kept))[0]
    areas = (kept["level"] == "area").to_numpy()
    assert told[areas].sum() == pytest.approx(told[0])
    assert told == pytest.approx(mean, rel=0.25)
    assert (told > 0).all()


def test_what_adds_up_already_does_not_move():
    series = frame(3, 4)
    mean = near(series, 1, 0.0)
    assert reconcile(mean[None], table(series))[0] == pytest.approx(mean)


def test_an_unknown_series_stays_unknown_and_binds_nobody():
    series = frame(3, 4)
    mean = near(series, 2, 0.05)
    area = int(np.flatnonzero(series["level"] == "area")[0])
    mean[area] = np.nan
    told = reconcile(mean[None], table(series))[0]
    assert np.isnan(told[area])
    bound = margins(series)[:, area] == 0
    rest = np.nan_to_num(told)
    assert (margins(series) @ rest)[bound] == pytest.approx(np.zeros(int(bound.sum())), abs=1e-4)


def test_what_never_reported_leaves_the_other_cells_bound_to_their_sums():
    series = frame(3, 4)
    mean = near(series, 2, 0.1)
    cell = int(np.flatnonzero(series["level"] == "cell")[5])
    mean[cell] = np.nan
    told = reconcile(mean[None], among(table(series), np.isfinite(mean)))[0]
    sums = margins(series)
    assert sums @ np.nan_to_num(told) == pytest.approx(np.zeros(len(sums)), abs=1e-8)
    assert np.abs(sums @ np.nan_to_num(reconcile(mean[None], table(series))[0])).max() > 0.1, "or it frees them"


def test_an_area_of_which_nothing_ever_came_is_none_of_the_table():
    series = frame(3, 4)
    mean = near(series, 5, 0.1)
    gone = (series["area"] == "A1").to_numpy()
    mean[gone] = np.nan
    told = reconcile(mean[None], among(table(series), ~gone))[0]
    rest = series[~gone].reset_index(drop=True)
    assert told[~gone] == pytest.approx(reconcile(mean[None, ~gone], table(rest))[0])
    assert among(table(series), np.zeros(len(series), dtype=bool)) is None
    whole = table(series)
    assert among(whole, np.ones(len(series), dtype=bool)) is whole


@pytest.mark.parametrize("seed", range(8))
def test_sums_hold_where_somebody_would_be_expected_below_nought(seed):
    """Areas and industries that disagree by a multiple about the same cells."""
    series = frame(4, 5)
    rng = np.random.default_rng(seed)
    mean = near(series, seed, 0.0) * rng.lognormal(0, 1.0, len(series)) * rng.choice([1, 30], len(series))
    told = reconcile(mean[None], table(series))[0]
    assert told.min() >= 0
    assert np.abs(margins(series) @ told).max() < 1


def test_a_row_is_moved_the_same_whatever_stands_beside_it():
    series = frame(4, 5)
    calm = near(series, 1, 0.05)
    torn = near(series, 2, 0.0) * np.random.default_rng(2).choice([1, 30], len(series))
    told = reconcile(np.stack([calm, torn]), table(series))
    for row, mean in zip(told, (calm, torn), strict=True):
        assert row == pytest.approx(reconcile(mean[None], table(series))[0], rel=1e-12)


def test_the_order_of_the_series_does_not_matter():
    series = frame(4, 5)
    mean = near(series, 3, 0.1)
    order = np.random.default_rng(0).permutation(len(series))
    mixed = reconcile(mean[order][None], table(series.iloc[order].reset_index(drop=True)))[0]
    assert mixed == pytest.approx(reconcile(mean[None], table(series))[0][order])


def test_unrelated_series_form_no_table():
    alone = frame(4, 0, total=False)
    assert table(alone) is None
    assert moved(np.ones((2, 4)), None) == pytest.approx(np.ones((2, 4)))


def test_expectations_and_forecasts_of_a_city_add_up():
    panel = daily_city(410, first="2021-03-01")
    said, _ = assess(panel, calendar("2021-03-01", 530))
    sums = margins(panel.series)
    for told, span in ((said.score, "window_periods"), (said.forecast, "horizon")):
        for _, part in told.groupby(span):
            people = part.sort_values("series")["expected"].to_numpy()
            assert sums @ people == pytest.approx(np.zeros(len(sums)), abs=1e-6)


def test_areas_without_industries_add_up_to_the_total_and_an_area_without_cells_stays():
    series = frame(3, 0)
    told = reconcile(np.array([[100.0, 40.0, 30.0, 20.0]]), table(series))[0]
    assert told[0] == pytest.approx(told[1:].sum(), rel=1e-6)
    assert told == pytest.approx([94.7, 42.1, 31.6, 21.1], abs=0.1)
    part = frame(2, 2)
    lone = pd.concat([part, frame(3, 0).iloc[[3]]], ignore_index=True)
    told = reconcile(np.array([[60.0, 20.0, 20.0, 20.0, 20.0, 10.0, 10.0, 10.0, 10.0, 20.0]]), table(lone))[0]
    assert told == pytest.approx([60.0, 20.0, 20.0, 20.0, 20.0, 10.0, 10.0, 10.0, 10.0, 20.0], rel=1e-6)
