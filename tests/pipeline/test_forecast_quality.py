"""The watch over the models on real claims: silent in an ordinary winter, loud when COVID made every interval too narrow."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.panel import Panel
from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.core.region.load import load
from pipelines.published.read import read
from pipelines.published.scope import RefusedError
from pipelines.warehouse.forecast_quality import figures
from tests.house import ROOT, House
from tests.regions.us_states.drops import write_drops

SOURCE = ROOT.parent / "shared" / "realdata" / "us_unemployment_claims" / "ar539.csv.gz"
FIRST, LAST = date(2019, 9, 7), date(2020, 6, 6)
pytestmark = [
    pytest.mark.xdist_group("model_quality"),
    pytest.mark.skipif(not SOURCE.exists(), reason="../shared/realdata is absent: US weekly claims"),
]


@pytest.fixture(scope="module")
def states(once: Callable[[str, Callable[[Path], None]], Path]) -> House:
    """27 states with an edition a week, from the autumn before COVID to its spring."""

    def build(folder: Path) -> None:
        house = House(folder / "house", {"GANGSHAO_REGION": str(ROOT / "tests" / "regions" / "us_states")})
        write_drops(SOURCE, house.data / "inbox", date(2017, 1, 1), LAST)
        house.gangshao("ingest", "--backfill")
        house.gangshao("run", "--from", FIRST.isoformat(), "--to", LAST.isoformat())

    folder = once("states", build)
    return House(folder / "house", {"GANGSHAO_REGION": str(ROOT / "tests" / "regions" / "us_states")})


def test_the_first_edition_of_a_month_looks_and_finds_only_the_break(states: House) -> None:
    rows = states.ask("select day, figure, is_drift from model_quality order by day, figure")
    days = sorted({row[0] for row in rows})
    assert [day.isoformat() for day in days] == ["2019-11-02", "2019-12-07", "2020-01-04", "2020-02-01", "2020-03-07", "2020-04-04", "2020-05-02", "2020-06-06"]  # fmt: skip
    assert len(rows) == 3 * len(days) - 2  # of the first thirteen weeks too few had been forecast
    drifted = {(day.isoformat(), figure) for day, figure, is_drift in rows if is_drift}
    assert {day for day, _ in drifted} <= {"2020-04-04", "2020-05-02", "2020-06-06"}
    assert {figure for day, figure in drifted if day == "2020-06-06"} >= {"coverage_95", "p_below_0.05"}


def test_a_city_in_its_first_week_has_no_drift_yet() -> None:
    region = load(ROOT / "data" / "regions" / "liaocheng")
    series = pd.DataFrame({"series_id": ["a"], "level": "total", "area": region.city, "industry": "ALL"})
    first = Panel(series, pd.DatetimeIndex(["2026-01-05"]), np.array([[3.0]]), np.array([[1.0]]), "week")
    with duckdb.connect() as con:
        con.execute(
            "create table forecast as select 'weekly_claims' as indicator, $city as area, 'ALL' as industry, "
            "'all' as cohort, 1 as horizon, timestamp '2026-01-05' as period, timestamp '2026-01-04' as made_on, "
            "'2026-01-04.1' as edition_id, 1.0 as lo80, 5.0 as hi80, 0.0 as lo95, 6.0 as hi95",
            {"city": region.city},
        )
        con.execute(
            "create table score (indicator text, area text, industry text, cohort text, window_periods int, "
            "window_from timestamp, day date, edition_id text, p double)"
        )
        found = figures(con, region, "weekly_claims", first)
    assert set(found) == {"coverage_80", "coverage_95", "p_below_0.05"}
    assert not any(figure.is_drift or np.isfinite(figure.value) for figure in found.values())


def test_the_shares_are_those_of_the_published_forecasts_and_readings(states: House) -> None:
    (last,) = states.ask("select max(period) from reading where area = 'CA'")[0]
    inside = states.ask(
        "select avg(case when value between lo80 and hi80 then 1.0 else 0.0 end), "
        "avg(case when value between lo95 and hi95 then 1.0 else 0.0 end), count(*) from forecast "
        "join reading using (indicator, area, industry, period) where horizon = 1 and known_to is null "
        f"and reading.grain = 'week' and period > timestamp '{last}' - interval 91 day"
    )[0]
    stored = dict(states.ask("select figure, value from model_quality where edition_id = '2020-06-06.1'"))
    assert inside[2] == 13 * 28
    assert (stored["coverage_80"], stored["coverage_95"]) == pytest.approx(inside[:2])
    scores = states.ask(
        "select avg(case when p < .05 then 1.0 else 0.0 end) from score where window_periods = 1 "
        f"and window_from > timestamp '{last}' - interval 91 day and p is not null"
    )[0][0]
    assert stored["p_below_0.05"] == pytest.approx(scores)


def test_a_finding_is_said_in_words_to_the_bureau_and_by_the_doctor_and_to_nobody_else(states: House) -> None:
    published = states.data / "published"
    found = read("model_quality", Viewer(Role.CITY_ANALYST), published=published)
    sentence = found.set_index("figure").loc["coverage_95", "sentence"]
    assert "过去13周的 95% 预测区间只包住了" in sentence
    assert "应为约 95%；上一年为" in sentence
    told = "".join(states.gangshao("doctor", status=2).stderr.split())
    assert "".join(sentence.split()) in told
    assert read("model_quality", Viewer(Role.COUNTY_HEAD, frozenset({"CA"})), published=published).empty
    with pytest.raises(RefusedError):
        read("model_quality", GENERAL, published=published)


def test_a_backtest_says_what_is_worse_than_in_the_last_one_kept(states: House, tmp_path: Path) -> None:
    house = states.copy(tmp_path / "house")
    run = ("backtest", "--indicator", "weekly_claims", "--method", "seasonal")
    first = house.gangshao(*run, "--from", "2019-09-07", "--to", "2020-02-29").stdout
    again = house.gangshao(*run, "--from", "2019-09-07", "--to", "2020-02-29").stdout
    assert "变差" not in first + again
    crisis = house.gangshao(*run, "--from", "2020-03-07", "--to", "2020-05-02").stdout
    assert "变差：预测未来第 1 期：95% 区间的覆盖率" in crisis
    advice = "".join(house.gangshao("doctor", status=2).stderr.split())
    assert "方法seasonal：变差：预测未来第1期：95%区间的覆盖率" in advice
    assert "变差" not in house.gangshao(*run[:-1], "level_factor", "--from", "2020-03-07", "--to", "2020-05-02").stdout
    kept = pd.concat(map(pd.read_csv, (house.data / "backtests").glob("*.csv")))
    assert set(kept["method"]) == {"seasonal", "level_factor"}
    quiet = kept[
        (kept["last_day"] == "2020-02-29") & (kept["figure"] == "coverage_80") & (kept["series_level"] == "all")
    ]
    assert quiet.loc[quiet["horizon"] == 1, "value"].between(0.65, 0.95).all()
    assert quiet.loc[quiet["horizon"] == 1, "error"].between(0.005, 0.08).all()
