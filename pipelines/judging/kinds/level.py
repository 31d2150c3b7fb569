"""Levels: a reading beyond the line, and beyond the series' own median of two years by the margin."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipelines.judging.findings import FINDING, SERIES, as_findings, in_scope, keep_worst, place_of
from pipelines.judging.lifecycle import EarlyWarning, Key
from pipelines.judging.rule_kind import ReadingKind, RuleInputs, SeenSeries
from pipelines.judging.rule_scope import holds_in_area, of_industry

NAME = "level"
A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4}
"""Periods: a level rule needs so much history of its own."""


class Level(ReadingKind):
    """Rules on the newest reading of a series."""

    name = NAME
    has_contributors = True

    def find(self, rules: pd.DataFrame, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``ReadingKind``."""
        return find_levels(rules, inputs.readings, inputs.worse, inputs.city)

    def periods_in_mean(self, rule: pd.Series) -> int:
        """As of ``ReadingKind``: the reading itself."""
        del rule
        return 1

    def least_history(self, rule: pd.Series) -> int:
        """As of ``ReadingKind``."""
        return A_YEAR[str(rule["grain"])]

    def still_exceeding(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """As of ``WarningKind``."""
        lines = inputs.rules[(inputs.rules["kind"] == NAME) & inputs.rules["leave_line"].notna()]
        if lines.empty or inputs.readings.empty:
            return set()
        rows = [(one.rule_id, one.indicator, one.area, one.industry, one.key) for one in warnings]
        named = pd.DataFrame(rows, columns=["rule_id", *SERIES, "key"])
        met = named.merge(lines[["rule_id", "scope", "leave_line"]], on="rule_id").merge(inputs.readings, on=SERIES)
        met = met[in_scope(met, met["scope"], place_of(met, inputs.city))]
        sign = met["indicator"].map(inputs.worse).map({"higher": 1.0, "lower": -1.0})
        return set(met.loc[sign * met["value"] >= sign * met["leave_line"], "key"])

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        reached, beyond = ("降到", "低于") if seen.is_lower else ("达到", "高于")
        return f"{seen.name}{reached}预警线，也{beyond}自身近两年的水平"


KIND = Level()


def find_levels(rules: pd.DataFrame, readings: pd.DataFrame, worse: Mapping[str, str], city: str) -> pd.DataFrame:
    """Findings of level rules.

    ``readings``: complete, new or revised readings with value, numerator, denominator, usual (median of the two years
    before) and history (how many periods of them there were). ``worse``: indicator to higher or lower.
    """
    rule = rules[(rules["kind"] == NAME) & rules["indicator"].isin(list(worse))]
    if rule.empty or readings.empty:
        return pd.DataFrame(columns=FINDING)
    met = readings.merge(rule.assign(least=rule["grain"].map(A_YEAR)).drop(columns="grain"), on="indicator")
    sign = met["indicator"].map(worse).map({"higher": 1.0, "lower": -1.0})
    usual = met["usual"] + sign * met["margin"].fillna(0.0)
    met = met[
        (sign * met["value"] >= sign * met["line"])
        & (sign * met["value"] >= sign * usual)
        & (met["history"] >= met["least"])
        & (met["denominator"] >= met["min_base"].fillna(0.0))
        & (met["numerator"].abs() >= met["min_people"].fillna(0.0))
        & in_scope(met, met["scope"], place_of(met, city))
        & of_industry(met)
        & holds_in_area(met)
    ]
    met = keep_worst(met, ["rule_id", *SERIES, "period"], [])
    return as_findings(
        met.assign(
            window_from=met["period"],
            window_to=met["period"],
            data_to=met["period"],
            observed=met["value"],
            expected=met["usual"],
            people=met["numerator"].abs(),
        )
    )
