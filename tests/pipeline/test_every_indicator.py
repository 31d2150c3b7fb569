"""Every indicator with enough history has an expectation and a forecast, and a rule or a reason why it has none."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.panel import periods_from
from pipelines.core.catalogue.indicators import Indicator, catalogue
from pipelines.core.domain import EVERY_COHORT, TOTAL_INDUSTRY, Edition
from pipelines.core.region.load import load
from pipelines.warehouse.forecast import Forecaster
from pipelines.warehouse.model_state import MemoryFolder
from pipelines.warehouse.tables import append_frame, define_all
from pipelines.warehouse.transform import Change
from tests.house import ROOT

REGION = load(ROOT / "data" / "regions" / "liaocheng")
DAY = date(2026, 11, 2)
ENOUGH = {"day": 2 * 365, "week": 104, "month": 24, "quarter": 8}
"""Periods from which on an indicator must be judged."""
NO_RULE = {
    "benefit_recipient": "follows claims by months; its claims have a rule",
    "difficulty_employment": "a result of the service, held against the year's target",
    "reemployment": "a result of the service, held against the year's target",
    "urban_new_employment": "a result of the service, held against the year's target",
    "benefit_days_to_payment": "how the service works, beside the claims that have a rule",
    "benefit_expired_share": "how benefits end, beside the claims that have a rule",
    "benefit_newly_receiving": "follows claims by weeks; its claims have a rule",
    "benefit_per_recipient": "an amount that policy sets",
    "contributing_employer": "follows the insured headcount, which has a rule",
    "dispute_amount_per_person": "an amount, beside the persons in disputes",
    "dispute_dismissal_share": "a part of the persons in disputes",
    "graduate_contact_rate": "how the service works",
    "graduate_interning": "a result of the service",
    "graduate_placement_rate": "moves once a year; claims of graduates are judged as a cohort",
    "graduate_registered": "moves once a year; claims of graduates are judged as a cohort",
    "graduate_unemployed": "moves once a year; claims of graduates are judged as a cohort",
    "labour_dispute": "stands as a source beside other warnings; no rule has been measured",
    "labour_dispute_case": "its persons stand as a source beside other warnings",
    "people_trained": "a result of the service",
    "training_manufacturing_share": "a part of the people trained",
    "training_migrant_share": "a part of the people trained",
    "training_online_share": "a part of the people trained",
    "training_pass_rate": "how the service works",
    "training_subsidy_per_person": "an amount that policy sets",
    "unemployment_contribution": "follows the insured headcount and arrears, which have rules",
    "employer_deferring": "counts employers; the people insured by them have the rule deferral_ends",
    "employer_in_arrears": "counts employers; the people insured by them have a rule",
    "insured_net_change": "the rate of it has the rule insured_net_loss_level, leaves have their own",
    "job_index": "of the small-area statistics of another source, read beside ours",
    "online_vacancy": "of the small-area statistics of another source, read beside ours",
    "outworking_in_city": "a part of outworking_share by place of work",
    "outworking_in_county": "a part of outworking_share by place of work",
    "outworking_in_province": "a part of outworking_share by place of work",
    "outworking_other_province": "a part of outworking_share by place of work",
    "outworking_labour": "its share of the labour force has the rule, which a silent village does not move",
    "returning_labour": "its share of those away has the rules",
    "small_area_unemployment_rate": "of the small-area statistics of another source, read beside ours",
    "weekly_claims": "of the small-area statistics of another source, read beside ours",
}


def readings(indicator: Indicator, rng: np.random.Generator) -> pd.DataFrame:
    """Enough periods of an indicator's cells, with what is usual of its nature."""
    grain, count = indicator.grains[0], ENOUGH[indicator.grains[0]] + 2
    first = {"day": 732, "week": 743, "month": 806, "quarter": 975}[grain]
    periods = periods_from(pd.Timestamp(DAY) - pd.Timedelta(days=first), count, grain.value)
    areas = [REGION.city] if indicator.dimensions == ("city",) else list(REGION.units)
    industries = ["C", "F"] if "industry" in indicator.dimensions else [TOTAL_INDUSTRY]
    if indicator.kind == "given":
        areas, industries = [REGION.city, *areas], [TOTAL_INDUSTRY, *industries]
    keys = pd.MultiIndex.from_product([areas, industries, periods], names=["area", "industry", "period"])
    frame = keys.to_frame(index=False)
    steady = np.tile(np.cumsum(rng.normal(0.0, 2.0, (len(areas) * len(industries), count)), axis=1) + 500.0, 1).ravel()
    people = {"count": rng.poisson(20, len(frame)), "stock": np.maximum(steady, 1.0)}
    frame["numerator"] = people.get(indicator.nature, rng.normal(0.0, 9.0, len(frame)))
    frame["denominator"] = 1000.0 if indicator.is_ratio else np.nan
    return frame.assign(
        indicator=indicator.name, cohort=EVERY_COHORT, grain=str(grain), value=frame["numerator"], reporting=1, due=1,
        is_provisional=False, is_suppressed=False, known_from=pd.Timestamp(DAY), units=5, largest_unit=1.0,
    )  # fmt: skip


def scored(folder: Path, *, least: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and forecasts of one edition over all indicators; ``least`` > 0: over so many last periods of each."""
    con, rng = duckdb.connect(), np.random.default_rng(7)
    define_all(con)
    for indicator in catalogue().values():
        frame = readings(indicator, rng)
        kept = sorted(frame["period"].unique())[-least:]
        append_frame(con, "reading", frame[frame["period"].isin(kept)])
    edition = Edition(DAY, 1, datetime(2026, 11, 2, 7, tzinfo=UTC))
    change = Change(dict.fromkeys(catalogue(), date(2023, 1, 1)), pd.DataFrame(), pd.DataFrame())
    Forecaster(con, REGION, MemoryFolder(folder)).run(edition, change, list(catalogue()))
    found = con.execute("select * from score").df(), con.execute("select * from forecast").df()
    con.close()
    return found


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Of each indicator how many series have a probability, and how many a forecast with its interval."""
    score, forecast = scored(tmp_path_factory.mktemp("memory"))
    told = pd.DataFrame({"scores": score.groupby("indicator")["p"].count()})
    told["forecasts"] = forecast.groupby("indicator")["lo80"].count()
    return told.reindex(list(catalogue())).fillna(0)


def test_every_indicator_is_judged_and_forecast_whatever_the_rules_say(judged: pd.DataFrame) -> None:
    assert judged.index[judged["scores"] == 0].tolist() == []
    assert judged.index[judged["forecasts"] == 0].tolist() == []


def test_every_indicator_has_a_rule_or_a_reason_why_it_has_none() -> None:
    lacking = [name for name in catalogue() if name not in set(REGION.rules["indicator"])]
    assert sorted(lacking) == sorted(NO_RULE)


def test_of_too_short_a_history_nothing_is_known_and_the_score_says_so(tmp_path: Path) -> None:
    score, _ = scored(tmp_path, least=3)
    assert set(score["indicator"]) == set(catalogue())
    assert score["p"].isna().all()
    assert set(score["state"]) == {"insufficient"}
