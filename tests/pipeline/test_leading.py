"""`gangshao leading`: forecasts of the editions with and without what other indicators told then."""

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.assess import Assessment
from models.panel import Panel
from pipelines.core.domain import UserError
from pipelines.warehouse import leading
from pipelines.warehouse.backtest import Vintage, backtest
from tests.house import House
from tests.pipeline.mail_city import REGION

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 31)
pytestmark = pytest.mark.xdist_group("replay")


def test_the_error_without_them_is_that_of_the_editions_forecasts(replayed: House) -> None:
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        found = leading.compare(con, REGION, "benefit_claim", ["insured_leave", "vacancy"], FIRST, LAST)
        row = found.figures[(found.figures["series_level"] == "cell") & (found.figures["horizon"] == 7)].iloc[0]
        stored = con.execute(
            "select area, industry, period, expected from forecast "
            "where indicator = 'benefit_claim' and horizon = 7 and industry <> 'ALL' and area <> ?",
            [REGION.city],
        ).df()
        cells = con.execute(
            "select area, industry, period, value from reading where indicator = 'benefit_claim' and grain = 'day' and "
            "known_to is null and industry <> 'ALL' and area <> ?",
            [REGION.city],
        ).df()
    assert row["forecasts"] >= 200
    daily = cells.pivot_table(index="period", columns=["area", "industry"], values="value").fillna(0.0)
    plain = [
        abs(daily.loc[one.period : one.period + pd.Timedelta(days=6), (one.area, one.industry)].sum() - one.expected)
        for one in stored.itertuples()
        if (one.area, one.industry) in daily and one.period + pd.Timedelta(days=6) <= daily.index[-1]
    ]
    assert row["error"] == pytest.approx(np.mean(plain), rel=0.25), "the first forecasts only teach"
    assert abs(row["change"]) < 0.2
    lines = leading.leading_lines(found)
    assert "减员、招聘需求人数" in lines[0]
    assert any(line == "预测未来第 1 周（7 天合计）" for line in lines)


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (["no_such"], "没有名为"),
        (["benefit_claim"], "本身"),
        (["vacancy", "vacancy"], "重复"),
        (["vacancy_seeker_ratio"], "不是人数"),
        (["insured_headcount"], "不是人数"),
    ],
)
def test_what_cannot_lead_is_refused_in_a_sentence(replayed: House, by: list[str], sentence: str) -> None:
    with (
        duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con,
        pytest.raises(UserError, match=sentence),
    ):
        leading.compare(con, REGION, "benefit_claim", by, FIRST, LAST)


def test_the_error_it_starts_from_agrees_with_the_backtest(replayed: House) -> None:
    with duckdb.connect(str(replayed.data / "warehouse.duckdb"), read_only=True) as con:
        found = leading.compare(con, REGION, "benefit_claim", ["insured_leave"], FIRST, LAST)
        figures = backtest(con, REGION, "benefit_claim", (FIRST, LAST)).figures
    assert set(found.figures["series_level"]) <= set(figures["series_level"])
    assert set(found.figures["horizon"]) <= set(figures["horizon"])
    assert set(found.figures.columns) == {"series_level", "horizon", "forecasts", "error", "change", "change_error"}


def test_editions_learn_from_what_they_knew_and_are_scored_by_what_is_known_at_last() -> None:
    """The signal tells what comes, but the editions were told 80 every week; only the last one knows better."""
    weeks, series = 90, [f"R{number}" for number in range(8)]
    signals = np.random.default_rng(2).normal(0.0, 0.3, (2, len(series), weeks - 20))
    came = np.full((len(series), weeks), 80.0)
    came[:, 21:] = np.round(80 * np.exp(0.5 * signals[0]))[:, :-1]

    def looks(*, is_told_at_once: bool) -> list[Vintage]:
        return [look(week, came if is_told_at_once or week == weeks - 1 else np.full_like(came, 80.0))
                for week in range(20, weeks)]  # fmt: skip

    def look(week: int, values: np.ndarray) -> Vintage:
        table = pd.DataFrame({"series_id": series, "level": "area", "area": series, "industry": "ALL"})
        periods = pd.date_range("2025-01-06", periods=week + 1, freq="7D")
        panel = Panel(table, periods, values[:, : week + 1], np.ones((len(series), week + 1)), "week")
        told = pd.DataFrame({"horizon": 1, "expected": np.full(len(series), 80.0)})
        return Vintage(periods[-1].date(), panel, Assessment(pd.DataFrame(), told))

    ((*_, early, _),) = leading._compared(looks(is_told_at_once=True), signals, 1, 1)
    assert early < -0.2
    ((_, _, _, error, late, _),) = leading._compared(looks(is_told_at_once=False), signals, 1, 1)
    assert error > 5, "scored by what is known at last"
    assert late == 0.0, "nothing could be learned"
