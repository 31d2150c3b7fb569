"""Readings of every kind as the panel that is judged: what they are counted among, what is missing, what is provisional."""

import functools
import warnings

import numpy as np
import pandas as pd
import pytest

from models.panel import Panel
from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY, Grain
from pipelines.core.region import load as regions
from pipelines.warehouse.cells import Cells, cells_of, is_cell
from pipelines.warehouse.forecast import foreseen
from pipelines.warehouse.panel import panel
from pipelines.warehouse.series_judgement import Judgement, judgement
from tests.house import ROOT

NONE = pd.DataFrame({name: [] for name in ("area", "period", "value", "likely", "lo", "hi")})
MONTHS = pd.date_range("2023-01-01", periods=36, freq="MS")


@functools.cache
def region() -> regions.Region:
    return regions.load(ROOT / "data" / "regions" / "liaocheng")


def units() -> list[str]:
    return list(region().units)


def readings(numerator, denominator=np.nan, industries=(TOTAL_INDUSTRY,), areas=None, periods=MONTHS, grain="month"):
    """Complete readings of every area × industry × period; figures broadcast to (areas, industries, periods)."""
    areas = units() if areas is None else areas
    rows = pd.MultiIndex.from_product([areas, industries, periods], names=["area", "industry", "period"]).to_frame(
        False
    )
    shape = (len(areas), len(industries), len(periods))
    rows["numerator"] = np.broadcast_to(numerator, shape).ravel().astype(float)
    rows["denominator"] = np.broadcast_to(denominator, shape).ravel().astype(float)
    return rows.assign(cohort="all", grain=grain, reporting=1, due=1)


def cells(name: str, frame: pd.DataFrame, grain: Grain = Grain.MONTH) -> Cells:
    indicator = catalogue()[name]
    made = cells_of(frame[is_cell(frame, indicator, grain, region())], indicator, grain, region())
    assert made is not None
    return made


def panel_of(name: str, frame: pd.DataFrame, grain: Grain = Grain.MONTH) -> Panel:
    made = panel(cells(name, frame, grain), region())
    assert made is not None
    return made


def judged(name: str, frame: pd.DataFrame, nowcasts: pd.DataFrame = NONE, grain: Grain = Grain.MONTH) -> Judgement:
    made = cells(name, frame, grain)
    table = region().calendar_frame(made.first, made.last + pd.Timedelta(days=400))
    answer = judgement(made, region(), nowcasts, table, None)
    assert answer is not None
    return answer


def score_of(answer: Judgement, window: int = 1) -> pd.DataFrame:
    score = answer.assessment.score
    return score[score["window_periods"] == window].set_index("series_id")


def draw(mean, shape, seed=1):
    return np.random.default_rng(seed).poisson(mean, shape).astype(float)


def total() -> str:
    return f"{region().city}|{TOTAL_INDUSTRY}"


def test_a_rate_counts_numerators_among_the_denominators_of_those_who_reported():
    frame = readings(draw(30, (11, 1, 36)), 1000.0, industries=("C",))
    frame = frame[~((frame["area"] == units()[0]) & (frame["period"] == MONTHS[-1]))]
    made = panel_of("job_loss_rate", frame)
    row = made.series.set_index("series_id").index.get_loc(total())
    assert made.exposure[row, -2:].tolist() == pytest.approx([1.0, 10 / 11])
    assert made.owed(35, 36)[row, 0] == pytest.approx(1.0)
    assert made.series["denominator"][row] == 11_000
    score = score_of(judged("job_loss_rate", frame)).loc[total()]
    assert score["is_provisional"]
    assert score["expected"] == pytest.approx(300, rel=0.1)
    assert score["rate"] == pytest.approx(100 * score["observed"] / 10_000)
    assert score["rate_expected"] == pytest.approx(3.0, rel=0.1)


def test_what_its_source_gives_of_each_series_is_no_sum():
    of_area = readings(100.0, areas=[region().city, *units()], grain="week", periods=MONTHS[:1])
    assert not panel_of("job_index", of_area, Grain.WEEK).is_sum
    assert panel_of("insured_headcount", readings(100.0, industries=("C",))).is_sum


def test_an_industry_that_left_a_county_is_not_missing():
    frame = readings(draw(30, (11, 2, 36)), 1000.0, industries=("C", "F"))
    frame = frame[~((frame["area"] == units()[0]) & (frame["industry"] == "F") & (frame["period"] >= MONTHS[-3]))]
    made = panel_of("job_loss_rate", frame)
    row = made.series.set_index("series_id").index.get_loc(f"{units()[0]}|{TOTAL_INDUSTRY}")
    assert made.exposure[row, -1] == made.owed(35, 36)[row, 0] == pytest.approx(0.5)
    assert not score_of(judged("job_loss_rate", frame))["is_provisional"][made.series["series_id"][row]]


