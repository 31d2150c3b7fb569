"""Indicators of months, weeks, ratios and stocks through real runs: stored when readings change, shown until then."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.methods import LEVEL_FACTOR
from pipelines.core.domain import Role, Viewer
from pipelines.core.region import load as regions
from pipelines.published.read import edition_of_day, read
from pipelines.warehouse import backtest as backtests
from pipelines.warehouse import forecast_quality
from pipelines.warehouse.tables import define_all
from tests import tier
from tests.house import ROOT, House
from tests.pipeline.kinds_house import BEFORE, FIRST, MONTHLY, SECOND, with_rules

CITY = "371500"
pytestmark = pytest.mark.xdist_group("judged_kinds")


def asked(house: House, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).df()


def test_a_month_is_judged_when_its_readings_change_and_shown_until_then(kinds: House) -> None:
    rows = asked(kinds, "select indicator, grain, cast(day as date) as day, count(*) as n from score group by all")
    days = rows.groupby("indicator")["day"].nunique().to_dict()
    changed = asked(
        kinds, "select indicator, count(distinct known_from) as n from reading where grain = 'month' group by 1"
    )
    changes = changed.set_index("indicator")["n"].to_dict()
    for name in ("insured_headcount", "job_loss_rate"):  # their files had come before
        assert (days[name], changes[name]) == (1, 1)
    assert days["vacancy"] == days["benefit_claim"] == 3
    assert rows.set_index("indicator")["grain"].to_dict() | {"vacancy": "week", "insured_headcount": "month"} == (
        rows.set_index("indicator")["grain"].to_dict()
    )
    shown = read(
        "score_of_area", Viewer(Role.CITY_LEADER), published=kinds.data / "published", area=CITY, industry="ALL"
    )
    assert {*MONTHLY, "vacancy", "benefit_claim", "insured_leave"} <= set(shown["indicator"])
    assert (shown.groupby(["indicator", "window_periods"]).size() == 1).all()
    told = read("ahead", Viewer(Role.CITY_LEADER), published=kinds.data / "published", area=CITY, industry="ALL")
    assert told.groupby("indicator")["grain"].first()[["insured_headcount", "vacancy", "benefit_claim"]].tolist() == [
        "month", "week", "week",
    ]  # fmt: skip


def test_an_earlier_edition_is_shown_as_it_was(kinds: House) -> None:
    published = kinds.data / "published"
    as_of = edition_of_day(published, date.fromisoformat(BEFORE)).cutoff_at
    shown = read("score_of_area", Viewer(Role.CITY_LEADER), as_of, published=published, area=CITY, industry="ALL")
    stored = asked(kinds, f"select indicator, window_periods from score where edition_id = '{BEFORE}.1' and area = '{CITY}' "
                         "and industry = 'ALL' and cohort = 'all'")  # fmt: skip
    key = ["indicator", "window_periods"]
    pd.testing.assert_frame_equal(
        shown[key].sort_values(key, ignore_index=True), stored.sort_values(key, ignore_index=True), check_dtype=False
    )


def test_scores_of_a_ratio_are_people_with_the_rate_beside_them(kinds: House) -> None:
    score = asked(kinds, "select * from score where indicator = 'registered_unemployment_rate' and window_periods = 1")
    assert set(score["area"]) > {CITY}
    last = score[score["area"] == CITY].iloc[-1]
    numerator, value = asked(
        kinds,
        "select numerator, value from reading where indicator = 'registered_unemployment_rate' and known_to is null "
        f"and area = '{CITY}' and period = date '{last['window_from'].date()}'",
    ).iloc[0]
    assert last["observed"] == numerator
    assert last["rate"] == pytest.approx(value)
    assert last["rate_expected"] == pytest.approx(value, rel=0.2)
    counts = asked(kinds, "select rate from score where indicator in ('vacancy', 'benefit_claim', 'insured_headcount')")
    assert counts["rate"].isna().all()


def test_the_running_week_is_provisional_and_said_to_be(kinds: House) -> None:
    """2026-10-30 is a Friday: what is known on Saturday morning is five days of seven."""
    score = asked(kinds, "select * from score where indicator = 'vacancy' and area = '371500' and industry = 'ALL'")
    now = score[score["day"] == pd.Timestamp(SECOND)].set_index("window_periods")
    assert now["window_from"][1] == pd.Timestamp("2026-10-26")
    assert now["is_provisional"].all()
    assert now["p"][1] > 0.01


@tier.long
def test_days_one_by_one_end_as_in_one_replay(kinds: House, stocked: House, tmp_path: Path) -> None:
    house = with_rules(stocked, tmp_path / "house")
    for day in (BEFORE, FIRST, SECOND):
        house.gangshao("run", "--day", day)
    one, other = house.hashes(), kinds.hashes()
    for name in ("score", "forecast", "finding", "episode"):
        tables = [table for table in one if table.endswith(name)]
        assert tables
        assert {table: one[table] for table in tables} == {table: other[table] for table in tables}


@pytest.mark.parametrize("indicator", ["insured_headcount", "vacancy_seeker_ratio", "vacancy"])
def test_every_kind_can_be_backtested(kinds: House, indicator: str, files: Path, tmp_path: Path,
                                      house_copy: Callable[[Path], House]) -> None:  # fmt: skip
    done = house_copy(tmp_path / "house").gangshao(
        "backtest",
        "--indicator",
        indicator,
        "--from",
        FIRST,
        "--to",
        SECOND,
        "--truth",
        str(files.parent / "truth.csv"),
    )
    assert "2 个版次" in done.stdout


@pytest.fixture(scope="module")
def shrinking() -> Iterator[duckdb.DuckDBPyConnection]:
    """Five years of a job-loss rate of 3 % of all counties, of two industries whose jobs become 2 % fewer every month
    and are a quarter more in every other one; an edition on the 11th, when the month before has come."""
    units = list(regions.load(ROOT / "data" / "regions" / "liaocheng").units)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    rows = pd.MultiIndex.from_product([units, ["C", "F"], months], names=["area", "industry", "period"]).to_frame(False)
    jobs = np.round(5000 * 0.98 ** ((rows["period"] - months[0]).dt.days / 30.4))
    jobs *= np.where(rows["period"].dt.month % 2, 1.25, 1.0)
    people = np.random.default_rng(4).poisson(0.03 * jobs).astype(float)
    known = rows["period"] + pd.DateOffset(months=1, days=9)
    readings = rows.assign(
        indicator="job_loss_rate", cohort="all", grain="month", numerator=people, denominator=jobs, reporting=1, due=1,
        known_from=known, known_to=pd.NaT,
    )  # fmt: skip
    days = [month + pd.DateOffset(months=1, days=10) for month in months]
    editions = pd.DataFrame({"edition_id": [f"{day:%Y-%m-%d}.1" for day in days], "day": days, "cutoff_at": days})
    with duckdb.connect() as con:
        define_all(con)
        con.register("readings", readings)
        con.register("editions", editions)
        con.execute("insert into reading by name select * from readings")
        con.execute("insert into edition by name select * from editions")
        yield con


def test_a_rate_whose_jobs_become_fewer_is_scored_on_all_that_came(shrinking: duckdb.DuckDBPyConnection) -> None:
    region = regions.load(ROOT / "data" / "regions" / "liaocheng")
    found = backtests.backtest(shrinking, region, "job_loss_rate", (date(2023, 1, 1), date(2025, 1, 31))).figures
    for horizon in (1, 6):
        told = found[(found["series_level"] == "area") & (found["horizon"] == horizon)].set_index("figure")["value"]
        assert 0.6 < told["coverage_80"] < 0.95
        assert told["mase"] < 1


def test_the_watch_holds_forecasts_of_a_rate_against_the_jobs_that_are_left(
    shrinking: duckdb.DuckDBPyConnection,
) -> None:
    region = regions.load(ROOT / "data" / "regions" / "liaocheng")
    indicator = backtests.indicator_named("job_loss_rate")
    editions = backtests.editions_of(shrinking, date(2022, 6, 1), date(2025, 1, 31))
    vintages = list(backtests.vintages_of(shrinking, region, indicator, editions, LEVEL_FACTOR))
    for vintage in vintages:
        made = vintage.said.forecast.merge(
            vintage.panel.series[["area", "industry"]], left_on="series", right_index=True
        )
        made = made.assign(
            edition_id=f"{vintage.day}.1", made_on=vintage.day, indicator="job_loss_rate", cohort="all", grain="month"
        )
        shrinking.register("made", made.drop(columns=["series", "series_id", "lo50", "hi50"]))
        shrinking.execute("insert into forecast by name select * from made")
    found = forecast_quality.figures(shrinking, region, "job_loss_rate", vintages[-1].panel)
    assert 0.6 < found["coverage_80"].value < 0.95
    assert 0.6 < found["coverage_80"].before < 0.95
    assert found["coverage_95"].value > 0.8


@pytest.fixture
def house_copy(kinds: House) -> Callable[[Path], House]:
    return kinds.copy
