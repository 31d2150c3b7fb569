"""A backtest repeats what its editions said, from what they knew, and scores it by what came."""

import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.methods import LEVEL_FACTOR
from models.quality import NAMES
from pipelines.core.domain import Grain
from pipelines.core.region import load as regions
from pipelines.warehouse import backtest as backtests
from pipelines.warehouse.cells import cells_of
from pipelines.warehouse.tables import define_all
from tests.house import ROOT, House

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 31)
pytestmark = pytest.mark.xdist_group("replay")


@pytest.fixture(scope="module")
def region() -> regions.Region:
    return regions.load(ROOT / "data" / "regions" / "liaocheng")


def test_the_vintages_say_what_the_editions_said(replayed: House, region: regions.Region) -> None:
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        editions = backtests.editions_of(con, FIRST, LAST)
        indicator = backtests.indicator_named("benefit_claim")
        vintages = list(backtests.vintages_of(con, region, indicator, editions, LEVEL_FACTOR))
        key = ["day", "area", "industry", "window_periods"]
        stored = con.execute(
            f"select {', '.join(key)}, observed, expected, p from score where indicator = 'benefit_claim' and cohort = 'all' "
            "and industry not like 'tag:%'"  # tags are judged beside; backtests look at sections
        ).df()
    assert [vintage.day for vintage in vintages] == sorted(set(stored["day"].dt.date))
    said = pd.concat(
        [
            vintage.said.score.merge(
                vintage.panel.series[["area", "industry"]], left_on="series", right_index=True
            ).assign(day=pd.Timestamp(vintage.day))
            for vintage in vintages
        ]
    )
    both = stored.merge(said, on=key, suffixes=("", "_again"))
    assert len(both) == len(stored) > 10_000
    for name in ("observed", "expected", "p"):
        np.testing.assert_allclose(both[f"{name}_again"], both[name], rtol=1e-9)


def test_accuracy_is_that_of_plain_sums_of_the_readings(replayed: House, region: regions.Region) -> None:
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        found = backtests.backtest(con, region, "benefit_claim", (FIRST, LAST))
        editions = backtests.editions_of(con, FIRST, LAST)
        indicator = backtests.indicator_named("benefit_claim")
        vintages = list(backtests.vintages_of(con, region, indicator, editions, LEVEL_FACTOR))
        counties = con.execute(
            "select area, period, value, reporting < due as lacks from reading where indicator = 'benefit_claim' "
            "and grain = 'day' and known_to is null and area <> ? and industry = 'ALL' order by period",
            [region.city],
        ).df()
    daily = {area: rows.set_index("period") for area, rows in counties.groupby("area")}
    days = set(counties["period"])  # days on which anybody reported are due for everybody
    inside = []
    for vintage in vintages:
        end = vintage.panel.periods[-1]
        made = vintage.said.forecast
        made = made[(made["horizon"] == 7)].set_index("series_id")
        coming = pd.date_range(end + pd.Timedelta(days=1), periods=7)
        if coming[-1] > vintages[-1].panel.periods[-1]:
            continue
        for area, frame in daily.items():
            week = frame[frame.index.isin(coming)]
            if not week["lacks"].any() and set(coming) & days == set(week.index):
                row = made.loc[f"{area}|ALL"]
                inside.append(row["lo80"] <= week["value"].sum() <= row["hi80"])
    figure = found.figures.query("series_level == 'area' and horizon == 7 and figure == 'coverage_80'")["value"]
    assert len(inside) > 50
    assert figure.iloc[0] == pytest.approx(np.mean(inside))
    assert set(NAMES) <= set(vintages[0].said.forecast.columns)


def test_the_command_prints_and_keeps_its_figures(replayed: House, files: Path, tmp_path: Path) -> None:
    house = replayed.copy(tmp_path / "house")
    labels = files.parent / "truth.csv"
    assert labels.exists()
    done = house.gangshao(
        "backtest", "--indicator", "benefit_claim", "--from", FIRST.isoformat(), "--to", LAST.isoformat(),
        "--truth", str(labels),
    )  # fmt: skip
    assert "概率低于 .05" in done.stdout
    (kept,) = (house.data / "backtests").glob("*.csv")
    frame = pd.read_csv(kept)
    figures = frame[frame["series_level"] == "all"].set_index("figure")["value"]
    assert 0 <= figures["p_below_0.05"] < 0.2
    assert figures["events"] >= 1
    assert figures["episodes_per_series_year"] >= 0
    assert (frame["editions"] == 20).all()
    assert set(frame["method"]) == {"level_factor"}