def test_columns_do_not_change_when_later_ones_come():
    rng = np.random.default_rng(2)
    for name, denominator in (("job_loss_rate", rng.integers(500, 1500, (11, 2, 36))), ("insured_headcount", np.nan)):
        frame = readings(draw(40, (11, 2, 36)), denominator, industries=("C", "F"))
        frame = frame.drop(frame.sample(60, random_state=3).index)
        whole = panel_of(name, frame)
        for end in (20, 35):
            part = panel_of(name, frame[frame["period"] < MONTHS[end]])
            np.testing.assert_array_equal(part.values, whole.values[:, :end])
            np.testing.assert_array_equal(part.exposure, whole.exposure[:, :end])
            np.testing.assert_array_equal(part.owed(0, end), whole.owed(0, end))


def test_a_headcount_that_falls_is_found_and_its_last_employer_leaving_is_a_fall():
    walk = np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.004, (11, 2, 36)), axis=2))
    people = np.round(np.array([8000.0, 600.0])[:, None] * walk)
    people[0, 0, -1] *= 0.93
    frame = readings(people, industries=("C", "F"))
    frame = frame[~((frame["area"] == units()[1]) & (frame["industry"] == "F") & (frame["period"] == MONTHS[-1]))]
    score = score_of(judged("insured_headcount", frame))
    assert score["p"][f"{units()[0]}|C"] < 1e-4
    assert score["p"][f"{units()[1]}|F"] < 1e-4
    assert score["observed"][f"{units()[1]}|F"] == 0
    assert score["p"][f"{units()[2]}|C"] > 1e-2
    assert not score["is_provisional"].any()
    assert score["rate"].isna().all()


def test_a_stock_of_the_city_goes_on_as_those_who_reported_do():
    walk = np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.004, (11, 1, 36)), axis=2))
    frame = readings(np.round(5000 * walk), industries=("C",))
    late = frame[~((frame["area"] == units()[0]) & (frame["period"] == MONTHS[-1]))]
    score = score_of(judged("insured_headcount", late)).loc[total()]
    assert score["is_provisional"]
    assert score["coverage"] == pytest.approx(10 / 11, rel=0.02)
    assert score["p"] > 0.02


def test_a_registered_rate_is_judged_by_its_change():
    rate = 0.03 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, (11, 1, 36)), axis=2))
    people = np.round(100_000 * rate)
    people[3, 0, -1] *= 1.3
    score = score_of(judged("registered_unemployment_rate", readings(people, 100_000.0)))
    hit = f"{units()[3]}|{TOTAL_INDUSTRY}"
    assert score["p"][hit] < 1e-4
    assert score["rate"][hit] == pytest.approx(100 * people[3, 0, -1] / 100_000)
    assert score["p"].drop([hit, total()]).min() > 1e-2


def test_the_ratio_of_the_city_is_a_series_of_its_own_and_lower_is_worse():
    posts = draw(6000, (1, 1, 36))
    posts[0, 0, -1] = 4000
    answer = judged("vacancy_seeker_ratio", readings(posts, 5000.0, areas=[region().city]))
    assert answer.panel.series["level"].tolist() == ["total"]
    score = score_of(answer).loc[total()]
    assert score["p"] < 1e-6
    assert (score["rate"], score["rate_expected"]) == (pytest.approx(0.8), pytest.approx(1.2, rel=0.03))


def test_net_changes_keep_their_sign_in_every_total():
    people = np.random.default_rng(1).normal(5, 10, (11, 2, 36)).round()
    people[4, 1, -1] = -90
    frame = readings(
        people, industries=("C", "F"), grain="week", periods=pd.date_range("2025-01-06", periods=36, freq="7D")
    )
    score = score_of(judged("insured_net_change", frame, grain=Grain.WEEK), 2)
    hit = f"{units()[4]}|F"
    assert score["observed"][hit] == people[4, 1, -2:].sum()
    assert score["p"][hit] < 1e-3
    assert score["observed"][total()] == people[:, :, -2:].sum()


def vacancies(last: float, reporting: int, due: int = 31) -> pd.DataFrame:
    """Three years of about 600 posts a month and county; in the last month the first county has `last`."""
    frame = readings(draw(600, (11, 1, 36)), industries=("C",))
    is_last = (frame["area"] == units()[0]) & (frame["period"] == MONTHS[-1])
    return frame.assign(
        numerator=frame["numerator"].where(~is_last, last), due=due, reporting=np.where(is_last, reporting, due)
    )


def nowcast(value: float, likely: float, lo: float, hi: float) -> pd.DataFrame:
    row = {"area": units()[0], "period": MONTHS[-1], "value": value, "likely": likely, "lo": lo, "hi": hi}
    return pd.DataFrame([row])


def p_of_county(frame: pd.DataFrame, nowcasts: pd.DataFrame = NONE) -> float:
    return float(score_of(judged("vacancy", frame, nowcasts))["p"][f"{units()[0]}|{TOTAL_INDUSTRY}"])


def test_a_month_of_many_files_that_lacks_some_is_judged_by_the_share_that_came():
    assert p_of_county(vacancies(300, 31)) < 1e-3
    assert p_of_county(vacancies(480, 25)) > 0.1  # 480 of four fifths of the days
    assert score_of(judged("vacancy", vacancies(480, 25)))["is_provisional"][f"{units()[0]}|C"]


