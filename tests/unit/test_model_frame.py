"""A long frame goes in and a long frame of judgements comes out, on invented counts and on real claims."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_city import calendar, weekly_regions

from models import change
from models.assess import assess
from models.backtest import backtest, outlook
from models.methods import METHODS, SEASONAL
from tests.model_frame import COLUMNS, judge, panel_of
from tests.tier import IS_LONG

WEEKS = 240 if IS_LONG else 170
TABLE = calendar("2010-01-03", 7 * WEEKS + 120, festival=False)
CLAIMS = Path(__file__).resolve().parents[3] / "shared" / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"


def long(weeks: int = WEEKS, rise: float = 1.0) -> pd.DataFrame:
    """Four weekly regions; the last week of R1 is so many times as high."""
    panel = weekly_regions(weeks)
    values = panel.values.copy()
    values[1, -1] = np.round(rise * values[1, -1])
    wide = pd.DataFrame(values.T, index=panel.periods, columns=panel.series["series_id"])
    return wide.rename_axis("period").reset_index().melt("period", var_name="series", value_name="value")


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_a_frame_of_figures_becomes_a_frame_of_judgements(method) -> None:
    found = judge(long(rise=2.0), TABLE, "week", method)
    assert tuple(found.columns) == COLUMNS
    assert found["series"].tolist() == ["R0", "R1", "R2", "R3"]
    assert found["spike"].tolist() == [False, True, False, False]
    row = found.set_index("series").loc["R1"]
    assert row["p"] < 1e-4
    assert row["observed"] > row["hi95"] > row["hi80"] > row["expected"] > row["lo80"] > row["lo95"]
    assert f"{row['observed']:,.0f}" in row["why"]
    assert f"{row['expected']:,.0f}" in row["why"]


def test_all_periods_end_with_the_last_one() -> None:
    start = weekly_regions(WEEKS).periods[-30].date()
    every = judge(long(rise=2.0), TABLE, "week", start=start)
    assert len(every) == 4 * 30
    last = every[every["period"] == every["period"].max()].reset_index(drop=True)
    pd.testing.assert_frame_equal(last, judge(long(rise=2.0), TABLE, "week"))


def test_the_judgement_is_that_of_assess() -> None:
    found = judge(long(), TABLE, "week")
    score = assess(panel_of(long(), "week"), TABLE)[0].score
    both = found.merge(score, left_on=["series", "window_periods"], right_on=["series_id", "window_periods"])
    assert len(both) == 4
    for name in ("observed", "expected", "p"):
        np.testing.assert_array_equal(both[f"{name}_x"], both[f"{name}_y"])


def test_the_intervals_of_the_judged_windows_hold_what_they_say() -> None:
    every = judge(long(), TABLE, "week", start=weekly_regions(WEEKS).periods[WEEKS - 110].date())
    for name, least, most in (("80", 0.7, 0.92), ("95", 0.88, 0.995)):
        assert least < every["observed"].between(every[f"lo{name}"], every[f"hi{name}"]).mean() < most


def test_rows_in_any_order_and_rows_that_lack_say_the_same() -> None:
    whole = long()
    gone = whole[(whole["series"] == "R2") & (whole["period"] == whole["period"].unique()[-7])].index
    mixed = whole.drop(gone).sample(frac=1, random_state=3)
    said = whole.assign(value=whole["value"].mask(whole.index.isin(gone)))
    found = judge(mixed, TABLE, "week").sort_values("series").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, judge(said, TABLE, "week"), rtol=1e-6)


def test_the_window_told_is_the_one_that_speaks() -> None:
    """Weekly counts that scatter more than five times as wide as Poisson: one week alone says nothing, two may."""
    rng, first = np.random.default_rng(5), WEEKS - (90 if IS_LONG else 45)
    weeks = pd.date_range("2010-01-03", periods=WEEKS, freq="7D")
    values = rng.poisson(rng.gamma(15.0, 20.0, (WEEKS, 8)))
    frame = pd.DataFrame(values, index=weeks, columns=[f"R{row}" for row in range(8)]).rename_axis("period")
    frame = frame.reset_index().melt("period", var_name="series", value_name="value")
    start = weeks[first].date()
    found = judge(frame, TABLE, "week", start=start)
    rows = backtest(panel_of(frame, "week"), TABLE, start)
    strength = rows.set_index(["period", "series_id", "window_periods"])["strength"]
    chosen = strength.loc[list(zip(weeks[first:].repeat(8), found["series"], found["window_periods"], strict=True))]
    best = strength.groupby(["period", "series_id"], sort=False).max()
    spikes = found["spike"].fillna(False).to_numpy(dtype=bool)
    assert spikes.any()
    np.testing.assert_array_equal(chosen.to_numpy(), best.to_numpy())
    assert found.loc[spikes, "p"].max() < 0.05


@pytest.mark.parametrize(("nature", "loss"), [("stock", 0.9), ("net", 0.0)])
def test_stocks_and_net_changes_are_judged_by_their_change(nature, loss) -> None:
    months = pd.date_range("2011-01-01", periods=48, freq="MS")
    rng = np.random.default_rng(2)
    table = calendar("2010-12-01", 365 * 6, festival=False)
    steps = rng.normal(0, 0.004, (48, 4)) if nature == "stock" else rng.normal(0, 20, (48, 4))
    values = np.round(8000 * np.exp(steps.cumsum(axis=0)) if nature == "stock" else steps)
    values[-1, 1] = round(loss * values[-1, 1]) if nature == "stock" else -400
    frame = pd.DataFrame(values, index=months, columns=["R0", "R1", "R2", "R3"]).rename_axis("period").reset_index()
    frame = frame.melt("period", var_name="series", value_name="value")
    found = judge(frame, table, "month", nature=nature, worse="lower").set_index("series")
    panel = panel_of(frame, "month", nature, "lower")
    score = change.assess(panel, table)[0].score
    both = found.merge(score, left_on=["series", "window_periods"], right_on=["series_id", "window_periods"])
    np.testing.assert_array_equal(both["p_x"], both["p_y"])
    assert found["spike"].tolist() == [False, True, False, False]
    assert found.loc["R1", "observed"] < found.loc["R1", "lo95"] < found.loc["R1", "lo80"] < found.loc["R1", "expected"]
    assert (found["state"] == "full").all()
    assert "少" in found.loc["R1", "why"]
    outlooked = outlook(panel, table, months[-1].date())
    ahead = change.assess(panel, table)[0].forecast
    np.testing.assert_array_equal(outlooked.expected[..., -1].ravel(), ahead["expected"])
    with pytest.raises(ValueError, match=r"judged by models\.change"):
        assess(panel, table)


def test_indices_are_judged_one_by_one_and_sums_together() -> None:
    months = pd.date_range("2011-01-01", periods=48, freq="MS")
    steps = np.random.default_rng(4).normal(0, 0.01, (48, 3))
    values = np.round(8000 * np.exp(steps.cumsum(axis=0)))
    values[:, 0] = values[:, 1] + values[:, 2]
    rows = [("T", "total", "T", "ALL"), ("A", "area", "A", "ALL"), ("B", "area", "B", "ALL")]
    frame = pd.DataFrame(values, index=months, columns=["T", "A", "B"]).rename_axis("period").reset_index()
    frame = frame.melt("period", var_name="series", value_name="value")
    frame = frame.merge(pd.DataFrame(rows, columns=["series", "level", "area", "industry"]), on="series")
    table = calendar("2010-12-01", 365 * 6, festival=False)
    together, alone = (
        judge(frame, table, "month", nature="stock", is_sum=is_sum).set_index("series")["expected"]
        for is_sum in (True, False)
    )
    assert together["T"] == pytest.approx(together["A"] + together["B"])
    assert abs(alone["T"] - alone["A"] - alone["B"]) > 1


def test_a_rate_is_judged_among_what_reported_of_what_is_owed() -> None:
    told = long().assign(exposure=1.0, whole=1.0)
    is_last = told["period"] == told["period"].max()
    part = told.assign(value=told["value"].mask(is_last, told["value"] * 0.4), exposure=np.where(is_last, 0.4, 1.0))
    assert judge(part, TABLE, "week")["p"].isna().all()  # less than two thirds have come
    owing = part.assign(whole=part["exposure"])  # the denominator itself is smaller
    assert judge(owing, TABLE, "week")["p"].notna().all()
    whole, less = (assess(panel_of(frame, "week"), TABLE)[0].score.head(4)["expected"] for frame in (told, owing))
    assert less.to_numpy() == pytest.approx(0.4 * whole.to_numpy())


def test_without_enough_history_there_is_no_judgement_and_no_sentence() -> None:
    found = judge(long(60), TABLE, "week", SEASONAL)
    assert found["p"].notna().all()
    assert found["spike"].isna().all()
    young = judge(long(40), TABLE, "week", SEASONAL)
    assert young[["p", "expected", "spike", "why", "hi95"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (long().drop(columns="value"), "lacks the columns"),
        (pd.concat([long(), long().tail(1)]), "R3 has more than one row"),
        (
            long().assign(period=lambda f: f["period"].where(f.index > 0, f["period"] + pd.Timedelta(days=1))),
            "first day",
        ),
        (long().assign(value=-1.0), "not negative"),
        (long().head(0), "no rows"),
        (long().assign(value=1e300), "at most 9007199254740992"),
    ],
)
def test_a_frame_that_contradicts_itself_is_refused(frame: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        judge(frame, TABLE, "week")


def claims(until: str) -> pd.DataFrame:
    """Initial claims of three states, weeks named by their first day (Sunday)."""
    raw = pd.read_csv(CLAIMS, usecols=["st", "c2", "c3"], parse_dates=["c2"]).rename(
        columns={"st": "series", "c3": "value"}
    )
    raw["period"] = raw["c2"] - pd.Timedelta(days=6)
    return raw[
        raw["series"].isin(["CA", "NY", "TX"])
        & (raw["c2"] >= ("2008-01-01" if IS_LONG else "2014-01-01"))
        & (raw["c2"] <= until)
    ]


@pytest.mark.skipif(not CLAIMS.exists(), reason="../shared/realdata/us_unemployment_claims is not there")
@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_real_claims_told_of_covid_in_the_week_of_march_15_and_seldom_in_the_year_before(method) -> None:
    table = calendar("2007-12-30", 365 * 14, festival=False)
    found = judge(claims("2020-03-21"), table, "week", method, date(2019, 3, 3))
    last = found[found["period"] == "2020-03-15"]
    assert last["spike"].all()
    assert (last["observed"] > 2 * last["hi95"]).all()
    before = found[found["period"] < "2020-03-01"]
    assert len(before) == 3 * 52
    assert before["spike"].sum() <= 6  # the budget: an episode a year of each, of two weeks at most
