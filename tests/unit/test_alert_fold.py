"""A rise is told once: which findings stand, which are explained by another, and what that does to warnings."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.recipe import DAY
from pipelines.core.catalogue.rule_terms import LIMITS
from pipelines.judging.grouping import group_spikes
from pipelines.judging.kinds.spike import find_spikes
from pipelines.judging.lifecycle import advance
from pipelines.judging.rule_scope import apply_overrides
from pipelines.notifying import notification_reasons

CITY, AREAS, INDUSTRIES = "371500", ("371502", "371521"), ("C", "F", "G")
NOTHING = np.nan


def rule_rows(scope: str, name: str, line: float) -> list[dict[str, object]]:
    empty = dict.fromkeys(("line", "margin", "min_base", "window_days", "effective_to"), NOTHING)
    common = {"rule_id": name, "title": name, "kind": "spike", "indicator": "benefit_claim", "grain": "day"}
    steps = [(3, line, 10.0), (2, line + 4, 60.0)]
    return [
        {
            **empty,
            **common,
            "scope": scope,
            "level": level,
            "min_strength": least,
            "min_ratio": 1.2,
            "min_people": people,
        }
        for level, least, people in steps
    ]


RULES = pd.DataFrame(rule_rows("city;area;industry", "top", 3.0) + rule_rows("cell", "cell", 3.0))


def scores(more: dict[tuple[str, str], float], usual: float = 20.0) -> pd.DataFrame:
    """The score frame of one edition: every cell brings what is usual, some more; margins add up."""
    places = [(CITY, "ALL", "total"), *((area, "ALL", "area") for area in AREAS)]
    places += [(CITY, industry, "industry") for industry in INDUSTRIES]
    places += [(area, industry, "cell") for area in AREAS for industry in INDUSTRIES]
    rows = []
    for window in DAY.windows:
        for number, (area, industry, level) in enumerate(places):
            parts = [(a, i) for a in AREAS for i in INDUSTRIES if area in (CITY, a) and industry in ("ALL", i)]
            expected = usual * len(parts)
            observed = expected + sum(more.get(part, 0.0) for part in parts)
            rows.append(
                {
                    "indicator": "benefit_claim", "series": number, "area": area, "industry": industry, "level": level,
                    "grain": "day", "window_periods": window.length, "window_from": pd.Timestamp("2026-10-24"),
                    "data_to": pd.Timestamp("2026-10-30"), "observed": observed, "expected": expected,
                    "variance": 1.3 * expected, "p": 1e-4, "strength": (observed - expected) / np.sqrt(1.3 * expected),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def found(more: dict[tuple[str, str], float], told: frozenset[tuple[str, str, str]] = frozenset()) -> pd.DataFrame:
    frame = scores(more)
    return group_spikes(find_spikes(RULES, frame, {"benefit_claim": "higher"}), RULES, frame, told)


def standing(findings: pd.DataFrame) -> set[tuple[str, str]]:
    alone = findings[findings["explained_by"].isna()]
    return set(zip(alone["area"], alone["industry"], strict=True))


def test_a_factory_is_told_at_its_cell_and_the_others_say_so():
    findings = found({("371502", "C"): 45.0})
    assert len(findings) > 1
    assert standing(findings) == {("371502", "C")}
    assert set(findings["explained_by"].dropna()) == {"371502|C"}


def test_a_rise_of_a_whole_county_is_one_warning():
    findings = found({("371502", industry): 22.0 for industry in INDUSTRIES})
    assert standing(findings) == {("371502", "ALL")}
    opened = advance([], findings, {}, {}, date(2026, 10, 31))
    assert [(warning.area, warning.industry) for warning in opened] == [("371502", "ALL")]


def test_a_warning_that_is_open_goes_on_although_another_series_explains_it_now():
    first = found({("371502", "C"): 45.0})
    open_ = advance([], first, {}, {}, date(2026, 10, 31))
    told = frozenset({("benefit_claim", "371502", "C")})
    later = found({("371502", industry): 45.0 for industry in INDUSTRIES}, told)
    after = advance(open_, later, {}, {}, date(2026, 11, 1))
    assert {(warning.area, warning.industry) for warning in after} > {("371502", "C")}
    assert next(warning for warning in after if warning.industry == "C").episode_id == open_[0].episode_id


def test_a_severe_finding_is_not_folded_into_a_lesser_one():
    findings = found({("371502", "C"): 70.0})
    assert findings.loc[findings["explained_by"].isna(), "level"].tolist() == [2]
    weaker = findings[findings["level"] == 3]
    assert weaker["explained_by"].notna().all()


def test_a_red_finding_is_told_beside_the_yellow_one_that_explains_it():
    more = {("371502", industry): 22.0 for industry in INDUSTRIES}
    yellow = pd.concat([RULES[(RULES["rule_id"] == "top") & (RULES["level"] == 3)], RULES[RULES["rule_id"] == "cell"]])
    red = yellow.assign(level=np.where(yellow["rule_id"] == "cell", 1, 3))
    frame = scores(more)
    for limits, told_itself in ((yellow, {"ALL"}), (red, {"ALL", *INDUSTRIES})):
        findings = group_spikes(find_spikes(limits, frame, {"benefit_claim": "higher"}), limits, frame, frozenset())
        assert {industry for area, industry in standing(findings) if area == "371502"} == told_itself


def test_vacancies_that_fall_in_a_whole_county_are_one_warning():
    fallen = scores({("371502", industry): -14.0 for industry in INDUSTRIES}).assign(indicator="vacancy")
    fallen["strength"] = -fallen["strength"]
    lines = RULES.assign(indicator="vacancy")
    spikes = find_spikes(lines, fallen, {"vacancy": "lower"})
    assert len(spikes) > 1
    findings = group_spikes(spikes, lines, fallen, frozenset())
    assert standing(findings) == {("371502", "ALL")}


@pytest.mark.parametrize("more", [(20.0, 10.0, 0.0), (45.0, 0.0, 0.0), (30.0, 30.0, 20.0), (50.0, 20.0, 40.0)])
@pytest.mark.parametrize("rule_id", ["top", "cell"])
def test_a_line_of_one_area_folds_nothing_elsewhere(more: tuple[float, ...], rule_id: str):
    override = pd.DataFrame(
        [
            {
                "rule_id": rule_id, "level": 3, "area": "371521", "min_strength": 0.3,
                "effective_from": pd.Timestamp("2026-10-01"), "effective_to": pd.Timestamp("2026-10-31"),
            }
        ],
        columns=["rule_id", "level", "area", *LIMITS, "effective_from", "effective_to"],
    )  # fmt: skip
    frame = scores(dict(zip((("371502", "C"), ("371502", "F"), ("371502", "G")), more, strict=True)))

    def elsewhere(terms: pd.DataFrame) -> list[list[object]]:
        told = group_spikes(find_spikes(terms, frame, {"benefit_claim": "higher"}), terms, frame, set())
        own = told[told["area"] != "371521"].sort_values(["rule_id", "area", "industry"])
        return own[["area", "industry", "level", "explained_by"]].fillna("").to_numpy().tolist()

    assert elsewhere(apply_overrides(RULES, override, date(2026, 10, 31))) == elsewhere(RULES)


def test_no_finding_no_fold():
    assert found({}).empty


@pytest.mark.parametrize(("apart", "is_folded"), [(-8, False), (-7, True), (0, True), (7, True), (8, False)])
def test_in_mails_what_opened_within_a_week_of_a_city_wide_one_is_folded_into_it(apart: int, is_folded: bool) -> None:
    day = date(2026, 11, 9)
    rows = pd.DataFrame(
        {
            "episode_id": ["whole", "part"], "area": [CITY, "371502"], "industry": ["ALL", "C"],
            "indicator": "benefit_claim", "kind": "spike", "level": [3, 3], "is_ended": False, "is_receded": False,
            "opened_on": [day, day + timedelta(days=apart)],
        }
    )  # fmt: skip
    assert notification_reasons._parents(rows, CITY).tolist() == ["", "whole" if is_folded else ""]
    assert notification_reasons._parents(rows.assign(level=[3, 2]), CITY).tolist() == ["", ""], (
        "a worse one is told itself"
    )