def test_another_method_is_scored_beside_and_the_kept_run_says_which_it_was(replayed: House, tmp_path: Path) -> None:
    house = replayed.copy(tmp_path / "house")
    span = ("--indicator", "benefit_claim", "--from", FIRST.isoformat(), "--to", LAST.isoformat())
    for method in ("level_factor", "seasonal"):
        assert f"方法 {method}" in house.gangshao("backtest", *span, "--method", method).stdout
    kept = {
        frame["method"].iloc[0]: frame
        for path in (house.data / "backtests").glob("*.csv")
        if len(frame := pd.read_csv(path))
    }
    assert set(kept) == {"level_factor", "seasonal"}
    ahead = {
        name: frame.query("horizon == 7 and figure == 'coverage_80'")["value"].to_numpy()
        for name, frame in kept.items()
    }
    assert not np.array_equal(ahead["level_factor"], ahead["seasonal"])
    assert (
        "没有名为“guess”的预测方法，现有 level_factor、seasonal"
        in house.gangshao("backtest", *span, "--method", "guess", status=2).stderr
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--indicator", "nothing", "--from", "2026-10-12", "--to", "2026-10-31"), "没有名为“nothing”的指标"),
        (("--indicator", "benefit_claim", "--from", "2020-10-12", "--to", "2020-10-31"), "没有版次"),
        (
            ("--indicator", "benefit_claim", "--from", "2026-10-30", "--to", "2026-10-31", "--truth", sys.executable),
            "读不出事件标签",
        ),
    ],
)
def test_what_cannot_be_scored_is_said_in_a_sentence(
    replayed: House, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in replayed.gangshao("backtest", *arguments, status=2).stderr


@pytest.mark.parametrize(("last", "in_force"), [(620.0, 620.0), (None, np.nan)], ids=["corrected", "withdrawn"])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_editions_a_day_the_vintage_knows_what_the_second_knew(
    region: regions.Region, last: float | None, in_force: float, is_reversed: bool
) -> None:
    """A county's last month was 600, became 100 just before the evening's first edition and `last` before its second."""
    morning, first, second = (pd.Timestamp(f"2025-12-{at}") for at in ("30 20:00", "31 20:00", "31 22:00"))
    months = pd.date_range("2023-01-01", periods=36, freq="MS")
    rows = pd.MultiIndex.from_product([list(region.units), months], names=["area", "period"]).to_frame(False)
    rows = rows.assign(indicator="vacancy", industry="C", cohort="all", grain="month", numerator=600.0, reporting=1,
                       due=1, known_from=morning, known_to=pd.NaT)  # fmt: skip
    is_last = (rows["area"] == next(iter(region.units))) & (rows["period"] == months[-1])
    wrong = rows[is_last].assign(numerator=100.0, known_from=first, known_to=second)
    rows.loc[is_last, "known_to"] = first
    right = rows[is_last].assign(numerator=last, known_from=second, known_to=pd.NaT)
    rows = pd.concat([rows, wrong] if last is None else [rows, wrong, right])
    rows = rows.assign(known_to=pd.to_datetime(rows["known_to"])).iloc[:: -1 if is_reversed else 1].copy()
    editions = pd.DataFrame({"edition_id": ["2025-12-30.1", "2025-12-31.1", "2025-12-31.2"],
                             "day": [morning, first, second], "cutoff_at": [morning, first, second]})  # fmt: skip
    indicator = replace(backtests.indicator_named("vacancy"), grains=(Grain.MONTH,))
    with duckdb.connect() as con:
        define_all(con)
        con.register("rows", rows)
        con.register("editions", editions)
        con.execute("insert into reading by name select * from rows")
        con.execute("insert into edition by name select * from editions")
        days = backtests.editions_of(con, date(2025, 12, 30), date(2025, 12, 31))
        vintages = list(backtests.vintages_of(con, region, indicator, days, LEVEL_FACTOR))
    row = vintages[-1].panel.series["series_id"].tolist().index(f"{next(iter(region.units))}|C")
    assert [vintage.panel.values[row, -1] for vintage in vintages] == pytest.approx([600.0, in_force], nan_ok=True)


WEEK = timedelta(days=7)
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize("earlier", [3, 30], ids=["fewer than are known", "more than are known"])
def test_history_that_arrives_later_moves_nothing_and_begins_the_panel_earlier(
    region: regions.Region, earlier: int
) -> None:
    """Weeks of 10 people a county from the second of March on; earlier ones of 900 come between the first two editions."""
    at = [datetime.combine(MONDAY + number * WEEK, time()) for number in (14, 16, 18)]
    rows = [
        (area, MONDAY + number * WEEK, 900.0 if number < 0 else 10.0, at[1] if number < 0 else at[0])
        for area in region.units
        for number in range(-earlier, 13)
    ]
    readings = pd.DataFrame(rows, columns=["area", "period", "numerator", "known_from"]).assign(
        indicator="returning_labour", industry="ALL", cohort="all", grain="week", reporting=1, due=1,
        known_to=pd.NaT,
    ).astype({"known_to": "datetime64[us]"})  # fmt: skip
    indicator = backtests.indicator_named("returning_labour")
    with duckdb.connect() as con:
        define_all(con)
        con.register("readings", readings)
        con.execute("insert into reading by name select * from readings")
        days = [(one.date(), one) for one in at]
        vintages = list(backtests.vintages_of(con, region, indicator, days, LEVEL_FACTOR))
        at_once = list(backtests.vintages_of(con, region, indicator, days[1:], LEVEL_FACTOR))
    total = [vintage.panel.series["series_id"].tolist().index(f"{region.city}|ALL") for vintage in vintages]
    weeks = [vintage.panel.values[row] for vintage, row in zip(vintages, total, strict=True)]
    assert [len(one) for one in weeks] == [13, 13 + earlier, 13 + earlier]
    assert weeks[1].tolist() == [900.0 * len(region.units)] * earlier + [10.0 * len(region.units)] * 13
    for vintage, fresh in zip(vintages[1:], at_once, strict=True):
        pd.testing.assert_frame_equal(vintage.said.score, fresh.said.score)
    assert backtests._periods(vintages) == 1, "the last week is the same in all of them"


def test_cells_refuse_periods_before_their_first(region: regions.Region) -> None:
    indicator = backtests.indicator_named("returning_labour")
    week = pd.DataFrame({"area": [next(iter(region.units))], "industry": "ALL", "period": pd.Timestamp(MONDAY),
                         "numerator": 10.0, "denominator": np.nan, "reporting": 1, "due": 1})  # fmt: skip
    cells = cells_of(week, indicator, Grain.WEEK, region)
    assert cells is not None
    before = week.assign(period=week["period"] - WEEK)
    for change in (cells.apply, cells.forget):
        with pytest.raises(ValueError, match="before 2026-03-02"):
            change(before)


def test_an_event_that_weekly_editions_never_find_took_two_weeks_not_two_days(
    region: regions.Region, tmp_path: Path
) -> None:
    weeks = [MONDAY + number * WEEK for number in range(40)]
    chance = np.random.default_rng(3)
    rows = [
        (area, week, float(chance.poisson(30)), datetime.combine(week + WEEK, time(8)))
        for area in region.units
        for week in weeks
    ]
    readings = pd.DataFrame(rows, columns=["area", "period", "numerator", "known_from"]).assign(
        indicator="returning_labour", industry="ALL", cohort="all", grain="week", reporting=1, due=1
    )
    truth = tmp_path / "truth.csv"
    truth.write_text("area,industry,size_class,first_visible_on,end_on\n"
                     f"{next(iter(region.units))},C,small,{weeks[-8]},{weeks[-6]}\n")  # fmt: skip
    days = weeks[-12:]
    with duckdb.connect() as con:
        define_all(con)
        con.register("readings", readings)
        con.execute("insert into reading by name select * from readings")
        for day in days:
            con.execute("insert into edition values (?, ?, 1, ?)", [f"{day}.1", day, datetime.combine(day, time(20))])
        found = backtests.backtest(con, region, "returning_labour", (days[0], days[-1]), truth)
    figures = found.figures[found.figures["horizon"] == 0].set_index("figure")["value"]
    assert (figures["events"], figures["detected"]) == (1, 0)
    assert figures["delay"] == 14.0
