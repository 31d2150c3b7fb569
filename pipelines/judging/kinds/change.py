"""Changes: the mean of some periods is worse than its best of a year by the line."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.judging.findings import FINDING, SERIES, as_findings, in_scope, keep_worst, place_of
from pipelines.judging.rule_kind import ReadingKind, RuleInputs, SeenSeries
from pipelines.judging.rule_scope import holds_in_area, of_industry

NAME = "change"
BEST_OF = 12  # periods: a change is one from the best mean of these
_EVERY = {"day": "D", "week": "7D", "month": "MS", "quarter": "3MS"}  # from one period to the next
_ROUNDING = 9  # decimals: a mean that reaches its line in writing reaches it here


class Change(ReadingKind):
    """Rules on the mean of the newest readings of a series."""

    name = NAME
    uses_past = True

    def find(self, rules: pd.DataFrame, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``ReadingKind``."""
        return find_changes(rules, inputs.readings, inputs.past, inputs.worse, inputs.city)

    def periods_in_mean(self, rule: pd.Series) -> int:
        """As of ``ReadingKind``."""
        return int(rule["window_periods"])

    def least_history(self, rule: pd.Series) -> int:
        """As of ``ReadingKind``."""
        del rule
        return BEST_OF

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.name}近几期平均比此前一年最{'高时下降' if seen.is_lower else '低时上升'}，达到预警线"


KIND = Change()


def find_changes(
    rules: pd.DataFrame, readings: pd.DataFrame, past: pd.DataFrame, worse: Mapping[str, str], city: str
) -> pd.DataFrame:
    """Findings of rules on change: the mean of ``window_periods`` is worse than its best of a year by ``line``.

    ``readings``: as for levels. ``past``: all current readings of their indicators (indicator, area, industry, period,
    value). The mean is compared with the means of the 12 periods before (Sahm's rule takes the 3-month mean of the
    unemployment rate over its low of twelve months). A series needs all of these periods, none left out.
    """
    rule = rules[(rules["kind"] == NAME) & rules["indicator"].isin(list(worse))]
    if rule.empty or readings.empty or past.empty:
        return pd.DataFrame(columns=FINDING)
    parts = []
    for (name, grain, periods), limits in rule.groupby(["indicator", "grain", "window_periods"]):
        sign = 1.0 if worse[str(name)] == "higher" else -1.0
        own = past[past["indicator"] == name].pivot(index="period", columns=["area", "industry"], values="value")
        mean = own.asfreq(_EVERY[str(grain)]).rolling(int(periods)).mean()
        best = (sign * mean).shift().rolling(BEST_OF).min()
        means = pd.DataFrame({"mean": mean.unstack(), "best": sign * best.unstack()})
        own = means.assign(rise=(sign * (means["mean"] - means["best"])).round(_ROUNDING), indicator=name).reset_index()
        fresh = readings[readings["indicator"] == name].drop(columns="value")
        met = fresh.merge(own, on=[*SERIES, "period"]).merge(limits.drop(columns="grain"), on="indicator")
        parts.append(
            met[
                (met["rise"] >= met["line"])
                & (met["denominator"].fillna(np.inf) >= met["min_base"].fillna(0.0))
                & in_scope(met, met["scope"], place_of(met, city))
                & of_industry(met)
                & holds_in_area(met)
            ]
        )
    met = keep_worst(pd.concat(parts, ignore_index=True), ["rule_id", *SERIES, "period"], [])
    return as_findings(
        met.assign(
            window_from=met["period"],
            window_to=met["period"],
            data_to=met["period"],
            observed=met["mean"],
            expected=met["best"],
            people=met["numerator"].abs(),
        )
    )
