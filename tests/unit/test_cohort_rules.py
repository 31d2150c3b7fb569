"""Spike rules of one cohort: what rises with everybody is told once, what rises alone is told of the cohort."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.judging.kinds import WARNING_KINDS
from tests.unit.test_rule_scope import AREA, CITY, DAY, LIAOCHENG, inputs, rule

OTHER = "371522"
YOUNG = rule(
    kind="spike", indicator="benefit_claim", grain="week", scope="city;area", min_strength=3.0, min_ratio=1.2,
    min_people=10.0, cohort="young",
)  # fmt: skip


def scores(**observed: tuple[float, float]) -> pd.DataFrame:
    """One window of each series, named area_cohort, by observed and expected; a standard deviation is its root."""
    rows = [(*series.strip("_").split("_"), *numbers) for series, numbers in observed.items()]
    frame = pd.DataFrame(rows, columns=["area", "cohort", "observed", "expected"])
    return frame.assign(
        area=frame["area"].map({"city": CITY, "own": AREA, "other": OTHER}), indicator="benefit_claim", industry="ALL",
        level=frame["area"].eq("city").map({True: "total", False: "area"}), variance=frame["expected"], p=1e-6,
        strength=(frame["observed"] - frame["expected"]) / frame["expected"] ** 0.5, window_periods=1,
        window_from=pd.Timestamp(DAY), data_to=pd.Timestamp(DAY),
        grain=frame["cohort"].eq("all").map({True: "day", False: "week"}),
    )  # fmt: skip


def told(rules: pd.DataFrame, score: pd.DataFrame) -> dict[str, str]:
    """By area of a finding on the young the series that explains it; empty: it stands."""
    part = next(part for cohort, part in inputs(None, rules, score=score).by_cohort() if cohort == "young")
    found = WARNING_KINDS["spike"].evaluate(part)
    return {str(row.area): row.explained_by or "" for row in found.itertuples()}


@pytest.mark.parametrize(
    ("everybody", "stands"),
    [
        ((100.0, 100.0), True),  # usual: the young rise alone
        ((300.0, 100.0), False),  # everybody threefold, and the young with them
        ((150.0, 100.0), True),  # everybody half more, the young threefold
        ((33.0, 11.0 + 20.0), True),  # too little to be told of everybody
    ],
)
def test_a_cohort_that_rises_as_everybody_does_is_told_with_everybody(
    everybody: tuple[float, float], stands: bool
) -> None:
    found = told(YOUNG, scores(own_all=everybody, own_young=(75.0, 25.0), own_woman=(900.0, 25.0)))
    assert found == {AREA: "" if stands else f"{AREA}|ALL"}


def test_a_city_whose_cohort_rises_in_one_county_is_explained_by_it() -> None:
    usual = scores(city_all=(900.0, 900.0), own_all=(300.0, 300.0))
    one = scores(city_young=(270.0, 180.0), own_young=(110.0, 20.0), other_young=(21.0, 20.0))
    assert told(YOUNG, pd.concat([usual, one])) == {CITY: f"{AREA}|ALL", AREA: ""}
    everywhere = scores(city_young=(360.0, 180.0), own_young=(41.0, 20.0), other_young=(40.0, 20.0))
    assert told(YOUNG, pd.concat([usual, everywhere])) == {CITY: "", AREA: f"{CITY}|ALL", OTHER: f"{CITY}|ALL"}


def test_no_rule_of_everybody_meets_the_score_of_a_cohort_nor_the_other_way_round() -> None:
    everybody = YOUNG.assign(rule_id="e", cohort="all", scope="city;area;industry", grain="day")
    score = scores(own_all=(100.0, 100.0), own_young=(75.0, 25.0), own_woman=(75.0, 25.0))
    parts = dict(inputs(None, pd.concat([YOUNG, everybody], ignore_index=True), score=score).by_cohort())
    assert {name: part.score["cohort"].tolist() for name, part in parts.items()} == {"all": ["all"], "young": ["young"]}
    assert WARNING_KINDS["spike"].evaluate(parts["all"]).empty
    assert WARNING_KINDS["spike"].evaluate(parts["young"])["rule_id"].tolist() == ["r"]


@pytest.mark.parametrize(
    ("row", "column", "fix"),
    [
        ("insured_leave,city,week,4,3,1.2,10", "cohort", "该指标不分人群"),
        ("benefit_claim,city,day,4,3,1.2,10", "grain", "应为 week"),
        ("benefit_claim,city;industry,week,4,3,1.2,10", "scope", "不能分行业"),
        ("benefit_claim,city,week,4,3,1.2,9", "min_people", "不小于 10"),
        ("benefit_claim,city,week,4,3,1.2,", "min_people", "不小于 10"),
    ],
)
def test_what_cannot_be_judged_of_a_cohort_is_refused(tmp_path: Path, row: str, column: str, fix: str) -> None:
    path = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng")) / "rules.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    columns = head.split(",")
    given = dict(zip(("indicator", "scope", "grain", "level", "min_strength", "min_ratio", "min_people"),
                     row.split(","), strict=True))  # fmt: skip
    given |= {"rule_id": "x", "title": "题", "kind": "spike", "leave_after": "2", "basis": "[P] 依据"}
    given |= {"effective_from": "2016-01-01", "is_enabled": "false", "cohort": "young"}
    if "cohort" not in columns:
        columns, lines = [*columns, "cohort"], [f"{line}," for line in lines]
    added = ",".join(given.get(name, "") for name in columns)
    path.write_text("\n".join([",".join(columns), *lines, added]) + "\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        regions.load(path.parent)
    assert f"“{column}”" in str(refusal.value)
    assert fix in str(refusal.value)