@pytest.mark.parametrize(
    ("lo", "likely", "hi", "is_found"), [(301, 305, 310, True), (301, 305, 600, False), (590, 600, 610, False)]
)
def test_a_provisional_fall_is_one_only_if_it_is_at_the_end_nearest_to_normal(lo, likely, hi, is_found):
    frame = vacancies(300, 25)
    assert (p_of_county(frame, nowcast(300, likely, lo, hi)) < 1e-3) == is_found


def test_of_a_rise_the_low_end_is_nearest_to_normal():
    frame = readings(draw(100, (11, 1, 36)), industries=("C",))
    is_last = (frame["area"] == units()[0]) & (frame["period"] == MONTHS[-1])
    frame = frame.assign(numerator=frame["numerator"].where(~is_last, 130), due=5, reporting=np.where(is_last, 4, 5))
    key = f"{units()[0]}|{TOTAL_INDUSTRY}"

    def p(*ends: float) -> float:
        return float(score_of(judged("wage_arrears_lead", frame, nowcast(130, *ends)))["p"][key])

    assert p(170, 165, 180) < p(170, 131, 180) / 2
    assert p(170, 131, 180) == pytest.approx(p(170, 131, 300))


def test_the_forecast_rests_on_the_likely_value_not_on_the_end_of_the_range():
    frame = vacancies(480, 25)
    told = [judged("vacancy", frame, nowcast(480, 600, lo, 640)).assessment.forecast for lo in (500, 599)]
    pd.testing.assert_frame_equal(*told)


def test_a_running_month_is_judged_once_two_thirds_have_come():
    def last(days: int) -> pd.Timestamp:
        frame = vacancies(20 * days, days)
        frame.loc[frame["period"] == MONTHS[-1], ["numerator", "reporting"]] = [20 * days, days]
        answer = judged("vacancy", frame)
        assert score_of(answer)["p"][total()] > 1e-3
        return answer.panel.periods[-1]

    assert last(10) == MONTHS[-2]
    assert last(22) == MONTHS[-1]


def test_of_too_short_a_history_nothing_is_expected():
    """A county that began three weeks ago beside those that have told for months, and a city in its first days."""
    days = pd.date_range("2025-01-01", periods=200)
    frame = readings(draw(8, (11, 1, 200)), industries=("C",), periods=days, grain="day")
    young = frame[(frame["area"] != units()[0]) | (frame["period"] >= days[-14])]
    for part in (young, frame[frame["period"] < days[9]]):
        answer = judged("benefit_claim", part, grain=Grain.DAY).assessment
        score = answer.score[answer.score["state"] == "insufficient"]
        assert f"{units()[0]}|{TOTAL_INDUSTRY}" in set(score["series_id"])
        assert score[["expected", "variance", "p", "level", "factor"]].isna().all(axis=None)
        assert foreseen(answer.forecast).notna().all(axis=None)


def test_sections_without_anybody_leave_sums_whole():
    """Most sections of the region have no readings here: what is expected of the others adds up all the same."""
    for name, frame in (
        ("job_loss_rate", readings(draw(30, (11, 3, 36)), 1000.0, industries=("B", "C", "F"))),
        ("insured_headcount", readings(draw(3000, (11, 3, 36)), industries=("B", "C", "F"))),
    ):
        said = judged(name, frame).assessment
        for expected in (score_of(judged(name, frame))["expected"],
                         said.forecast[said.forecast["horizon"] == 1].set_index("series_id")["expected"]):  # fmt: skip
            cells = expected[[f"{unit}|{industry}" for unit in units() for industry in "BCF"]]
            assert expected[total()] == pytest.approx(cells.sum())
            assert expected[f"{units()[0]}|{TOTAL_INDUSTRY}"] == pytest.approx(cells[:3].sum())


def test_what_is_given_is_judged_as_given():
    index = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.003, (3, 2, 80)), axis=2))
    weeks = pd.date_range("2024-01-01", periods=80, freq="7D")
    areas = [region().city, *units()[:2]]
    frame = readings(index, industries=(TOTAL_INDUSTRY, "C"), areas=areas, periods=weeks, grain="week")
    answer = judged("job_index", frame, grain=Grain.WEEK)
    made = answer.panel.series.set_index("series_id")
    row = list(made.index).index(total())
    np.testing.assert_allclose(answer.panel.values[row], index[0, 0])
    assert made.loc[total(), "level"] == "total"


def test_numpy_has_nothing_to_warn_of():
    frame = readings(draw(3, (11, 2, 30)), draw(5, (11, 2, 30), 2), industries=("C", "F"), periods=MONTHS[:30])
    frame = frame[frame["area"] != units()[5]]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for name in ("job_loss_rate", "labour_shortage_rate", "insured_net_change_rate", "insured_headcount"):
            judged(name, frame)
    assert not [str(one.message) for one in told]
